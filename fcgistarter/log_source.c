#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "log_line.h"
#include "log_private.h"

enum { LEFT_MAX = 64 };

static size_t
longest_line(const struct log *log)
{
	return log->is_tagged ? LOG_LINE_MAX_TAGGED : LOG_LINE_MAX_RAW;
}

static void
wait_for_room(struct log_source *source)
{
	ev_io_stop(source->log->loop, &source->io);
	if (!source->is_waiting)
		log_wait(source->log, source);
	source->is_waiting = 1;
}

static void
stop_waiting(struct log_source *source)
{
	if (source->is_waiting)
		TAILQ_REMOVE(&source->log->waiting, source, waiting_link);
	source->is_waiting = 0;
}

void
log_source_wake(struct log_source *source)
{
	stop_waiting(source);
	ev_io_start(source->log->loop, &source->io);
	/* What it holds is reason enough, whether or not there is more to read. */
	ev_feed_event(source->log->loop, &source->io, EV_READ);
}

enum taking { TAKE_LINES, TAKE_BEGUN, TAKE_LAST };

/*
 * Logs the lines of [p, end).
 * how: what becomes of a line without an end: it is left for later, logged as one that goes on, or
 * as one that has ended.
 * Returns where it has stopped: at such a line, or at one that has to wait.
 */
static const char *
take_lines(struct log_source *source, const char *p, const char *end, enum taking how)
{
	struct log *log = source->log;
	size_t most = longest_line(log), len;
	int as_is = log->is_tagged ? LOG_LINE_ESCAPED | LOG_LINE_TABS : 0, flags;
	char prefix[LOG_LINE_PREFIX_SIZE] = "";
	const char *newline;

	if (log->is_tagged || log->sink.target == LOG_TO_SYSLOG)
		log_line_tag_prefix(prefix, log->sink.target, time(NULL), log->tag, source->number,
		    source->pid);
	while (p < end) {
		newline = memchr(p, '\n', (size_t)(end - p));
		len = (size_t)((newline != NULL ? newline : end) - p);
		flags = as_is;
		if (len > most) {
			len = log_line_piece(p, most);
			newline = NULL;
			flags |= LOG_LINE_CONTINUED;
		} else if (newline == NULL && how == TAKE_LINES) {
			break;
		} else if (newline == NULL && how == TAKE_BEGUN) {
			flags |= LOG_LINE_CONTINUED;
		}
		if (!log_put(log, prefix, p, len, flags)) {
			wait_for_room(source);
			break;
		}
		p += len + (newline != NULL);
	}
	return p;
}

/* Keeps [p, end) for later. */
static void
keep(struct log_source *source, const char *p, const char *end)
{
	size_t len = (size_t)(end - p);
	char *held = len > 0 ? realloc(source->held, len) : NULL;

	if (len > 0 && held == NULL) {
		log_lose(source->log);
		len = 0;
	}
	if (len > 0)
		memcpy(held, p, len);
	else
		free(source->held);
	source->held = held;
	source->held_len = len;
}

/* Logs what is held, once more. */
static void
take_held(struct log_source *source, enum taking how)
{
	char *buffer = source->log->buffer, *end = buffer + source->held_len;

	if (source->held_len == 0)
		return;
	memcpy(buffer, source->held, source->held_len);
	keep(source, take_lines(source, buffer, end, how), end);
}

/*
 * Reads once, and logs the lines that are complete.
 * Returns how much was read, 0 at the end, -1 when there is nothing now.
 */
static ssize_t
read_some(struct log_source *source)
{
	struct log *log = source->log;
	size_t len = source->held_len;
	ssize_t got;

	/* Lines that wait come first. */
	if (len > longest_line(log)) {
		take_held(source, TAKE_LINES);
		return -1;
	}
	got = read(source->read_fd, log->buffer + len, LOG_READ_LEN);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		got = 0;
	if (len > 0)
		memcpy(log->buffer, source->held, len);
	if (got > 0)
		len += (size_t)got;
	keep(source,
	    take_lines(source, log->buffer, log->buffer + len, got == 0 ? TAKE_LAST : TAKE_LINES),
	    log->buffer + len);
	return got;
}

void
log_source_take_begun(struct log_source *source)
{
	take_held(source, TAKE_BEGUN);
}

