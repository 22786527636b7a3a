#include "schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "clock.h"
#include "must.h"

enum { THREADS_MAX = 8, ARRIVALS_MAX = 200000 };

/* What all threads have, one behind the other as they are due. */
struct arrivals {
	size_t count;
	int64_t due_ns[ARRIVALS_MAX];
};

static struct schedule
one_stage(struct schedule_stage *stage, enum schedule_arrival arrival, int64_t duration_ns,
    double rate)
{
	*stage = (struct schedule_stage){ .duration_ns = duration_ns, .rate = rate };
	return (struct schedule){ .arrival = arrival, .seed = 1, .stages = stage,
		.stage_count = 1 };
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
collect(struct arrivals *arrivals, const struct schedule *schedule, unsigned int threads)
{
	struct schedule_share share;
	int64_t before_ns;
	unsigned int k;

	arrivals->count = 0;
	for (k = 0; k < threads; k++) {
		before_ns = 0;
		for (schedule_share_init(&share, schedule, k, threads); share.due_ns != CLOCK_NEVER;
		     schedule_share_next(&share)) {
			assert_true(share.due_ns >= before_ns);
			before_ns = share.due_ns;
			must(arrivals->count < ARRIVALS_MAX);
			arrivals->due_ns[arrivals->count++] = share.due_ns;
		}
		/* And so it stays. */
		schedule_share_next(&share);
		assert_true(share.due_ns == CLOCK_NEVER);
	}
	qsort(arrivals->due_ns, arrivals->count, sizeof *arrivals->due_ns, compare);
}

/* --- constant -------------------------------------------------------------------------------- */

/* Request i is due at i / rate to the nanosecond, however many there were before. */
static void
constant_arrivals_are_even(void **state)
{
	static const int rates[] = { 1, 3, 7, 999, 1000, 12345, 99991 };
	static struct arrivals arrivals;
	struct schedule_stage stage;
	struct schedule schedule;
	unsigned int threads;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof rates / sizeof *rates; i++) {
		for (threads = 1; threads <= THREADS_MAX; threads++) {
			schedule = one_stage(&stage, SCHEDULE_CONSTANT, 2 * CLOCK_NS_PER_S,
			    rates[i]);
			collect(&arrivals, &schedule, threads);
			assert_int_equal(arrivals.count, 2 * rates[i]);
			for (k = 0; k < arrivals.count; k++)
				assert_in_range(arrivals.due_ns[k] * rates[i] + rates[i],
				    k * CLOCK_NS_PER_S, k * CLOCK_NS_PER_S + 2 * (size_t)rates[i]);
		}
	}
}

static void
constant_arrivals_are_dealt_out_in_turn(void **state)
{
	struct schedule_share shares[3];
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_CONSTANT, CLOCK_NEVER, 1e6);
	unsigned int k, round;

	(void)state;
	for (k = 0; k < 3; k++)
		schedule_share_init(&shares[k], &schedule, k, 3);
	for (round = 0; round < 1000; round++) {
		for (k = 0; k < 3; k++) {
			assert_int_equal(shares[k].due_ns, (round * 3 + k) * 1000);
			schedule_share_next(&shares[k]);
		}
	}
}

/* A year at 3 a second: no rounding has added up. */
static void
constant_arrivals_do_not_drift(void **state)
{
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_CONSTANT, CLOCK_NEVER, 3);
	struct schedule_share share;
	double i;

	(void)state;
	schedule_share_init(&share, &schedule, 0, 1);
	for (i = 0; i < 100000; i++)
		schedule_share_next(&share);
	assert_int_equal(share.due_ns, INT64_C(33333333333333));
	share.at = 3.0 * 365 * 86400 - 1;
	schedule_share_next(&share);
	assert_int_equal(share.due_ns, INT64_C(365) * 86400 * CLOCK_NS_PER_S);
}

static void
a_thread_without_a_request_has_none(void **state)
{
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_CONSTANT, CLOCK_NS_PER_S, 2);
	struct schedule_share share;

	(void)state;
	schedule_share_init(&share, &schedule, 2, 4);
	assert_true(share.due_ns == CLOCK_NEVER);
	schedule_share_init(&share, &schedule, 1, 4);
	assert_int_equal(share.due_ns, CLOCK_NS_PER_S / 2);
}

