#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "text.h"

#define PATIENCE_S 1.		/* how long a line waits for a reader who takes nothing */
#define RETRY_S 1.		/* after an error, doubling up to: */
#define RETRY_MAX_S 60.

enum {
	READ_LEN = 16 * 1024,	/* of one source, before the loop goes on to others */
	LINE_MAX_TAGGED = 8 * 1024,
	LINE_MAX_RAW = 64 * 1024,
	OWN_SIZE = 4096,	/* of a line of our own, for which there is room kept */
	PREFIX_SIZE = 384,
	TAG_SIZE = 256,
	LEFT_MAX = 64,
};

struct log_source {
	TAILQ_ENTRY(log_source) link;
	struct log *log;
	int number;
	pid_t pid;
	int read_fd;		/* -1: at its end */
	int write_fd;		/* -1: the instance alone has it */
	int is_waiting;		/* for room */
	int is_left;		/* its owner has freed it */
	char *held;		/* read, but not logged: a line that has only begun, or that waits */
	size_t held_len;
	ev_io io;
};

TAILQ_HEAD(source_list, log_source);

struct log {
	struct log_sink sink;
	int is_tagged;
	char tag[TAG_SIZE];
	struct ev_loop *loop;	/* NULL until there is a source */
	ev_io writable;		/* active while a reader takes nothing */
	ev_timer timer;		/* patience, or when to try again after an error */
	double retry_s;
	int is_losing;		/* nobody waits for room until all that is held is written */
	uint64_t lost;		/* lines, not told of yet */
	int lost_error;		/* why */
	struct source_list sources;
	int left_count;
	/* What one source has held, and two reads: one of them was not taken for want of room. */
	char buffer[LINE_MAX_RAW + 2 * READ_LEN];
};

/* --- lines ---------------------------------------------------------------------------------------- */

/* What the system's log wants before the tag (RFC 3164, 4.1). */
static size_t
put_syslog_header(char *dst, size_t size)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return (size_t)snprintf(dst, size, "<%d>%s %2d %02d:%02d:%02d ", LOG_DAEMON | LOG_NOTICE,
	    months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static size_t
put_time(char *dst, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	long minutes;

	localtime_r(&now, &tm);
	minutes = tm.tm_gmtoff / 60;
	return (size_t)snprintf(dst, size, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    minutes < 0 ? '-' : '+', labs(minutes) / 60, labs(minutes) % 60);
}

/* Before each line of an instance. */
static void
put_source_prefix(char *dst, size_t size, const struct log_source *source)
{
	const struct log *log = source->log;
	size_t len = 0;

	dst[0] = '\0';
	if (log->sink.target == LOG_TO_SYSLOG)
		len = put_syslog_header(dst, size);
	else if (!log->is_tagged)
		return;
	snprintf(dst + len, size - len, "%s[%d:%ld]%s ", log->tag, source->number,
	    (long)source->pid, len > 0 ? ":" : "");
}

static void
put_own_prefix(char *dst, size_t size, const struct log *log)
{
	size_t len = 0;

	if (log->sink.target == LOG_TO_SYSLOG)
		len = put_syslog_header(dst, size);
	else if (log->sink.target == LOG_TO_FILE)
		len = put_time(dst, size);
	snprintf(dst + len, size - len, "fcgistarter[%ld]: ", (long)getpid());
}

enum line_flags {
	LINE_ESCAPED = 1,
	LINE_CONTINUED = 2,	/* the next line of its goes on with it */
	LINE_OWN = 4,		/* may take the room that is kept */
};

/* Returns 1, or 0 when there is no room for the line. */
static int
hold_line(struct log *log, const char *prefix, const char *p, size_t len, int flags)
{
	size_t kept = flags & LINE_OWN ? 0 : OWN_SIZE + PREFIX_SIZE;
	size_t prefix_len = strlen(prefix), room, body;
	char *dst = log_sink_room(&log->sink, &room);

	/* Besides, a backslash and a newline. */
	if (room < kept + prefix_len + 2)
		return 0;
	room -= kept + prefix_len + 2;
	if (flags & LINE_ESCAPED)
		body = text_escape(dst + prefix_len, room, p, len,
		    flags & LINE_OWN ? 0 : TEXT_KEEP_LINES);
	else
		body = len;
	if (body >= room)
		return 0;
	memcpy(dst, prefix, prefix_len);
	if ((flags & LINE_ESCAPED) == 0)
		memcpy(dst + prefix_len, p, len);
	body += prefix_len;
	if ((flags & (LINE_ESCAPED | LINE_CONTINUED)) == (LINE_ESCAPED | LINE_CONTINUED))
		dst[body++] = '\\';
	dst[body++] = '\n';
	log_sink_add(&log->sink, body);
	return 1;
}

/* --- what cannot be written at once --------------------------------------------------------------- */

static void
lose_line(struct log *log, int error)
{
	if (log->lost++ == 0)
		log->lost_error = error;
}

static void __attribute__((format(printf, 2, 3)))
hold_own(struct log *log, const char *format, ...)
{
	char prefix[PREFIX_SIZE], message[OWN_SIZE / 4];
	va_list arguments;

	put_own_prefix(prefix, sizeof prefix, log);
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	if (!hold_line(log, prefix, message, strlen(message), LINE_ESCAPED | LINE_OWN))
		lose_line(log, EAGAIN);
}

static void
tell_lost(struct log *log)
{
	uint64_t lost = log->lost;

	if (lost == 0)
		return;
	log->lost = 0;
	hold_own(log, "%" PRIu64 " %s lost: %s", lost, lost == 1 ? "line was" : "lines were",
	    log->lost_error == EAGAIN ? "the log was not read" : strerror(log->lost_error));
}

/* Those who wait for room look again, in the loop's next round. */
static void
wake_sources(struct log *log)
{
	struct log_source *source;

	TAILQ_FOREACH(source, &log->sources, link) {
		if (!source->is_waiting)
			continue;
		source->is_waiting = 0;
		ev_io_start(log->loop, &source->io);
		ev_feed_event(log->loop, &source->io, EV_READ);
	}
}

static void
start_timer(struct log *log, double after_s)
{
	ev_timer_stop(log->loop, &log->timer);
	ev_timer_set(&log->timer, after_s, 0.);
	ev_timer_start(log->loop, &log->timer);
}

/* Comes back when there is reason to hope that more can be written. */
static void
await_sink(struct log *log, int error, int has_moved)
{
	if (log->loop == NULL)
		return;
	if (error != EAGAIN) {
		if (!ev_is_active(&log->timer)) {
			start_timer(log, log->retry_s);
			log->retry_s = log->retry_s < RETRY_MAX_S / 2 ? 2 * log->retry_s
								      : RETRY_MAX_S;
		}
		/* Not a matter of patience. */
		wake_sources(log);
		return;
	}
	ev_io_set(&log->writable, log->sink.fd, EV_WRITE);
	ev_io_start(log->loop, &log->writable);
	/* A reader who is slow is waited for, again and again. */
	if (has_moved && ev_is_active(&log->timer))
		start_timer(log, PATIENCE_S);
}
