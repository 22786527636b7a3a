/* The answer to the user: text for people, JSON for programs, CSV for plots. */
#ifndef FCGI_BENCH_REPORT_H
#define FCGI_BENCH_REPORT_H

#include "options.h"
#include "result.h"

/* Before anything is run: a report that cannot be written afterwards does not return. */
void report_check(const struct options *options);

/*
 * Writes every report that is asked for.
 * Returns 0, or -1 when one of them could not be written; that has been told then.
 */
int report_publish(const struct options *options, const struct result *result);

#endif
