/* One round: all targets are asked at once, in one poll(2) loop, within one time-out. */
#ifndef ROUND_H
#define ROUND_H

#include <stddef.h>
#include <stdint.h>

#include "target.h"

/* How often, and how long. */
struct round {
	int64_t timeout_ns;	/* of each target: all its tries together; with wait of one try.  Its
				   name is looked up within it */
	long long retries;	/* how many more tries a failure that may pass gets */
	int wait;		/* try on until there is an answer */
	int64_t wait_timeout_ns; /* all of it then; CLOCK_NEVER: no limit */
};

/*
 * Asks all targets, and returns when each is done.
 * Host names are looked up first, all at once and each time anew since they may move; how long that
 * takes is part of the time-out.  Each has a process of its own (lookup.h), 256 of them at a time.
 * How many are asked at a time depends on the limit of open files, whose soft
 * value is raised if need be; those that have to wait share the time-out of the others.
 *
 * What is tried again, after a pause that grows: who refuses or is missing, turns away, closes or
 * resets before the end, is OVERLOADED, or answers with status 500 or above or with nothing.  What
 * would be the same again is not: no answer within the time-out, no permission, no FastCGI, and
 * thresholds, which are none of ours.
 * The status page of php-fpm gets one more try in any case when it answers 500, as it does under
 * contention.
 * With wait everything but an answer is tried again: also who gives none in time, a name without an
 * address, a denied permission; but not who speaks no FastCGI.
 * A descriptor can be asked but once.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short: nothing was asked then.
 */
int round_run(const struct round *round, struct target *targets, size_t count);

#endif
