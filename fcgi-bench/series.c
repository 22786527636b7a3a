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

/* Sets what lies between two sums: all but its time, and how many came. */
static void
set(struct series *series, struct result_interval *interval, const struct tally *later,
    const struct tally *earlier)
{
	struct histogram *between = &series->difference->spans[series->span];

	histogram_since(between, &later->spans[series->span], &earlier->spans[series->span]);
	*interval = (struct result_interval){
		.failed = later->failures.total - earlier->failures.total,
		.p50_ns = percentile(between, 50),
		.p99_ns = percentile(between, 99),
		.max_ns = between->count > 0 ? between->max_ns : 0,
	};
}

/* Sets an interval of the window. */
static void
set_timed(struct series *series, struct result_interval *interval, int64_t begin_ns,
    int64_t end_ns, const struct tally *later, const struct tally *earlier)
{
	set(series, interval, later, earlier);
	interval->end_ns = end_ns;
	interval->length_ns = end_ns - begin_ns;
	interval->complete = later->in_window - earlier->in_window;
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
	set_timed(series, &series->items[series->count - 1],
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
series_end(struct series *series, int64_t window_ns, const struct tally *sum)
{
	int64_t last_ns = (int64_t)series->number * series->interval_ns;
	int joins = series->count > 0 && window_ns - last_ns < series->interval_ns / 2;

	if (joins) {
		set_timed(series, &series->items[series->count - 1],
		    (int64_t)series->number_before * series->interval_ns,
		    window_ns > last_ns ? window_ns : last_ns, sum, series->before);
		return 0;
	}
	if (grow(series) < 0)
		return -FCGI_E_SYSTEM;
	set_timed(series, &series->items[series->count - 1], last_ns, window_ns, sum, series->last);
	return 0;
}

void
series_after(struct series *series, struct result_interval *after, const struct tally *sum,
    const struct tally *total)
{
	set(series, after, total, sum);
	after->complete = total->complete - sum->complete;
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