static void
stages_follow_one_another_without_a_gap(void **state)
{
	/* One and a half, two and a half, a quarter, and four. */
	static const struct schedule_stage stages[] = {
		{ CLOCK_NS_PER_S, 1.5 }, { CLOCK_NS_PER_S, 2.5 }, { CLOCK_NS_PER_S, 0.25 },
		{ CLOCK_NS_PER_S, 4 },
	};
	static const int64_t expected[] = { 0, 666666667, 1200000000, 1600000000, 2000000000,
		3187500000, 3437500000, 3687500000, 3937500000 };
	static struct arrivals arrivals;
	struct schedule schedule = { .stages = stages, .stage_count = 4 };
	unsigned int threads;
	size_t i;

	(void)state;
	for (threads = 1; threads <= 3; threads++) {
		collect(&arrivals, &schedule, threads);
		assert_int_equal(arrivals.count, 9);
		for (i = 0; i < 9; i++)
			assert_int_equal(arrivals.due_ns[i], expected[i]);
	}
}

static void
as_many_are_due_as_expected(void **state)
{
	static const struct schedule_stage stages[] = {
		{ 700000001, 1000 }, { 333333333, 12345.678 }, { 1500000000, 0.7 },
		{ 200000000, 99999 },
	};
	static const struct schedule schedule = { .stages = stages, .stage_count = 4 };
	static struct arrivals arrivals;
	int64_t time_ns;
	size_t before = 0;

	(void)state;
	collect(&arrivals, &schedule, 5);
	for (time_ns = 0; time_ns < 3 * CLOCK_NS_PER_S; time_ns += 77777) {
		while (before < arrivals.count && arrivals.due_ns[before] < time_ns)
			before++;
		assert_true(schedule_expected(&schedule, time_ns) == (double)before);
	}
	assert_true(schedule_expected(&schedule, CLOCK_NEVER) == (double)arrivals.count);
	assert_true(schedule_expected(&schedule, 1) == 1);
	assert_true(schedule_expected(&schedule, -1) == 0);
}

/* Up to its nanosecond a request is not due before, and from the next one on it is. */
static void
a_request_is_due_when_it_is_expected(void **state)
{
	static const double rates[] = { 3, 7, 1000, 99999 };
	static struct arrivals arrivals;
	struct schedule_stage stage;
	struct schedule schedule;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof rates / sizeof *rates; i++) {
		schedule = one_stage(&stage, SCHEDULE_CONSTANT, CLOCK_NS_PER_S, rates[i]);
		collect(&arrivals, &schedule, 1);
		for (k = 0; k < arrivals.count; k++) {
			assert_true(schedule_expected(&schedule, arrivals.due_ns[k]) == (double)k);
			assert_true(schedule_expected(&schedule, arrivals.due_ns[k] + 1) ==
			    (double)k + 1);
		}
	}
}

/* Rounded, it is due at the end of a stage; exactly, before the start of the next, slow one. */
static void
a_request_between_two_stages_is_due_between_them(void **state)
{
	static const struct schedule_stage stages[] = {
		{ 666666667, 3 }, { 1500 * CLOCK_NS_PER_S, 0.001 },
	};
	static const struct schedule schedule = { .stages = stages, .stage_count = 2 };
	static struct arrivals arrivals;

	(void)state;
	collect(&arrivals, &schedule, 1);
	assert_int_equal(arrivals.count, 4);
	assert_int_equal(arrivals.due_ns[1], 333333333);
	assert_int_equal(arrivals.due_ns[2], 666666667);
	assert_true(schedule_expected(&schedule, 666666667) == 2);
	assert_true(schedule_expected(&schedule, 666666668) == 3);
}

/* --- poisson --------------------------------------------------------------------------------- */

