#include "query.h"

#include <string.h>

#include "fcgi_error.h"
#include "number.h"

/* One byte of a value.  Returns it, or -1. */
static int
decode_byte(const unsigned char **p, const unsigned char *end)
{
	int byte, c = *(*p)++;

	if (c == '+')
		return ' ';
	if (c != '%')
		return c;
	if (end - *p < 2)
		return -1;
	byte = number_hex_byte((const char *)*p);
	*p += 2;
	return byte;
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
