/* The 8-byte record header (FastCGI 1.0, section 3.3). */
#ifndef FCGI_RECORD_H
#define FCGI_RECORD_H

#include <stdint.h>

struct fcgi_record {
	uint8_t version;
	uint8_t type;		/* enum fcgi_type, or a type this specification does not know */
	uint16_t request_id;
	uint16_t content_length;
	uint8_t padding_length;
};

/*
 * Reads one header.
 * p, end: the bytes; at least FCGI_HEADER_LEN of them for a result.
 * Returns FCGI_HEADER_LEN; -FCGI_E_MORE when fewer bytes are there (but -FCGI_E_VERSION as soon as
 * the first one is wrong); -FCGI_E_VERSION with the record filled in as far as it was read, so that
 * the caller can say what it saw.
 */
int fcgi_record_decode(struct fcgi_record *record, const unsigned char *p,
    const unsigned char *end);

/*
 * Writes one header; the reserved byte is zero.
 * dst: FCGI_HEADER_LEN bytes.
 */
void fcgi_record_encode(unsigned char *dst, const struct fcgi_record *record);

/*
 * The padding that ends a record of that content on an 8-byte boundary (section 3.3 recommends it;
 * libfcgi does not answer an unpadded FCGI_GET_VALUES at all).
 */
uint8_t fcgi_record_padding(uint16_t content_length);

/*
 * The specification's name of a record type, without its FCGI_ prefix; NULL for a type it does not
 * define.
 */
const char *fcgi_record_name(uint8_t type);

/* Who sends records of a type. */
enum fcgi_sender {
	FCGI_SENDER_UNKNOWN,	/* the specification does not define the type */
	FCGI_SENDER_WEB_SERVER,
	FCGI_SENDER_APPLICATION,
};

enum fcgi_sender fcgi_record_sender(uint8_t type);

#endif
