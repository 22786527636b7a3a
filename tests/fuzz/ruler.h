/*
 * Records found by stepping from header to header over a stream that is all there.  So simple that
 * it cannot share a fault with the reader it is held against.
 */
#ifndef RULER_H
#define RULER_H

#include <stddef.h>
#include <stdint.h>

/* Set up with stream and end; the rest zero-filled. */
struct ruler {
	const uint8_t *p; /* where the next header is */
	const uint8_t *end;
	uint8_t type;
	unsigned id;
	size_t content_length;
	const uint8_t *content;
	size_t content_here; /* what of the content is in the stream */
	int complete;	     /* the stream has the record's content and padding */
	int cut;	     /* the stream ends inside a record */
};

/* Returns 1 for a record, 0 at the end of the stream, -1 when no header is where one must be. */
static inline int
ruler_next(struct ruler *ruler)
{
	const uint8_t *p = ruler->p;
	size_t left = (size_t)(ruler->end - p);

	if (left > 0 && p[0] != 1)
		return -1;
	if (ruler->cut || left < 8) {
		ruler->cut |= left > 0;
		return 0;
	}
	left -= 8;
	ruler->type = p[1];
	ruler->id = 256U * p[2] + p[3];
	ruler->content_length = 256U * p[4] + p[5];
	ruler->content = p + 8;
	ruler->content_here = left < ruler->content_length ? left : ruler->content_length;
	ruler->complete = left >= ruler->content_length + p[6];
	if (ruler->complete)
		ruler->p = p + 8 + ruler->content_length + p[6];
	else
		ruler->cut = 1;
	return 1;
}

#endif
