/*
 * What the user of a web server would get for an application's answer: the bytes that came from the
 * application go in, the HTTP answer comes out as they come.  Each server has rules of its own for
 * which records it takes, what a header is to it, and what becomes of an answer that goes wrong;
 * they were taken from the real ones: nginx 1.22.1, Apache httpd 2.4.71 (mod_proxy_fcgi) and
 * lighttpd 1.4.69 as they were seen to answer, caddy 2.6, haproxy 2.6, h2o 2.2 and mod_fastcgi 2.4
 * as their sources and a table of faults tell.
 *
 * What is the server's own is left out: Date, Server, Connection, Transfer-Encoding, a length that
 * it counts itself, and the text of its error pages.
 *
 * Constant memory, no I/O, no allocation.
 */
#ifndef SEEN_BY_H
#define SEEN_BY_H

#include <stddef.h>
#include <stdint.h>

#include "cgi_response.h"
#include "fcgi_body.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"

struct seen_by_rules;

/* Headers beyond that many are to every server what a block too large is, but for another room. */
enum { SEEN_BY_BLOCK_MAX = 65536, SEEN_BY_HEADERS_MAX = 1000 };

/* What a piece of the HTTP answer is. */
enum seen_by_part {
	SEEN_BY_HEAD,		/* the status line and the headers, up to the empty line */
	SEEN_BY_BODY,
};

/* Takes a piece.  Returns 0, or a negative error that seen_by_feed() or seen_by_end() returns. */
typedef int seen_by_sink(void *to, enum seen_by_part part, const void *data, size_t len);

/* How the connection to the application ended, if not by what came over it. */
enum seen_by_ending {
	SEEN_BY_CLOSED,		/* by the application, also by a reset */
	SEEN_BY_NOT_CONNECTED,
	SEEN_BY_TIMED_OUT,	/* the server has waited as long as it does */
};

struct seen_by_header {
	struct cgi_header text;
	uint8_t dropped;
};

/* Set up with seen_by_init().  Public to read, once the head is out or all is over: */
struct seen_by {
	int status;		/* of the HTTP answer; 0: there is none, or it has no number */
	uint8_t has_head;	/* the head is out */
	uint8_t own_page;	/* the body is an error page of the server's */
	uint8_t own_answer;	/* so are the status and all: the application's answer is none */
	uint8_t cut;		/* the user's connection ends before the answer is complete */
	uint8_t over;		/* nothing of the application's matters any more */
	const char *why;	/* what made the server answer so, or cut it; NULL: nothing odd */
	struct cgi_header redirect; /* value_len > 0: the server asks itself for that instead */

	const struct seen_by_rules *rules; /* private from here on */
	seen_by_sink *sink;
	void *to;
	int error;		/* of the sink */
	uint16_t request_id;
	uint8_t head_only;
	uint8_t state;		/* enum seen_state */
	uint8_t end_state;	/* how much of the block's end has come */
	uint8_t eof;		/* the empty STDOUT record has come */
	uint8_t no_body;
	uint8_t skipped;	/* the record is not for this request */
	uint8_t version;	/* the record's */
	uint8_t header_have;
	uint8_t padding_left;
	uint16_t content_left;
	uint16_t record_len;
	uint64_t body_left;	/* by Content-Length; UINT64_MAX: not told */
	unsigned char wire_header[FCGI_HEADER_LEN];
	unsigned char end_body[FCGI_BODY_LEN];
	struct fcgi_record wire;
	size_t wire_overhead;	/* of the block: headers of records */
	size_t block_len;
	size_t line_count;
	size_t body_at;		/* where the block ends in the buffer and the body begins */
	size_t header_count;
	struct seen_by_header *headers; /* own_headers, or another's room, as the block */
	size_t headers_max;
	char *block;
	size_t block_max;
	struct seen_by_header own_headers[SEEN_BY_HEADERS_MAX];
	char own_block[SEEN_BY_BLOCK_MAX];
	unsigned char record[65536];
};

/* The names of the servers: index 0 and up.  Returns NULL behind the last. */
const char *seen_by_name(size_t index);

/*
 * server: one of these names.
 * request_id: the request's; head_only: it was HEAD.
 * sink, to: where the answer goes, the caller's.
 * Returns 0, or -FCGI_E_SYNTAX: there is no such server.
 */
int seen_by_init(struct seen_by *seen, const char *server, uint16_t request_id, int head_only,
    seen_by_sink *sink, void *to);

/* The same by rules that may be another's (seen_by_rules.h), alive as long as seen. */
void seen_by_init_rules(struct seen_by *seen, const struct seen_by_rules *rules,
    uint16_t request_id, int head_only, seen_by_sink *sink, void *to);

/*
 * Takes bytes as they came from the application, records and all.
 * Returns 0 to go on, 1 when the answer is over and no more need come, or the sink's error.
 */
int seen_by_feed(struct seen_by *seen, const unsigned char *p, const unsigned char *end);

/*
 * The connection has ended.  Not needed, and without effect, when the answer is over.
 * Returns 1, or the sink's error.
 */
int seen_by_end(struct seen_by *seen, enum seen_by_ending ending);

#endif
