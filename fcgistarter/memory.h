/* How much memory an instance has, for --max-rss, and when to look again. */
#ifndef FCGISTARTER_MEMORY_H
#define FCGISTARTER_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* One an instance.  Set up with memory_init().  Public to read: rss_bytes, next_ns. */
struct memory {
	int64_t rss_bytes;	/* when it was last looked at; 0: not yet */
	int64_t next_ns;	/* when to look again */
	int64_t looked_ns;	/* private */
};

/* started_ns: of the instance. */
void memory_init(struct memory *memory, int64_t started_ns);

/*
 * The resident set of a process alone, without its children's.
 * Returns bytes, 0 for one that has ended and is not waited for, -FCGI_E_SYSTEM with errno.
 */
int64_t memory_read(pid_t pid);

/*
 * Takes what memory_read() has returned at now_ns, and sets next_ns: half the time in which the
 * instance would reach the limit if it grew on as it has since the last look, at least 1 s and at
 * most 30 s.  On full seconds of the clock, so that one wake-up serves many instances.
 * Returns 1 when the instance has more than limit_bytes, else 0 (also for rss_bytes < 0).
 */
int memory_take(struct memory *memory, int64_t rss_bytes, int64_t limit_bytes, int64_t now_ns);

#endif
