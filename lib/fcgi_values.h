/*
 * The answer to FCGI_GET_VALUES, which fcgi_writer_get_values() asks: what an application tells of
 * its own variables (FastCGI 1.0, section 4.1).  Pure: no I/O, no allocation.
 */
#ifndef FCGI_VALUES_H
#define FCGI_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi_nv.h"
#include "fcgi_reader.h"

enum fcgi_values_event {
	FCGI_VALUES_NOTHING = 0, /* go on */
	FCGI_VALUES_RESULT,	 /* the answer is there: see fcgi_values_next() */
	FCGI_VALUES_UNKNOWN_TYPE, /* the application does not know GET_VALUES */
};

/* Set up with fcgi_values_init().  Public to read: foreign. */
struct fcgi_values {
	uint64_t foreign;	/* records that are no answer to GET_VALUES */
	unsigned char *content;	/* private from here on */
	size_t size;
	size_t len;		/* of what is kept */
	size_t seen;		/* of what has come */
	size_t read;
};

/* Of an answer to the three standard names, however it is coded, and of UNKNOWN_TYPE. */
enum { FCGI_VALUES_STANDARD = 512 };

/*
 * content, size: where the answer is kept, the caller's, alive as long as it is read;
 * FCGI_MAX_LENGTH bytes hold any.  What does not fit is cut; at least FCGI_BODY_LEN.
 */
void fcgi_values_init(struct fcgi_values *values, void *content, size_t size);

/*
 * Takes one result of fcgi_reader_next().
 * Returns an enum fcgi_values_event; -FCGI_E_NV when the answer ends inside a pair (but not because
 * it was cut); -FCGI_E_LENGTH when UNKNOWN_TYPE does not have its 8 bytes.
 */
int fcgi_values_feed(struct fcgi_values *values, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice);

/* After FCGI_VALUES_RESULT: the next pair, pointing into content.  Returns 1, or 0 at the end. */
int fcgi_values_next(struct fcgi_values *values, struct fcgi_nv *nv);

/* After FCGI_VALUES_RESULT: the last pair of that name.  Returns 1, or 0 when there is none. */
int fcgi_values_get(const struct fcgi_values *values, const char *name, struct fcgi_nv *nv);

#endif
