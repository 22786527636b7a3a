/*
 * The log of a supervised pool: what its instances write to standard output and error, and lines of
 * our own.  Each instance writes to a pipe of its own, which is read line by line, so that lines of
 * two instances never mix.
 *
 * Tagged, a line is "app[NUMBER:PID] TEXT": TEXT is escaped as text_escape() does it (tabs pass),
 * so that no output looks like another instance's line.  A line of more than 8 KiB is cut into
 * pieces; a piece that goes on in the next line of that instance ends in a single backslash, which
 * escaped text never does.  Untagged, lines are written byte for byte; those of more than 64 KiB
 * are cut.  The system log has the tag in either case, since it is the one to name whose line it
 * is.
 *
 * A reader of the log that is slow slows the instances down, as it would without us.  One that
 * takes nothing for a second, or a full disk, does not: lines are held while there is room, then
 * counted as lost, and how many is told when the log works again.
 */
#ifndef FCGISTARTER_LOG_H
#define FCGISTARTER_LOG_H

#include <ev.h>
#include <stddef.h>
#include <sys/types.h>

#include "log_sink.h"

struct log;
struct log_source;

/*
 * target, path: as of log_sink_open().  The process ignores SIGPIPE and
 * SIGXFSZ.
 * tagged: 0 leaves the lines of the instances as they are.
 * tag: the application's base name, copied.
 * why, size: filled in on failure, for the end of a message that names the target: "Is a
 * directory".
 * Returns the log, or NULL.
 */
struct log *log_open(enum log_target target, const char *path, int tagged, const char *tag,
    char *why, size_t size);

/*
 * Frees it and all of its sources, while their loop is still there.  Waits up to a second for what
 * is held to be written.
 */
void log_close(struct log *log);

/*
 * Opens the file, or the connection to the system log, anew, before the old one is closed.
 * Returns 0, or -FCGI_E_SYSTEM with errno: the old one stays in use, and the log says so.
 */
int log_reopen(struct log *log);

/*
 * One line of our own, whatever the arguments hold: "fcgistarter[PID]: message", escaped.  In a
 * file it begins with the time, since files are read long after: ISO 8601 in local time with its
 * offset, as administrators read the logs of the web server beside it.
 */
void log_own(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Before another program takes over our place and the read ends: writes all that is held, a line
 * that has only begun included (as one that is continued).  Waits up to a second.
 */
void log_hand_over(struct log *log);

/*
 * For an instance that is about to be started.
 * loop: the same for all sources of a log.
 * number: what the tag calls the instance.
 * Returns the source, or NULL with errno.
 */
struct log_source *log_source_new(struct log *log, struct ev_loop *loop, int number);

/* The end to write to, for spawn_start(): close-on-exec, blocking.  -1 once it has been started. */
int log_source_fd(const struct log_source *source);

/* The instance runs: our copy of the end to write to is closed, and reading begins. */
void log_source_started(struct log_source *source, pid_t pid);

/*
 * The source of an instance that an earlier program of ours started.
 * read_fd: of its log_source_read_fd(), the source's from now on; -1: nobody writes there any more.
 * Returns the source, or NULL with errno and read_fd closed.
 */
struct log_source *log_source_adopt(struct log *log, struct ev_loop *loop, int number, pid_t pid,
    int read_fd);

/* The end to read from, -1 once all who could write have closed theirs.  It stays the source's. */
int log_source_read_fd(const struct log_source *source);

/*
 * The instance has ended, or could not be started: what it has written is in the log before
 * anything that is logged from now on.  Where children of its hold the other end open, the log goes
 * on reading it by itself (of 64 at most, the oldest is closed then).
 */
void log_source_free(struct log_source *source);

#endif
