#include "query.h"

#include <string.h>

#include "fcgi_error.h"

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a value.  Returns it, or -1. */
static int
decode_byte(const unsigned char **p, const unsigned char *end)
{
	int high, low, c = *(*p)++;

	if (c == '+')
		return ' ';
	if (c != '%')
		return c;
	if (end - *p < 2)
		return -1;
	high = hex_digit((*p)[0]);
	low = hex_digit((*p)[1]);
	*p += 2;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static ptrdiff_t
decode(const unsigned char *p, const unsigned char *end, char *dst, size_t size)
{
	size_t len = 0;
	int c;

	while (p < end) {
		c = decode_byte(&p, end);
		if (c <= 0)
			return -FCGI_E_SYNTAX;
		if (len + 1 >= size)
			return -FCGI_E_SPACE;
		dst[len++] = (char)c;
	}
	dst[len] = '\0';
	return (ptrdiff_t)len;
}

ptrdiff_t
query_field(const struct fcgi_slice *query, const char *name, char *dst, size_t size)
{
	const unsigned char *p = query->data, *end = p + query->len, *field_end;
	size_t name_len = strlen(name);

	for (; p < end; p = field_end + 1) {
		field_end = memchr(p, '&', (size_t)(end - p));
		if (field_end == NULL)
			field_end = end;
		if ((size_t)(field_end - p) <= name_len || p[name_len] != '=' ||
		    memcmp(p, name, name_len) != 0)
			continue;
		return decode(p + name_len + 1, field_end, dst, size);
	}
	return -FCGI_E_MORE;
}
