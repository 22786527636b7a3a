/* Name-value pairs, of FCGI_PARAMS and the management records (FastCGI 1.0, section 3.4). */
#ifndef FCGI_NV_H
#define FCGI_NV_H

#include <stddef.h>

#include "fcgi_proto.h"

/* One pair.  The bytes belong to whoever gave them and are not terminated. */
struct fcgi_nv {
	const unsigned char *name;
	size_t name_len;
	const unsigned char *value;
	size_t value_len;
};

/*
 * The bytes a pair takes on the wire.
 * Returns 0 when a length is above FCGI_NV_LONG_MAX: the wire cannot carry it.
 */
size_t fcgi_nv_size(size_t name_len, size_t value_len);

/*
 * Writes the two lengths of a pair, without its name and value.
 * dst: at least 8 bytes; both lengths at most FCGI_NV_LONG_MAX.
 * Returns the bytes written, 2 to 8.
 */
size_t fcgi_nv_encode_lengths(unsigned char *dst, size_t name_len, size_t value_len);

/*
 * Reads them, for a reader that does not have the whole pair in one piece.
 * *p: moved behind the lengths on success, left alone otherwise.
 * Returns 0, or -FCGI_E_MORE; 8 bytes are always enough.
 */
int fcgi_nv_decode_lengths(const unsigned char **p, const unsigned char *end, size_t *name_len,
    size_t *value_len);

/*
 * Writes one whole pair.
 * Returns the bytes written (> 0), or -FCGI_E_SPACE when [dst, end) cannot hold it.
 */
ptrdiff_t fcgi_nv_encode(unsigned char *dst, unsigned char *end, const struct fcgi_nv *nv);

/* What fcgi_nv_next() leaves to it; the same for every pair. */
int fcgi_nv_next_long(const unsigned char **p, const unsigned char *end, struct fcgi_nv *nv);

/*
 * Takes the next pair.
 * *p: where to read; moved behind the pair on success, left alone otherwise.
 * nv: points into the input.
 * Returns 1 for a pair, 0 at the end, -FCGI_E_MORE when the pair continues behind end: an error
 * when the stream is known to end there, a reason to wait for more bytes otherwise.
 * A four-byte coding of a short length is accepted.
 */
static inline int
fcgi_nv_next(const unsigned char **p, const unsigned char *end, struct fcgi_nv *nv)
{
	const unsigned char *at = *p, *rest;
	struct fcgi_nv found;
	int r;

	/* Nearly every pair: two short lengths, and all of it there.  A request has some twenty. */
	if (end - at >= 2 && (at[0] | at[1]) <= FCGI_NV_SHORT_MAX &&
	    end - at - 2 >= at[0] + at[1]) {
		nv->name_len = at[0];
		nv->name = at + 2;
		nv->value_len = at[1];
		nv->value = nv->name + nv->name_len;
		*p = nv->value + nv->value_len;
		return 1;
	}
	/* Through copies, so that p and nv can stay in registers above. */
	rest = at;
	r = fcgi_nv_next_long(&rest, end, &found);
	if (r > 0)
		*nv = found;
	*p = rest;
	return r;
}

#endif
