#include "find_max.h"

#include "histogram.h"

/* Rates below are of no use to anybody; and how close good and not good are at the end. */
static const double rate_min = 1;
static const double close_enough = 1.05;

/* A percentile of a low rate takes long to mean something. */
static const double duration_max = 10;

void
find_max_init(struct find_max *search, double rate)
{
	*search = (struct find_max){ .rate = rate < rate_min ? rate_min : rate };
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
		search->rate = search->worst / 2;
	else
		search->rate = (search->best + search->worst) / 2;
	if (search->rate < rate_min ||
	    (search->best > 0 && search->worst > 0 &&
		search->worst <= search->best * close_enough))
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
	} else {
		search->worst = search->rate;
		choose_rate(search);
	}
}

int64_t
find_max_duration_ns(double rate, double percent, int64_t duration_ns)
{
	double needed_ns = percent > 0 ? 1e9 * (double)histogram_needed(percent) / rate : 0;

	if (needed_ns > duration_max * (double)duration_ns)
		needed_ns = duration_max * (double)duration_ns;
	return needed_ns > (double)duration_ns ? (int64_t)needed_ns : duration_ns;
}
