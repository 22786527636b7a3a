/* --find-max: runs one rate after the other, and keeps the result of the best. */
#ifndef FCGI_BENCH_SEARCH_H
#define FCGI_BENCH_SEARCH_H

#include "find_max.h"
#include "options.h"
#include "plan.h"
#include "result.h"
#include "run.h"

/*
 * Begins at half of what a closed loop gets, and leaves the plan at the rate of the result.
 * result: zero-filled before; that of the best trial or, where none was good, of the last one.  Its
 * verdict is not judged.  It points to search.
 * Returns 0, or -1 when a plan cannot be run, which has been told.
 */
int search_run(struct run *run, struct plan *plan, struct find_max *search, struct result *result);

/* What the search means, in place of the verdict on its result. */
void search_judge(struct result *result);

#endif
