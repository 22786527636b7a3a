/*
 * The load: threads with an epoll loop each, which share nothing but the gate they start at, the
 * descriptor that stops them, and a place where each leaves a copy of its tally once an interval.
 *
 *	engine_new(), engine_start()
 *	while (engine_wait(engine, until) == 0)
 *		engine_snapshot(...)		the live line, the intervals
 *	engine_finish()
 */
#ifndef FCGI_BENCH_ENGINE_H
#define FCGI_BENCH_ENGINE_H

#include <stdint.h>

#include "plan.h"
#include "tally.h"

struct engine;

/* Returns NULL with errno when memory, threads or descriptors do not suffice. */
struct engine *engine_new(const struct plan *plan);

/* All threads begin at the same time.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int engine_start(struct engine *engine);

int64_t engine_start_ns(const struct engine *engine); /* the first request is due */

/*
 * Waits until all threads have ended, or until_ns (CLOCK_MONOTONIC), or until wake_fd is readable: a
 * signalfd(2), say; -1: there is none.
 * Returns 1 when they have ended, 0 otherwise.
 */
int engine_wait(struct engine *engine, int64_t until_ns, int wake_fd);

/*
 * The sum of what the threads left at the last interval that all of them have passed.
 * Returns the number of that interval since the start, 0 when there is none yet.
 */
uint64_t engine_snapshot(struct engine *engine, struct tally *sum);

/* No new requests; those in flight are waited for.  A second call gives them up. */
void engine_stop(struct engine *engine);

/* Once they have ended: the sum of all, and of the threads one by one where wanted. */
void engine_finish(struct engine *engine, struct tally *total);
void engine_free(struct engine *engine);

#endif
