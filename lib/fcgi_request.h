/*
 * The client's view of one request: fed the records of its connection, says which bytes are the
 * answer's and how it ended.  One per request id, so several may share a connection.
 * Pure: no I/O, no allocation.
 */
#ifndef FCGI_REQUEST_H
#define FCGI_REQUEST_H

#include <stdint.h>

#include "fcgi_body.h"
#include "fcgi_reader.h"

/* What fcgi_request_feed() found. */
enum fcgi_request_event {
	FCGI_REQUEST_NOTHING = 0,	/* go on */
	FCGI_REQUEST_FOREIGN,		/* the record is not this request's: counted and skipped */
	FCGI_REQUEST_STDOUT,		/* the slice belongs to the output */
	FCGI_REQUEST_STDERR,		/* the slice belongs to the error output */
	FCGI_REQUEST_END,		/* END_REQUEST came: end is filled in, nothing follows */
};

/* Zero-filled before use, then request_id set.  Public to read: everything but the private. */
struct fcgi_request {
	uint16_t request_id;
	uint8_t ended;			/* END_REQUEST has come */
	uint8_t stdout_closed;		/* the empty STDOUT record came; php-fpm never sends it */
	uint8_t stderr_closed;
	struct fcgi_end end;		/* valid when ended */
	uint64_t stdout_len;		/* bytes of output so far */
	uint64_t stderr_len;
	uint64_t foreign;		/* records of other ids, of management, of unknown types */
	struct fcgi_record first_foreign; /* the first of them, valid when foreign > 0 */
	uint8_t body_len;		/* private */
	unsigned char body[FCGI_BODY_LEN]; /* private */
};

/*
 * Takes one result of fcgi_reader_next().
 * record: the reader's current record; what: an enum fcgi_read; slice: with FCGI_READ_CONTENT.
 * Returns an enum fcgi_request_event;
 * -FCGI_E_LENGTH: END_REQUEST without its 8 bytes;
 * -FCGI_E_ORDER: output after its stream's end, or a type that only a web server sends under this
 * request's id.  After an error the connection is of no more use.
 * Sections 3.3, 5.3, 5.5.  A record of another id, a management record and an unknown type are
 * skipped, as web servers do.
 */
int fcgi_request_feed(struct fcgi_request *request, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice);

#endif
