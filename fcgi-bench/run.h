/* Runs a plan and looks on: intervals, the live line, ^C, the application's processor time. */
#ifndef FCGI_BENCH_RUN_H
#define FCGI_BENCH_RUN_H

#include "application.h"
#include "live.h"
#include "options.h"
#include "plan.h"
#include "result.h"
#include "server.h"

/* Zero-filled before use. */
struct run {
	const struct options *options;
	struct application *application; /* that we started; NULL: none */
	int signal_fd;			/* readable: we are asked to end, or a child has changed */
	struct server server;		/* private from here on */
	struct live live;
	int interrupts;			/* how often we were asked to end */
	int has_child_changed;		/* the application is to be looked after */
	int is_over;			/* the application has ended: nothing more can be run */
};

/*
 * From now on ^C and its like end a run, and not the process.
 * Returns 0, or -1 when that cannot be had, which has been told.
 */
int run_init(struct run *run, const struct options *options, struct application *application);

/*
 * Runs it and fills in the result, but for the verdict.  Nothing is run where we were asked to end
 * before, and the result says so.
 * result: zero-filled, or of an earlier run, whose memory is used again.
 * Returns 0, or -1 when it cannot be run, which has been told.
 */
int run_plan(struct run *run, const struct plan *plan, struct result *result);

/* Takes what signal_fd has: for who waits for it elsewhere.  Returns interrupts. */
int run_take_signals(struct run *run);

/* Whether something has happened after which no other plan is to be run. */
int run_is_over(const struct run *run);

/* Gives back what it holds; the result's part that run_plan() made with result_reset(). */
void run_reset(struct run *run);

#endif
