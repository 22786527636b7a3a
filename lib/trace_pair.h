/*
 * A name-value pair that comes in pieces, of which a trace keeps as much as it will show.
 * Private to trace.
 */
#ifndef TRACE_PAIR_H
#define TRACE_PAIR_H

#include <stddef.h>
#include <stdint.h>

enum { TRACE_PAIR_SHOWN_MAX = 65536 };	/* bytes that are kept */

/* Zero-filled: none is being read. */
struct trace_pair {
	uint16_t request_id;	/* the owner's */
	uint8_t lengths_len;	/* 0: none is being read */
	uint8_t has_lengths;
	unsigned char lengths[8];
	size_t name_len;
	size_t value_len;
	size_t passed;		/* bytes of name and value that have gone by */
	size_t kept_len;	/* how many of them are kept, from the first on */
	unsigned char *kept;
};

/* Drops it. */
void trace_pair_reset(struct trace_pair *pair);

/*
 * Takes bytes of the pair, at most up to its end.
 * *hidden: how many of them, the last ones, belong to the value of a secret.
 * Returns how many were taken.
 */
size_t trace_pair_feed(struct trace_pair *pair, const unsigned char *p, const unsigned char *end,
    size_t *hidden);

/* 1 when all of it has gone by. */
int trace_pair_complete(const struct trace_pair *pair);

/* 1 when its value must not be shown; once its name has gone by. */
int trace_pair_is_secret(const struct trace_pair *pair);

/* No more of it will come: what is kept is what has gone by. */
void trace_pair_cut(struct trace_pair *pair);

#endif
