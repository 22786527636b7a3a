#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "log_line.h"
#include "log_private.h"
#include "text.h"

#define PATIENCE_S 1.		/* how long a line waits for a reader who takes nothing */
#define RETRY_S 1.		/* after an error, doubling up to: */
#define RETRY_MAX_S 60.

enum {
	OWN_LEN = 8 * 1024,	/* of a line of our own */
	OWN_ROOM = 4 * OWN_LEN + LOG_LINE_PREFIX_SIZE, /* is kept for one, escaped */
};

/* --- writing, and what cannot be written at once ---------------------------------------------- */

void
log_lose(struct log *log)
{
	if (log->lost++ == 0)
		log->lost_error = log->sink_error != 0 ? log->sink_error : ENOMEM;
}

/* Returns 1, or 0 when there is no room. */
static int
hold_line(struct log *log, size_t kept, const char *prefix, const char *text, size_t len, int flags)
{
	size_t size;
	char *dst = log_sink_room(&log->sink, &size);

	len = size > kept ? log_line_write(dst, size - kept, prefix, text, len, flags) : 0;
	log_sink_add(&log->sink, len);
	return len > 0;
}

static void
hold_own(struct log *log, const char *message)
{
	char prefix[LOG_LINE_PREFIX_SIZE];

	log_line_own_prefix(prefix, log->sink.target, time(NULL), getpid());
	if (!hold_line(log, 0, prefix, message, strlen(message), LOG_LINE_ESCAPED))
		log_lose(log);
}

static void
tell_lost(struct log *log)
{
	char message[128];

	snprintf(message, sizeof message, "%" PRIu64 " %s lost: %s", log->lost,
	    log->lost == 1 ? "line was" : "lines were",
	    log->lost_error == EAGAIN ? "nobody read the log" : strerror(log->lost_error));
	log->lost = 0;
	hold_own(log, message);
}

static void
wake_sources(struct log *log)
{
	struct log_source *source;

	/* libev turns to the one first whom it is told of last. */
	while ((source = TAILQ_LAST(&log->waiting, log_source_list)) != NULL)
		log_source_wake(source);
}

static void
stop_writable(struct log *log)
{
	if (log->loop != NULL)
		ev_io_stop(log->loop, &log->writable);
}

static void
start_timer(struct log *log, double after_s)
{
	ev_timer_stop(log->loop, &log->timer);
	ev_timer_set(&log->timer, after_s, 0.);
	ev_timer_start(log->loop, &log->timer);
}

/* Writes what is held, and then how much was lost.  Returns 0, or -FCGI_E_SYSTEM with errno. */
static int
flush(struct log *log)
{
	if (log_sink_flush(&log->sink) < 0)
		return -FCGI_E_SYSTEM;
	log->is_losing = 0;
	if (log->lost == 0)
		return 0;
	tell_lost(log);
	return log_sink_flush(&log->sink);
}

/* Comes back when there is reason to hope that more can be written. */
static void
await_sink(struct log *log, int has_moved)
{
	if (log->sink_error != EAGAIN) {
		if (ev_is_active(&log->timer))
			return;
		start_timer(log, log->retry_s);
		log->retry_s = log->retry_s < RETRY_MAX_S / 2 ? 2 * log->retry_s : RETRY_MAX_S;
		return;
	}
	ev_io_set(&log->writable, log->sink.fd, EV_WRITE);
	ev_io_start(log->loop, &log->writable);
	/* A reader who is slow is waited for, again and again. */
	if (has_moved && ev_is_active(&log->timer))
		start_timer(log, PATIENCE_S);
}

void
log_push(struct log *log)
{
	size_t held = log_sink_held(&log->sink);
	int error_before = log->sink_error;

	/* Writing may open another descriptor. */
	stop_writable(log);
	log->sink_error = flush(log) < 0 ? errno : 0;
	if (log->sink_error == 0)
		log->retry_s = RETRY_S;
	if (log->loop == NULL)
		return;
	/* It is patience, or a retry: for another reason it does not go on. */
	if (log->sink_error != error_before)
		ev_timer_stop(log->loop, &log->timer);
	if (log->sink_error != 0)
		await_sink(log, log_sink_held(&log->sink) < held);
	if (log->sink_error != EAGAIN)
		wake_sources(log);
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	log_push(io->data);
}

