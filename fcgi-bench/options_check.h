/* Whether the options of a command line go with each other. */
#ifndef FCGI_BENCH_OPTIONS_CHECK_H
#define FCGI_BENCH_OPTIONS_CHECK_H

#include "options.h"

/*
 * What contradicts itself, would be ignored without a word, or would not be seen by anybody does
 * not return.  Before what was not said is settled.
 */
void options_check(const struct options *options);

/* The same of what is requested alone, for a stanza of -i. */
void options_check_request(const struct options *options);

#endif
