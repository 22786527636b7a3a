#include "base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_encode(char *dst, const void *src, size_t len)
{
	const unsigned char *p = src, *end = p + len;
	char *start = dst;
	uint32_t group;

	for (; p < end; p += 3, dst += 4) {
		group = (uint32_t)p[0] << 16;
		if (end - p > 1)
			group |= (uint32_t)p[1] << 8;
		if (end - p > 2)
			group |= p[2];
		dst[0] = digits[group >> 18];
		dst[1] = digits[group >> 12 & 63];
		dst[2] = end - p > 1 ? digits[group >> 6 & 63] : '=';
		dst[3] = end - p > 2 ? digits[group & 63] : '=';
		if (end - p < 3)
			return (size_t)(dst + 4 - start);
	}
	return (size_t)(dst - start);
}

static int
digit_value(unsigned char c)
{
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

ptrdiff_t
base64_decode(unsigned char *dst, const void *src, size_t len)
{
	const unsigned char *p = src;
	unsigned char *start = dst;
	uint32_t group = 0;
	int digit, pad = 0;
	size_t i;

	if (len % 4 != 0)
		return -1;
	while (pad < 2 && len > 0 && p[len - 1 - (size_t)pad] == '=')
		pad++;
	for (i = 0; i < len; i++) {
		digit = i >= len - (size_t)pad ? 0 : digit_value(p[i]);
		if (digit < 0)
			return -1;
		group = group << 6 | (uint32_t)digit;
		if (i % 4 == 3) {
			*dst++ = (unsigned char)(group >> 16);
			*dst++ = (unsigned char)(group >> 8);
			*dst++ = (unsigned char)group;
		}
	}
	return dst - start - pad;
}
