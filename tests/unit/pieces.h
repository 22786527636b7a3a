/*
 * Feeds a parser in pieces, as read(2) would hand them over.  Every piece is a copy of its own that
 * ends at an unreadable page and is gone after the call: who looks ahead or keeps a pointer dies.
 */
#ifndef PIECES_H
#define PIECES_H

#include <stddef.h>

#include "guard.h"

/* Takes one piece; self is the parser with all it needs. */
typedef void pieces_feed_fn(void *self, const unsigned char *p, const unsigned char *end);

/*
 * first: length of the first piece, which may be 0; rest: that of all the others, at least 1.
 * (len, 1) is the whole input at once, (1, 1) is byte by byte, (k, len) is one cut.
 */
static inline void
pieces_feed(const unsigned char *data, size_t len, size_t first, size_t rest, pieces_feed_fn *feed,
    void *self)
{
	size_t at, part;
	unsigned char *piece;

	part = first < len ? first : len;
	for (at = 0;; at += part, part = rest < len - at ? rest : len - at) {
		piece = guard_copy(data + at, part);
		feed(self, piece, piece + part);
		guard_free(piece, part);
		if (at + part == len)
			break;
	}
}

#endif
