/* The options on whom a pool runs as and how it is supervised: the other half of options.h. */
#ifndef FCGISTARTER_OPTIONS_POOL_H
#define FCGISTARTER_OPTIONS_POOL_H

#include "options.h"

extern const struct poptOption options_who[];
extern const struct poptOption options_supervise[];
extern const struct poptOption options_control[];

/* Before the command line is read. */
void options_pool_defaults(struct options *options);

/* Takes one of the options above. */
void options_pool_take(struct options *options, int option, const char *value);

/* Makes sense of them once all are known; what does not fit together does not return. */
void options_pool_settle(struct options *options);

/* Gives back what they hold. */
void options_pool_reset(struct options *options);

#endif