static int
compare_doubles(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Kolmogorov and Smirnov's distance between values, each of which is to be even in 0 to 1, and
 * that; times the root of their number.  Above CRITICAL for one in a thousand of those that are.
 */
#define CRITICAL 1.95

static double
distance(double *values, size_t count)
{
	double most = 0;
	size_t i;

	qsort(values, count, sizeof *values, compare_doubles);
	for (i = 0; i < count; i++) {
		most = fmax(most, values[i] - (double)i / (double)count);
		most = fmax(most, (double)(i + 1) / (double)count - values[i]);
	}
	return most * sqrt((double)count);
}

/* Of the gaps between arrivals to an exponential distribution. */
static double
gap_distance(const struct arrivals *arrivals, double rate)
{
	static double values[ARRIVALS_MAX];
	int64_t gap_ns;
	size_t i;

	for (i = 0; i < arrivals->count; i++) {
		gap_ns = arrivals->due_ns[i] - (i > 0 ? arrivals->due_ns[i - 1] : 0);
		values[i] = -expm1(-rate * (double)gap_ns / 1e9);
	}
	return distance(values, arrivals->count);
}

/* Of arrivals to an even spread over the time. */
static double
time_distance(const struct arrivals *arrivals, int64_t duration_ns)
{
	static double values[ARRIVALS_MAX];
	size_t i;

	for (i = 0; i < arrivals->count; i++)
		values[i] = (double)arrivals->due_ns[i] / (double)duration_ns;
	return distance(values, arrivals->count);
}

/* Variance over mean of the arrivals in each of so many parts of the time: 1. */
static double
dispersion(const struct arrivals *arrivals, int64_t duration_ns, size_t parts)
{
	double mean = (double)arrivals->count / (double)parts, sum = 0, inside;
	size_t part, i = 0;

	for (part = 1; part <= parts; part++) {
		for (inside = 0; i < arrivals->count &&
		     arrivals->due_ns[i] < duration_ns / (int64_t)parts * (int64_t)part; i++)
			inside++;
		sum += (inside - mean) * (inside - mean);
	}
	return sum / (double)(parts - 1) / mean;
}

static void
poisson_arrivals_have_no_memory(void **state)
{
	const int64_t duration_ns = 100 * CLOCK_NS_PER_S;
	static struct arrivals arrivals;
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_POISSON, duration_ns, 1000);
	unsigned int threads;

	(void)state;
	for (threads = 1; threads <= THREADS_MAX; threads *= 2) {
		for (schedule.seed = 0; schedule.seed < 3; schedule.seed++) {
			collect(&arrivals, &schedule, threads);
			/* Four standard deviations. */
			assert_in_range(arrivals.count, 100000 - 1265, 100000 + 1265);
			assert_true(gap_distance(&arrivals, 1000) < CRITICAL);
			assert_true(time_distance(&arrivals, duration_ns) < CRITICAL);
			assert_true(fabs(dispersion(&arrivals, duration_ns, 1000) - 1) < 0.18);
		}
	}
}

/* The tests would tell: even arrivals, a wrong rate, and gaps even between 0 and twice the mean. */
static void
other_arrivals_are_told_from_poisson(void **state)
{
	const int64_t duration_ns = 100 * CLOCK_NS_PER_S;
	static struct arrivals arrivals;
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_CONSTANT, duration_ns, 1000);
	uint64_t state_of_random = 1;
	int64_t at_ns = 0;

	(void)state;
	collect(&arrivals, &schedule, 4);
	assert_true(gap_distance(&arrivals, 1000) > CRITICAL);
	assert_true(dispersion(&arrivals, duration_ns, 1000) < 0.82);
	schedule = one_stage(&stage, SCHEDULE_POISSON, duration_ns, 1030);
	collect(&arrivals, &schedule, 4);
	assert_true(gap_distance(&arrivals, 1000) > CRITICAL);
	for (arrivals.count = 0; arrivals.count < 100000; arrivals.count++) {
		state_of_random = state_of_random * 6364136223846793005 + 1442695040888963407;
		at_ns += (int64_t)(state_of_random >> 32) % 2000000;
		arrivals.due_ns[arrivals.count] = at_ns;
	}
	assert_true(gap_distance(&arrivals, 1000) > CRITICAL);
}

