#include "share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "must.h"

enum { TARGETS = 2, KINDS = 3 };

static const struct failure busy = { .phase = FAILURE_VALID, .kind = FAILURE_STATUS,
	.number = 503 };
static const struct failure late = { .phase = FAILURE_FIRST_BYTE, .kind = FAILURE_TIMEOUT };

/* Of each target and kind another number, each of another latency. */
static void
count_some(struct shares *shares)
{
	size_t i, k;

	must(shares_init(shares, TARGETS, KINDS) == 0);
	for (i = 0; i < TARGETS * KINDS; i++) {
		for (k = 0; k < (size_t)10 << i; k++)
			share_take(&shares->items[i], (int64_t)(1000 * (i + 1)));
		for (k = 0; k < i; k++)
			share_fail(&shares->items[i], i % KINDS == 2 ? busy : late);
	}
}

static void
check(const struct share *share, uint64_t complete, uint64_t failed, uint64_t max_ns)
{
	assert_int_equal(share->complete, complete);
	assert_int_equal(share->failed, failed);
	assert_int_equal(share->detail->latency.count, complete);
	assert_int_equal(share->detail->latency.max_ns, max_ns);
	assert_int_equal(share->detail->failures.total, failed);
}

static void
sums_are_of_a_kind_or_of_a_target(void **state)
{
	struct shares shares, sums = { 0 };

	(void)state;
	count_some(&shares);
	assert_int_equal(shares_failed(&shares), 15);
	must(shares_by_kind(&sums, &shares) == 0);
	assert_int_equal(sums.targets * sums.kinds, KINDS);
	check(&sums.items[0], 10 + 80, 3, 4000);
	check(&sums.items[1], 20 + 160, 1 + 4, 5000);
	check(&sums.items[2], 40 + 320, 2 + 5, 6000);
	assert_int_equal(sums.items[2].detail->failures.rows[0].failure.number, 503);
	shares_reset(&sums);
	must(shares_by_target(&sums, &shares) == 0);
	assert_int_equal(sums.targets * sums.kinds, TARGETS);
	check(&sums.items[0], 70, 3, 3000);
	check(&sums.items[1], 560, 12, 6000);
	shares_reset(&sums);
	shares_reset(&shares);
}

static void
threads_are_added(void **state)
{
	struct shares one, other;

	(void)state;
	count_some(&one);
	count_some(&other);
	shares_add(&one, &other);
	check(&one.items[5], 640, 10, 6000);
	check(&other.items[5], 320, 5, 6000);
	shares_reset(&one);
	shares_reset(&other);
}

/* Numbers there are all the same; and a sum does not say that it has what was not kept. */
static void
details_are_kept_of_a_few(void **state)
{
	struct shares shares, sums = { 0 };

	(void)state;
	must(shares_init(&shares, 1, 1) == 0);
	assert_null(shares.items[0].detail);
	share_take(&shares.items[0], 5);
	share_fail(&shares.items[0], busy);
	assert_int_equal(shares.items[0].complete, 1);
	assert_int_equal(shares.items[0].failed, 1);
	shares_reset(&shares);
	must(shares_init(&shares, 1, SHARE_DETAILS_MAX) == 0);
	assert_non_null(shares.items[SHARE_DETAILS_MAX - 1].detail);
	shares_reset(&shares);
	must(shares_init(&shares, 2, SHARE_DETAILS_MAX) == 0);
	share_take(&shares.items[SHARE_DETAILS_MAX], 5);
	must(shares_by_target(&sums, &shares) == 0);
	assert_int_equal(sums.items[1].complete, 1);
	assert_null(sums.items[1].detail);
	shares_reset(&sums);
	shares_reset(&shares);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_of_a_kind_or_of_a_target),
		cmocka_unit_test(threads_are_added),
		cmocka_unit_test(details_are_kept_of_a_few),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
