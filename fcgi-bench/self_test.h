/*
 * How fast this machine's client can be at all: the load of a plan against an application of our
 * own that does next to nothing.
 */
#ifndef FCGI_BENCH_SELF_TEST_H
#define FCGI_BENCH_SELF_TEST_H

#include <stddef.h>

#include "plan.h"

/*
 * Runs a second of the plan as a closed loop (its connections, threads, streams, keep-alive and the
 * requests of its first target) against a thread for each of its threads that answers at once, over
 * the kind of socket that the first target has; over UNIX sockets where it has none.
 * Connections are left out as far as both ends of them are more than we may have open.
 * *limit_rps: the requests a second that the client's threads would get answered if they had their
 * processors for themselves.
 * why, size: set on failure to one line; 160 bytes hold any.
 * Returns 0, or -FCGI_E_SYSTEM.
 */
int self_test_run(const struct plan *plan, double *limit_rps, char *why, size_t size);

#endif
