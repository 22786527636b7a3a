#include "proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fcgi_error.h"

ssize_t
proc_file_read(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t len;
	int fd, saved;

	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	len = read(fd, text, size - 1);
	saved = errno;
	close(fd);
	errno = saved;
	if (len < 0)
		return -FCGI_E_SYSTEM;
	text[len] = '\0';
	return len;
}
