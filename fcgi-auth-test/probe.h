/*
 * What takes questions of its own to find out: whether the authorizer depends on something that one
 * server does and another does not.  They are derived from the first case that was let in.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

struct runner;

/* How many there are, those that do not apply among them. */
size_t probe_count(void);

/*
 * Asks all that apply, and adds a result for each; the others are added as skipped.
 * Returns as runner_run().
 */
int probe_all(struct runner *runner);

#endif
