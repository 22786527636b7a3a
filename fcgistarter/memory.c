#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "fcgi_error.h"

int64_t
memory_read(pid_t pid)
{
	char path[64], text[128];
	int64_t pages;
	ssize_t len;
	int fd, saved;

	snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	len = read(fd, text, sizeof text - 1);
	saved = errno;
	close(fd);
	if (len < 0) {
		errno = saved;
		return -FCGI_E_SYSTEM;
	}
	text[len] = '\0';
	/* All pages that it has mapped, then those that it has in memory (proc(5)). */
	if (sscanf(text, "%*d %" SCNd64, &pages) != 1) {
		errno = EBADMSG;
		return -FCGI_E_SYSTEM;
	}
	return pages * sysconf(_SC_PAGESIZE);
}
