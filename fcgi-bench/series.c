#include "series.h"

#include <stdlib.h>

#include "fcgi_error.h"

int
series_init(struct series *series, enum tally_span span, int64_t interval_ns)
{
	*series = (struct series){
		.span = span,
		.interval_ns = interval_ns,
		.last = calloc(1, sizeof *series->last),
		.before = calloc(1, sizeof *series->before),
		.difference = calloc(1, sizeof *series->difference),
	};
	if (series->last != NULL && series->before != NULL && series->difference != NULL)
		return 0;
	series_reset(series);
	return -FCGI_E_SYSTEM;
}

static uint64_t
percentile(const struct histogram *histogram, double percent)
{
	return histogram_valid(histogram, percent) ? histogram_percentile_ns(histogram, percent)
						   : 0;
}

/* Sets the interval that lies between two sums. */
static void
set(struct series *series, struct result_interval *interval, int64_t begin_ns, int64_t end_ns,
    const struct tally *later, const struct tally *earlier)
{
	struct histogram *between = &series->difference->spans[series->span];

	histogram_since(between, &later->spans[series->span], &earlier->spans[series->span]);
	*interval = (struct result_interval){
		.end_ns = end_ns,
		.length_ns = end_ns - begin_ns,
		.complete = later->complete - earlier->complete,
		.failed = later->failures.total - earlier->failures.total,
		.p50_ns = percentile(between, 50),
		.p99_ns = percentile(between, 99),
		.max_ns = between->count > 0 ? between->max_ns : 0,
	};
}

static int
grow(struct series *series)
{
	struct result_interval *items =
	    reallocarray(series->items, series->count + 1, sizeof *items);

	if (items == NULL)
		return -FCGI_E_SYSTEM;
	series->items = items;
	series->count++;
	return 0;
}

int
series_take(struct series *series, uint64_t number, const struct tally *sum)
{
	struct tally *spare = series->before;

	if (number <= series->number)
		return 0;
	if (grow(series) < 0)
		return -FCGI_E_SYSTEM;
	set(series, &series->items[series->count - 1],
	    (int64_t)series->number * series->interval_ns, (int64_t)number * series->interval_ns,
	    sum, series->last);
	series->before = series->last;
	series->number_before = series->number;
	tally_copy(spare, sum);
	series->last = spare;
	series->number = number;
	return 0;
}

int
series_end(struct series *series, int64_t window_ns, const struct tally *total)
{
	int64_t last_ns = (int64_t)series->number * series->interval_ns;
	int joins = series->count > 0 && window_ns - last_ns < series->interval_ns / 2;

	if (joins) {
		set(series, &series->items[series->count - 1],
		    (int64_t)series->number_before * series->interval_ns,
		    window_ns > last_ns ? window_ns : last_ns, total, series->before);
		return 0;
	}
	if (grow(series) < 0)
		return -FCGI_E_SYSTEM;
	set(series, &series->items[series->count - 1], last_ns, window_ns, total, series->last);
	return 0;
}

void
series_reset(struct series *series)
{
	free(series->items);
	free(series->last);
	free(series->before);
	free(series->difference);
	*series = (struct series){ 0 };
}
