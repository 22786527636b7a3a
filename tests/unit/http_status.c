#include "http_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"

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

static void
a_set_has_what_its_list_says(void **state)
{
	static const struct {
		const char *list;
		size_t count;
		int in[3], out[3];
	} rows[] = {
		{ "200", 1, { 200, 200, 200 }, { 199, 201, 0 } },
		{ "2xx", 100, { 200, 250, 299 }, { 199, 300, 1000 } },
		{ "100,999", 2, { 100, 999, 999 }, { 101, 998, 99 } },
		{ "200,3xx,400-404", 106, { 200, 399, 404 }, { 201, 405, -1 } },
		{ "100-999", 900, { 100, 500, 999 }, { 99, 1000, 1 << 30 } },
		{ "200,200-201,2xx", 100, { 200, 201, 299 }, { 300, 300, 300 } },
	};
	struct http_status_set set;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(http_status_set_parse(&set, rows[i].list), 0);
		assert_int_equal(set.count, rows[i].count);
		for (k = 0; k < 3; k++) {
			assert_true(http_status_set_has(&set, rows[i].in[k]));
			assert_false(http_status_set_has(&set, rows[i].out[k]));
		}
	}
}

static void
what_is_no_list_is_refused(void **state)
{
	static const char *const bad[] = { "", ",", "200,", ",200", "20", "2000", "099", "xxx",
		"2x", "2xxx", "2xX", "200-", "-200", "200-199", "200-3xx", "2xx-300", "2xx-2xx",
		"200 ", " 200", "200,,201", "200;201", "200-201-202", "2 0" };
	struct http_status_set set = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		http_status_set_add(&set, 200, 200);
		if (http_status_set_parse(&set, bad[i]) != -FCGI_E_SYNTAX)
			fail_msg("passes: '%s'", bad[i]);
		assert_int_equal(set.count, 0);
		assert_false(http_status_set_has(&set, 200));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_has_its_reason),
		cmocka_unit_test(what_has_none_has_none),
		cmocka_unit_test(reasons_are_text),
		cmocka_unit_test(a_set_has_what_its_list_says),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
