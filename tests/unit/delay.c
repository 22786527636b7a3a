#include "delay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"
#include "fcgi_error.h"

enum { COUNT = 100000 };

static int64_t
ms(double number)
{
	return (int64_t)(number * 1e6);
}

static void
a_delay_is_read(void **state)
{
	static const struct {
		const char *text;
		struct delay delay;
	} cases[] = {
		{ "250ms", { 250000000, 0, DELAY_NONE, 0 } },
		{ "250ms?", { 250000000, 0, DELAY_NONE, 0 } },
		{ "0?jitter=2ms", { 0, 2000000, DELAY_EVEN, 0 } },
		{ "1?jitter=even:2us&seed=7", { 1000000000, 2000, DELAY_EVEN, 7 } },
		{ "1ms?seed=8&x=y&jitter=exp:2ms", { 1000000, 2000000, DELAY_EXP, 8 } },
		{ "1ms?jitter=rare%3A2ms", { 1000000, 2000000, DELAY_RARE, 0 } },
	};
	struct delay delay;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(delay_parse_url(&delay, cases[i].text), 0);
		assert_int_equal(delay.least_ns, cases[i].delay.least_ns);
		assert_int_equal(delay.spread_ns, cases[i].delay.spread_ns);
		assert_int_equal(delay.jitter, cases[i].delay.jitter);
		assert_int_equal(delay.seed, cases[i].delay.seed);
	}
}

static void
what_is_none_is_refused(void **state)
{
	static const char *const wrong[] = { "", "x", "-1ms", "1ms?jitter=x", "1ms?jitter=exp:",
		"1ms?jitter=odd:1ms", "1ms?jitter=-1ms", "1ms?seed=x", "1ms?seed=-1",
		"1ms?seed=99999999999999999999", "1ms?jitter=%zz",
		"1111111111111111111111111111111111111111111111111111111111111111111111ms",
		"1ms?seed=1111111111111111111111111111111111111111111111111111111111111111111" };
	struct delay delay;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(delay_parse_url(&delay, wrong[i]), -FCGI_E_SYNTAX);
}

static void
quantiles_are_those_of_the_distribution(void **state)
{
	struct delay even = { ms(10), ms(20), DELAY_EVEN, 0 }, none = { ms(5), 0, DELAY_NONE, 0 };
	struct delay exponential = { ms(10), ms(10), DELAY_EXP, 0 };
	struct delay rare = { ms(10), ms(90), DELAY_RARE, 0 };

	(void)state;
	assert_int_equal(delay_quantile_ns(&none, 0.999), ms(5));
	assert_int_equal(delay_quantile_ns(&even, 0), ms(10));
	assert_int_equal(delay_quantile_ns(&even, 0.5), ms(20));
	assert_int_equal(delay_quantile_ns(&even, 0.75), ms(25));
	assert_int_equal(delay_quantile_ns(&exponential, 0), ms(10));
	/* Halved by each ln 2, a tenth by each ln 10. */
	assert_in_range(delay_quantile_ns(&exponential, 0.5), ms(16.9314), ms(16.9315));
	assert_in_range(delay_quantile_ns(&exponential, 0.999), ms(79.0775), ms(79.0776));
	assert_int_equal(delay_quantile_ns(&rare, 0.99), ms(10));
	assert_int_equal(delay_quantile_ns(&rare, 0.991), ms(100));
	even.spread_ns = CLOCK_NEVER;
	assert_true(delay_quantile_ns(&even, 0.9999999) <= CLOCK_NEVER);
	exponential.spread_ns = CLOCK_NEVER;
	assert_true(delay_quantile_ns(&exponential, 0.9) == CLOCK_NEVER);
}

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Within four standard deviations of how many lie below. */
static void
what_is_dealt_out_has_these_quantiles(void **state)
{
	static const double parts[] = { 0.1, 0.5, 0.9, 0.99, 0.999 };
	static const uint64_t slacks[] = { 380, 633, 380, 126, 40 };
	static int64_t dealt[COUNT];
	struct delay delay = { ms(10), ms(20), DELAY_NONE, 0 };
	size_t i, below;
	uint64_t number;

	(void)state;
	for (delay.jitter = DELAY_EVEN; delay.jitter <= DELAY_EXP; delay.jitter++) {
		for (delay.seed = 0; delay.seed < 3; delay.seed++) {
			for (number = 0; number < COUNT; number++)
				dealt[number] = delay_nth_ns(&delay, number);
			qsort(dealt, COUNT, sizeof *dealt, compare);
			for (i = 0; i < sizeof parts / sizeof *parts; i++) {
				for (below = 0; below < COUNT &&
				     dealt[below] <= delay_quantile_ns(&delay, parts[i]);)
					below++;
				assert_in_range(below, (uint64_t)(COUNT * parts[i]) - slacks[i],
				    (uint64_t)(COUNT * parts[i]) + slacks[i]);
			}
		}
	}
	delay.jitter = DELAY_RARE;
	for (number = 0, below = 0; number < COUNT; number++)
		below += delay_nth_ns(&delay, number) == ms(10);
	assert_in_range(below, COUNT - COUNT / 100 - 126, COUNT - COUNT / 100 + 126);
}

static void
a_seed_repeats_its_delays(void **state)
{
	struct delay delay = { ms(10), ms(20), DELAY_EXP, 1 };
	struct delay other = { ms(10), ms(20), DELAY_EXP, 2 };
	uint64_t number;
	int same = 0;

	(void)state;
	for (number = 0; number < 100; number++) {
		assert_int_equal(delay_nth_ns(&delay, number), delay_nth_ns(&delay, number));
		same += delay_nth_ns(&delay, number) == delay_nth_ns(&other, number);
		same += delay_nth_ns(&delay, number) == delay_nth_ns(&delay, number + 1);
	}
	assert_int_equal(same, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delay_is_read),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(quantiles_are_those_of_the_distribution),
		cmocka_unit_test(what_is_dealt_out_has_these_quantiles),
		cmocka_unit_test(a_seed_repeats_its_delays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
