/* Lines of a file that somebody has named: /dev/zero is none that memory holds. */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdio.h>

#include "buffer.h"

enum { LINE_FILE_MAX = 16 << 20 };	/* bytes that a file for people may have */

/*
 * Reads the next line in the buffer's place, without its delimiter, which the last line may lack;
 * behind it there is a NUL.
 * left: bytes that may still be read, LINE_FILE_MAX at first; counted down.
 * Returns 1, 0 at the end of the file, or -FCGI_E_SYSTEM with errno: EFBIG when there are more.
 */
int line_read(struct buffer *line, FILE *file, int delimiter, size_t *left);

#endif
