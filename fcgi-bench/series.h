/* The run as a series of intervals, made of the sums that were counted until the end of each. */
#ifndef FCGI_BENCH_SERIES_H
#define FCGI_BENCH_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "result.h"
#include "tally.h"

/* Public to read: items, count. */
struct series {
	struct result_interval *items;	/* in order */
	size_t count;
	enum tally_span span;		/* private from here on */
	int64_t interval_ns;
	uint64_t number;		/* of the interval that last ends with */
	uint64_t number_before;		/* of the one that before ends with */
	struct tally *last;
	struct tally *before;
	struct tally *difference;
};

/*
 * span: whose percentiles are told.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.
 */
int series_init(struct series *series, enum tally_span span, int64_t interval_ns);

/*
 * Takes the sum at the end of an interval.  Of numbers that are left out, the next makes one longer
 * interval.
 * Returns as series_init().
 */
int series_take(struct series *series, uint64_t number, const struct tally *sum);

/*
 * The window is over: what came since belongs to one more interval or, where that would be shorter
 * than half of one, to the last.
 * window_ns: how long it was.  sum: at its end.
 * Returns as series_init().
 */
int series_end(struct series *series, int64_t window_ns, const struct tally *sum);

/*
 * What came behind the window, to requests that had begun in it; without times of its own.
 * sum: at the window's end.  total: at the end of the run.
 */
void series_after(struct series *series, struct result_interval *after, const struct tally *sum,
    const struct tally *total);

/* Gives back all it holds. */
void series_reset(struct series *series);

#endif
