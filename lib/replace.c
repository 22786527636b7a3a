#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { NAME_TRIES = 16, LINKS_MAX = 40 };

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

/*
 * Gives it to the owner of the file that it replaces.  Where we may not, our group has no more of it
 * than everybody has: it is not the one that was meant.
 * Returns 0, or -1 with errno.
 */
static int
give_to_owner(int fd, const struct stat *old)
{
	struct stat st;

	if (fchown(fd, old->st_uid, old->st_gid) == 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return -1;
	return fchmod(fd, st.st_mode & (S_IRWXU | S_IRWXO | (st.st_mode & S_IRWXO) << 3));
}

/* old: the file that is replaced; NULL: none is there. */
static int
replace(const char *path, const void *data, size_t len, mode_t mode, const struct stat *old)
{
	char temporary[PATH_MAX];
	int fd, error;

	if (old != NULL)
		mode &= old->st_mode;
	fd = open_beside(temporary, path, mode);
	if (fd < 0)
		return -1;
	if (old != NULL && give_to_owner(fd, old) < 0) {
		error = errno;
		close(fd);
		unlink(temporary);
		errno = error;
		return -1;
	}
	if (write_and_close(fd, data, len) == 0 && rename(temporary, path) == 0)
		return 0;
	error = errno;
	unlink(temporary);
	errno = error;
	return -1;
}

/* That of a file that is not there, whose folder is. */
static char *
in_its_folder(const char *path)
{
	char *copy = strdup(path), *name = strdup(path), *folder = NULL, *whole = NULL;
	int error;

	if (copy != NULL && name != NULL)
		folder = realpath(dirname(copy), NULL);
	if (folder != NULL && asprintf(&whole, "%s/%s", folder, basename(name)) < 0)
		whole = NULL;
	error = errno;
	free(folder);
	free(name);
	free(copy);
	errno = error;
	return whole;
}

/* What the symbolic link says, as seen from where we are.  Returns NULL with errno, too. */
static char *
follow(const char *link)
{
	char target[PATH_MAX], *copy, *next = NULL;
	ssize_t len = readlink(link, target, sizeof target - 1);

	if (len < 0)
		return NULL;
	target[len] = '\0';
	if (*target == '/')
		return strdup(target);
	copy = strdup(link);
	if (copy != NULL && asprintf(&next, "%s/%s", dirname(copy), target) < 0)
		next = NULL;
	free(copy);
	return next;
}

char *
replace_leads_to(const char *path)
{
	char *here = strdup(path), *next, *found = NULL;
	int links, error;

	errno = ENOENT;
	for (links = 0; here != NULL && *path != '\0' && links < LINKS_MAX; links++) {
		found = realpath(here, NULL);
		/* A link to nothing leads on as far as links go. */
		if (found != NULL || errno != ENOENT)
			break;
		next = follow(here);
		if (next == NULL) {
			found = in_its_folder(here);
			break;
		}
		free(here);
		here = next;
		errno = ELOOP;
	}
	error = errno;
	free(here);
	errno = error;
	return found;
}

int
replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
	/* A limit of size (RLIMIT_FSIZE) is an error then, and not our end. */
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction saved;
	char *resolved = NULL;
	struct stat st;
	int exists = lstat(path, &st) == 0, r, error;

	if (exists && S_ISLNK(st.st_mode)) {
		exists = stat(path, &st) == 0;
		resolved = exists ? realpath(path, NULL) : replace_leads_to(path);
		/* What /dev/stdout leads to may have no name; it can be written to all the same. */
		if (resolved == NULL && (!exists || S_ISREG(st.st_mode)))
			return -FCGI_E_SYSTEM;
		if (resolved != NULL && (!exists || S_ISREG(st.st_mode)))
			path = resolved;
	}
	sigaction(SIGXFSZ, &ignore, &saved);
	if (exists && !S_ISREG(st.st_mode))
		r = write_into(path, data, len);
	else
		r = replace(path, data, len, mode, exists ? &st : NULL);
	error = errno;
	sigaction(SIGXFSZ, &saved, NULL);
	free(resolved);
	errno = error;
	return r < 0 ? -FCGI_E_SYSTEM : 0;
}
