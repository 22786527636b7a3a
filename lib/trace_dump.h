/* The content of one record, gathered to be shown below its line.  Private to trace. */
#ifndef TRACE_DUMP_H
#define TRACE_DUMP_H

#include <stddef.h>
#include <stdint.h>

/* Zero-filled: nothing gathered. */
struct trace_dump {
	unsigned char *data;	/* FCGI_MAX_LENGTH bytes once there are any, and as many marks */
	size_t len;
	int lost;		/* memory was too short */
};

/*
 * Gathers bytes of a record's content, all together at most FCGI_MAX_LENGTH.
 * hidden: how many of them, the last ones, must not be shown.
 */
void trace_dump_add(struct trace_dump *dump, const unsigned char *p, size_t len, size_t hidden);

enum { TRACE_DUMP_ROW = 16, TRACE_DUMP_TEXT_MAX = 80 };

/*
 * Writes the row of 16 bytes that begins at byte at, as "0010: 68 65 ...  he..."; what is hidden is
 * shown as **.
 * dst: TRACE_DUMP_TEXT_MAX bytes.
 */
void trace_dump_row(char *dst, const struct trace_dump *dump, size_t at);

/* Forgets the content, for that of the next record. */
void trace_dump_clear(struct trace_dump *dump);

/* Gives its memory back. */
void trace_dump_reset(struct trace_dump *dump);

#endif
