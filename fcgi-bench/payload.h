/*
 * The requests that are sent, encoded once: every byte from BEGIN_REQUEST to the last empty stream.
 * Read only once made, and shared by all threads.
 */
#ifndef FCGI_BENCH_PAYLOAD_H
#define FCGI_BENCH_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "expect.h"
#include "params.h"

struct options;

struct payload {
	char *name;		/* of its stanza; "request" without -i */
	unsigned char *bytes;	/* with request id 1, FCGI_KEEP_CONN as the plan has it */
	size_t len;
	size_t *id_at;		/* where requestId stands in each record: two bytes, high first */
	size_t id_count;
	uint64_t weight;	/* > 0 */
	uint16_t role;		/* enum fcgi_role */
	int head;		/* REQUEST_METHOD is HEAD: no body is expected */
	struct expect expect;	/* what a good answer is */
};

/* Zero-filled before use. */
struct payloads {
	struct payload *items;
	size_t count;
	/*
	 * The order of sending that spreads the weights evenly, repeated for ever: turns[i % turn_count]
	 * is the payload of request i.
	 */
	uint32_t *turns;
	size_t turn_count;
};

/*
 * Makes what the options ask for: the one request of the command line, or those of -i.  What cannot
 * be made does not return.
 * app: the application's address, for presets whose variables hold it.
 * keep_conn: 1 to ask the application to keep the connection.
 */
void payload_make(struct payloads *payloads, const struct options *options, const struct addr *app,
    int keep_conn);

/* What a payload is made of; all of it is the caller's. */
struct payload_content {
	uint16_t role;
	int keep_conn;
	const struct params *params;
	const void *body;	/* FCGI_STDIN */
	size_t body_len;
	const void *data;	/* FCGI_DATA, of a filter */
	size_t data_len;
};

/*
 * Encodes it: bytes, len, id_at, id_count, role and head of the payload are set.  An authorizer
 * gets an FCGI_STDIN stream only if there is a body: most web servers send none, not even its end.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.  Sections 5.1 to 5.3 and 6.
 */
int payload_encode(struct payload *payload, const struct payload_content *content);

/*
 * Makes the order of sending, of the payloads' weights.  Of two of them the one of whose share less
 * is used up comes first, and of equals the first; so none comes in bursts.
 * Returns 0; -FCGI_E_SPACE when weights without a common divisor add up to more than
 * PAYLOAD_TURNS_MAX; -FCGI_E_SYSTEM when memory is short.
 */
enum { PAYLOAD_TURNS_MAX = 1 << 20 };
int payload_order(struct payloads *payloads);

/*
 * Copies len bytes of a payload from offset on, which are inside of it, under another id.  A piece
 * may begin or end between the two bytes of an id.
 */
void payload_copy(unsigned char *dst, const struct payload *payload, size_t offset, size_t len,
    uint16_t request_id);

void payload_reset(struct payloads *payloads);

#endif
