/*
 * The input of a target that parses a stream: how to cut it, then the stream itself.
 *
 *	byte 0		low 4 bits: n; high 4 bits: options, for the target to use
 *	n bytes		sizes of the pieces, used in turns; 0 stands for 256
 *	the rest	the stream
 *
 * With n = 0 the stream comes byte by byte, so a capture is a seed with one byte put before it.
 */
#ifndef CUTS_H
#define CUTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"

struct cuts {
	unsigned options; /* 0 to 15 */
	const uint8_t *sizes;
	size_t count;
	const uint8_t *stream;
	size_t len;
};

/* Returns 1, or 0 when there is not even a stream. */
static inline int
cuts_read(struct cuts *cuts, const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	cuts->options = data[0] >> 4;
	cuts->count = data[0] & 15;
	cuts->sizes = data + 1;
	if (size < 1 + cuts->count)
		return 0;
	cuts->stream = data + 1 + cuts->count;
	cuts->len = size - 1 - cuts->count;
	return 1;
}

/* The size of piece i, at most left. */
static inline size_t
cuts_piece(const struct cuts *cuts, size_t i, size_t left)
{
	size_t len = 1;

	if (cuts->count > 0)
		len = cuts->sizes[i % cuts->count];
	if (len == 0)
		len = 256;
	return len < left ? len : left;
}

/*
 * Feeds the stream in pieces.  Each is memory of its own, gone after the call, so that a sanitizer
 * sees who looks ahead or keeps a pointer.
 * feed: takes [p, end); self is the parser with all it needs.
 */
static inline void
cuts_feed(const struct cuts *cuts, void (*feed)(void *self, const uint8_t *p, const uint8_t *end),
    void *self)
{
	size_t at = 0, i, len;
	uint8_t *piece;

	for (i = 0; at < cuts->len; i++, at += len) {
		len = cuts_piece(cuts, i, cuts->len - at);
		piece = malloc(len);
		must(piece != NULL);
		memcpy(piece, cuts->stream + at, len);
		feed(self, piece, piece + len);
		free(piece);
	}
}

#endif
