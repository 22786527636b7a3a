/*
 * The CGI header block at the head of a responder's STDOUT (RFC 3875, section 6).
 * cgi_block has the grammar, this keeps what came.  Pure: no I/O, no allocation.
 */
#ifndef CGI_RESPONSE_H
#define CGI_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "cgi_block.h"

/* One header; the bytes are in the caller's block buffer, surrounding blanks left out. */
struct cgi_header {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* Set up with cgi_response_init().  Public to read: all but the private. */
struct cgi_response {
	char *block;		/* the caller's buffer: the header block as it came */
	size_t size;		/* private */
	size_t block_len;	/* bytes of it, with the blank line when complete */
	uint8_t complete;	/* the blank line has come */
	int status;		/* Status, or 302 with a Location and without one, else 200 */
	uint8_t has_status;	/* a Status header was there */
	uint8_t has_location;
	struct cgi_block grammar; /* private */
};

/* block, size: where the header block is kept; a larger one is -FCGI_E_SPACE. */
void cgi_response_init(struct cgi_response *response, char *block, size_t size);

/*
 * Takes bytes of STDOUT until the block is complete.
 * *p: moved behind what belongs to the block; on success the rest is the body.
 * Returns as cgi_block_feed();
 * -FCGI_E_SPACE: the block is larger than the buffer.
 * After an error call it no more.
 */
int cgi_response_feed(struct cgi_response *response, const unsigned char **p,
    const unsigned char *end);

/*
 * Takes the next header of a complete block.
 * *at: 0 at first, moved on.
 * Returns 1, or 0 when there are no more.
 */
int cgi_response_next(const struct cgi_response *response, size_t *at, struct cgi_header *header);

/*
 * Finds the first header of that name, case aside.
 * Returns 1, or 0 when there is none.
 */
int cgi_response_find(const struct cgi_response *response, const char *name,
    struct cgi_header *header);

#endif
