#include "buffer.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { FIRST_SIZE = 4096, KEEP_SIZE = 65536, READ_SIZE = 65536 };

int
buffer_reserve(struct buffer *buffer, size_t len)
{
	size_t size = buffer->size > 0 ? buffer->size : FIRST_SIZE;
	unsigned char *data;

	if (buffer->size - buffer->len >= len)
		return 0;
	if (len > SIZE_MAX / 4 || buffer->len > SIZE_MAX / 4) {
		errno = ENOMEM;
		return -FCGI_E_SYSTEM;
	}
	while (size - buffer->len < len)
		size *= 2;
	data = realloc(buffer->data, size);
	if (data == NULL)
		return -FCGI_E_SYSTEM;
	buffer->data = data;
	buffer->size = size;
	return 0;
}

int
buffer_append(struct buffer *buffer, const void *data, size_t len)
{
	if (buffer_reserve(buffer, len) < 0)
		return -FCGI_E_SYSTEM;
	if (len > 0)
		memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return 0;
}

int
buffer_read(struct buffer *buffer, int fd, size_t max)
{
	ssize_t len;

	do {
		if (buffer_reserve(buffer, READ_SIZE) < 0)
			return -FCGI_E_SYSTEM;
		len = read(fd, buffer->data + buffer->len, READ_SIZE);
		if (len < 0)
			return -FCGI_E_SYSTEM;
		buffer->len += (size_t)len;
		if (buffer->len > max) {
			errno = EFBIG;
			return -FCGI_E_SYSTEM;
		}
	} while (len > 0);
	return 0;
}

void
buffer_clear(struct buffer *buffer)
{
	if (buffer->size > KEEP_SIZE)
		buffer_free(buffer);
	buffer->len = 0;
}

void
buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}
