#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr_listen.h"
#include "clock.h"
#include "control_line.h"
#include "control_place.h"
#include "fcgi_error.h"

enum {
	REQUESTS_MAX = 16,	/* at a time; who comes then waits in the queue */
	BACKLOG = 64,
	CONTROL_MODE = 0600,
	WAIT_MAX_MS = 24 * 3600 * 1000,
};

#define REQUEST_S 5.	/* for a request to come */
#define ANSWER_S 10.	/* for an answer to be taken */
#define PAUSE_S 1.	/* until descriptors may be there again */

enum request_state {
	REQUEST_READING,
	REQUEST_PENDING,	/* the handler is to answer it */
	REQUEST_WAITING,	/* for our end */
	REQUEST_ANSWERED,
};

/* One connection. */
struct control_request {
	TAILQ_ENTRY(control_request) link;
	struct control *control;
	enum request_state state;
	int in_handler;		/* 1: the handler has not come back yet */
	ev_io io;		/* fd -1: whoever asked has gone */
	ev_timer deadline;
	char line[CONTROL_LINE_MAX];
	size_t line_len;
	char *answer;
	size_t answer_len;
	size_t sent;
};

struct control {
	struct ev_loop *loop;
	const struct control_handlers *handlers;
	void *owner;
	char *path;
	struct addr_file file;
	ev_io listener;
	ev_timer pause;
	int starved;		/* 1: it was told that no connection can be accepted */
	int count;
	TAILQ_HEAD(, control_request) requests;
};

static void
warn(const struct control *control, const char *what, const char *why)
{
	char text[256];

	snprintf(text, sizeof text, "control socket: %s%s", what, why);
	control->handlers->warn(control->owner, text);
}

/* Ends the connection, and gives the request back unless its handler still has it. */
static void
hang_up(struct control_request *request)
{
	struct control *control = request->control;

	ev_io_stop(control->loop, &request->io);
	ev_timer_stop(control->loop, &request->deadline);
	close(request->io.fd);
	request->io.fd = -1;
	TAILQ_REMOVE(&control->requests, request, link);
	control->count--;
	if (!ev_is_active(&control->pause))
		ev_io_start(control->loop, &control->listener);
	if (request->state == REQUEST_PENDING)
		return;
	free(request->answer);
	free(request);
}

static void
listen_for(struct control_request *request, int events)
{
	struct ev_loop *loop = request->control->loop;

	if (request->io.events == events)
		return;
	ev_io_stop(loop, &request->io);
	ev_io_set(&request->io, request->io.fd, events);
	ev_io_start(loop, &request->io);
}

static void
set_deadline(struct control_request *request, double seconds)
{
	request->deadline.repeat = seconds;
	ev_now_update(request->control->loop);
	ev_timer_again(request->control->loop, &request->deadline);
}

/* Sends what the other end takes.  The request may be gone after it. */
static void
send_answer(struct control_request *request)
{
	ssize_t len;

	while (request->sent < request->answer_len) {
		len = send(request->io.fd, request->answer + request->sent,
		    request->answer_len - request->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN) {
			listen_for(request, EV_READ | EV_WRITE);
			return;
		}
		if (len < 0) {
			hang_up(request);
			return;
		}
		request->sent += (size_t)len;
	}
	if (request->state == REQUEST_ANSWERED)
		hang_up(request);
	else
		listen_for(request, EV_READ);
}

/* Returns 0, or -FCGI_E_SYSTEM with errno ENOMEM: then the answer ends where it is. */
static int
append(struct control_request *request, const char *data, size_t len)
{
	char *answer = realloc(request->answer, request->answer_len + len);

	if (answer == NULL)
		return -FCGI_E_SYSTEM;
	memcpy(answer + request->answer_len, data, len);
	request->answer = answer;
	request->answer_len += len;
	return 0;
}

static void
append_result(struct control_request *request, int ok, const char *text)
{
	char line[CONTROL_LINE_MAX];

	(void)append(request, line, control_line_result(line, ok, text));
	request->state = REQUEST_ANSWERED;
}

/* Says how long it may take.  A moment is added, so that what takes as long is not given up. */
static void
append_wait(struct control_request *request, int64_t wait_ns)
{
	char line[CONTROL_LINE_MAX];
	int64_t wait_ms = wait_ns / CLOCK_NS_PER_MS + 1;

	if (wait_ms > WAIT_MAX_MS)
		wait_ms = WAIT_MAX_MS;
	(void)append(request, line, control_line_wait(line, wait_ms));
}

static void
write_name(FILE *out, const struct status *status)
{
	fputs(status->application, out);
	fputc('\n', out);
}

