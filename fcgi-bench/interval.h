/*
 * The intervals of a worker's window: how much of each its thread had the processor, and the copy of
 * its tally that it leaves at the end of each for whoever looks.
 */
#ifndef FCGI_BENCH_INTERVAL_H
#define FCGI_BENCH_INTERVAL_H

#include <stdint.h>

#include "worker.h"

/* The window begins, and the first interval.  worker->now_ns is the present, here and below. */
void interval_open_window(struct worker *worker);

/* When the one that is going on ends. */
int64_t interval_end_ns(const struct worker *worker);

/*
 * It has ended: a copy is left, and the next one begins.  While the last copy is being looked at
 * nothing happens: to be called again soon.
 */
void interval_end(struct worker *worker);

/* The window has ended: what comes from now on is not in it, nor in worker->window. */
void interval_close_window(struct worker *worker);

/*
 * The run has ended: the window too where it was left open, as that of a limited number of requests
 * is until the last answer.
 */
void interval_end_run(struct worker *worker);

/*
 * Adds what a worker counted: its own tally or that of its window, once it has ended, or that in its
 * mailbox.
 */
void interval_add(struct tally *to, const struct tally *tally, const struct histogram *whole);

#endif
