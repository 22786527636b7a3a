#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bsd/string.h>

#include "array.h"
#include "fcgi_error.h"
#include "process.h"

/* A process of the application, as it was at the last reading. */
struct server_process {
	pid_t pid;
	pid_t parent;
	uint64_t start_ticks;
	int64_t own_ns;
	int64_t children_ns;	/* of descendants that it has waited for */
	int64_t lost_ns;	/* of this reading: of those that are gone */
	int is_first;		/* one that was asked for */
	int gone;
};

/* --- a control group -------------------------------------------------------------------------- */

/* The number behind a name, or the first of the file with name NULL.  Returns 0, or -1. */
static int
read_figure(const char *dir, const char *file_name, const char *name, int64_t *figure)
{
	char path[4096], line[256];
	size_t len = name != NULL ? strlen(name) : 0;
	int found = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir, file_name);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	while (!found && fgets(line, sizeof line, file) != NULL)
		found = (len == 0 || strncmp(line, name, len) == 0) &&
		    sscanf(line + len, "%" SCNd64, figure) == 1;
	fclose(file);
	return found ? 0 : -1;
}

static int
read_cgroup(struct server *server, int64_t *cpu_ns)
{
	if (read_figure(server->cgroup, "cpu.stat", "usage_usec ", cpu_ns) == 0) {
		*cpu_ns *= 1000;
		return 0;
	}
	if (read_figure(server->cgroup, "cpuacct.usage", NULL, cpu_ns) == 0)
		return 0;
	snprintf(server->why, sizeof server->why,
	    "%.80s holds neither usage_usec in cpu.stat nor cpuacct.usage: is it a control group?",
	    server->cgroup);
	return -FCGI_E_SYSTEM;
}

/* --- processes -------------------------------------------------------------------------------- */

/* Where there is none there is no array to count from. */
static struct server_process *
known_end(const struct server *server)
{
	return server->known_count > 0 ? server->known + server->known_count : server->known;
}

static struct server_process *
find_known(const struct server *server, pid_t pid)
{
	struct server_process *known = server->known, *end = known_end(server);

	for (; known < end; known++)
		if (known->pid == pid && !known->gone)
			return known;
	return NULL;
}

static int
remember(struct server *server, const struct process *process, int is_first)
{
	size_t size = server->known_size > 0 ? 2 * server->known_size : 64;
	struct server_process *known;

	if (server->known_count == server->known_size) {
		known = reallocarray(server->known, size, sizeof *known);
		if (known == NULL)
			return -FCGI_E_SYSTEM;
		server->known = known;
		server->known_size = size;
	}
	server->known[server->known_count++] = (struct server_process){
		.pid = process->pid,
		.parent = process->parent,
		.start_ticks = process->start_ticks,
		.children_ns = process->children_ns,
		.is_first = is_first,
	};
	return 0;
}

/* Adds the processes that were asked for, the first time, and whom any of them has started. */
static int
add_new(struct server *server, const struct processes *all)
{
	const struct process *process;
	size_t i, before;
	int r = 0;

	for (i = 0; !server->begun && i < server->pid_count; i++) {
		process = processes_find(all, server->pids[i]);
		if (process == NULL) {
			snprintf(server->why, sizeof server->why, "there is no process %ld",
			    (long)server->pids[i]);
			return -FCGI_E_SYSTEM;
		}
		if (i == 0)
			strlcpy(server->name, process->name, sizeof server->name);
		if (find_known(server, process->pid) == NULL)
			r = remember(server, process, 1);
	}
	server->begun = 1;
	do {
		before = server->known_count;
		for (i = 0; i < all->count && r == 0; i++) {
			process = &all->items[i];
			if (process->pid != getpid() &&
			    find_known(server, process->pid) == NULL &&
			    find_known(server, process->parent) != NULL)
				r = remember(server, process, 0);
		}
	} while (r == 0 && server->known_count > before);
	return r;
}

/* The nearest ancestor that lives, who may have waited for it; or NULL. */
static struct server_process *
living_ancestor(const struct server *server, const struct server_process *process)
{
	struct server_process *known = server->known, *end = known_end(server);
	pid_t parent = process->parent;

	while (known < end) {
		if (known->pid != parent) {
			known++;
			continue;
		}
		if (!known->gone)
			return known;
		parent = known->parent;
		known = server->known;
		/* A pid that came round again must not lead in circles. */
		if (parent <= 1 || parent == process->pid)
			break;
	}
	return NULL;
}

