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

/* Zero-filled before use. */
struct server {
	pid_t *pids;			/* of server_add(), or found: these processes and all their
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
	int is_found;			/* the processes were, and not set */
	pid_t lost_pid;			/* of the first of them that ended since; 0: none */
};

/*
 * Adds a process, once.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.
 */
int server_add(struct server *server, pid_t pid);

/*
 * Finds the processes, where neither they nor a group are set: who listens at each target on this
 * machine, as the kernel tells of UNIX sockets (SO_PEERCRED), else who holds the listening socket
 * among the processes that we may look into.  We ourselves and process 1, which listen on behalf of
 * others, do not count.
 * They are found anew each time.  There may be none: why says so then.  The backlog is looked for in
 * any case.
 */
void server_find(struct server *server, const struct plan *plan);

/*
 * Processor time so far, of all of them, also of descendants that have ended since the last
 * reading; the difference of two readings is what the application took between them.
 * Returns 0, or -FCGI_E_SYSTEM: why is set.  So it is once one of the first processes has ended,
 * and none of the others has waited for it: what it took then is not known.
 */
int server_cpu_ns(struct server *server, int64_t *cpu_ns);

/* Forgets the readings: those that follow begin anew. */
void server_rewind(struct server *server);

/* Gives back all it holds, the processes too. */
void server_reset(struct server *server);

#endif
