#include "find_max.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"
#include "histogram.h"

/* An application that takes so many, seen by a client that takes so many. */
static void
search(struct find_max *found, double first, double limit, double client_limit)
{
	struct find_max_trial trial;
	double rate;

	find_max_init(found, first, 0);
	while (find_max_next(found, &rate)) {
		trial = (struct find_max_trial){ .rate = rate, .outcome = FIND_MAX_GOOD };
		if (rate > limit)
			trial.outcome = FIND_MAX_BAD;
		if (rate > client_limit)
			trial.outcome = FIND_MAX_CLIENT;
		find_max_take(found, &trial);
	}
}

static void
the_limit_is_found_from_wherever_it_begins(void **state)
{
	static const double firsts[] = { 0.1, 1, 100, 1000, 49000, 50000, 51000, 2e6 };
	static const double limits[] = { 0.011, 0.19, 3, 700, 50000, 311111 };
	struct find_max found;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		for (k = 0; k < sizeof limits / sizeof *limits; k++) {
			search(&found, firsts[i], limits[k], 1e9);
			assert_true(found.best <= limits[k] && found.best * 1.06 >= limits[k]);
			assert_true(found.worst > limits[k] && found.worst <= found.best * 1.05);
			assert_false(found.client_limited);
			assert_true(found.trial_count < FIND_MAX_TRIALS);
		}
	}
}

static void
nothing_is_good(void **state)
{
	struct find_max found;

	(void)state;
	search(&found, 1000, 0, 1e9);
	assert_true(found.best <= 0);
	assert_in_range(found.trial_count, 10, FIND_MAX_TRIALS - 1);
	/* Down to one in a hundred seconds, but not for ever. */
	assert_true(found.worst > 0.0099 && found.worst < 0.0101);
	assert_true(found.lowest > 0.0099 && found.lowest < 0.0101);
}

/* Without an end to be seen it ends all the same. */
static void
everything_is_good(void **state)
{
	struct find_max found;

	(void)state;
	search(&found, 1, 1e30, 1e30);
	assert_int_equal(found.trial_count, FIND_MAX_TRIALS);
	assert_true(found.best > 1e9 && found.worst <= 0);
}

static void
the_client_ends_it(void **state)
{
	struct find_max found;

	(void)state;
	search(&found, 1000, 1e9, 20000);
	assert_true(found.client_limited);
	assert_true(found.best >= 15999 && found.best <= 20000);
	assert_true(found.worst <= 0);
}

static void
one_bad_trial_is_not_believed(void **state)
{
	const struct find_max_trial good = { .outcome = FIND_MAX_GOOD };
	const struct find_max_trial bad = { .outcome = FIND_MAX_BAD };
	const struct find_max_trial late = { .outcome = FIND_MAX_CLIENT };
	struct find_max found;
	double rate, again;

	(void)state;
	find_max_init(&found, 1000, 0);
	assert_true(find_max_next(&found, &rate));
	find_max_take(&found, &bad);
	assert_true(find_max_next(&found, &again));
	assert_true(again >= rate && again <= rate);
	find_max_take(&found, &good);
	assert_true(found.best >= rate && found.worst <= 0);
	assert_true(find_max_next(&found, &rate));
	assert_true(rate > again);
	find_max_take(&found, &late);
	assert_true(find_max_next(&found, &again));
	assert_true(again >= rate && again <= rate);
	find_max_take(&found, &bad);
	assert_true(found.worst >= rate);
	assert_false(found.client_limited);
	assert_int_equal(found.trial_count, 4);
}

static void
a_trial_is_as_long_as_its_percentile_needs(void **state)
{
	int64_t s = CLOCK_NS_PER_S;

	(void)state;
	assert_int_equal(find_max_duration_ns(1e6, 99, 64, 2 * s), 2 * s);
	assert_int_equal(find_max_duration_ns(100, 0, 1, 2 * s), 2 * s);
	/* Arrivals at random must not fall short of it either: four standard deviations. */
	assert_in_range(find_max_duration_ns(100, 99, 1, 2 * s),
	    ((int64_t)histogram_needed(99) + 126) * s / 100,
	    ((int64_t)histogram_needed(99) + 128) * s / 100);
	assert_int_equal(find_max_duration_ns(1, 99.9, 1, 2 * s), 20 * s);
	/* Nor is what is on its way at the end more than a few of all. */
	assert_int_equal(find_max_duration_ns(100, 0, 8, 2 * s), 4 * s);
	assert_int_equal(find_max_duration_ns(100, 0, 1e6, 2 * s), 20 * s);
}

