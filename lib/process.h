/* The processes of this machine, as /proc lists them. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_NAME_SIZE = 32 };

struct process {
	pid_t pid;
	pid_t parent;
	uint64_t start_ticks;	/* since the machine's; tells it from a later one of its pid */
	int64_t own_ns;		/* processor time of all its threads, in ticks of 10 ms or so */
	int64_t children_ns;	/* of all descendants that it has waited for, in the same ticks */
	char name[PROCESS_NAME_SIZE];
};

/* Zero-filled before use. */
struct processes {
	struct process *items;
	size_t count;
	size_t size;		/* private */
};

/* Reads the text of /proc/PID/stat; pure.  Returns 0, or -FCGI_E_SYNTAX. */
int process_parse(struct process *process, const char *text, long ticks_per_s);

/* Reads one.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int process_read(struct process *process, pid_t pid);

/* Lists all of them in place of what was listed.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int processes_read(struct processes *processes);

/* The one of that pid, or NULL. */
const struct process *processes_find(const struct processes *processes, pid_t pid);

void processes_reset(struct processes *processes);

/*
 * Processor time of all threads of a process, also of those that have ended, to the nanosecond.
 * Returns 0, or -FCGI_E_SYSTEM with errno: it is gone.
 */
int process_cpu_ns(pid_t pid, int64_t *cpu_ns);

/* 1 when the process holds the socket of that inode, else 0, also when we may not look. */
int process_holds(pid_t pid, uint64_t inode);

#endif
