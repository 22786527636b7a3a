#include "fcgi_body.h"

#include <stddef.h>
#include <string.h>
#include <bsd/sys/endian.h>

#include "fcgi_proto.h"

void
fcgi_begin_encode(unsigned char *dst, const struct fcgi_begin *begin)
{
	memset(dst, 0, FCGI_BODY_LEN);
	be16enc(dst, begin->role);
	dst[2] = begin->flags;
}

void
fcgi_end_decode(struct fcgi_end *end, const unsigned char *src)
{
	end->app_status = be32dec(src);
	end->protocol_status = src[4];
}

void
fcgi_unknown_type_encode(unsigned char *dst, uint8_t type)
{
	memset(dst, 0, FCGI_BODY_LEN);
	dst[0] = type;
}

uint8_t
fcgi_unknown_type_decode(const unsigned char *src)
{
	return src[0];
}

const char *
fcgi_role_name(uint16_t role)
{
	switch (role) {
	case FCGI_RESPONDER:
		return "RESPONDER";
	case FCGI_AUTHORIZER:
		return "AUTHORIZER";
	case FCGI_FILTER:
		return "FILTER";
	default:
		return NULL;
	}
}

const char *
fcgi_protocol_status_name(uint8_t protocol_status)
{
	switch (protocol_status) {
	case FCGI_REQUEST_COMPLETE:
		return "REQUEST_COMPLETE";
	case FCGI_CANT_MPX_CONN:
		return "CANT_MPX_CONN";
	case FCGI_OVERLOADED:
		return "OVERLOADED";
	case FCGI_UNKNOWN_ROLE:
		return "UNKNOWN_ROLE";
	default:
		return NULL;
	}
}
