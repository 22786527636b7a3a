#include "pid_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bsd/libutil.h>

#include "absolute.h"
#include "fcgi_error.h"

static pid_t
read_holder(const char *path)
{
	FILE *file = fopen(path, "re");
	long pid = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	fclose(file);
	return (pid_t)pid;
}

int
pid_lock_open(struct pid_lock *lock, const char *path, pid_t *holder)
{
	struct stat st;

	*lock = (struct pid_lock){ .fd = -1 };
	*holder = 0;
	if (path == NULL)
		return 0;
	/* What is locked is removed in the end: it must not be a device, or where a link leads. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return -FCGI_E_SYSTEM;
	}
	lock->path = absolute_path(path);
	if (lock->path == NULL)
		return -FCGI_E_SYSTEM;
	lock->fd = flopen(lock->path, O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0644);
	if (lock->fd >= 0)
		return 0;
	if (errno == EWOULDBLOCK) {
		*holder = read_holder(lock->path);
		errno = EWOULDBLOCK;
	}
	return -FCGI_E_SYSTEM;
}

int
pid_lock_adopt(struct pid_lock *lock, const char *path, int fd)
{
	*lock = (struct pid_lock){ .fd = fd };
	if (path == NULL || fd < 0)
		return 0;
	lock->path = absolute_path(path);
	return lock->path == NULL ? -FCGI_E_SYSTEM : 0;
}

int
pid_lock_write(struct pid_lock *lock)
{
	if (lock->fd < 0)
		return 0;
	if (ftruncate(lock->fd, 0) < 0 || lseek(lock->fd, 0, SEEK_SET) < 0 ||
	    dprintf(lock->fd, "%ld\n", (long)getpid()) < 0)
		return -FCGI_E_SYSTEM;
	return 0;
}

void
pid_lock_remove(struct pid_lock *lock)
{
	struct stat ours, there;

	if (lock->fd >= 0 && lock->path != NULL && fstat(lock->fd, &ours) == 0 &&
	    lstat(lock->path, &there) == 0 && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino)
		unlink(lock->path);
	pid_lock_reset(lock);
}

void
pid_lock_reset(struct pid_lock *lock)
{
	int saved = errno;

	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
	free(lock->path);
	lock->path = NULL;
	errno = saved;
}
