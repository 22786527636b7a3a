#include "responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bsd/sys/queue.h>

#include "fcgi_proto.h"
#include "fcgi_serve.h"
#include "fcgi_writer.h"

enum { EVENTS = 256, BACKLOG = 65535, IN_SIZE = 65536, OUT_SIZE = 65536, ANSWER_MAX = 128 };

static const char content[] = "Content-Type: text/plain\r\n\r\nHello, world";

/* A connection. */
struct peer {
	TAILQ_ENTRY(peer) entry;
	int fd;
	int is_closing;		/* once what is written is sent */
	struct fcgi_serve serve;
	struct fcgi_serve_slot slots[];
};

struct responder {
	pthread_t thread;
	int listen_fd;
	int epoll_fd;
	int stop_fd;
	unsigned int streams;
	TAILQ_HEAD(, peer) peers;
	size_t out_len;
	unsigned char in[IN_SIZE];
	unsigned char out[OUT_SIZE];
};

/* --- connections ------------------------------------------------------------------------------ */

static int
watch(struct responder *responder, int fd, void *whose)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = whose };

	return epoll_ctl(responder->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void
close_peer(struct responder *responder, struct peer *peer)
{
	TAILQ_REMOVE(&responder->peers, peer, entry);
	close(peer->fd);
	free(peer);
}

/*
 * The connection blocks where it writes: the client reads whatever comes.  One that there is no
 * room for is closed: the client tells of it.
 */
static void
accept_one(struct responder *responder)
{
	struct peer *peer;
	int on = 1, fd = accept4(responder->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	/* Of a UNIX socket it fails, and is not needed. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	peer = calloc(1, sizeof *peer + responder->streams * sizeof *peer->slots);
	if (peer == NULL) {
		close(fd);
		return;
	}
	peer->fd = fd;
	peer->serve.slots = peer->slots;
	peer->serve.slot_count = responder->streams;
	TAILQ_INSERT_TAIL(&responder->peers, peer, entry);
	if (watch(responder, fd, peer) < 0)
		close_peer(responder, peer);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void
flush(struct responder *responder, struct peer *peer)
{
	const unsigned char *p = responder->out, *end = p + responder->out_len;
	ssize_t sent;

	while (p < end) {
		sent = send(peer->fd, p, (size_t)(end - p), MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			peer->is_closing = 1;
			break;
		}
		p += sent;
	}
	responder->out_len = 0;
}

static void
answer(struct responder *responder, struct peer *peer, size_t slot)
{
	struct fcgi_serve_slot *request = &peer->slots[slot];
	struct fcgi_writer writer;

	if (OUT_SIZE - responder->out_len < ANSWER_MAX)
		flush(responder, peer);
	fcgi_writer_init(&writer, responder->out + responder->out_len,
	    OUT_SIZE - responder->out_len, request->request_id);
	(void)fcgi_writer_stream(&writer, FCGI_STDOUT, content, sizeof content - 1);
	(void)fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	(void)fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE);
	responder->out_len = (size_t)(writer.p - responder->out);
	if (!(request->flags & FCGI_KEEP_CONN))
		peer->is_closing = 1;
	fcgi_serve_done(&peer->serve, slot);
}

/* What a request ends with: an authorizer's with its variables. */
static int
is_last(int what, uint16_t role)
{
	switch (role) {
	case FCGI_AUTHORIZER:
		return what == FCGI_SERVE_PARAMS_END;
	case FCGI_FILTER:
		return what == FCGI_SERVE_DATA_END;
	default:
		return what == FCGI_SERVE_STDIN_END;
	}
}

static void
take(struct responder *responder, struct peer *peer, size_t len)
{
	const unsigned char *p = responder->in, *end = p + len;
	struct fcgi_serve_event event;
	int what;

	while ((what = fcgi_serve_next(&peer->serve, &p, end, &event)) > 0)
		if ((what == FCGI_SERVE_PARAMS_END || what == FCGI_SERVE_STDIN_END ||
			what == FCGI_SERVE_DATA_END) &&
		    is_last(what, peer->slots[event.slot].role))
			answer(responder, peer, event.slot);
	if (what < 0)
		peer->is_closing = 1;
	flush(responder, peer);
}

static void
receive(struct responder *responder, struct peer *peer)
{
	ssize_t len = recv(peer->fd, responder->in, sizeof responder->in, MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0)
		peer->is_closing = 1;
	else
		take(responder, peer, (size_t)len);
	if (peer->is_closing)
		close_peer(responder, peer);
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *
serve(void *self)
{
	struct responder *responder = self;
	struct epoll_event events[EVENTS];
	int i, count;

	for (;;) {
		count = epoll_wait(responder->epoll_fd, events, EVENTS, -1);
		for (i = 0; i < count; i++) {
			if (events[i].data.ptr == &responder->stop_fd)
				return NULL;
			if (events[i].data.ptr == &responder->listen_fd)
				accept_one(responder);
			else
				receive(responder, events[i].data.ptr);
		}
	}
}

/* --- the outside ------------------------------------------------------------------------------ */

static void
set_address(struct addr_socket *address, int family)
{
	*address = (struct addr_socket){ .sa.ss_family = (sa_family_t)family };
	switch (family) {
	case AF_INET:
		((struct sockaddr_in *)&address->sa)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address->len = sizeof(struct sockaddr_in);
		break;
	case AF_INET6:
		((struct sockaddr_in6 *)&address->sa)->sin6_addr = in6addr_loopback;
		address->len = sizeof(struct sockaddr_in6);
		break;
	default:
		/* So the kernel gives it an abstract name that nobody has. */
		address->len = sizeof address->sa.ss_family;
	}
}

static int
listen_anywhere(int family, struct addr_socket *address)
{
	int error, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	set_address(address, family);
	if (bind(fd, (const struct sockaddr *)&address->sa, address->len) == 0 &&
	    listen(fd, BACKLOG) == 0) {
		address->len = sizeof address->sa;
		if (getsockname(fd, (struct sockaddr *)&address->sa, &address->len) == 0)
			return fd;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static void
give_back(struct responder *responder)
{
	struct peer *peer;
	int error = errno;

	while ((peer = TAILQ_FIRST(&responder->peers)) != NULL)
		close_peer(responder, peer);
	if (responder->listen_fd >= 0)
		close(responder->listen_fd);
	if (responder->epoll_fd >= 0)
		close(responder->epoll_fd);
	if (responder->stop_fd >= 0)
		close(responder->stop_fd);
	free(responder);
	errno = error;
}

static int
start(struct responder *responder)
{
	int error;

	if (responder->listen_fd < 0 || responder->epoll_fd < 0 || responder->stop_fd < 0 ||
	    watch(responder, responder->listen_fd, &responder->listen_fd) < 0 ||
	    watch(responder, responder->stop_fd, &responder->stop_fd) < 0)
		return -1;
	error = pthread_create(&responder->thread, NULL, serve, responder);
	errno = error;
	return error != 0 ? -1 : 0;
}

struct responder *
responder_start(int family, unsigned int streams, struct addr_socket *address)
{
	struct responder *responder = calloc(1, sizeof *responder);

	if (responder == NULL)
		return NULL;
	TAILQ_INIT(&responder->peers);
	responder->streams = streams;
	responder->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	responder->stop_fd = eventfd(0, EFD_CLOEXEC);
	responder->listen_fd = listen_anywhere(family, address);
	if (start(responder) == 0)
		return responder;
	give_back(responder);
	return NULL;
}

void
responder_stop(struct responder *responder)
{
	const uint64_t one = 1;

	/* Into an eventfd that was never written to it goes at once. */
	while (write(responder->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
	pthread_join(responder->thread, NULL);
	give_back(responder);
}
