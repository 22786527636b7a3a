/*
 * The curl -v of records: told the bytes that went either way, it writes a line per record, and the
 * pairs of PARAMS and of management records below it, and what else it holds if wanted.  It reads
 * what was really on the wire, not what somebody meant to send.  Secrets are shown as ***.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdio.h>

struct trace;

/* What is shown of a record's content besides the pairs it holds. */
enum trace_contents {
	TRACE_NO_CONTENTS,
	TRACE_TEXT,	/* that of streams and of unknown types, as escaped text */
	TRACE_HEX,	/* all of it, in hexadecimal */
};

/* How it is shown.  Zero-filled: records and pairs alone. */
struct trace_style {
	enum trace_contents contents;
	int show_secrets; /* pairs only: streams are shown as they are */
	int times;	/* each line begins with the time of day */
	int offsets;	/* each record says at which byte of its direction it begins */
};

/*
 * out: where to write; stays the caller's, open until trace_free().
 * Returns the trace, or NULL when memory is short.
 */
struct trace *trace_new(FILE *out, const struct trace_style *style);

/* Says of either direction what it was cut in, if it was, and gives the memory back. */
void trace_free(struct trace *trace);

/*
 * len bytes went by.
 * mark: '>' sent, '<' received; '?' when they come from a capture, where the type of each record
 * tells its direction.  What is marked '?' is not mixed with the others.
 */
void trace_bytes(struct trace *trace, char mark, const void *data, size_t len);

/*
 * A line of our own between them, after "* ": printf-like, newline added.  What is not ours in it
 * comes escaped.
 */
void trace_note(struct trace *trace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