void
log_source_destroy(struct log_source *source)
{
	struct log *log = source->log;

	take_held(source, TAKE_LAST);
	if (source->held_len > 0)
		log_lose(log);
	stop_waiting(source);
	ev_io_stop(log->loop, &source->io);
	if (source->read_fd >= 0)
		close(source->read_fd);
	if (source->write_fd >= 0)
		close(source->write_fd);
	log->left_count -= source->is_left;
	TAILQ_REMOVE(&log->sources, source, link);
	free(source->held);
	free(source);
}

/* All who could write have closed it, and all is logged. */
static void
end_reading(struct log_source *source)
{
	ev_io_stop(source->log->loop, &source->io);
	close(source->read_fd);
	source->read_fd = -1;
	if (source->is_left)
		log_source_destroy(source);
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct log_source *source = io->data;
	struct log *log = source->log;

	(void)loop;
	(void)events;
	/* Those who wait already come first. */
	if (!TAILQ_EMPTY(&log->waiting))
		wait_for_room(source);
	else if (read_some(source) == 0 && source->held_len == 0)
		end_reading(source);
	log_push(log);
}

static struct log_source *
new_source(struct log *log, struct ev_loop *loop, int number)
{
	struct log_source *source = calloc(1, sizeof *source);

	if (source == NULL)
		return NULL;
	if (log->loop == NULL)
		log_set_loop(log, loop);
	source->log = log;
	source->number = number;
	source->read_fd = -1;
	source->write_fd = -1;
	TAILQ_INSERT_TAIL(&log->sources, source, link);
	ev_init(&source->io, on_readable);
	/* Signals, deaths and timers go first. */
	ev_set_priority(&source->io, -1);
	source->io.data = source;
	return source;
}

static void
set_read_fd(struct log_source *source, int fd)
{
	source->read_fd = fd;
	ev_io_set(&source->io, fd, EV_READ);
}

struct log_source *
log_source_new(struct log *log, struct ev_loop *loop, int number)
{
	struct log_source *source;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	/* The other end is the application's, which waits when it writes. */
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	source = new_source(log, loop, number);
	if (source == NULL) {
		close(fds[0]);
		close(fds[1]);
		return NULL;
	}
	set_read_fd(source, fds[0]);
	source->write_fd = fds[1];
	return source;
}

int
log_source_fd(const struct log_source *source)
{
	return source->write_fd;
}

void
log_source_started(struct log_source *source, pid_t pid)
{
	source->pid = pid;
	close(source->write_fd);
	source->write_fd = -1;
	ev_io_start(source->log->loop, &source->io);
}

struct log_source *
log_source_adopt(struct log *log, struct ev_loop *loop, int number, pid_t pid, int read_fd)
{
	struct log_source *source = new_source(log, loop, number);
	int saved;

	if (source == NULL) {
		saved = errno;
		if (read_fd >= 0)
			close(read_fd);
		errno = saved;
		return NULL;
	}
	source->pid = pid;
	if (read_fd >= 0) {
		(void)fcntl(read_fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(read_fd, F_SETFL, O_NONBLOCK);
		set_read_fd(source, read_fd);
		ev_io_start(loop, &source->io);
	}
	return source;
}

int
log_source_read_fd(const struct log_source *source)
{
	return source->read_fd;
}

/* What is in the pipe now; who goes on writing meanwhile is not waited for. */
static void
drain(struct log_source *source)
{
	ssize_t got;
	int left = 0;

	(void)ioctl(source->read_fd, FIONREAD, &left);
	while (left >= 0) {
		got = read_some(source);
		if (got == 0 && source->held_len == 0) {
			end_reading(source);
			return;
		}
		if (got <= 0)
			return;
		left -= (int)got;
	}
}

void
log_source_free(struct log_source *source)
{
	struct log *log = source->log;
	struct log_source *oldest;

	if (source->write_fd >= 0)
		close(source->write_fd);
	source->write_fd = -1;
	source->is_left = 1;
	log->left_count++;
	if (source->read_fd < 0) {
		log_source_destroy(source);
	} else if (!source->is_waiting) {
		/* It may never have been started. */
		ev_io_start(log->loop, &source->io);
		drain(source);
	}
	if (log->left_count > LEFT_MAX) {
		TAILQ_FOREACH(oldest, &log->sources, link)
			if (oldest->is_left)
				break;
		log_source_destroy(oldest);
	}
	log_push(log);
}

