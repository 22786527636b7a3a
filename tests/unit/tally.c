#include "tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "must.h"
#include "samples.h"

enum { THREADS = 4, REQUESTS = 20000 };

static struct tally *
new_tally(void)
{
	struct tally *tally = calloc(1, sizeof *tally);

	must(tally != NULL);
	return tally;
}

/* Everything that is counted, and not the same in any two places. */
static void
count_one(struct tally *tally, uint64_t *random, unsigned int i)
{
	unsigned int span;

	tally->complete++;
	tally->in_window += 20;
	tally->with_stderr += 21;
	tally->strays += 22;
	tally->cut_off += 23;
	tally->sent_bytes += 2;
	tally->received_bytes += 3;
	tally->connects += 4;
	tally->reconnects += 5;
	tally->refused_keep_alive += 6;
	tally->slow_connects[0] += 7;
	tally->slow_connects[1] += 8;
	tally->slow_connects[2] += 9;
	tally->unsent += 10;
	tally->no_free += 11;
	tally->late_ns += 19;
	tally->connections_used += 12;
	tally->connections_starved += 13;
	tally->cpu_ns += 14;
	tally->wall_ns += 15;
	tally->involuntary += 16;
	failure_count(&tally->failures, (struct failure){ FAILURE_SEND, FAILURE_ERRNO, i % 5 }, i);
	for (span = 0; span < TALLY_SPANS; span++)
		histogram_record(&tally->spans[span],
		    samples_one((enum samples_kind)(span + 1), random));
}

static void
assert_same(struct tally *one, struct tally *other)
{
	const struct failure_row *row, *like;
	size_t i;

	assert_int_equal(one->failures.total, other->failures.total);
	assert_int_equal(one->failures.count, other->failures.count);
	for (i = 0; i < one->failures.count; i++) {
		row = &one->failures.rows[i];
		/* Rows come in any order. */
		for (like = other->failures.rows; like->failure.number != row->failure.number;)
			assert_true(++like < other->failures.rows + other->failures.count);
		assert_int_equal(row->times, like->times);
	}
	memset(&one->failures, 0, sizeof one->failures);
	memset(&other->failures, 0, sizeof other->failures);
	assert_memory_equal(one, other, sizeof *one);
}

static void
the_sum_of_threads_is_the_tally_of_all(void **state)
{
	struct tally *threads[THREADS], *all = new_tally(), *sum = new_tally();
	uint64_t random = 1, random_again = 1;
	unsigned int i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		threads[i] = new_tally();
	for (i = 0; i < REQUESTS; i++) {
		count_one(threads[i % THREADS], &random, i);
		count_one(all, &random_again, i);
	}
	for (i = THREADS; i-- > 0;) {
		tally_add(sum, threads[i]);
		free(threads[i]);
	}
	assert_same(sum, all);
	free(sum);
	free(all);
}

static void
a_copy_has_all(void **state)
{
	uint64_t random = 1;
	struct tally *tally = new_tally(), *copy = new_tally();
	unsigned int i;

	(void)state;
	for (i = 0; i < REQUESTS; i++) {
		if (i % (REQUESTS / 3) == 0)
			tally_copy(copy, tally);
		count_one(tally, &random, i);
	}
	tally_copy(copy, tally);
	assert_memory_equal(copy, tally, sizeof *copy);
	free(tally);
	free(copy);
}

static void
the_busiest_interval_is_that_of_any_thread(void **state)
{
	struct tally *one = new_tally(), *other = new_tally();

	(void)state;
	one->busy_ns = 300;
	other->busy_ns = 700;
	tally_add(one, other);
	assert_int_equal(one->busy_ns, 700);
	other->busy_ns = 500;
	tally_add(one, other);
	assert_int_equal(one->busy_ns, 700);
	free(one);
	free(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_of_threads_is_the_tally_of_all),
		cmocka_unit_test(a_copy_has_all),
		cmocka_unit_test(the_busiest_interval_is_that_of_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