/* Notes who has gone, and what they had taken when they were last seen. */
static void
note_gone(struct server *server, const struct processes *all)
{
	struct server_process *known, *ancestor;
	struct server_process *end = known_end(server);
	const struct process *process;

	for (known = server->known; known < end; known++) {
		process = processes_find(all, known->pid);
		known->gone = process == NULL || process->start_ticks != known->start_ticks;
		known->lost_ns = 0;
	}
	for (known = server->known; known < end; known++) {
		if (!known->gone)
			continue;
		ancestor = living_ancestor(server, known);
		if (ancestor != NULL)
			ancestor->lost_ns += known->own_ns + known->children_ns;
		else
			server->ended_ns += known->own_ns + known->children_ns;
	}
}

/*
 * Nobody of ours has waited for one that was asked for, and what it took since it was last seen is
 * nowhere any more.
 * Returns 0, or -FCGI_E_SYSTEM when that has happened.
 */
static int
check_first(struct server *server)
{
	const struct server_process *known = server->known, *end = known_end(server);

	for (; known < end && server->lost_pid == 0; known++)
		if (known->is_first && known->gone && living_ancestor(server, known) == NULL)
			server->lost_pid = known->pid;
	if (server->lost_pid == 0)
		return 0;
	snprintf(server->why, sizeof server->why, "process %ld ended in the meantime",
	    (long)server->lost_pid);
	return -FCGI_E_SYSTEM;
}

static void
forget_gone(struct server *server)
{
	size_t i, kept = 0;

	for (i = 0; i < server->known_count; i++)
		if (!server->known[i].gone)
			server->known[kept++] = server->known[i];
	server->known_count = kept;
}

/*
 * A parent that waits for a child takes over its time, which the kernel tells in ticks.  One that
 * does not (SIGCHLD ignored) never does: then it is what we have last seen.
 */
static void
take_over(struct server *server, struct server_process *known, int64_t children_ns)
{
	int64_t taken_ns = children_ns - known->children_ns;
	int64_t rounding_ns = 2 * 1000000000 / sysconf(_SC_CLK_TCK);

	if (known->lost_ns > taken_ns + rounding_ns)
		server->ended_ns += known->lost_ns - taken_ns;
	known->children_ns = children_ns;
}

static int64_t
read_known(struct server *server, const struct processes *all)
{
	struct server_process *known = server->known, *end = known_end(server);
	const struct process *process;
	int64_t sum_ns = 0, own_ns;

	for (; known < end; known++) {
		process = processes_find(all, known->pid);
		if (process == NULL)
			continue;
		known->parent = process->parent;
		take_over(server, known, process->children_ns);
		if (process_cpu_ns(known->pid, &own_ns) < 0)
			own_ns = process->own_ns;
		/* One that ends while we look may be read as a little less. */
		if (own_ns > known->own_ns)
			known->own_ns = own_ns;
		sum_ns += known->own_ns + known->children_ns;
	}
	return sum_ns + server->ended_ns;
}

static int
read_processes(struct server *server, int64_t *cpu_ns)
{
	struct processes all = { 0 };
	int64_t now_ns;
	int r = processes_read(&all);

	if (r == 0) {
		note_gone(server, &all);
		r = check_first(server);
		forget_gone(server);
	}
	if (r == 0) {
		r = add_new(server, &all);
	}
	if (r < 0) {
		if (*server->why == '\0')
			snprintf(server->why, sizeof server->why, "/proc: %s", strerror(errno));
	} else {
		/* What a parent has taken over is told in ticks: it may be less than was seen. */
		now_ns = read_known(server, &all);
		if (now_ns > server->last_ns)
			server->last_ns = now_ns;
		*cpu_ns = server->last_ns;
	}
	processes_reset(&all);
	return r;
}

int
server_cpu_ns(struct server *server, int64_t *cpu_ns)
{
	if (server->cgroup != NULL)
		return read_cgroup(server, cpu_ns);
	if (server->pid_count == 0) {
		if (*server->why == '\0')
			strlcpy(server->why, "no process is known", sizeof server->why);
		return -FCGI_E_SYSTEM;
	}
	return read_processes(server, cpu_ns);
}

int
server_add(struct server *server, pid_t pid)
{
	pid_t *pids;
	size_t i;

	for (i = 0; i < server->pid_count; i++)
		if (server->pids[i] == pid)
			return 0;
	pids = array_grow(server->pids, server->pid_count, sizeof *pids);
	if (pids == NULL)
		return -FCGI_E_SYSTEM;
	server->pids = pids;
	pids[server->pid_count++] = pid;
	return 0;
}

void
server_rewind(struct server *server)
{
	free(server->known);
	server->known = NULL;
	server->known_count = server->known_size = 0;
	server->ended_ns = 0;
	server->last_ns = 0;
	server->begun = 0;
	server->lost_pid = 0;
}

void
server_reset(struct server *server)
{
	server_rewind(server);
	free(server->pids);
	server->pids = NULL;
	server->pid_count = 0;
}
