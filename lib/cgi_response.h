/*
 * The CGI header block at the head of a responder's STDOUT (RFC 3875, section 6).
 * Strict, byte by byte, any line ending (LF or CRLF).  Pure: no I/O, no allocation.
 */
#ifndef CGI_RESPONSE_H
#define CGI_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

/* One header; the bytes are in the caller's block buffer, surrounding blanks left out. */
struct cgi_header {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
};

/* 1 for a character of a token (RFC 9110, section 5.6.2), as a header's name is one; else 0. */
int cgi_response_is_name_char(char c);

/* Set up with cgi_response_init().  Public to read: status, block_len, complete. */
struct cgi_response {
	char *block;		/* the caller's buffer: the header block as it came */
	size_t size;		/* private */
	size_t block_len;	/* bytes of it, with the blank line when complete */
	uint8_t complete;	/* the blank line has come */
	int status;		/* Status, or 302 with a Location and without one, else 200 */
	uint8_t state;		/* private */
	size_t line;		/* private: where the current line begins */
	uint8_t has_status;	/* a Status header was there */
	uint8_t has_location;
};

/* block, size: where the header block is kept; a larger one is -FCGI_E_SPACE. */
void cgi_response_init(struct cgi_response *response, char *block, size_t size);

/*
 * Takes bytes of STDOUT until the block is complete.
 * *p: moved behind what belongs to the block; on success the rest is the body.
 * Returns 1 when the block is complete; -FCGI_E_MORE when all bytes are taken and it is not;
 * -FCGI_E_HEADER: a line is not "Name: value" (also a folded one, a blank before the colon, a
 * control character or a lone CR in the value, and a blank line as the first);
 * -FCGI_E_STATUS: Status is not three digits between 100 and 599, followed by a blank or the end,
 * or there are two of it;
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
