#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fcgi_error.h"

const char *
spool_directory(void)
{
	const char *directory = getenv("TMPDIR");

	return directory != NULL && *directory != '\0' ? directory : "/tmp";
}

/* For file systems that cannot make a file without a name. */
static int
open_named(const char *directory)
{
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof path, "%s/fcgi.XXXXXX", directory) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

int
spool_open(struct spool *spool)
{
	const char *directory = spool_directory();

	*spool = (struct spool){ .fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) };
	/* Not every file system can make a file without a name. */
	if (spool->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		spool->fd = open_named(directory);
	return spool->fd < 0 ? -FCGI_E_SYSTEM : 0;
}

int
spool_write(struct spool *spool, const void *data, size_t len)
{
	const char *p = data, *end = p + len;
	ssize_t written;

	while (p < end) {
		written = pwrite(spool->fd, p, (size_t)(end - p), (off_t)spool->len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -FCGI_E_SYSTEM;
		p += written;
		spool->len += (uint64_t)written;
	}
	return 0;
}

ssize_t
spool_read(struct spool *spool, void *dst, size_t size)
{
	ssize_t len;

	do
		len = pread(spool->fd, dst, size, (off_t)spool->taken);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return -FCGI_E_SYSTEM;
	spool->taken += (uint64_t)len;
	return len;
}

void
spool_close(struct spool *spool)
{
	if (spool->fd >= 0)
		close(spool->fd);
	spool->fd = -1;
}
