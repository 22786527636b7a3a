#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { NAME_TRIES = 16 };

/* Writes it all and closes fd.  Returns 0, or -1 with errno. */
static int
write_and_close(int fd, const char *data, size_t len)
{
	ssize_t n = 0;
	int error;

	while (len > 0) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		data += n;
		len -= (size_t)n;
	}
	error = n < 0 ? errno : 0;
	/* Some file systems tell only now that the disk is full. */
	if (close(fd) < 0 && error == 0)
		error = errno;
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
write_into(const char *path, const void *data, size_t len)
{
	/* A FIFO that nobody reads is an error, and not waited for. */
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return -1;
	return write_and_close(fd, data, len);
}

/*
 * Opens a new file in the folder of path.  Its name is hidden, and does not end as path does: the
 * textfile collector takes every *.prom that it sees.
 * temporary: PATH_MAX bytes, set.
 * Returns its descriptor, or -1 with errno.
 */
static int
open_beside(char *temporary, const char *path, mode_t mode)
{
	const char *slash = strrchr(path, '/');
	int folder_len = slash != NULL ? (int)(slash - path) + 1 : 0, fd = -1, tries;

	for (tries = 0; tries < NAME_TRIES; tries++) {
		if (snprintf(temporary, PATH_MAX, "%.*s." PACKAGE_NAME ".%08x", folder_len, path,
			arc4random()) >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd;
}

static int
replace(const char *path, const void *data, size_t len, mode_t mode)
{
	char temporary[PATH_MAX];
	int fd = open_beside(temporary, path, mode), error;

	if (fd < 0)
		return -1;
	if (write_and_close(fd, data, len) == 0 && rename(temporary, path) == 0)
		return 0;
	error = errno;
	unlink(temporary);
	errno = error;
	return -1;
}

int
replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
	char *resolved = NULL;
	struct stat st;
	int exists = lstat(path, &st) == 0, r, error;

	if (exists && S_ISLNK(st.st_mode)) {
		resolved = realpath(path, NULL);
		/* What /dev/stdout leads to may have no name; it can be written to all the same. */
		if (stat(path, &st) < 0 || (resolved == NULL && S_ISREG(st.st_mode))) {
			free(resolved);
			return -FCGI_E_SYSTEM;
		}
		if (resolved != NULL && S_ISREG(st.st_mode))
			path = resolved;
	}
	if (exists && !S_ISREG(st.st_mode))
		r = write_into(path, data, len);
	else
		r = replace(path, data, len, mode);
	error = errno;
	free(resolved);
	errno = error;
	return r < 0 ? -FCGI_E_SYSTEM : 0;
}
