/* The application as it is executed: its file, its words, its environment. */
#ifndef FCGISTARTER_PROGRAM_H
#define FCGISTARTER_PROGRAM_H

#include <limits.h>

#include "identity.h"
#include "options.h"
#include "wrapper.h"

struct program {
	char path[PATH_MAX];	/* absolute */
	char **argv;
	char **environment;
	struct wrapper wrapper;	/* with --wrapper */
};

/*
 * Finds the program and makes its words and environment.
 * environment: ours, ends with NULL.  identity: whom a wrapper is told.
 * why, why_size: on failure what is wrong, one line.
 * Returns 0, or the exit status that fits.  program_reset() in any case.
 */
int program_find(struct program *program, const struct options *options, char *const *environment,
    const struct identity *identity, char *why, size_t why_size);

void program_reset(struct program *program);

#endif
