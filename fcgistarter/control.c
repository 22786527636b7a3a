#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control_place.h"
#include "control_request.h"
#include "fcgi_error.h"

enum {
	REQUESTS_MAX = 16,	/* at a time; who comes then waits in the queue */
	BACKLOG = 64,
	MODE = 0600,
};

#define PAUSE_S 1.

static void
warn(const struct control *control, const char *what, const char *why)
{
	char text[256];

	snprintf(text, sizeof text, "control socket: %s%s", what, why);
	control->handlers->warn(control->owner, text);
}

/* Only our user and root are heard, whatever the file's mode has become. */
static int
may_ask(const struct control *control, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	char who[64];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		warn(control, "refused somebody unknown: ", strerror(errno));
		return 0;
	}
	if (peer.uid == geteuid() || peer.uid == 0)
		return 1;
	snprintf(who, sizeof who, "uid %lu (process %ld)", (unsigned long)peer.uid,
	    (long)peer.pid);
	warn(control, "refused ", who);
	return 0;
}

/* No descriptor or no memory is left: the connection waits, and we do not spin. */
static void
pause_listening(struct control *control)
{
	if (!control->starved)
		warn(control, "", strerror(errno));
	control->starved = 1;
	ev_io_stop(control->loop, &control->listener);
	ev_timer_set(&control->pause, PAUSE_S, 0.);
	ev_timer_start(control->loop, &control->pause);
}

static void
on_pause_end(EV_P_ ev_timer *watcher, int events)
{
	struct control *control = watcher->data;

	(void)events;
	ev_io_start(EV_A_ &control->listener);
}

static void
on_connection(EV_P_ ev_io *watcher, int events)
{
	struct control *control = watcher->data;
	int fd;

	(void)events;
	while (control->count < REQUESTS_MAX) {
		fd = accept4(watcher->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
				  errno == ENOMEM))
			pause_listening(control);
		if (fd < 0)
			return;
		control->starved = 0;
		if (may_ask(control, fd))
			control_request_begin(control, fd);
		else
			close(fd);
	}
	ev_io_stop(EV_A_ watcher);
}

/* fd: ours from now on, also on failure. */
static struct control *
begin(struct ev_loop *loop, int fd, const char *path, const struct addr_file *file,
    const struct control_handlers *handlers, void *owner)
{
	struct control *control = calloc(1, sizeof *control);
	int flags = fcntl(fd, F_GETFL);

	if (control != NULL)
		control->path = strdup(path);
	if (control == NULL || control->path == NULL || flags < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		if (control != NULL)
			free(control->path);
		free(control);
		close(fd);
		return NULL;
	}
	control->loop = loop;
	control->handlers = handlers;
	control->owner = owner;
	control->file = *file;
	TAILQ_INIT(&control->requests);
	ev_io_init(&control->listener, on_connection, fd, EV_READ);
	control->listener.data = control;
	ev_io_start(loop, &control->listener);
	ev_timer_init(&control->pause, on_pause_end, 0., 0.);
	control->pause.data = control;
	return control;
}

/* Returns the listening socket, or a negative error. */
static int
listen_at(const char *path, struct addr_file *file)
{
	const struct addr_listen_options options = { .backlog = BACKLOG, .mode = MODE,
		.owner = (uid_t)-1, .group = (gid_t)-1 };
	struct addr_socket address;
	int directory_fd;
	int saved;
	int fd = control_place_address(path, &address, &directory_fd);

	if (fd < 0)
		return fd;
	fd = addr_listen(&address, &options, file);
	saved = errno;
	if (directory_fd >= 0)
		close(directory_fd);
	errno = saved;
	return fd;
}

struct control *
control_open(struct ev_loop *loop, const char *path, const struct control_handlers *handlers,
    void *owner, char *why, size_t why_size)
{
	struct addr_file file;
	struct control *control;
	int fd = listen_at(path, &file);

	if (fd < 0) {
		if (fd != -FCGI_E_SYSTEM)
			snprintf(why, why_size, "%s", fcgi_strerror(fd));
		else if (errno == EADDRINUSE)
			snprintf(why, why_size, "another supervisor serves it");
		else
			snprintf(why, why_size, "%s", strerror(errno));
		return NULL;
	}
	control = begin(loop, fd, path, &file, handlers, owner);
	if (control == NULL) {
		snprintf(why, why_size, "%s", strerror(errno));
		addr_file_unlink(&file, path);
	}
	return control;
}

/*
 * Finds the file of a socket that was opened by the program that we were: not another's, who has
 * taken the path since.  Whoever listens there is known by the process id, which is ours still.
 */
static struct addr_file
find_file(const char *path)
{
	struct addr_file file = { 0 };
	struct addr_socket address;
	struct ucred peer;
	socklen_t len = sizeof peer;
	struct stat st;
	int directory_fd;
	int in_progress;
	int fd;

	if (lstat(path, &st) < 0 || control_place_address(path, &address, &directory_fd) < 0)
		return file;
	fd = addr_connect(&address, &in_progress);
	if (fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	    peer.pid == getpid())
		file = (struct addr_file){ .dev = st.st_dev, .ino = st.st_ino };
	if (fd >= 0)
		close(fd);
	if (directory_fd >= 0)
		close(directory_fd);
	return file;
}

struct control *
control_adopt(struct ev_loop *loop, int listen_fd, const char *path,
    const struct control_handlers *handlers, void *owner, char *why, size_t why_size)
{
	const struct addr_file file = find_file(path);
	struct control *control = begin(loop, listen_fd, path, &file, handlers, owner);

	if (control == NULL)
		snprintf(why, why_size, "%s", strerror(errno));
	return control;
}

int
control_fd(const struct control *control)
{
	return control->listener.fd;
}

void
control_close(struct control *control)
{
	struct control_request *request;

	ev_io_stop(control->loop, &control->listener);
	ev_timer_stop(control->loop, &control->pause);
	addr_file_unlink(&control->file, control->path);
	close(control->listener.fd);
	while ((request = TAILQ_FIRST(&control->requests)) != NULL)
		control_request_abandon(request);
	free(control->path);
	free(control);
}
