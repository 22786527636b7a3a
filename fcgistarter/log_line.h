/* How a line of the log is spelled.  Pure: bytes in, bytes out. */
#ifndef FCGISTARTER_LOG_LINE_H
#define FCGISTARTER_LOG_LINE_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "log_sink.h"

/* What any prefix fits into, with a tag of up to 255 bytes. */
enum { LOG_LINE_PREFIX_SIZE = 384 };

/*
 * What stands before a line of our own: "fcgistarter[PID]: ", in a file behind the time, to the
 * system's log behind its header (RFC 3164, 4.1).
 * dst: LOG_LINE_PREFIX_SIZE bytes.
 */
void log_line_own_prefix(char *dst, enum log_target target, time_t now, pid_t pid);

/* What stands before a line of an instance: "TAG[NUMBER:PID] ", or the header and a colon too. */
void log_line_tag_prefix(char *dst, enum log_target target, time_t now, const char *tag,
    int number, pid_t pid);

enum log_line_flags {
	LOG_LINE_ESCAPED = 1,	/* as text_escape() does it */
	LOG_LINE_TABS = 2,	/* but tabs pass; of text without a newline */
	LOG_LINE_CONTINUED = 4,	/* escaped text: a backslash says that the next line goes on */
};

/*
 * Writes prefix, text and a newline.
 * flags: of enum log_line_flags.
 * Returns the length, or 0 when it does not fit into size.
 */
size_t log_line_write(char *dst, size_t size, const char *prefix, const char *text, size_t len,
    int flags);

/*
 * How much of a line of more than len bytes makes a piece of at most len: less where a character of
 * UTF-8 would be torn.
 */
size_t log_line_piece(const char *text, size_t len);

#endif
