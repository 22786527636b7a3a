/*
 * One authorizer's reply, as it came: the bytes of the connection, what they are by FastCGI's
 * rules, and what the CGI header block in its STDOUT holds, read so that nothing in it gets lost,
 * be it right or wrong.  Judging is for check.h, by what is safe, and verdict.h, as a server would.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "cgi_response.h"
#include "fcgi_reader.h"
#include "fcgi_request.h"

/* No authorizer has to say more than that; what comes beyond is not taken. */
enum { REPLY_WIRE_MAX = 4 * 1024 * 1024, REPLY_HEADERS_MAX = 10000 };

/* How the exchange ended. */
enum reply_ending {
	REPLY_OPEN,		/* not yet: more may come */
	REPLY_ENDED,		/* by END_REQUEST; the connection may be open still */
	REPLY_CLOSED,		/* the application closed the connection, nothing cut */
	REPLY_TRUNCATED,	/* ... inside a record */
	REPLY_RESET,		/* ... or reset it */
	REPLY_TIMED_OUT,
	REPLY_NOT_CONNECTED,
	REPLY_BROKEN,		/* what came is not FastCGI: see error */
	REPLY_TOO_LARGE,	/* REPLY_WIRE_MAX is passed */
};

/* What is odd about the header block: bits of reply->oddities. */
enum reply_oddity {
	REPLY_EMPTY = 1 << 0,		/* there is no STDOUT at all */
	REPLY_HTTP_LINE = 1 << 1,	/* a line that begins with "HTTP/" and has no colon */
	REPLY_BOM = 1 << 2,		/* a UTF-8 byte order mark in front */
	REPLY_BLANK_FIRST = 1 << 3,	/* the first line is empty: no header counts */
	REPLY_BLANK_BEFORE_COLON = 1 << 4,
	REPLY_FOLDED = 1 << 5,		/* a line begins with a blank */
	REPLY_NO_COLON = 1 << 6,
	REPLY_NO_NAME = 1 << 7,		/* a line begins with the colon */
	REPLY_UNENDED = 1 << 8,		/* no blank line */
	REPLY_BARE_CR = 1 << 9,
	REPLY_NUL = 1 << 10,
	REPLY_TOO_MANY = 1 << 11,	/* headers: those beyond REPLY_HEADERS_MAX are not kept */
};

/* Zero-filled, then reply_init().  Public to read. */
struct reply {
	enum reply_ending ending;
	int error;			/* the first thing that FastCGI does not permit:
					   -FCGI_E_..., 0: none.  Output behind its stream's end
					   (-FCGI_E_ORDER) does not stop the reading, and is in out
					   all the same */
	struct buffer wire;		/* all that came, records and all */
	struct buffer out;		/* the contents of STDOUT */
	struct buffer err;		/* the contents of STDERR */
	struct fcgi_request request;	/* ended, end.app_status, foreign, ... */
	size_t end_at;			/* where in the wire END_REQUEST ends; 0: not there */
	size_t late_len;		/* bytes that came behind it */

	/* From reply_finish() on; they point into out. */
	unsigned oddities;		/* enum reply_oddity */
	struct cgi_header *headers;	/* the lines with a colon, in order, blanks left out */
	size_t header_count;
	size_t status_count;		/* headers called Status */
	int status;			/* the first one's, 100 to 599; 0: it is no such number,
					   or there is none */
	const unsigned char *body;	/* behind the block; NULL without an end of it */
	size_t body_len;

	struct fcgi_reader reader;	/* private */
};

/* request_id: the request's. */
void reply_init(struct reply *reply, uint16_t request_id);

/*
 * Takes bytes as they came from the application.
 * Returns 0 to go on; 1 when END_REQUEST has come (bytes behind it may be fed still, and are but
 * counted); -FCGI_E_VERSION or -FCGI_E_LENGTH: it is not to be understood, which sets ending and
 * error; -FCGI_E_SPACE: REPLY_TOO_LARGE; -FCGI_E_SYSTEM: no memory.
 */
int reply_feed(struct reply *reply, const unsigned char *p, size_t len);

/*
 * The exchange is over: sets the ending, unless END_REQUEST or an error has set it, and reads the
 * header block.
 * ending: REPLY_CLOSED (also when it was inside a record: that is seen here), REPLY_RESET,
 * REPLY_TIMED_OUT, REPLY_NOT_CONNECTED.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int reply_finish(struct reply *reply, enum reply_ending ending);

/*
 * The value of the index-th header of that name, case aside.
 * Returns it, or NULL.
 */
const struct cgi_header *reply_header(const struct reply *reply, const char *name, size_t index);

/*
 * The part of the name behind "Variable-", case aside.
 * *len: its length, which may be 0.  Returns NULL for another header.
 */
const char *reply_variable(const struct cgi_header *header, size_t *len);

/* Gives the memory back.  May hold the password: it is wiped. */
void reply_reset(struct reply *reply);

#endif
