/* The children of this process, those that it has come by as their subreaper among them. */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

/* Zero-filled before use. */
struct children {
	pid_t *pids;
	size_t count;
};

/*
 * Lists them, those included that have ended and were not waited for, in place of what was listed.
 * By /proc/PID/stat: not every kernel has /proc/PID/task/TID/children.
 * Returns 0, or -FCGI_E_SYSTEM with errno, and those that were found till then.
 */
int children_list(struct children *children);

/* 1 when the process is listed, else 0. */
int children_has(const struct children *children, pid_t pid);

void children_reset(struct children *children);

#endif
