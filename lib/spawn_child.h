/* The child's half of spawn_start(): for spawn.c alone. */
#ifndef SPAWN_CHILD_H
#define SPAWN_CHILD_H

#include <sys/types.h>

#include "spawn.h"

struct spawn_child {
	const struct spawn *spawn;
	int report;	/* where it says what has failed: a struct spawn_failure */
	pid_t parent;	/* whose death is not to be outlived */
};

/* Takes all steps, the last of which is exec. */
void spawn_child_run(struct spawn_child *child) __attribute__((noreturn));

#endif
