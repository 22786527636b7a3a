/*
 * The application's processor time, read from the kernel or a control group: per request it is
 * steadier than any rate.
 */
#ifndef FCGI_BENCH_SERVER_H
#define FCGI_BENCH_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct plan;

enum { SERVER_PIDS_MAX = 64 };

/* Zero-filled before use. */
struct server {
	pid_t pids[SERVER_PIDS_MAX];	/* set by the owner, or found: these processes and all their
					   descendants are the application */
	size_t pid_count;
	const char *cgroup;		/* set by the owner, instead: its directory; or NULL */
	char name[32];			/* of the first process, such as "php-fpm8.2"; or "" */
	char why[160];			/* "" or why there is no figure */
	int64_t backlog;		/* that the first target listens with; 0: not known */

	struct server_process *known;	/* private from here on */
	size_t known_count;
	size_t known_size;
	int64_t ended_ns;
	int64_t last_ns;
	int begun;
};

/*
 * Finds the processes, where neither they nor a group are set: who listens at each target on this
 * machine, as the kernel tells of UNIX sockets (SO_PEERCRED), else who holds the listening socket
 * among the processes that we may look into.  We ourselves and process 1, which listen on behalf of
 * others, do not count.
 * What was found may be none: why says so then.  The backlog is looked for in any case.
 */
void server_find(struct server *server, const struct plan *plan);

/*
 * Processor time so far, of all of them, also of those that have ended since the last reading; the
 * difference of two readings is what the application took between them.
 * Returns 0, or -FCGI_E_SYSTEM: why is set.
 */
int server_cpu_ns(struct server *server, int64_t *cpu_ns);

/* Gives back what readings took. */
void server_reset(struct server *server);

#endif
