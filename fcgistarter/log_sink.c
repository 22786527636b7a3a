#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

/* What the system's log takes in any case, of a line that is too long for a datagram here. */
enum { DATAGRAM_MIN = 1024 };

static const char syslog_socket[] = "/dev/log";

/* --- opening ---------------------------------------------------------------------------------- */

static int
open_file(const char *path)
{
	/* Not waiting either where the file is a FIFO. */
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

static int
open_syslog(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, saved;

	if (len >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/*
 * A description of our own where there can be one: to make the one we were given nonblocking would
 * do so for all who share it.  Not of a file: there it is the offset that others count on, and
 * nobody has to wait.
 */
static int
open_stderr(struct log_sink *sink)
{
	struct stat st;
	int fd = -1;

	if (fstat(STDERR_FILENO, &st) < 0)
		return -1;
	sink->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		fd = open("/proc/self/fd/2", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		sink->may_block = fd < 0;
	}
	return fd >= 0 ? fd : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int
open_target(struct log_sink *sink)
{
	switch (sink->target) {
	case LOG_TO_FILE:
		return open_file(sink->path);
	case LOG_TO_SYSLOG:
		return open_syslog(sink->path);
	case LOG_TO_STDERR:
		break;
	}
	return open_stderr(sink);
}

/* Absolute: the file is opened again after the working directory has changed. */
static char *
absolute(const char *path)
{
	char cwd[PATH_MAX], *joined = NULL;

	if (path[0] == '/')
		return strdup(path);
	if (getcwd(cwd, sizeof cwd) == NULL || asprintf(&joined, "%s/%s", cwd, path) < 0)
		return NULL;
	return joined;
}

int
log_sink_open(struct log_sink *sink, enum log_target target, const char *path)
{
	*sink = (struct log_sink){ .target = target, .fd = -1, .bytes = malloc(LOG_SINK_SIZE) };
	if (sink->bytes == NULL)
		return -FCGI_E_SYSTEM;
	if (target == LOG_TO_SYSLOG && path == NULL)
		path = syslog_socket;
	if (target != LOG_TO_STDERR) {
		sink->path = absolute(path);
		if (sink->path == NULL)
			return -FCGI_E_SYSTEM;
	}
	sink->is_socket = target == LOG_TO_SYSLOG;
	sink->fd = open_target(sink);
	return sink->fd < 0 ? -FCGI_E_SYSTEM : 0;
}

void
log_sink_reset(struct log_sink *sink)
{
	int saved = errno;

	if (sink->fd >= 0)
		close(sink->fd);
	free(sink->path);
	free(sink->bytes);
	*sink = (struct log_sink){ .fd = -1 };
	errno = saved;
}

/* --- what is held ----------------------------------------------------------------------------- */

/* Where the line ends whose first byte is held first, its newline included. */
static size_t
first_line(const struct log_sink *sink)
{
	const char *p = sink->bytes + sink->first;
	const char *newline = memchr(p, '\n', sink->last - sink->first);

	return newline != NULL ? (size_t)(newline + 1 - p) : sink->last - sink->first;
}

int
log_sink_reopen(struct log_sink *sink)
{
	int fd;

	if (sink->target == LOG_TO_STDERR)
		return 0;
	fd = open_target(sink);
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	close(sink->fd);
	sink->fd = fd;
	if (sink->midline) {
		sink->first += first_line(sink);
		sink->midline = 0;
	}
	return 0;
}

char *
log_sink_room(struct log_sink *sink, size_t *size)
{
	size_t held = sink->last - sink->first;

	if (sink->first > 0) {
		memmove(sink->bytes, sink->bytes + sink->first, held);
		sink->first = 0;
		sink->last = held;
	}
	*size = LOG_SINK_SIZE - held;
	return sink->bytes + held;
}

void
log_sink_add(struct log_sink *sink, size_t len)
{
	sink->last += len;
}

size_t
log_sink_held(const struct log_sink *sink)
{
	return sink->last - sink->first;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int
is_writable(int fd)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };

	return poll(&writable, 1, 0) != 0;
}

/* As write(2), but that nothing waits. */
static ssize_t
write_some(const struct log_sink *sink, const char *p, size_t len)
{
	if (sink->is_socket)
		return send(sink->fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sink->may_block) {
		if (!is_writable(sink->fd)) {
			errno = EAGAIN;
			return -1;
		}
		/* What is writable takes so much at once (POSIX, of pipes). */
		if (len > PIPE_BUF)
			len = PIPE_BUF;
	}
	return write(sink->fd, p, len);
}

/* A line, without its newline, to the system's log.  Returns 0, or -1 with errno. */
static int
send_line(struct log_sink *sink, const char *p, size_t len)
{
	ssize_t sent = write_some(sink, p, len);

	if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != EMSGSIZE) {
		/* It may have been started anew, and then listens on another socket. */
		if (log_sink_reopen(sink) < 0)
			return -1;
		sent = write_some(sink, p, len);
	}
	if (sent < 0 && errno == EMSGSIZE && len > DATAGRAM_MIN)
		sent = write_some(sink, p, DATAGRAM_MIN);
	return sent < 0 ? -1 : 0;
}

/* Returns how much of what is held is done with, or -1 with errno. */
static ssize_t
write_held(struct log_sink *sink)
{
	const char *p = sink->bytes + sink->first;
	ssize_t written;
	size_t len;

	if (sink->target == LOG_TO_SYSLOG) {
		len = first_line(sink);
		return send_line(sink, p, len - 1) < 0 ? -1 : (ssize_t)len;
	}
	written = write_some(sink, p, sink->last - sink->first);
	if (written > 0)
		sink->midline = p[written - 1] != '\n';
	return written;
}

int
log_sink_flush(struct log_sink *sink)
{
	ssize_t written;

	while (sink->first < sink->last) {
		written = write_held(sink);
		if (written < 0 && errno != EINTR)
			return -FCGI_E_SYSTEM;
		if (written > 0)
			sink->first += (size_t)written;
	}
	return 0;
}

int
log_sink_drain(struct log_sink *sink, int64_t deadline_ns)
{
	struct pollfd writable = { .fd = sink->fd, .events = POLLOUT };
	int64_t now_ns;
	int r;

	while ((r = log_sink_flush(sink)) < 0 && errno == EAGAIN) {
		now_ns = clock_now_ns();
		if (now_ns >= deadline_ns)
			break;
		writable.fd = sink->fd;
		(void)poll(&writable, 1, clock_poll_timeout(deadline_ns, now_ns));
	}
	return r;
}
