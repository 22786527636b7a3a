#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "proc_file.h"

int64_t
memory_read(pid_t pid)
{
	char text[128];
	int64_t pages;

	if (proc_file_read(pid, "statm", text, sizeof text) < 0)
		return -FCGI_E_SYSTEM;
	/* All pages that it has mapped, then those that it has in memory (proc(5)). */
	if (sscanf(text, "%*d %" SCNd64, &pages) != 1) {
		errno = EBADMSG;
		return -FCGI_E_SYSTEM;
	}
	return pages * sysconf(_SC_PAGESIZE);
}
