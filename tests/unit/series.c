#include "series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clock.h"
#include "must.h"

static struct tally *
new_tally(void)
{
	struct tally *tally = calloc(1, sizeof *tally);

	must(tally != NULL);
	return tally;
}

/* So many good answers more, each of that latency. */
static void
answer(struct tally *sum, int count, int64_t ns)
{
	sum->complete += (uint64_t)count;
	sum->in_window += (uint64_t)count;
	while (count-- > 0)
		histogram_record(&sum->spans[TALLY_SERVICE], ns);
}

static void
fail_some(struct tally *sum, uint64_t times)
{
	failure_count(&sum->failures,
	    (struct failure){ .phase = FAILURE_VALID, .kind = FAILURE_STATUS, .number = 500 },
	    times);
}

static void
check(const struct result_interval *interval, int64_t end_ms, int64_t length_ms,
    uint64_t complete, uint64_t failed)
{
	assert_int_equal(interval->end_ns, end_ms * CLOCK_NS_PER_MS);
	assert_int_equal(interval->length_ns, length_ms * CLOCK_NS_PER_MS);
	assert_int_equal(interval->complete, complete);
	assert_int_equal(interval->failed, failed);
}

static int
is_about(uint64_t ns, uint64_t expected)
{
	return ns >= expected && ns <= expected + expected / 1000 + 1;
}

static void
each_interval_has_what_came_in_it(void **state)
{
	struct tally *sum = new_tally();
	struct series series;

	(void)state;
	must(series_init(&series, TALLY_SERVICE, CLOCK_NS_PER_S) == 0);
	answer(sum, 2000, 5000);
	must(series_take(&series, 1, sum) == 0);
	answer(sum, 100, 9000);
	fail_some(sum, 7);
	must(series_take(&series, 2, sum) == 0);
	/* The same once more is nothing new. */
	must(series_take(&series, 2, sum) == 0);
	must(series_take(&series, 3, sum) == 0);
	answer(sum, 1, 70);
	must(series_end(&series, 3700 * CLOCK_NS_PER_MS, sum) == 0);
	assert_int_equal(series.count, 4);
	check(&series.items[0], 1000, 1000, 2000, 0);
	assert_true(is_about(series.items[0].p50_ns, 5000));
	assert_true(is_about(series.items[0].p99_ns, 5000));
	check(&series.items[1], 2000, 1000, 100, 7);
	assert_true(is_about(series.items[1].p50_ns, 9000));
	/* Of a hundred, one lies beyond. */
	assert_int_equal(series.items[1].p99_ns, 0);
	assert_true(is_about(series.items[1].max_ns, 9000));
	check(&series.items[2], 3000, 1000, 0, 0);
	assert_int_equal(series.items[2].max_ns, 0);
	check(&series.items[3], 3700, 700, 1, 0);
	series_reset(&series);
	free(sum);
}

static void
a_missed_interval_makes_the_next_one_longer(void **state)
{
	struct tally *sum = new_tally();
	struct series series;

	(void)state;
	must(series_init(&series, TALLY_SERVICE, 100 * CLOCK_NS_PER_MS) == 0);
	answer(sum, 5, 5000);
	must(series_take(&series, 3, sum) == 0);
	answer(sum, 6, 5000);
	must(series_take(&series, 4, sum) == 0);
	must(series_end(&series, 400 * CLOCK_NS_PER_MS, sum) == 0);
	assert_int_equal(series.count, 2);
	check(&series.items[0], 300, 300, 5, 0);
	check(&series.items[1], 400, 100, 6, 0);
	series_reset(&series);
	free(sum);
}

static void
what_is_too_short_joins_the_last(void **state)
{
	struct tally *sum = new_tally();
	struct series series;

	(void)state;
	must(series_init(&series, TALLY_SERVICE, CLOCK_NS_PER_S) == 0);
	answer(sum, 50, 5000);
	must(series_take(&series, 1, sum) == 0);
	answer(sum, 60, 5000);
	must(series_take(&series, 2, sum) == 0);
	answer(sum, 3, 50000);
	must(series_end(&series, 2300 * CLOCK_NS_PER_MS, sum) == 0);
	assert_int_equal(series.count, 2);
	check(&series.items[0], 1000, 1000, 50, 0);
	check(&series.items[1], 2300, 1300, 63, 0);
	assert_true(is_about(series.items[1].max_ns, 50000));
	series_reset(&series);
	free(sum);
}

/* A rate is made of what came in its time, and so are an interval's other figures. */
static void
what_comes_late_is_in_no_interval(void **state)
{
	struct tally *sum = new_tally(), *total = new_tally();
	struct result_interval after;
	struct series series;

	(void)state;
	must(series_init(&series, TALLY_SERVICE, CLOCK_NS_PER_S) == 0);
	answer(sum, 50, 5000);
	must(series_take(&series, 1, sum) == 0);
	/* To a request of the warm-up. */
	sum->in_window++;
	fail_some(sum, 1);
	must(series_end(&series, 2000 * CLOCK_NS_PER_MS, sum) == 0);
	tally_copy(total, sum);
	answer(total, 30, 70000);
	total->in_window = sum->in_window;
	fail_some(total, 2);
	series_after(&series, &after, sum, total);
	assert_int_equal(series.count, 2);
	check(&series.items[0], 1000, 1000, 50, 0);
	check(&series.items[1], 2000, 1000, 1, 1);
	assert_int_equal(series.items[1].max_ns, 0);
	check(&after, 0, 0, 30, 2);
	assert_true(is_about(after.p50_ns, 70000));
	assert_int_equal(after.p99_ns, 0);
	assert_true(is_about(after.max_ns, 70000));
	series_after(&series, &after, total, total);
	check(&after, 0, 0, 0, 0);
	assert_int_equal(after.max_ns, 0);
	series_reset(&series);
	free(sum);
	free(total);
}

static void
a_run_without_an_interval_is_one(void **state)
{
	struct tally *sum = new_tally();
	struct series series;

	(void)state;
	must(series_init(&series, TALLY_SERVICE, CLOCK_NS_PER_S) == 0);
	answer(sum, 10, 5000);
	must(series_end(&series, 20 * CLOCK_NS_PER_MS, sum) == 0);
	assert_int_equal(series.count, 1);
	check(&series.items[0], 20, 20, 10, 0);
	series_reset(&series);
	free(sum);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_interval_has_what_came_in_it),
		cmocka_unit_test(a_missed_interval_makes_the_next_one_longer),
		cmocka_unit_test(what_is_too_short_joins_the_last),
		cmocka_unit_test(what_comes_late_is_in_no_interval),
		cmocka_unit_test(a_run_without_an_interval_is_one),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
