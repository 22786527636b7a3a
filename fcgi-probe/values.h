/* The answer to FCGI_GET_VALUES (FastCGI 1.0, section 4.1).  Pure. */
#ifndef VALUES_H
#define VALUES_H

#include <stddef.h>

#include "fcgi_reader.h"
#include "observation.h"

enum { VALUES_MAX = 512 };

/* The body of GET_VALUES_RESULT while it comes.  Set len to 0 before the first piece. */
struct values {
	size_t len;
	unsigned char bytes[VALUES_MAX];
};

/* Keeps a piece; what is longer than our three values can be is cut. */
void values_take(struct values *values, const struct fcgi_slice *slice);

/*
 * It is complete: notes the values that we know, as they were answered.
 * Returns 0, or -FCGI_E_NV.
 */
int values_end(const struct values *values, struct observation *seen);

#endif
