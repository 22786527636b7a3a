/* From a result to what it means: gates, the verdict, the exit status. */
#ifndef FCGI_BENCH_VERDICT_H
#define FCGI_BENCH_VERDICT_H

#include "options.h"
#include "result.h"

/* 1 when more requests failed than the options allow. */
int verdict_has_failures(const struct result *result, const struct options *options);

/*
 * Judges the gates, sets the verdict and its reason.
 * gates: options->gate_count of them, which the result points to from then on.
 */
void verdict_judge(struct result *result, const struct options *options,
    struct gate_outcome *gates);

enum status verdict_status(const struct result *result);

#endif
