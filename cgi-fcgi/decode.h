/*
 * Reads a capture of FastCGI, of either direction or both: says which stream of which request every
 * byte belongs to, and what is wrong with it and where.  Pure: no I/O, no allocation.
 *
 *	while ((what = decode_next(decode, &p, end, &event)) > 0)
 *		...
 *	what == 0: all bytes are taken, read more; at the capture's end:
 *	while (decode_finish(decode, &event) > 0)
 *		...
 */
#ifndef CGI_FCGI_DECODE_H
#define CGI_FCGI_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi_body.h"
#include "fcgi_reader.h"

enum decode_what {
	DECODE_MORE = 0,	/* all input is taken */
	DECODE_BEGIN,		/* BEGIN_REQUEST: begin */
	DECODE_STREAM,		/* content of a stream: slice */
	DECODE_STREAM_END,	/* its end */
	DECODE_END,		/* END_REQUEST: end */
	DECODE_ABORT,		/* ABORT_REQUEST */
	DECODE_OTHER,		/* a record of management or of a type that is not defined */
	DECODE_FAULT,		/* something is wrong: fault */
};

enum decode_fault {
	DECODE_NOT_FASTCGI,	/* nothing behind it can be read */
	DECODE_CUT_HEADER,	/* the capture ends inside a record */
	DECODE_CUT_CONTENT,
	DECODE_CUT_PADDING,
	DECODE_BAD_LENGTH,	/* a discrete record without its 8 bytes */
	DECODE_BAD_ID,		/* id 0 where a request's must be, or the other way round */
	DECODE_AFTER_END,	/* a stream goes on after its end */
	DECODE_NOT_BEGUN,	/* a part of a request that BEGIN_REQUEST has not begun */
	DECODE_BEGUN_TWICE,	/* BEGIN_REQUEST while the request is still being sent */
	DECODE_BAD_PAIR,	/* a name-value pair runs past the end of its stream or record */
	DECODE_NO_END,		/* the capture ends before a stream of a request does */
	DECODE_NO_END_REQUEST,	/* the capture ends before END_REQUEST */
};

/* What was found.  Valid until the next call. */
struct decode_event {
	enum decode_what what;
	enum decode_fault fault;
	uint64_t offset;	/* of the record, or of the capture's end, in bytes */
	struct fcgi_record record; /* it is about; with NO_END: the stream's type and id */
	unsigned use;		/* 1 for the first request with that id, 2 for the next ... */
	struct fcgi_slice slice;
	struct fcgi_begin begin;
	struct fcgi_end end;
	size_t missing;		/* with CUT_CONTENT: bytes */
	unsigned char header[FCGI_HEADER_LEN]; /* with NOT_FASTCGI and CUT_HEADER */
	size_t header_len;
};

/* A name-value pair of which only the lengths matter.  Zero-filled: none. */
struct decode_pair {
	unsigned char lengths[8];
	uint8_t lengths_len;
	size_t left;		/* bytes of name and value */
};

/* What is known of the requests that have one id. */
struct decode_request {
	unsigned requests;	/* BEGIN_REQUESTs so far */
	unsigned answers;	/* answers that have begun */
	uint16_t role;
	uint8_t sending;	/* BEGIN_REQUEST has come, and not all that belongs to it */
	uint8_t answering;	/* an answer has begun, and END_REQUEST not come */
	uint16_t ended;		/* bit 1 << type: that stream has ended */
	struct decode_pair pair;
};

/* Zero-filled before use.  Large: not for the stack. */
struct decode {
	struct fcgi_reader reader; /* private from here on */
	uint64_t passed;
	uint64_t offset;	/* of the current record */
	unsigned use;
	int broken;		/* the capture cannot be followed any longer */
	int then;		/* a second event of the same record, for the next call */
	unsigned last_id;	/* the largest there was */
	unsigned finished;	/* the id that decode_finish() comes to next */
	struct decode_pair pair; /* of a management record */
	unsigned char body[FCGI_BODY_LEN];
	uint8_t body_len;
	struct decode_request requests[FCGI_MAX_REQUEST_ID + 1];
};

/*
 * Takes bytes until something is to be told.
 * *p: where to read; moved behind what was taken.
 * Returns an enum decode_what, which is event->what too.  After DECODE_NOT_FASTCGI all input is
 * swallowed.
 */
int decode_next(struct decode *decode, const unsigned char **p, const unsigned char *end,
    struct decode_event *event);

/*
 * After the last byte: what is missing, a fault a call.
 * Returns DECODE_FAULT, or 0 when there is no more.
 */
int decode_finish(struct decode *decode, struct decode_event *event);

enum { DECODE_TEXT_MAX = 200 };

/*
 * The words for a fault, in printable ASCII.
 * dst, size: DECODE_TEXT_MAX bytes hold any.  Returns dst.
 */
char *decode_describe(char *dst, size_t size, const struct decode_event *event);

#endif
