/* What both ends of a measurement write with. */
#ifndef BENCH_WRITE_ALL_H
#define BENCH_WRITE_ALL_H

#include <stddef.h>
#include <unistd.h>

/* Returns 0, or -1 with errno. */
static inline int
write_all(int fd, const unsigned char *p, size_t len)
{
	ssize_t written;

	while (len > 0) {
		written = write(fd, p, len);
		if (written < 0)
			return -1;
		p += written;
		len -= (size_t)written;
	}
	return 0;
}

#endif
