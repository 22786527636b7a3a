#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "accept_error.h"
#include "clock.h"
#include "fcgi_error.h"
#include "server.h"

enum { AT_ONCE = 64 }; /* connections, before the others have their turn */

#define RETRY_NS (100 * CLOCK_NS_PER_MS)

static void
end(struct acceptor *acceptor)
{
	if (!acceptor->running)
		return;
	acceptor->running = 0;
	ev_io_stop(acceptor->server->loop, &acceptor->io);
	timer_stop(&acceptor->server->timers, &acceptor->retry);
	if (acceptor->shared)
		accept_shared_reset(&acceptor->accept_shared);
}

static void
fail(struct acceptor *acceptor, int error)
{
	end(acceptor);
	server_accept_failed(acceptor->server, error);
}

static void
wait_a_little(struct acceptor *acceptor, int error)
{
	struct server *server = acceptor->server;

	/* Once is enough until it has worked again: each queued client would make a line. */
	if (!acceptor->complained)
		server_accept_waits(server, error);
	acceptor->complained = 1;
	ev_io_stop(server->loop, &acceptor->io);
	timer_start(&server->timers, &acceptor->retry, clock_after(clock_now_ns(), RETRY_NS));
}

/* Returns 0 when there is nothing more to accept for now. */
static int
accept_one(struct acceptor *acceptor)
{
	int fd;

	if (acceptor->shared)
		fd = accept_shared_take(&acceptor->accept_shared, acceptor->listen_fd);
	else
		fd = accept4(acceptor->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		acceptor->complained = 0;
		server_accepted(acceptor->server, fd);
		return 1;
	}
	if (errno == EAGAIN)
		return 0;
	if (accept_error_is_fatal(errno)) {
		fail(acceptor, errno);
		return 0;
	}
	if (accept_error_is_shortage(errno)) {
		wait_a_little(acceptor, errno);
		return 0;
	}
	return 1;
}

static void
on_listening(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct acceptor *acceptor = io->data;
	int i;

	(void)events;
	for (i = 0; i < AT_ONCE; i++) {
		if (!server_has_room(acceptor->server)) {
			ev_io_stop(loop, io);
			return;
		}
		if (!accept_one(acceptor))
			return;
	}
}

static void
on_retry(struct timer *timer)
{
	struct acceptor *acceptor = timer->owner;

	if (acceptor->running)
		ev_io_start(acceptor->server->loop, &acceptor->io);
}

int
acceptor_init(struct acceptor *acceptor, struct server *server, int listen_fd, int own)
{
	int flags = fcntl(listen_fd, F_GETFL);

	*acceptor = (struct acceptor){ .server = server, .listen_fd = listen_fd, .own = own };
	if (flags < 0 || (own && fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) < 0))
		return -FCGI_E_SYSTEM;
	acceptor->shared = !own && !(flags & O_NONBLOCK);
	if (acceptor->shared && accept_shared_init(&acceptor->accept_shared) < 0)
		return -FCGI_E_SYSTEM;
	acceptor->running = 1;
	acceptor->retry.fire = on_retry;
	acceptor->retry.owner = acceptor;
	ev_io_init(&acceptor->io, on_listening, listen_fd, EV_READ);
	acceptor->io.data = acceptor;
	ev_io_start(server->loop, &acceptor->io);
	return 0;
}

void
acceptor_room(struct acceptor *acceptor)
{
	if (acceptor->running && !acceptor->retry.pending)
		ev_io_start(acceptor->server->loop, &acceptor->io);
}

void
acceptor_stop(struct acceptor *acceptor)
{
	while (acceptor->running && acceptor->own && server_has_room(acceptor->server) &&
	    accept_one(acceptor))
		;
	end(acceptor);
}

int
acceptor_running(const struct acceptor *acceptor)
{
	return acceptor->running;
}
