#include "line.h"

#include <errno.h>

#include "fcgi_error.h"

int
line_read(struct buffer *line, FILE *file, int delimiter, size_t *left)
{
	size_t before = *left;
	unsigned char byte;
	int c = EOF, r = 0;

	buffer_clear(line);
	while (r == 0 && (c = getc_unlocked(file)) != EOF) {
		if (*left == 0) {
			errno = EFBIG;
			return -FCGI_E_SYSTEM;
		}
		(*left)--;
		if (c == delimiter)
			break;
		byte = (unsigned char)c;
		r = buffer_append(line, &byte, 1);
	}
	if (r == 0)
		r = buffer_append(line, "", 1);
	if (r < 0 || (c == EOF && ferror(file)))
		return -FCGI_E_SYSTEM;
	line->len--;
	return *left < before;
}
