#include "fcgi_nv.h"

#include <stdint.h>
#include <string.h>
#include <bsd/sys/endian.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"

static size_t
length_size(size_t len)
{
	return len <= FCGI_NV_SHORT_MAX ? 1 : 4;
}

size_t
fcgi_nv_size(size_t name_len, size_t value_len)
{
	if (name_len > FCGI_NV_LONG_MAX || value_len > FCGI_NV_LONG_MAX)
		return 0;
	return length_size(name_len) + length_size(value_len) + name_len + value_len;
}

static unsigned char *
encode_length(unsigned char *dst, size_t len)
{
	if (len <= FCGI_NV_SHORT_MAX) {
		*dst = (unsigned char)len;
		return dst + 1;
	}
	be32enc(dst, (uint32_t)len | 0x80000000U);
	return dst + 4;
}

size_t
fcgi_nv_encode_lengths(unsigned char *dst, size_t name_len, size_t value_len)
{
	unsigned char *p = encode_length(dst, name_len);

	p = encode_length(p, value_len);
	return (size_t)(p - dst);
}

ptrdiff_t
fcgi_nv_encode(unsigned char *dst, unsigned char *end, const struct fcgi_nv *nv)
{
	unsigned char *p = dst;
	size_t need = fcgi_nv_size(nv->name_len, nv->value_len);

	if (need == 0 || (size_t)(end - dst) < need)
		return -FCGI_E_SPACE;
	p += fcgi_nv_encode_lengths(p, nv->name_len, nv->value_len);
	if (nv->name_len > 0)
		memcpy(p, nv->name, nv->name_len);
	p += nv->name_len;
	if (nv->value_len > 0)
		memcpy(p, nv->value, nv->value_len);
	p += nv->value_len;
	return p - dst;
}

static int
decode_length(const unsigned char **p, const unsigned char *end, size_t *len)
{
	if (end - *p < 1)
		return -FCGI_E_MORE;
	if ((**p & 0x80) == 0) {
		*len = *(*p)++;
		return 0;
	}
	if (end - *p < 4)
		return -FCGI_E_MORE;
	*len = be32dec(*p) & FCGI_NV_LONG_MAX;
	*p += 4;
	return 0;
}

int
fcgi_nv_decode_lengths(const unsigned char **p, const unsigned char *end, size_t *name_len,
    size_t *value_len)
{
	const unsigned char *at = *p;

	if (decode_length(&at, end, name_len) < 0 || decode_length(&at, end, value_len) < 0)
		return -FCGI_E_MORE;
	*p = at;
	return 0;
}

int
fcgi_nv_next_long(const unsigned char **p, const unsigned char *end, struct fcgi_nv *nv)
{
	const unsigned char *at = *p;

	if (at == end)
		return 0;
	if (fcgi_nv_decode_lengths(&at, end, &nv->name_len, &nv->value_len) < 0)
		return -FCGI_E_MORE;
	/* Two comparisons, each against what is really left: their sum could overflow. */
	if ((size_t)(end - at) < nv->name_len)
		return -FCGI_E_MORE;
	nv->name = at;
	at += nv->name_len;
	if ((size_t)(end - at) < nv->value_len)
		return -FCGI_E_MORE;
	nv->value = at;
	at += nv->value_len;
	*p = at;
	return 1;
}
