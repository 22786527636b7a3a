/* The 8-byte bodies of the discrete records (FastCGI 1.0, sections 4.2, 5.1 and 5.5). */
#ifndef FCGI_BODY_H
#define FCGI_BODY_H

#include <stdint.h>
#include <string.h>
#include <bsd/sys/endian.h>

#include "fcgi_proto.h"

struct fcgi_begin {
	uint16_t role;	/* enum fcgi_role, or another the peer may refuse */
	uint8_t flags;	/* FCGI_KEEP_CONN */
};

struct fcgi_end {
	uint32_t app_status;	 /* what a CGI program would have passed to exit(3), all 32 bits */
	uint8_t protocol_status; /* enum fcgi_protocol_status, or a number it does not define */
};

/*
 * Writers: dst has FCGI_BODY_LEN bytes, reserved ones are zeroed.
 * Readers: src has FCGI_BODY_LEN bytes, reserved ones are ignored.
 */
void fcgi_begin_encode(unsigned char *dst, const struct fcgi_begin *begin);
void fcgi_end_decode(struct fcgi_end *end, const unsigned char *src);
void fcgi_unknown_type_encode(unsigned char *dst, uint8_t type);
uint8_t fcgi_unknown_type_decode(const unsigned char *src);

/* Those of each answer, for a server that counts instructions. */
static inline void
fcgi_begin_decode(struct fcgi_begin *begin, const unsigned char *src)
{
	begin->role = be16dec(src);
	begin->flags = src[2];
}

static inline void
fcgi_end_encode(unsigned char *dst, const struct fcgi_end *end)
{
	memset(dst, 0, FCGI_BODY_LEN);
	be32enc(dst, end->app_status);
	dst[4] = end->protocol_status;
}

/* The specification's name of a role ("RESPONDER"); NULL for one it does not define. */
const char *fcgi_role_name(uint16_t role);

/* The specification's name of a protocolStatus ("OVERLOADED"); NULL for one it does not define. */
const char *fcgi_protocol_status_name(uint8_t protocol_status);

#endif