/* Each gap against the one before it, by rank of the half: as often on one side as on the other. */
static void
gaps_do_not_depend_on_one_another(void **state)
{
	static struct arrivals arrivals;
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_POISSON, 100 * CLOCK_NS_PER_S, 1000);
	const int64_t median_ns = 693147;
	size_t i, same = 0;

	(void)state;
	collect(&arrivals, &schedule, 2);
	for (i = 2; i < arrivals.count; i++)
		same += (arrivals.due_ns[i] - arrivals.due_ns[i - 1] > median_ns) ==
		    (arrivals.due_ns[i - 1] - arrivals.due_ns[i - 2] > median_ns);
	assert_in_range(same, arrivals.count / 2 - 633, arrivals.count / 2 + 633);
}

static void
a_seed_repeats_its_stream(void **state)
{
	static struct arrivals one, other;
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_POISSON, 10 * CLOCK_NS_PER_S, 1000);
	size_t i, same = 0;

	(void)state;
	collect(&one, &schedule, 4);
	collect(&other, &schedule, 4);
	assert_int_equal(one.count, other.count);
	assert_memory_equal(one.due_ns, other.due_ns, one.count * sizeof *one.due_ns);
	schedule.seed = 2;
	collect(&other, &schedule, 4);
	for (i = 0; i < one.count && i < other.count; i++)
		same += one.due_ns[i] == other.due_ns[i];
	assert_true(same < 10);
}

/* Whoever measures again with more threads asks for the same. */
static void
threads_share_one_stream(void **state)
{
	static struct arrivals one, other;
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_POISSON, 10 * CLOCK_NS_PER_S, 1000);
	unsigned int threads;

	(void)state;
	collect(&one, &schedule, 1);
	for (threads = 2; threads <= 7; threads++) {
		collect(&other, &schedule, threads);
		assert_int_equal(one.count, other.count);
		assert_memory_equal(one.due_ns, other.due_ns, one.count * sizeof *one.due_ns);
	}
}

/* Seeds that lie side by side are not one stream, shifted or not. */
static void
streams_of_seeds_differ(void **state)
{
	enum { STREAMS = 16, LEN = 1000 };
	static int64_t gaps[STREAMS * LEN];
	struct schedule_stage stage;
	struct schedule schedule = one_stage(&stage, SCHEDULE_POISSON, CLOCK_NEVER, 0.001);
	struct schedule_share share;
	size_t count = 0, i, same = 0;
	int64_t before_ns;

	(void)state;
	for (schedule.seed = 0; schedule.seed < STREAMS; schedule.seed++) {
		before_ns = 0;
		schedule_share_init(&share, &schedule, 0, 1);
		for (i = 0; i < LEN; i++, schedule_share_next(&share)) {
			gaps[count++] = share.due_ns - before_ns;
			before_ns = share.due_ns;
		}
	}
	qsort(gaps, count, sizeof *gaps, compare);
	for (i = 1; i < count; i++)
		same += gaps[i] == gaps[i - 1];
	assert_int_equal(same, 0);
}

static void
each_stage_of_poisson_has_its_rate(void **state)
{
	static const struct schedule_stage stages[] = {
		{ 10 * CLOCK_NS_PER_S, 1000 }, { 20 * CLOCK_NS_PER_S, 4000 },
		{ CLOCK_NS_PER_S, 9000 },
	};
	static const struct schedule schedule = { .arrival = SCHEDULE_POISSON, .seed = 5,
		.stages = stages, .stage_count = 3 };
	static struct arrivals arrivals, part;
	int64_t start_ns = 0;
	size_t i, at = 0;

	(void)state;
	collect(&arrivals, &schedule, 4);
	for (i = 0; i < 3; i++) {
		for (part.count = 0; at < arrivals.count &&
		     arrivals.due_ns[at] < start_ns + stages[i].duration_ns; at++)
			part.due_ns[part.count++] = arrivals.due_ns[at] - start_ns;
		assert_true(gap_distance(&part, stages[i].rate) < CRITICAL);
		assert_true(time_distance(&part, stages[i].duration_ns) < CRITICAL);
		start_ns += stages[i].duration_ns;
		assert_true(fabs(schedule_expected(&schedule, start_ns) - (double)at) <
		    4 * sqrt((double)at));
	}
	assert_int_equal(at, arrivals.count);
	assert_true(schedule_expected(&schedule, CLOCK_NEVER) == 99000);
	assert_true(schedule_expected(&schedule, CLOCK_NS_PER_S / 2000) == 0.5);
}

