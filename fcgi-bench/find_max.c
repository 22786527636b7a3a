#include "find_max.h"

#include <math.h>

#include "histogram.h"

/* How close good and not good are at the end. */
static const double close_enough = 1.05;

/* A percentile of a low rate takes long to mean something. */
static const double duration_max = 10;

/* An application that is asked for a rate has to take it. */
static const double achieved_min = 0.99;

/*
 * So many requests to each that can be on its way at the end, which nobody knows to be kept up.
 * Both together are less than what good and not good are apart by.
 */
static const double requests_per_place = 50;

/* Twice that still fits. */
static const double longest_ns = 4e18;

void
find_max_init(struct find_max *search, double rate, double lowest)
{
	*search = (struct find_max){ .lowest = fmax(lowest, FIND_MAX_FLOOR) };
	search->rate = fmax(rate, search->lowest);
}

int
find_max_next(const struct find_max *search, double *rate)
{
	if (search->over || search->trial_count == FIND_MAX_TRIALS)
		return 0;
	*rate = search->rate;
	return 1;
}

static void
choose_rate(struct find_max *search)
{
	search->again = 0;
	if (search->worst <= 0)
		search->rate = 2 * search->best;
	else if (search->best <= 0)
		search->rate = fmax(search->worst / 2, search->lowest);
	else
		search->rate = (search->best + search->worst) / 2;
	if (search->worst > 0 && search->worst <= fmax(search->best, search->lowest) * close_enough)
		search->over = 1;
}

void
find_max_take(struct find_max *search, const struct find_max_trial *trial)
{
	if (search->trial_count == FIND_MAX_TRIALS)
		return;
	search->trials[search->trial_count++] = *trial;
	if (trial->outcome == FIND_MAX_GOOD) {
		search->best = search->rate;
		choose_rate(search);
	} else if (!search->again) {
		search->again = 1;
	} else if (trial->outcome == FIND_MAX_CLIENT) {
		search->client_limited = 1;
		search->over = 1;
	} else if (trial->outcome == FIND_MAX_UNKNOWN) {
		search->unknown = 1;
		search->over = 1;
	} else {
		search->worst = search->rate;
		choose_rate(search);
	}
}

/* Where arrivals are random there may be fewer than on average. */
static double
count_samples(double percent)
{
	double needed = percent > 0 ? (double)histogram_needed(percent) : 1;

	return ceil(needed + 4 * sqrt(needed));
}

int64_t
find_max_duration_ns(double rate, double percent, double most, int64_t duration_ns)
{
	double needed = fmax(count_samples(percent), requests_per_place * most);
	double needed_ns = 1e9 * needed / rate;

	needed_ns = fmin(needed_ns, fmin(duration_max * (double)duration_ns, longest_ns));
	return needed_ns > (double)duration_ns ? (int64_t)needed_ns : duration_ns;
}

int
find_max_is_kept_up(const struct find_max_count *count)
{
	/* What chance does, between beginning and end. */
	double on_their_way = 1 + 3 * sqrt(count->on_average);

	if (count->from_none)
		on_their_way += count->on_average;
	return count->in_window > 0 &&
	    count->in_window + fmin(count->most, on_their_way) >= achieved_min * count->due;
}

double
find_max_lowest(double percent, int64_t duration_ns)
{
	return 1e9 * count_samples(percent) / (duration_max * (double)duration_ns);
}

int64_t
find_max_shortest_ns(double rate, double percent)
{
	double needed_ns = ceil(1e9 * count_samples(percent) / (duration_max * rate));

	return (int64_t)fmin(needed_ns, longest_ns);
}