static void
answer_status(struct control_request *request,
    void (*write)(FILE *out, const struct status *status))
{
	const struct control *control = request->control;
	struct status status = { .next_start_ms = -1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int error = 0;

	if (out == NULL || control->handlers->status(control->owner, &status) < 0)
		error = errno;
	else
		write(out, &status);
	status_reset(&status);
	if (out != NULL && fclose(out) != 0 && error == 0)
		error = errno;
	append_result(request, error == 0, error != 0 ? strerror(error) : NULL);
	if (error == 0)
		(void)append(request, text, len);
	free(text);
}

static void
answer_reload(struct control_request *request)
{
	const struct control *control = request->control;
	int64_t wait_ns;

	request->state = REQUEST_PENDING;
	request->in_handler = 1;
	wait_ns = control->handlers->reload(control->owner, request);
	request->in_handler = 0;
	if (request->state == REQUEST_PENDING)
		append_wait(request, wait_ns);
}

static void
take_request(struct control_request *request, size_t len)
{
	const struct control *control = request->control;
	int command = control_line_read_request(request->line, len);

	switch (command) {
	case CONTROL_STATUS:
		answer_status(request, status_write_text);
		break;
	case CONTROL_JSON:
		answer_status(request, status_write_json);
		break;
	case CONTROL_NAME:
		answer_status(request, write_name);
		break;
	case CONTROL_RELOAD:
		answer_reload(request);
		break;
	case CONTROL_STOP:
		request->state = REQUEST_WAITING;
		append_wait(request, control->handlers->stop(control->owner));
		break;
	case -FCGI_E_VERSION:
		append_result(request, 0, "this supervisor is of another version (" PACKAGE_VERSION
					  ")");
		break;
	default:
		append_result(request, 0, "this supervisor does not know the request");
	}
	if (request->state == REQUEST_ANSWERED)
		set_deadline(request, ANSWER_S);
	else
		ev_timer_stop(control->loop, &request->deadline);
	send_answer(request);
}

/* The request may be gone after it. */
static void
read_request(struct control_request *request)
{
	size_t room = sizeof request->line - request->line_len;
	const char *newline;
	ssize_t len;

	/* Nothing follows a request: whoever says more, or leaves, has ended the conversation. */
	len = recv(request->io.fd, request->line + request->line_len, room, MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0 || request->state != REQUEST_READING) {
		hang_up(request);
		return;
	}
	request->line_len += (size_t)len;
	newline = memchr(request->line, '\n', request->line_len);
	if (newline != NULL)
		take_request(request, (size_t)(newline - request->line));
	else if (request->line_len == sizeof request->line)
		hang_up(request);
}

static void
on_request(EV_P_ ev_io *watcher, int events)
{
	struct control_request *request = watcher->data;

	(void)EV_A;
	if (events & EV_WRITE)
		send_answer(request);
	else
		read_request(request);
}

static void
on_deadline(EV_P_ ev_timer *watcher, int events)
{
	(void)EV_A;
	(void)events;
	hang_up(watcher->data);
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

static void
begin_request(struct control *control, int fd)
{
	struct control_request *request = calloc(1, sizeof *request);

	if (request == NULL) {
		close(fd);
		return;
	}
	request->control = control;
	ev_io_init(&request->io, on_request, fd, EV_READ);
	request->io.data = request;
	ev_io_start(control->loop, &request->io);
	ev_timer_init(&request->deadline, on_deadline, 0., 0.);
	request->deadline.data = request;
	set_deadline(request, REQUEST_S);
	TAILQ_INSERT_TAIL(&control->requests, request, link);
	control->count++;
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
			begin_request(control, fd);
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
	const struct addr_listen_options options = { .backlog = BACKLOG, .mode = CONTROL_MODE,
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

/* The last words to one connection. */
static void
abandon(struct control *control, struct control_request *request)
{
	ev_io_stop(control->loop, &request->io);
	ev_timer_stop(control->loop, &request->deadline);
	TAILQ_REMOVE(&control->requests, request, link);
	if (request->state == REQUEST_PENDING) {
		append_result(request, 0, "the supervisor has ended before");
		request->state = REQUEST_PENDING;
	}
	if (request->sent < request->answer_len)
		(void)send(request->io.fd, request->answer + request->sent,
		    request->answer_len - request->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	/* Who waits for our end sees it when the system closes what we have left open. */
	if (request->state != REQUEST_WAITING)
		close(request->io.fd);
	request->io.fd = -1;
	if (request->state == REQUEST_PENDING)
		return;
	free(request->answer);
	free(request);
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
		abandon(control, request);
	free(control->path);
	free(control);
}

void
control_answer(struct control_request *request, int ok, const char *text)
{
	if (request->io.fd < 0) {
		free(request->answer);
		free(request);
		return;
	}
	append_result(request, ok, text);
	if (request->in_handler)
		return;
	set_deadline(request, ANSWER_S);
	send_answer(request);
}
