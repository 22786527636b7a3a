#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "number.h"
#include "proc_file.h"

static int64_t
ticks_ns(uint64_t ticks, long ticks_per_s)
{
	return (int64_t)(ticks * ((uint64_t)CLOCK_NS_PER_S / (uint64_t)ticks_per_s));
}

int
process_parse(struct process *process, const char *text, long ticks_per_s)
{
	uint64_t user, system, children_user, children_system;
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	size_t len;
	long pid, parent;

	/* The name is whatever the process has chosen: blanks, brackets and line ends too. */
	if (name == NULL || end == NULL || end < name || sscanf(text, "%ld", &pid) != 1)
		return -FCGI_E_SYNTAX;
	*process = (struct process){ .pid = (pid_t)pid };
	if (sscanf(end, ") %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
			" %" SCNu64 " %" SCNu64 " %*d %*d %*d %*d %" SCNu64,
		&parent, &user, &system, &children_user, &children_system,
		&process->start_ticks) != 6)
		return -FCGI_E_SYNTAX;
	process->parent = (pid_t)parent;
	process->own_ns = ticks_ns(user + system, ticks_per_s);
	process->children_ns = ticks_ns(children_user + children_system, ticks_per_s);
	len = (size_t)(end - name - 1);
	if (len >= sizeof process->name)
		len = sizeof process->name - 1;
	memcpy(process->name, name + 1, len);
	process->name[len] = '\0';
	return 0;
}

int
process_read(struct process *process, pid_t pid)
{
	char text[1024];

	if (proc_file_read(pid, "stat", text, sizeof text) < 0)
		return -FCGI_E_SYSTEM;
	errno = EPROTO;
	return process_parse(process, text, sysconf(_SC_CLK_TCK)) < 0 ? -FCGI_E_SYSTEM : 0;
}

static int
append(struct processes *processes, const struct process *process)
{
	size_t size = processes->size > 0 ? 2 * processes->size : 256;
	struct process *items;

	if (processes->count == processes->size) {
		items = reallocarray(processes->items, size, sizeof *items);
		if (items == NULL)
			return -FCGI_E_SYSTEM;
		processes->items = items;
		processes->size = size;
	}
	processes->items[processes->count++] = *process;
	return 0;
}

int
processes_read(struct processes *processes)
{
	struct dirent *entry;
	struct process process;
	long long pid;
	DIR *dir;
	int r = 0, error;

	dir = opendir("/proc");
	if (dir == NULL)
		return -FCGI_E_SYSTEM;
	processes->count = 0;
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		if (number_parse(&pid, entry->d_name, 1, INT32_MAX) != NULL)
			continue;
		/* It may have ended in the meantime. */
		if (process_read(&process, (pid_t)pid) == 0)
			r = append(processes, &process);
	}
	error = errno;
	closedir(dir);
	errno = error;
	return r;
}

const struct process *
processes_find(const struct processes *processes, pid_t pid)
{
	const struct process *process = processes->items, *end = process + processes->count;

	for (; process < end; process++)
		if (process->pid == pid)
			return process;
	return NULL;
}

void
processes_reset(struct processes *processes)
{
	free(processes->items);
	*processes = (struct processes){ 0 };
}

int
process_cpu_ns(pid_t pid, int64_t *cpu_ns)
{
	struct timespec time;
	clockid_t clock;
	int error = clock_getcpuclockid(pid, &clock);

	if (error != 0) {
		errno = error;
		return -FCGI_E_SYSTEM;
	}
	if (clock_gettime(clock, &time) < 0)
		return -FCGI_E_SYSTEM;
	*cpu_ns = time.tv_sec * CLOCK_NS_PER_S + time.tv_nsec;
	return 0;
}

int
process_holds(pid_t pid, uint64_t inode)
{
	char path[48], name[64], target[64];
	struct dirent *entry;
	int found = 0;
	ssize_t len;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	snprintf(name, sizeof name, "socket:[%" PRIu64 "]", inode);
	while (!found && (entry = readdir(dir)) != NULL) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		found = strcmp(target, name) == 0;
	}
	closedir(dir);
	return found;
}
