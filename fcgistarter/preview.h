/* --print-config: configurations that fit what the command line would start. */
#ifndef FCGISTARTER_PREVIEW_H
#define FCGISTARTER_PREVIEW_H

#include "options.h"

/*
 * Prints them.  argv: of main().
 * Returns the exit status: 0, or 1 after an error message.
 */
int preview_configurations(const struct options *options, char **argv);

#endif
