/*
 * The grammar of the CGI header block (RFC 3875, section 6), for those that need not keep it: bytes
 * in, the status and the length of the body out.  Strict, any line ending (LF or CRLF).
 * Pure: no I/O, no allocation.
 */
#ifndef CGI_BLOCK_H
#define CGI_BLOCK_H

#include <stddef.h>
#include <stdint.h>

/* 1 for a character of a token (RFC 9110, section 5.6.2), as a header's name is one; else 0. */
int cgi_block_is_name_char(char c);

/* 1 when all of it are such, and there is something: the name of a header, or a method. */
int cgi_block_is_name(const char *name, size_t len);

enum { CGI_BLOCK_NO_LENGTH = -1, CGI_BLOCK_BAD_LENGTH = -2 };

/* Set up with cgi_block_init().  Public to read: all but the private. */
struct cgi_block {
	int status;		/* Status, or 302 with a Location and without one, else 200 */
	int64_t content_length;	/* CGI_BLOCK_NO_LENGTH: there is no Content-Length;
				   CGI_BLOCK_BAD_LENGTH: it is no number, or several differ */
	uint8_t complete;	/* the blank line has come */
	uint8_t has_status;	/* a Status header was there */
	uint8_t has_location;
	uint8_t has_header;	/* any */
	uint8_t state;		/* private */
	uint8_t name;		/* private: the one that the line's may be */
	uint8_t matched;	/* private: as many of its characters are there */
	uint8_t code_len;	/* private: as many of the status's, BAD_CODE when it is none */
	int code;		/* private */
	int64_t length;		/* private */
};

void cgi_block_init(struct cgi_block *block);

/*
 * Takes bytes until the block is complete.
 * *p: moved behind what belongs to the block, on failure behind the byte at fault.
 * Returns 1 when the block is complete; -FCGI_E_MORE when all bytes are taken and it is not;
 * -FCGI_E_HEADER: a line is not "Name: value" (also a folded one, a blank before the colon, a
 * control character or a lone CR in the value, and a blank line as the first);
 * -FCGI_E_STATUS: Status is not three digits between 100 and 599, followed by a blank or the end,
 * or there are two of it.
 * After an error call it no more.
 */
int cgi_block_feed(struct cgi_block *block, const unsigned char **p, const unsigned char *end);

#endif
