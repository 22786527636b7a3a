/*
 * Latencies counted in log-linear buckets of three significant digits, from 1 ns to an hour: the
 * layout of an HdrHistogram with lowest 1, highest 3 600 000 000 000 and 3 digits, so that the sum
 * of two is exact and its own tools read ours.
 * Pure but for histogram_encode(), which compresses.
 */
#ifndef FCGI_BENCH_HISTOGRAM_H
#define FCGI_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_HIGHEST_NS INT64_C(3600000000000)

/* Index of the highest value's bucket and one: 1024 buckets for each power of two from 2048 on. */
enum { HISTOGRAM_BUCKETS = 33 * 1024 };

/* Zero-filled before use: an empty one. */
struct histogram {
	uint64_t count;			/* of all */
	uint64_t min_ns;		/* exact; valid when count > 0 */
	uint64_t max_ns;
	uint64_t sum_ns;		/* for the mean: the low word ... */
	uint64_t sum_high;		/* ... and the high one, so that no order of adding shows */
	uint64_t counts[HISTOGRAM_BUCKETS];
};

/* Where a value is counted.  One above the highest is counted as the highest. */
static inline size_t
histogram_index(uint64_t ns)
{
	unsigned int shift;

	if (ns > (uint64_t)HISTOGRAM_HIGHEST_NS)
		ns = (uint64_t)HISTOGRAM_HIGHEST_NS;
	shift = 53 - (unsigned int)__builtin_clzll(ns | 2047);
	return ((size_t)shift << 10) + (size_t)(ns >> shift);
}

/* Counts one; in the path of every request.  Below zero is zero. */
static inline void
histogram_record(struct histogram *histogram, int64_t ns)
{
	uint64_t value = ns < 0 ? 0 : (uint64_t)ns;

	if (histogram->count == 0 || value < histogram->min_ns)
		histogram->min_ns = value;
	if (value > histogram->max_ns)
		histogram->max_ns = value;
	histogram->sum_ns += value;
	histogram->sum_high += histogram->sum_ns < value;
	histogram->count++;
	histogram->counts[histogram_index(value)]++;
}

/* Adds all of from; exact and in any order the same, bit for bit. */
void histogram_add(struct histogram *to, const struct histogram *from);

/*
 * Makes a copy, and touches no more than the buckets that were counted in.
 * to: zero-filled, or an earlier copy of the same histogram.
 */
void histogram_copy(struct histogram *to, const struct histogram *from);

/*
 * What was counted since an earlier copy of the same histogram: later - earlier.  min and max are
 * those of the buckets then.  difference may be later or earlier.
 */
void histogram_since(struct histogram *difference, const struct histogram *later,
    const struct histogram *earlier);

double histogram_mean_ns(const struct histogram *histogram); /* 0 when empty */

/*
 * The value that percent (0 < percent <= 100, seven digits behind the point) of all are not above:
 * the highest that its bucket stands for, but never above max_ns.  0 when empty.
 */
uint64_t histogram_percentile_ns(const struct histogram *histogram, double percent);

/* 1 when at least ten samples lie beyond that percentile, so that it means something; else 0. */
int histogram_valid(const struct histogram *histogram, double percent);

/* How many samples would make that percentile valid. */
uint64_t histogram_needed(double percent);

/*
 * The HdrHistogram V2 payload, compressed and in base64 ("HISTFAAA...").
 * Returns a NUL-terminated string, the caller's to free(3), or NULL when memory is short.
 */
char *histogram_encode(const struct histogram *histogram);

#endif
