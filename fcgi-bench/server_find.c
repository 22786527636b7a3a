#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "plan.h"
#include "process.h"
#include "queue.h"
#include "server.h"

/* Who it was that began to listen at a UNIX socket; 0: not known. */
static pid_t
find_listener(const struct addr_socket *socket)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof peer;
	struct process process;
	int in_progress, fd;

	if (socket->sa.ss_family != AF_UNIX)
		return 0;
	fd = addr_connect(socket, &in_progress);
	if (fd < 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		peer.pid = 0;
	close(fd);
	/*
	 * Of another namespace it is 0.  A launcher may have ended since, and an init or an
	 * activated service's parent has more to do than this application.
	 */
	if (peer.pid <= 1 || peer.pid == getpid() || process_read(&process, peer.pid) < 0)
		return 0;
	return peer.pid;
}

/* Returns 1 when an ancestor of the process is among them: it is a descendant then. */
static int
is_covered(const struct server *server, const struct processes *all, const struct process *process)
{
	size_t i;

	while (process != NULL && process->pid > 1) {
		for (i = 0; i < server->pid_count; i++)
			if (server->pids[i] == process->parent)
				return 1;
		process = processes_find(all, process->parent);
	}
	return 0;
}

/*
 * A parent's pid is mostly the lower one: /proc lists it before its children.
 * Returns 1 when there are some, else 0, or -FCGI_E_SYSTEM.
 */
static int
add_holders(struct server *server, const struct processes *all, uint64_t inode)
{
	const struct process *process = all->items, *end = process + all->count;
	int found = 0;

	for (; process < end; process++) {
		if (process->pid <= 1 || process->pid == getpid() ||
		    !process_holds(process->pid, inode))
			continue;
		found = 1;
		if (!is_covered(server, all, process) && server_add(server, process->pid) < 0)
			return -FCGI_E_SYSTEM;
	}
	return found;
}

/*
 * Where several addresses are tried one after the other the first that is served is meant.
 * Returns 1 when who serves it is known, else 0, or -FCGI_E_ELSEWHERE where all of them are TCP
 * addresses that nobody listens at in our network, or -FCGI_E_SYSTEM when memory is short.
 */
static int
find_target(struct server *server, struct processes *all, const struct plan_target *target)
{
	int i, r, not_found = -FCGI_E_ELSEWHERE;
	struct queue queue;
	pid_t pid;

	for (i = 0; i < target->socket_count; i++) {
		pid = find_listener(&target->sockets[i]);
		if (pid != 0)
			return server_add(server, pid) < 0 ? -FCGI_E_SYSTEM : 1;
		r = queue_read_at(&target->sockets[i], &queue);
		if (r != -FCGI_E_ELSEWHERE || target->sockets[i].sa.ss_family == AF_UNIX)
			not_found = 0;
		if (r < 0 || queue.inode == 0)
			continue;
		if (all->count == 0 && processes_read(all) < 0)
			return 0;
		r = add_holders(server, all, queue.inode);
		if (r != 0)
			return r;
	}
	return not_found;
}

static void
find_backlog(struct server *server, const struct plan *plan)
{
	struct queue queue;

	if (plan->target_count > 0 && plan->targets->socket_count > 0 &&
	    queue_read_at(plan->targets->sockets, &queue) == 0 && queue.limit > 0)
		server->backlog = queue.limit;
}

/* found: what find_target() returned. */
static void
say_why(struct server *server, const char *target, int found)
{
	char *why = server->why;

	if (found == -FCGI_E_ELSEWHERE)
		snprintf(why, sizeof server->why, "nobody on this host listens at %.64s: "
		    "for one in a container give --pid or --cgroup", target);
	else if (found == -FCGI_E_SYSTEM)
		snprintf(why, sizeof server->why, "out of memory");
	else
		snprintf(why, sizeof server->why, "no process that listens at %.64s can be seen: "
		    "give --pid or --cgroup", target);
}

void
server_find(struct server *server, const struct plan *plan)
{
	struct processes all = { 0 };
	size_t i;
	int r;

	find_backlog(server, plan);
	*server->why = '\0';
	if (server->is_found)
		server_reset(server);
	if (server->pid_count > 0 || server->cgroup != NULL)
		return;
	for (i = 0; i < plan->target_count; i++) {
		r = find_target(server, &all, &plan->targets[i]);
		if (r > 0)
			continue;
		/* Half of an application's time would be worse than none. */
		server_reset(server);
		say_why(server, plan->targets[i].name, r);
		break;
	}
	server->is_found = 1;
	processes_reset(&all);
}
