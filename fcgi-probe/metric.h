/*
 * The figures that can be judged and are reported: one table says of each its name, unit and where
 * in the observation it comes from.
 */
#ifndef METRIC_H
#define METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "observation.h"
#include "range.h"

enum metric {
	METRIC_TIME,		/* s, all of it */
	METRIC_CONNECT,		/* s */
	METRIC_FIRST_BYTE,	/* s */
	METRIC_SIZE,		/* bytes of STDOUT */
	METRIC_QUEUE,		/* connections that wait */
	METRIC_QUEUE_PCT,	/* % of the limit */
	METRIC_QUEUE_LIMIT,
	METRIC_BUSY,		/* connections that were accepted */
	METRIC_IDLE,		/* php-fpm's processes, from here on */
	METRIC_ACTIVE,
	METRIC_TOTAL,
	METRIC_SATURATION,	/* % active of total, or of --max-children */
	METRIC_MAX_ACTIVE,
	METRIC_MAX_CHILDREN_REACHED, /* a counter: judged by its growth where one is known */
	METRIC_SLOW_REQUESTS,	/* likewise */
	METRIC_ACCEPTED_CONN,	/* likewise */
	METRIC_MAX_QUEUE,
	METRIC_LONGEST_REQUEST,	/* s */
	METRIC_UPTIME,		/* s */
	METRIC_MEMORY_PEAK,	/* bytes */
	METRIC_COUNT,
};

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

struct metric_about {
	const char *name;	/* as in -w NAME=RANGE and in the performance data */
	const char *unit;	/* of the plugins' syntax: "s", "B", "%", "c" (counter) or "" */
	const char *openmetrics; /* the family's name */
	const char *help;
	enum metric_kind kind;
};

extern const struct metric_about metric_about[METRIC_COUNT];

/* What is measured beside an observation. */
struct metric_context {
	int64_t max_children;	/* --max-children, 0 unknown */
};

/* The values of one round.  has: bits by enum metric. */
struct metrics {
	uint32_t has;
	double value[METRIC_COUNT];
	uint32_t has_delta;	/* counters: growth since the round before is known */
	double delta[METRIC_COUNT];
};

/* Takes every figure that the observation holds.  Deltas are left alone. */
void metrics_take(struct metrics *metrics, const struct observation *seen,
    const struct metric_context *context);

/* Sets the growth of the counters since before; one that went down began anew: it counts from 0. */
void metrics_compare(struct metrics *metrics, const struct metrics *before);

/* Returns the metric of that name, or -1. */
int metric_find(const char *name, size_t len);

/* A figure of that metric as a user writes it: 250ms for times, 90 or 90% for percentages, 10k bytes. */
int metric_parse_value(enum metric metric, double *value, const char *text, size_t len);

/* A threshold in such figures, as range_parse(). */
int metric_parse_range(struct range *range, enum metric metric, const char *text);

#endif