static const struct {
	struct find_max_count count;
	int is_kept_up;
} counts[] = {
	{ { .due = 1000, .in_window = 1000, .on_average = 1, .most = 1 }, 1 },
	{ { .due = 1000, .in_window = 989, .on_average = 1, .most = 1 }, 1 },
	{ { .due = 1000, .in_window = 988, .on_average = 1, .most = 1 }, 0 },
	/* Nobody counts on connections that few are on their way on. */
	{ { .due = 1000, .in_window = 985, .on_average = 1, .most = 64 }, 0 },
	{ { .due = 1000, .in_window = 986, .on_average = 1, .most = 64 }, 1 },
	{ { .due = 1000, .in_window = 966, .on_average = 49, .most = 64 }, 0 },
	{ { .due = 1000, .in_window = 968, .on_average = 49, .most = 64 }, 1 },
	/* Of those that are on their way at the end there were none at the beginning. */
	{ { .due = 1000, .in_window = 920, .on_average = 49, .most = 100, .from_none = 1 }, 1 },
	{ { .due = 1000, .in_window = 918, .on_average = 49, .most = 100, .from_none = 1 }, 0 },
	{ { .due = 1000, .in_window = 920, .on_average = 49, .most = 64, .from_none = 1 }, 0 },
	{ { .due = 1, .in_window = 0, .on_average = 1, .most = 64, .from_none = 1 }, 0 },
};

static void
a_queue_that_grows_is_not_kept_up(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof counts / sizeof *counts; i++)
		assert_int_equal(find_max_is_kept_up(&counts[i].count), counts[i].is_kept_up);
}

static void
a_rate_too_low_to_be_measured_is_not_tried(void **state)
{
	static const double limits[] = { 0, 2, 90, 110 };
	double lowest = find_max_lowest(99, CLOCK_NS_PER_S), rate;
	struct find_max_trial trial;
	struct find_max found;
	size_t i;

	(void)state;
	assert_true(lowest > 112 && lowest < 113);
	for (i = 0; i < sizeof limits / sizeof *limits; i++) {
		find_max_init(&found, 1000, lowest);
		while (find_max_next(&found, &rate)) {
			assert_true(rate >= lowest);
			assert_in_range(find_max_duration_ns(rate, 99, 1, CLOCK_NS_PER_S),
			    (int64_t)(1000e9 / rate), 10 * CLOCK_NS_PER_S);
			trial = (struct find_max_trial){ .rate = rate, .outcome =
				rate > limits[i] ? FIND_MAX_BAD : FIND_MAX_GOOD };
			find_max_take(&found, &trial);
		}
		assert_true(found.best <= 0 && found.worst <= lowest * 1.05);
	}
	find_max_init(&found, 5, lowest);
	assert_true(find_max_next(&found, &rate) && rate >= lowest);
}

/* The shortest duration is one at which the rate is just not too low. */
static void
the_shortest_duration_suffices(void **state)
{
	static const double percents[] = { 50, 99, 99.99 };
	int64_t shortest_ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof percents / sizeof *percents; i++) {
		shortest_ns = find_max_shortest_ns(200, percents[i]);
		assert_true(find_max_lowest(percents[i], shortest_ns) <= 200);
		assert_true(find_max_lowest(percents[i], shortest_ns * 9 / 10) > 200);
	}
	/* However long it is. */
	assert_true(find_max_shortest_ns(0.001, 99.999999999999) > INT64_MAX / 3);
	assert_true(find_max_duration_ns(1, 99.999999999999, 1, INT64_MAX / 2) >= INT64_MAX / 3);
}

static void
what_cannot_be_measured_ends_it(void **state)
{
	const struct find_max_trial unknown = { .outcome = FIND_MAX_UNKNOWN };
	struct find_max found;
	double rate;

	(void)state;
	find_max_init(&found, 1000, 0);
	find_max_take(&found, &unknown);
	assert_true(find_max_next(&found, &rate) && rate >= 1000 && rate <= 1000);
	find_max_take(&found, &unknown);
	assert_false(find_max_next(&found, &rate));
	assert_true(found.unknown && !found.client_limited);
	assert_true(found.best <= 0 && found.worst <= 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_limit_is_found_from_wherever_it_begins),
		cmocka_unit_test(nothing_is_good),
		cmocka_unit_test(everything_is_good),
		cmocka_unit_test(the_client_ends_it),
		cmocka_unit_test(one_bad_trial_is_not_believed),
		cmocka_unit_test(a_trial_is_as_long_as_its_percentile_needs),
		cmocka_unit_test(a_queue_that_grows_is_not_kept_up),
		cmocka_unit_test(a_rate_too_low_to_be_measured_is_not_tried),
		cmocka_unit_test(the_shortest_duration_suffices),
		cmocka_unit_test(what_cannot_be_measured_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
