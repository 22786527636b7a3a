/*
 * Where log lines go: a file, the system's log, or standard error.  Nothing here waits: what cannot
 * be written yet is held, up to a bound.
 */
#ifndef FCGISTARTER_LOG_SINK_H
#define FCGISTARTER_LOG_SINK_H

#include <stddef.h>
#include <stdint.h>

enum log_target {
	LOG_TO_FILE,
	LOG_TO_SYSLOG,
	LOG_TO_STDERR,
};

/* What can be held: a few of the longest lines. */
enum { LOG_SINK_SIZE = 256 * 1024 };

/* Set up with log_sink_open().  Public to read: target, path, fd. */
struct log_sink {
	enum log_target target;
	char *path;		/* absolute; of LOG_TO_STDERR NULL */
	int fd;			/* to wait for until it is writable */
	int is_socket;		/* private, as all below */
	int may_block;		/* fd is shared with others who want it to block */
	int midline;		/* what was written last does not end a line */
	char *bytes;		/* LOG_SINK_SIZE, of which [first, last) are held */
	size_t first;
	size_t last;
};

/*
 * Opens the target; descriptors are close-on-exec.
 * path: of the file, appended to and made with mode 0640 (less the umask) if it is not there; of
 * the system log's socket, NULL for /dev/log; unused for standard error.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int log_sink_open(struct log_sink *sink, enum log_target target, const char *path);

/*
 * Opens it anew, and only then closes the old one; standard error stays as it is.  What is held
 * goes to the new one, but for the rest of a line whose beginning the old one has.
 * Returns 0, or -FCGI_E_SYSTEM with errno and the old one in use.
 */
int log_sink_reopen(struct log_sink *sink);

/* Closes it; what is held is lost. */
void log_sink_reset(struct log_sink *sink);

/* Room for a line, to be filled and handed to log_sink_add(); *size: how much there is. */
char *log_sink_room(struct log_sink *sink, size_t *size);

/* Takes the first len bytes of the room; they are one line, its newline included. */
void log_sink_add(struct log_sink *sink, size_t len);

/* How many bytes are held. */
size_t log_sink_held(const struct log_sink *sink);

/*
 * Writes what is held, as far as it goes without waiting; to the system log a line at a time.  The
 * process ignores SIGPIPE and SIGXFSZ.
 * Returns 0 when all is written, or -FCGI_E_SYSTEM with errno: EAGAIN until fd is writable.
 */
int log_sink_flush(struct log_sink *sink);

/* The same, but waits for a reader until deadline_ns (CLOCK_MONOTONIC). */
int log_sink_drain(struct log_sink *sink, int64_t deadline_ns);

#endif
