/* Whether an application takes several requests at a time on one connection. */
#ifndef FCGI_BENCH_MPXS_H
#define FCGI_BENCH_MPXS_H

#include <stddef.h>
#include <stdint.h>

struct plan_target;

enum mpxs_answer {
	MPXS_NO,		/* it says that it does not */
	MPXS_YES,
	MPXS_UNKNOWN,		/* it does not say */
	MPXS_STOPPED,		/* it was not waited for until it did */
};

/*
 * Asks a target for FCGI_MPXS_CONNS (FastCGI 1.0, section 4.1) on a connection of its own.
 * timeout_ns: for all of it; connect_timeout_ns: for connecting.
 * stop_fd: once it is readable the answer is not waited for (MPXS_STOPPED); -1: none.
 * why, size: with MPXS_UNKNOWN why in words, else ""; bytes of the peer's are in it as they came.
 * 160 bytes hold any.
 * Returns an enum mpxs_answer, or -FCGI_E_SYSTEM or -FCGI_E_TIMEOUT: there is no connection.
 */
int mpxs_ask(const struct plan_target *target, int64_t connect_timeout_ns, int64_t timeout_ns,
    int stop_fd, char *why, size_t size);

#endif
