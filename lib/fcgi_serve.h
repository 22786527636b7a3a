/*
 * The application's half of a connection: bytes in, requests out.  As pure as the rest: the owner
 * keeps PARAMS and bodies, and writes the replies with fcgi_writer.
 *
 *	while ((what = fcgi_serve_next(&serve, &p, end, &event)) > 0)
 *		...
 *	what == 0: all bytes are taken, read more;  what < 0: close the connection
 *
 * Tolerant where real web servers are odd: an AUTHORIZER that never gets a STDIN record, an ABORT
 * of a request that is gone, records of ids nobody began.
 */
#ifndef FCGI_SERVE_H
#define FCGI_SERVE_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi_body.h"
#include "fcgi_reader.h"

/* One request that is being received or answered.  Zero-filled: free. */
struct fcgi_serve_slot {
	uint16_t request_id;	/* 0: free */
	uint16_t role;		/* enum fcgi_role */
	uint8_t flags;		/* FCGI_KEEP_CONN */
	uint8_t closed;		/* private: streams whose end has come */
};

enum fcgi_serve_kind {
	FCGI_SERVE_MORE = 0,
	FCGI_SERVE_BEGIN,	/* a request: slot is its place until fcgi_serve_done() */
	FCGI_SERVE_REJECT,	/* answer END_REQUEST with request_id and protocol_status */
	FCGI_SERVE_PARAMS,	/* slice of PARAMS; pairs may be split anywhere */
	FCGI_SERVE_PARAMS_END,
	FCGI_SERVE_STDIN,	/* slice of the body */
	FCGI_SERVE_STDIN_END,
	FCGI_SERVE_DATA,	/* slice of a FILTER's file */
	FCGI_SERVE_DATA_END,
	FCGI_SERVE_ABORT,	/* the client is not interested any more: answer END_REQUEST */
	FCGI_SERVE_VALUES,	/* slice of a GET_VALUES body */
	FCGI_SERVE_VALUES_END,	/* ... which is complete: answer GET_VALUES_RESULT */
	FCGI_SERVE_UNKNOWN,	/* a management type we do not know: answer UNKNOWN_TYPE(type) */
};

struct fcgi_serve_event {
	size_t slot;		/* index into the slots, of BEGIN, PARAMS*, STDIN*, DATA*, ABORT */
	struct fcgi_slice slice;
	uint16_t request_id;	/* of REJECT */
	uint8_t protocol_status; /* of REJECT: enum fcgi_protocol_status */
	uint8_t flags;		/* of REJECT: FCGI_KEEP_CONN; without it close after the answer */
	uint8_t type;		/* of UNKNOWN */
};

/*
 * Set up by the owner: slots (zero-filled, slot_count >= 1).  The rest zero-filled.
 * With one slot a second request on the connection is rejected with CANT_MPX_CONN; with more, one
 * that finds no free slot is rejected with OVERLOADED.
 */
struct fcgi_serve {
	struct fcgi_serve_slot *slots;
	size_t slot_count;
	struct fcgi_reader reader;	/* public to read: the current record */
	size_t used;			/* private: no slot from here on is taken */
	size_t current;			/* private: slot of the current record */
	uint8_t action;			/* private */
	uint8_t body_len;		/* private */
	unsigned char body[FCGI_BODY_LEN]; /* private */
};

/*
 * Takes bytes until something is to be told.
 * *p: where to read; moved behind what was taken.  event: slices point into the input.
 * Returns an enum fcgi_serve_kind, or
 * -FCGI_E_VERSION: not FastCGI;  -FCGI_E_LENGTH: BEGIN_REQUEST without its 8 bytes;
 * -FCGI_E_ORDER: a stream goes on after its end, PARAMS or STDIN are skipped, DATA comes for a role
 * other than FILTER, an id is begun twice.
 * Sections 3.3, 4, 5, 6.
 */
int fcgi_serve_next(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_serve_event *event);

/*
 * Takes a RESPONDER's request that lies whole in the input and has no body, as most do: what
 * fcgi_serve_next() would tell as BEGIN, PARAMS, PARAMS_END and STDIN_END, for those who count
 * instructions.
 * event: its slot, and all of its PARAMS as the slice.
 * Returns 1; or 0 with nothing taken, and fcgi_serve_next() says what is there.
 */
int fcgi_serve_request(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_serve_event *event);

/*
 * The request of that slot has been answered: its id may be used again, what still arrives for it
 * is skipped.
 */
void fcgi_serve_done(struct fcgi_serve *serve, size_t slot);

/* The number of requests that have begun and are not done. */
size_t fcgi_serve_active(const struct fcgi_serve *serve);

#endif
