#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

static const int64_t shortest_ns = CLOCK_NS_PER_S;
static const int64_t longest_ns = 30 * CLOCK_NS_PER_S;

/* On a full second, not before. */
static int64_t
look_at(int64_t ns)
{
	return (ns + CLOCK_NS_PER_S - 1) / CLOCK_NS_PER_S * CLOCK_NS_PER_S;
}

void
memory_init(struct memory *memory, int64_t started_ns)
{
	*memory = (struct memory){ .looked_ns = started_ns };
	memory->next_ns = look_at(started_ns + shortest_ns);
}

int64_t
memory_read(pid_t pid)
{
	char path[64], text[128];
	int64_t pages;
	ssize_t len;
	int fd;

	snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -FCGI_E_SYSTEM;
	len = read(fd, text, sizeof text - 1);
	if (len < 0) {
		close(fd);
		return -FCGI_E_SYSTEM;
	}
	close(fd);
	text[len] = '\0';
	/* All pages that it has mapped, then those that it has in memory (proc(5)). */
	if (sscanf(text, "%*d %" SCNd64, &pages) != 1) {
		errno = EBADMSG;
		return -FCGI_E_SYSTEM;
	}
	return pages * sysconf(_SC_PAGESIZE);
}

int
memory_take(struct memory *memory, int64_t rss_bytes, int64_t limit_bytes, int64_t now_ns)
{
	int64_t grown = rss_bytes - memory->rss_bytes;
	int64_t left = limit_bytes - rss_bytes;
	int64_t wait_ns = longest_ns;
	double reached_ns;

	if (rss_bytes >= 0 && grown > 0) {
		reached_ns = (double)left * ((double)(now_ns - memory->looked_ns) / (double)grown);
		if (reached_ns / 2 < (double)longest_ns)
			wait_ns = (int64_t)(reached_ns / 2);
		if (wait_ns < shortest_ns)
			wait_ns = shortest_ns;
	}
	memory->next_ns = look_at(now_ns + wait_ns);
	memory->looked_ns = now_ns;
	if (rss_bytes >= 0)
		memory->rss_bytes = rss_bytes;
	return rss_bytes > limit_bytes;
}
