/*
 * The answers to several requests on one connection (FastCGI 1.0, section 3.3): one of them is
 * passed on as it comes, those that follow it wait in files without a name for their turn.
 */
#ifndef CGI_FCGI_MULTIPLEX_H
#define CGI_FCGI_MULTIPLEX_H

#include <stdint.h>
#include <sys/types.h>

#include "fcgi_reader.h"
#include "fcgi_request.h"
#include "spool.h"

/* One whose turn has not come. */
struct waiting {
	struct fcgi_request reply;	/* as far as it has come */
	struct spool spool;		/* its records, as they came but for their padding */
	int64_t first_byte_ns;		/* when that and the end came; 0: not yet */
	int64_t end_ns;
};

/* Public to read: first_id, count, turn. */
struct multiplex {
	uint16_t first_id;
	int count;
	int turn;			/* which answer is being passed on, from 0 on */
	struct waiting *waiting;	/* of all */
};

/*
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int multiplex_init(struct multiplex *multiplex, uint16_t first_id, int count);

/* Gives back what it holds. */
void multiplex_reset(struct multiplex *multiplex);

/* 1 when the record belongs to an answer that has to wait, else 0. */
int multiplex_owns(const struct multiplex *multiplex, const struct fcgi_record *record);

/* 1 when that answer, counted from 0, is complete or has been passed on, else 0. */
int multiplex_is_over(const struct multiplex *multiplex, int which);

/*
 * Keeps what fcgi_reader_next() has found of a record that multiplex_owns().
 * Returns 0; an error of fcgi_request_feed(); or -FCGI_E_SYSTEM with errno: it cannot be kept.
 */
int multiplex_keep(struct multiplex *multiplex, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice);

/*
 * Whose turn it is now.  What has been kept of the answer is to be read from its spool, to be taken
 * as the bytes of a connection.
 * Returns the answer, or NULL when all have had their turn.
 */
struct waiting *multiplex_next(struct multiplex *multiplex);

#endif
