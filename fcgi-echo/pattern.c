#include "pattern.h"

#include <string.h>

enum { LINE = 16, DIGITS = 15 };

static const char hex[] = "0123456789abcdef";

/* The line that begins at offset, a multiple of LINE. */
static void
write_line(unsigned char *dst, uint64_t offset)
{
	size_t i;

	for (i = DIGITS; i-- > 0; offset >>= 4)
		dst[i] = (unsigned char)hex[offset & 15];
	dst[DIGITS] = '\n';
}

void
pattern_fill(unsigned char *dst, size_t len, uint64_t offset)
{
	unsigned char line[LINE];
	size_t skip = offset % LINE, part;

	offset -= skip;
	write_line(line, offset);
	while (len > 0) {
		part = LINE - skip < len ? LINE - skip : len;
		if (part == LINE)
			memcpy(dst, line, LINE);
		else
			memcpy(dst, line + skip, part);
		dst += part;
		len -= part;
		skip = 0;
		offset += LINE;
		/* Gigabytes pass here: two of the digits change in all lines but each 256th. */
		if (offset % (256 * LINE) == 0) {
			write_line(line, offset);
			continue;
		}
		line[DIGITS - 2] = (unsigned char)hex[offset >> 4 & 15];
		line[DIGITS - 3] = (unsigned char)hex[offset >> 8 & 15];
	}
}
