/* Bytes that grow, for what has to be kept: the PARAMS of a request, a rendered page. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>

/* Zero-filled before use. */
struct buffer {
	unsigned char *data;
	size_t len;
	size_t size;
};

/* Makes room for len more bytes.  Returns 0, or -FCGI_E_SYSTEM when memory is short. */
int buffer_reserve(struct buffer *buffer, size_t len);

/* Adds bytes.  Returns as buffer_reserve(); nothing is added then. */
int buffer_append(struct buffer *buffer, const void *data, size_t len);

/*
 * Adds all that comes from a descriptor.
 * max: bytes that the buffer may hold then.
 * Returns 0, or -FCGI_E_SYSTEM with errno: of reading, EFBIG when more comes, ENOMEM.
 */
int buffer_read(struct buffer *buffer, int fd, size_t max);

/* Empties it and keeps its memory for the next user, unless it has grown large. */
void buffer_clear(struct buffer *buffer);

/* Gives its memory back. */
void buffer_free(struct buffer *buffer);

#endif
