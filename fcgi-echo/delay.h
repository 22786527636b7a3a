/*
 * How long an answer waits: the same time for all, or a distribution whose percentiles are known,
 * to hold against what a load generator says.  Pure.
 */
#ifndef DELAY_H
#define DELAY_H

#include <stdint.h>

#include "fcgi_reader.h"

enum delay_jitter {
	DELAY_NONE,
	DELAY_EVEN,	/* from nothing to spread_ns, all equally often */
	DELAY_EXP,	/* exponential: spread_ns on average, ten times that for one in 22000 */
	DELAY_RARE,	/* spread_ns for one in a hundred, nothing for the others */
};

struct delay {
	int64_t least_ns;
	int64_t spread_ns;
	enum delay_jitter jitter;
	uint64_t seed;
};

/*
 * Reads what the action's path and query ask for: "250ms"; jitter=DURATION, even:DURATION,
 * exp:DURATION or rare:DURATION; seed=NUMBER.
 * Returns 0, or -FCGI_E_SYNTAX.
 */
int delay_parse(struct delay *delay, const char *argument, const struct fcgi_slice *query);

/* The same out of a URL's end, "250ms?jitter=exp:10ms". */
int delay_parse_url(struct delay *delay, const char *text);

/* The time that a part (0 <= part < 1) of all answers wait no longer than. */
int64_t delay_quantile_ns(const struct delay *delay, double part);

/* The time for the one of that number: the same in each process. */
int64_t delay_nth_ns(const struct delay *delay, uint64_t number);

#endif
