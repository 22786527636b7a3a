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

/*
 * Copies len bytes of a payload from offset on, which are inside of it, under another id.  A piece
 * may begin or end between the two bytes of an id.
 */
void payload_copy(unsigned char *dst, const struct payload *payload, size_t offset, size_t len,
    uint16_t request_id);

void payload_reset(struct payloads *payloads);

#endif