/* Takes all that are due before before_ns.  Returns how many; *steps: in how many steps. */
static uint64_t
take_all(const struct schedule *schedule, unsigned int threads, int64_t before_ns,
    unsigned int *steps)
{
	struct schedule_share share;
	uint64_t count = 0;
	unsigned int k;

	*steps = 0;
	for (k = 0; k < threads; k++) {
		schedule_share_init(&share, schedule, k, threads);
		for (; share.due_ns < before_ns; (*steps)++)
			count += schedule_share_take(&share, before_ns);
	}
	return count;
}

static void
many_are_taken_in_few_steps(void **state)
{
	static const struct schedule_stage stages[] = {
		{ CLOCK_NS_PER_S, 1e9 },
		{ 3 * CLOCK_NS_PER_S, 7e8 + 1 },
		{ CLOCK_NEVER, 10 },
	};
	const int64_t end_ns = 6 * CLOCK_NS_PER_S;
	struct schedule schedule = { .stages = stages, .stage_count = 3 };
	unsigned int threads, steps;

	(void)state;
	for (threads = 1; threads <= 3; threads++) {
		assert_int_equal(take_all(&schedule, threads, end_ns, &steps),
		    (uint64_t)schedule_expected(&schedule, end_ns));
		assert_in_range(steps, 10000, threads * 200000);
	}
	schedule.arrival = SCHEDULE_POISSON;
	assert_true(fabs((double)take_all(&schedule, 2, end_ns, &steps) -
			schedule_expected(&schedule, end_ns)) < 4 * sqrt(3.1e9));
	assert_in_range(steps, 10000, 400000);
}

static void
few_are_taken_one_by_one(void **state)
{
	struct schedule_stage stage;
	struct schedule schedule =
	    one_stage(&stage, SCHEDULE_POISSON, 10 * CLOCK_NS_PER_S, 1500);
	struct schedule_share share, other;

	(void)state;
	schedule_share_init(&share, &schedule, 1, 2);
	schedule_share_init(&other, &schedule, 1, 2);
	while (share.due_ns != CLOCK_NEVER) {
		assert_int_equal(schedule_share_take(&share, stage.duration_ns), 1);
		schedule_share_next(&other);
		assert_true(share.due_ns == other.due_ns);
	}
}

static void
a_rate_has_the_digits_it_needs(void **state)
{
	char text[SCHEDULE_RATE_MAX];

	(void)state;
	assert_string_equal(schedule_format_rate(text, sizeof text, 0), "0.0");
	assert_string_equal(schedule_format_rate(text, sizeof text, 0.0125), "0.013");
	assert_string_equal(schedule_format_rate(text, sizeof text, 0.2), "0.200");
	assert_string_equal(schedule_format_rate(text, sizeof text, 1), "1.0");
	assert_string_equal(schedule_format_rate(text, sizeof text, 12345.67), "12345.7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_arrivals_are_even),
		cmocka_unit_test(constant_arrivals_are_dealt_out_in_turn),
		cmocka_unit_test(constant_arrivals_do_not_drift),
		cmocka_unit_test(a_thread_without_a_request_has_none),
		cmocka_unit_test(stages_follow_one_another_without_a_gap),
		cmocka_unit_test(as_many_are_due_as_expected),
		cmocka_unit_test(a_request_is_due_when_it_is_expected),
		cmocka_unit_test(a_request_between_two_stages_is_due_between_them),
		cmocka_unit_test(poisson_arrivals_have_no_memory),
		cmocka_unit_test(other_arrivals_are_told_from_poisson),
		cmocka_unit_test(gaps_do_not_depend_on_one_another),
		cmocka_unit_test(a_seed_repeats_its_stream),
		cmocka_unit_test(threads_share_one_stream),
		cmocka_unit_test(streams_of_seeds_differ),
		cmocka_unit_test(each_stage_of_poisson_has_its_rate),
		cmocka_unit_test(many_are_taken_in_few_steps),
		cmocka_unit_test(few_are_taken_one_by_one),
		cmocka_unit_test(a_rate_has_the_digits_it_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