static void
on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct log *log = timer->data;

	(void)loop;
	(void)events;
	if (log->sink_error == EAGAIN) {
		log->is_losing = 1;
		wake_sources(log);
	} else {
		log_push(log);
	}
}

void
log_set_loop(struct log *log, struct ev_loop *loop)
{
	log->loop = loop;
	/* A line of ours may have been held before there was a loop. */
	if (log->sink_error != 0)
		log_push(log);
}

int
log_put(struct log *log, const char *prefix, const char *text, size_t len, int flags)
{
	if (!log->is_losing) {
		if (hold_line(log, OWN_ROOM, prefix, text, len, flags))
			return 1;
		log_push(log);
		if (hold_line(log, OWN_ROOM, prefix, text, len, flags))
			return 1;
		if (log->sink_error == EAGAIN)
			return 0;
		log->is_losing = 1;
	}
	log_lose(log);
	return 1;
}

void
log_wait(struct log *log, struct log_source *source)
{
	TAILQ_INSERT_TAIL(&log->waiting, source, waiting_link);
	if (!ev_is_active(&log->timer))
		start_timer(log, PATIENCE_S);
}

/* --- the log ---------------------------------------------------------------------------------- */

struct log *
log_open(enum log_target target, const char *path, int tagged, const char *tag, char *why,
    size_t size)
{
	struct log *log = calloc(1, sizeof *log);

	if (log == NULL) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	if (log_sink_open(&log->sink, target, path) < 0) {
		const char *reason =
		    errno == ENXIO ? "a FIFO that nobody reads, or a socket" : strerror(errno);

		/* Of the system's log the user has not named the socket. */
		if (target == LOG_TO_SYSLOG && log->sink.path != NULL)
			snprintf(why, size, "%s: %s", log->sink.path, reason);
		else
			snprintf(why, size, "%s", reason);
		log_sink_reset(&log->sink);
		free(log);
		return NULL;
	}
	log->is_tagged = tagged;
	(void)text_escape(log->tag, sizeof log->tag, tag, strlen(tag), 0);
	log->retry_s = RETRY_S;
	TAILQ_INIT(&log->sources);
	TAILQ_INIT(&log->waiting);
	ev_init(&log->writable, on_writable);
	ev_init(&log->timer, on_timer);
	log->writable.data = log;
	log->timer.data = log;
	return log;
}

/* Writes what is held, waiting for a reader until deadline_ns. */
static void
drain(struct log *log, int64_t deadline_ns)
{
	stop_writable(log);
	if (log_sink_drain(&log->sink, deadline_ns) < 0 || log->lost == 0)
		return;
	tell_lost(log);
	(void)log_sink_drain(&log->sink, deadline_ns);
}

static int64_t
patience_end_ns(void)
{
	return clock_after(clock_now_ns(), (int64_t)(PATIENCE_S * CLOCK_NS_PER_S));
}

void
log_close(struct log *log)
{
	int64_t deadline_ns = patience_end_ns();
	struct log_source *source;

	/* Makes room for the last words. */
	drain(log, deadline_ns);
	while ((source = TAILQ_FIRST(&log->sources)) != NULL)
		log_source_destroy(source);
	drain(log, deadline_ns);
	if (log->loop != NULL)
		ev_timer_stop(log->loop, &log->timer);
	log_sink_reset(&log->sink);
	free(log);
}

int
log_reopen(struct log *log)
{
	int r, saved;

	log_push(log);
	stop_writable(log);
	r = log_sink_reopen(&log->sink);
	saved = errno;
	if (r < 0)
		log_own(log, "%s: %s; going on with the log that is open", log->sink.path,
		    strerror(saved));
	log_push(log);
	errno = saved;
	return r;
}

void
log_own(struct log *log, const char *format, ...)
{
	char message[OWN_LEN];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	hold_own(log, message);
	log_push(log);
}

void
log_hand_over(struct log *log)
{
	int64_t deadline_ns = patience_end_ns();
	struct log_source *source;

	drain(log, deadline_ns);
	TAILQ_FOREACH(source, &log->sources, link)
		log_source_take_begun(source);
	drain(log, deadline_ns);
	/* We may have to go on ourselves. */
	log_push(log);
}
