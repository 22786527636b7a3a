#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* The numbers that the algorithm's authors publish for this seed. */
static void
the_sequence_is_the_known_one(void **state)
{
	static const uint64_t known[] = { UINT64_C(6457827717110365317),
		UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
		UINT64_C(4593380528125082431), UINT64_C(16408922859458223821) };
	uint64_t random = 1234567;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		assert_true(random_next(&random) == known[i]);
}

static void
parts_are_even_and_have_a_logarithm(void **state)
{
	enum { PARTS = 10, COUNT = 100000 };
	uint64_t random = 0;
	size_t counts[PARTS + 1] = { 0 }, i;
	double part;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		part = random_part(&random);
		assert_true(part > 0 && part <= 1);
		counts[(size_t)(part * PARTS)]++;
	}
	/* Four standard deviations. */
	for (i = 0; i < PARTS; i++)
		assert_in_range(counts[i], COUNT / PARTS - 380, COUNT / PARTS + 380);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sequence_is_the_known_one),
		cmocka_unit_test(parts_are_even_and_have_a_logarithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
