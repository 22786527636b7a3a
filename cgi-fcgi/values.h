/*
 * The answer to FCGI_GET_VALUES, which fcgi_writer_get_values() asks: what an application tells of
 * its own variables (FastCGI 1.0, section 4.1).  Pure: no I/O, no allocation.
 */
#ifndef CGI_FCGI_VALUES_H
#define CGI_FCGI_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi_nv.h"
#include "fcgi_reader.h"

enum values_event {
	VALUES_NOTHING = 0,	/* go on */
	VALUES_RESULT,		/* the answer is there: see values_next() */
	VALUES_UNKNOWN_TYPE,	/* the application does not know GET_VALUES */
};

/* Zero-filled before use.  Public to read: foreign. */
struct values {
	uint64_t foreign;	/* records that are no answer to GET_VALUES */
	size_t len;		/* private from here on */
	size_t read;
	unsigned char content[FCGI_MAX_LENGTH];
};

/*
 * Takes one result of fcgi_reader_next().
 * Returns an enum values_event; -FCGI_E_NV when the answer ends inside a pair; -FCGI_E_LENGTH when
 * UNKNOWN_TYPE does not have its 8 bytes.
 */
int values_feed(struct values *values, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice);

/* After VALUES_RESULT: the next pair, pointing into values.  Returns 1, or 0 at the end. */
int values_next(struct values *values, struct fcgi_nv *nv);

/* After VALUES_RESULT: 1 when the answer holds that name, else 0. */
int values_has(const struct values *values, const char *name);

#endif
