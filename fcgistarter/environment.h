/* The environment that the instances get. */
#ifndef FCGISTARTER_ENVIRONMENT_H
#define FCGISTARTER_ENVIRONMENT_H

#include "options.h"

/*
 * Ours, or with --clean-env what --keep-env names of it, and the changes of -e in their order.
 * ours: ends with NULL.
 * Returns an environment for exec, for environment_free(); NULL when memory is short.
 */
char **environment_make(const struct options *options, char *const *ours);

void environment_free(char **environment);

#endif
