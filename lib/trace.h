/*
 * The curl -v of records: told the bytes that went either way, it writes a line per record, and the
 * pairs of PARAMS and of management records below it.  It reads what was really on the wire, not
 * what somebody meant to send.  Secrets are shown as ***.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>
#include <stdio.h>

struct trace;

/*
 * out: where to write; stays the caller's, open until trace_free().
 * Returns the trace, or NULL when memory is short.
 */
struct trace *trace_new(FILE *out, int show_secrets);

/* Says of either direction what it was cut in, if it was, and gives the memory back. */
void trace_free(struct trace *trace);

/*
 * len bytes went by.
 * mark: '>' sent, '<' received.
 */
void trace_bytes(struct trace *trace, char mark, const void *data, size_t len);

/*
 * A line of our own between them, after "* ": printf-like, newline added.  What is not ours in it
 * comes escaped.
 */
void trace_note(struct trace *trace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
