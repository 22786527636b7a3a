/*
 * What is to be run: made once out of the options, read only from then on, shared by all threads.
 */
#ifndef FCGI_BENCH_PLAN_H
#define FCGI_BENCH_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "payload.h"
#include "schedule.h"

struct options;
struct option_target;

enum plan_spin { PLAN_SPIN_AUTO, PLAN_SPIN_ALWAYS, PLAN_SPIN_NEVER };

struct plan_target {
	const char *name;		/* as it was given */
	struct addr addr;
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int socket_count;
	struct payloads payloads;	/* differ where a preset's variables hold the address, but not
					   in their number */
};

struct plan {
	struct plan_target *targets;	/* connection k goes to target k % target_count */
	size_t target_count;

	unsigned int connections;	/* all threads together */
	unsigned int threads;
	unsigned int streams;		/* requests at a time on one connection */
	int keep_alive;
	uint64_t requests_per_connection; /* 0: no limit */

	int open_loop;			/* schedule is valid */
	struct schedule schedule;
	int64_t warmup_ns;
	int64_t duration_ns;		/* behind the warm-up; CLOCK_NEVER with a limit */
	uint64_t request_limit;		/* behind the warm-up; 0: none */

	int64_t connect_timeout_ns;
	int64_t timeout_ns;		/* of each request; also how long those in flight at the end
					   are waited for */
	int64_t drain_ns;		/* open loop: how long what was due before the end is still sent
					   behind it */
	int64_t interval_ns;		/* of snapshots */
	enum plan_spin spin;

	struct schedule_stage *stages;	/* private: what the schedule points to */
	size_t payload_sets;		/* private: of how many targets payloads are ours */
};

/*
 * Makes the plan: names are resolved, requests encoded.  What cannot be made does not return.
 * targets: those of the options, or the application that is to be started; it need not listen yet.
 */
void plan_make(struct plan *plan, const struct options *options,
    const struct option_target *targets, size_t target_count);

/*
 * Changes it to an open loop of that rate for that long: stages, and a limit of requests, are gone.
 */
void plan_set_rate(struct plan *plan, double rate, int64_t duration_ns);

/* Gives back what it holds. */
void plan_reset(struct plan *plan);

#endif
