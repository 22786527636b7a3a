/* What the forms of a report share.  Only they include this. */
#ifndef FCGI_BENCH_REPORT_PRIVATE_H
#define FCGI_BENCH_REPORT_PRIVATE_H

#include <stdio.h>

#include "result.h"

/* The stream is in memory: what goes wrong is seen when it is closed. */
void report_text(FILE *to, const struct result *result, int verbose);
void report_csv(FILE *to, const struct result *result);
/* Returns 0, or a negative error when memory is short. */
int report_json(FILE *to, const struct result *result);

/* "closed" or "open" */
const char *report_mode(const struct plan *plan);

/* "good", "failed", "inconclusive" */
const char *report_verdict(enum result_verdict verdict);

#endif
