/* The application as it is executed: its file, its words, its environment. */
#ifndef FCGISTARTER_PROGRAM_H
#define FCGISTARTER_PROGRAM_H

#include <limits.h>

#include "options.h"

struct program {
	char path[PATH_MAX];	/* absolute */
	char **argv;
	char **environment;
};

/*
 * Finds the program and makes its words and environment.
 * environment: ours, ends with NULL.
 * Returns 0, or the exit status after an error message.  program_reset() in any case.
 */
int program_find(struct program *program, const struct options *options, char *const *environment);

void program_reset(struct program *program);

#endif
