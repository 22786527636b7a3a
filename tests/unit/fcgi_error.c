#include "fcgi_error.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void
every_error_has_words_of_its_own(void **state)
{
	int i, j;

	(void)state;
	for (i = FCGI_E_MORE; i <= FCGI_E_SYNTAX; i++) {
		assert_string_not_equal(fcgi_strerror(i), "unknown error");
		assert_ptr_equal(fcgi_strerror(-i), fcgi_strerror(i));
		for (j = FCGI_E_MORE; j < i; j++)
			assert_string_not_equal(fcgi_strerror(i), fcgi_strerror(j));
	}
}

/* They end up behind "program: target: ", so no capital, no full stop, one line. */
static void
words_fit_into_a_sentence(void **state)
{
	const char *words;
	int i;

	(void)state;
	for (i = FCGI_E_MORE; i <= FCGI_E_SYNTAX; i++) {
		words = fcgi_strerror(i);
		assert_true(strlen(words) > 0);
		assert_null(strchr(words, '\n'));
		assert_int_not_equal(words[strlen(words) - 1], '.');
	}
}

static void
other_numbers_are_unknown(void **state)
{
	static const int others[] = { 0, FCGI_E_SYNTAX + 1, -(FCGI_E_SYNTAX + 1), INT_MAX,
		INT_MIN };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof others / sizeof *others; i++)
		assert_string_equal(fcgi_strerror(others[i]), "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_words_of_its_own),
		cmocka_unit_test(words_fit_into_a_sentence),
		cmocka_unit_test(other_numbers_are_unknown),
	};

	return cmocka_run_group_tests_name("fcgi_error", tests, NULL, NULL);
}
