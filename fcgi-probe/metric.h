/*
 * The figures that can be judged and are reported: one table says of each its name, its unit and
 * what it means.
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
	METRIC_QUEUE_DROPS,	/* counter: connections turned away, of TCP only */
	METRIC_CONNECTIONS,	/* that were accepted and are open */
	METRIC_IDLE,		/* php-fpm's processes, from here on; ours counts as idle */
	METRIC_ACTIVE,
	METRIC_READING,		/* of the active: in which state */
	METRIC_RUNNING,
	METRIC_FINISHING,
	METRIC_TOTAL,
	METRIC_SATURATION,	/* % active of --max-children, or of total where that is static */
	METRIC_MAX_ACTIVE,
	METRIC_MAX_CHILDREN_REACHED, /* counter */
	METRIC_SLOW_REQUESTS,	/* counter */
	METRIC_ACCEPTED_CONN,	/* counter */
	METRIC_MAX_QUEUE,
	METRIC_LONGEST_REQUEST,	/* s; 0 when no request is running */
	METRIC_MOST_REQUESTS,	/* of one process */
	METRIC_OLDEST_PROCESS,	/* s */
	METRIC_LAST_CPU,	/* %, the most of a process */
	METRIC_LAST_MEMORY,	/* bytes, likewise */
	METRIC_UPTIME,		/* s */
	METRIC_MEMORY_PEAK,	/* bytes */
	METRIC_LARGEST_BODY,	/* bytes; 0 when no request is running */
	METRIC_COUNT,
};
_Static_assert(METRIC_COUNT <= 32, "sets of metrics are 32 bits");

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

struct metric_about {
	const char *name;	/* as in -w NAME=RANGE and in the performance data */
	const char *unit;	/* of the plugins' syntax: "s", "B", "%", "c" (counter) or "" */
	const char *openmetrics; /* the family's name, without "_total" */
	const char *help;
	enum metric_kind kind;
};

extern const struct metric_about metric_about[METRIC_COUNT];

/* What is known beside an observation. */
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

/* Takes every figure that the observation holds, and no more; no growth is known yet. */
void metrics_take(struct metrics *metrics, const struct observation *seen,
    const struct metric_context *context);

/*
 * Sets the growth of the counters since before.  One that went down began anew and has grown from
 * 0; so have all of php-fpm when its uptime went down.
 */
void metrics_compare(struct metrics *metrics, const struct metrics *before);

/*
 * Keeps of now what metrics_compare() will need: the counters, and php-fpm's uptime.  What is not
 * known now stays as it was.
 */
void metrics_keep(struct metrics *before, const struct metrics *now);

/* 1 when metrics_keep() keeps it, else 0. */
int metric_is_kept(enum metric metric);

/* Returns the metric of that name, or -1. */
int metric_find(const char *name, size_t len);

/*
 * Reads a range whose figures have the metric's unit: 250ms or 2 (seconds) for times, 90% or 90 for
 * percentages, 10k (of 1024) for bytes; else plain numbers.
 * Returns 0, or -FCGI_E_SYNTAX.
 */
int metric_parse_range(struct range *range, enum metric metric, const char *text);

/*
 * A figure with its unit, for people: "1.5 s", "25 %", "10 KiB", "7".
 * size: METRIC_TEXT_MAX holds any.  Returns dst.
 */
enum { METRIC_TEXT_MAX = 32 };
char *metric_format(char *dst, size_t size, enum metric metric, double value);

#endif
