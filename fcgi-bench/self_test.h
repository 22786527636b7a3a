/*
 * How fast this machine's client can be at all: the load of a plan against an application of our own
 * that does next to nothing.
 */
#ifndef FCGI_BENCH_SELF_TEST_H
#define FCGI_BENCH_SELF_TEST_H

#include "plan.h"

/*
 * Runs a second of the plan as a closed loop (its connections, threads, streams, keep-alive and
 * requests) against a thread for each of its threads that answers at once, over the kind of socket
 * that the plan's first target has; without targets, over UNIX sockets.
 * *limit_rps: the requests a second that were answered.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int self_test_run(const struct plan *plan, double *limit_rps);

#endif
