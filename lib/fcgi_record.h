/* The 8-byte record header (FastCGI 1.0, section 3.3). */
#ifndef FCGI_RECORD_H
#define FCGI_RECORD_H

#include <stdint.h>

#include "fcgi_proto.h"

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
static inline void
fcgi_record_encode(unsigned char *dst, const struct fcgi_record *record)
{
	dst[0] = record->version;
	dst[1] = record->type;
	dst[2] = (unsigned char)(record->request_id >> 8);
	dst[3] = (unsigned char)record->request_id;
	dst[4] = (unsigned char)(record->content_length >> 8);
	dst[5] = (unsigned char)record->content_length;
	dst[6] = record->padding_length;
	dst[7] = 0;
}

/*
 * The padding that ends a record of that content on an 8-byte boundary (section 3.3 recommends it;
 * libfcgi does not answer an unpadded FCGI_GET_VALUES at all).
 */
static inline uint8_t
fcgi_record_padding(uint16_t content_length)
{
	return (uint8_t)(-(unsigned)content_length & (FCGI_ALIGNMENT - 1));
}

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
