#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_error.h"

int
pid_file_open(struct pid_file *file, const char *path)
{
	struct stat st;
	mode_t mask;

	*file = (struct pid_file){ .path = path, .fd = -1 };
	if (path == NULL)
		return 0;
	/* Renaming over a device or a link would not do what was meant. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return -FCGI_E_SYSTEM;
	}
	if (asprintf(&file->aside, "%s.XXXXXX", path) < 0) {
		file->aside = NULL;
		return -FCGI_E_SYSTEM;
	}
	file->fd = mkostemp(file->aside, O_CLOEXEC);
	if (file->fd < 0) {
		free(file->aside);
		file->aside = NULL;
		return -FCGI_E_SYSTEM;
	}
	/* As any other file that is made, not as private as a temporary one. */
	mask = umask(0);
	umask(mask);
	return fchmod(file->fd, 0644 & ~mask) < 0 ? -FCGI_E_SYSTEM : 0;
}

int
pid_file_commit(struct pid_file *file, const pid_t *pids, size_t count)
{
	FILE *out;
	size_t i;
	int failed;

	if (file->path == NULL)
		return 0;
	out = fdopen(file->fd, "w");
	if (out == NULL)
		return -FCGI_E_SYSTEM;
	file->fd = -1;
	for (i = 0; i < count; i++)
		fprintf(out, "%ld\n", (long)pids[i]);
	failed = ferror(out);
	if (fclose(out) != 0 || failed || rename(file->aside, file->path) < 0)
		return -FCGI_E_SYSTEM;
	free(file->aside);
	file->aside = NULL;
	return 0;
}

void
pid_file_reset(struct pid_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	if (file->aside != NULL)
		unlink(file->aside);
	free(file->aside);
	*file = (struct pid_file){ .fd = -1 };
}
