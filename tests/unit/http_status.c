#include "http_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void
a_status_has_its_reason(void **state)
{
	(void)state;
	assert_string_equal(http_status_reason(100), "Continue");
	assert_string_equal(http_status_reason(200), "OK");
	assert_string_equal(http_status_reason(404), "Not Found");
	assert_string_equal(http_status_reason(511), "Network Authentication Required");
}

static void
what_has_none_has_none(void **state)
{
	static const int none[] = { -1, 0, 99, 299, 418, 512, 999, 1200 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof none / sizeof *none; i++)
		assert_string_equal(http_status_reason(none[i]), "");
}

/* It goes into a status line as it is. */
static void
reasons_are_text(void **state)
{
	const char *p;
	int status;

	(void)state;
	for (status = 0; status < 1000; status++)
		for (p = http_status_reason(status); *p != '\0'; p++)
			assert_true(*p >= ' ' && *p <= '~');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_has_its_reason),
		cmocka_unit_test(what_has_none_has_none),
		cmocka_unit_test(reasons_are_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
