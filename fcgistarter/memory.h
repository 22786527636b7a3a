/* How much memory a process has. */
#ifndef FCGISTARTER_MEMORY_H
#define FCGISTARTER_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The resident set of a process alone, without its children's.
 * Returns bytes, 0 for one that has ended and is not waited for, -FCGI_E_SYSTEM with errno.
 */
int64_t memory_read(pid_t pid);

#endif
