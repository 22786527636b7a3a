/*
 * The application's processor time, read from /proc or a control group: per request it is steadier
 * than any rate.
 */
#ifndef FCGI_BENCH_SERVER_H
#define FCGI_BENCH_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

enum { SERVER_PIDS_MAX = 64 };

struct server {
	pid_t pids[SERVER_PIDS_MAX];	/* whose processes and all their descendants are the application */
	size_t pid_count;
	const char *cgroup;		/* instead: a directory of the cgroup file system; or NULL */
	char why[128];			/* "" or why there is no figure */
};

/*
 * Finds the processes: --pid, --cgroup, the child of `-- CMD`, else by connecting to each UNIX
 * target (SO_PEERCRED is who listens).  What is found is 0 or more; why says what was not.
 */
void server_find(struct server *server, const struct plan *plan);

/* Processor time so far, of all of them, also of those that have ended since the last reading. */
int server_cpu_ns(struct server *server, int64_t *cpu_ns); /* 0, or -FCGI_E_SYSTEM: why is set */

#endif
