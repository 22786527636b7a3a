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

#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "share.h"
#include "tally.h"

struct engine;

/*
 * plan: outlives the engine.
 * why, size: set on failure to one line that says what does not suffice, and which limit it is; 128
 * bytes hold any.
 * Returns NULL on failure.
 */
struct engine *engine_new(const struct plan *plan, char *why, size_t size);

/* All threads begin at the same time.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int engine_start(struct engine *engine);

int64_t engine_start_ns(const struct engine *engine); /* the first request is due */

/*
 * The window, whose requests count: from the end of the warm-up until no new ones were begun any
 * more, or, where their number is limited or the run was stopped, until then.  end_ns is what is
 * planned as long as threads run: CLOCK_NEVER with a limit.
 */
void engine_window(const struct engine *engine, int64_t *begin_ns, int64_t *end_ns);

/*
 * Waits until all threads have ended, or until_ns (CLOCK_MONOTONIC), or until wake_fd is readable: a
 * signalfd(2), say; -1: there is none; or until a thread has something new for engine_snapshot().
 * Returns 1 when they have ended, 0 otherwise.
 */
int engine_wait(struct engine *engine, int64_t until_ns, int wake_fd);

/*
 * The sum of what the threads left at the end of an interval of the window, the same one for all.
 * sum: overwritten.
 * Returns the number of that interval, from 1 on, or 0 when they have not all left the same one:
 * call again when engine_wait() has returned.
 */
uint64_t engine_snapshot(struct engine *engine, struct tally *sum);

/*
 * No new requests; those in flight are waited for.  A second call gives them up: they are neither
 * good nor failed, but tally.cut_off.  What was due and is not sent is unsent, and not failed.
 * May be called by a signal handler.
 */
void engine_stop(struct engine *engine);

/*
 * Once they have ended: the sum of all, also of what came behind the window.
 * total: zero-filled.
 */
void engine_finish(struct engine *engine, struct tally *total);

/* Likewise the sum as it was when the window ended. */
void engine_finish_window(struct engine *engine, struct tally *window);

/*
 * Likewise what each kind of requests to each target came to, also behind the window.
 * shares: made here, and the caller's to reset.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.
 */
int engine_finish_shares(struct engine *engine, struct shares *shares);

/* Not before they have ended, or before engine_start(). */
void engine_free(struct engine *engine);

#endif
