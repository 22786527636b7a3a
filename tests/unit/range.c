#include "range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"

static const struct {
	const char *text;
	double start, end;
	int inside;
	const char *canonical; /* NULL: the text itself */
} ranges[] = {
	{ "10", 0, 10, 0, NULL },
	{ "0", 0, 0, 0, NULL },
	{ "10:", 10, INFINITY, 0, NULL },
	{ "1:", 1, INFINITY, 0, NULL },
	{ "0:", 0, INFINITY, 0, NULL },
	{ ":10", 0, 10, 0, "10" },
	{ "~:5", -INFINITY, 5, 0, NULL },
	{ "~:-5", -INFINITY, -5, 0, NULL },
	{ "~:", -INFINITY, INFINITY, 0, NULL },
	{ "10:20", 10, 20, 0, NULL },
	{ "0:20", 0, 20, 0, "20" },
	{ "5:5", 5, 5, 0, NULL },
	{ "-20:-10", -20, -10, 0, NULL },
	{ "-5:5", -5, 5, 0, NULL },
	{ "@1:3", 1, 3, 1, NULL },
	{ "@10", 0, 10, 1, NULL },
	{ "@10:", 10, INFINITY, 1, NULL },
	{ "@~:3", -INFINITY, 3, 1, NULL },
	{ "0.5:1.25", 0.5, 1.25, 0, NULL },
	{ ".5", 0, 0.5, 0, "0.5" },
	{ "007", 0, 7, 0, "7" },
	{ "-0.5:0", -0.5, 0, 0, NULL },
	{ "123456789012345", 0, 123456789012345, 0, NULL },
	{ "0.000000001:0.00001", 1e-9, 1e-5, 0, NULL },
	{ "-999999999999999.999999999:999999999999999.999999999", -1e15, 1e15, 0,
	    "-1000000000000000:1000000000000000" },
};

enum { RANGE_COUNT = sizeof ranges / sizeof *ranges };

static void
a_range_is_read(void **state)
{
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < RANGE_COUNT; i++) {
		assert_int_equal(range_parse(&range, ranges[i].text, NULL), 0);
		assert_true(range.start == ranges[i].start);
		assert_true(range.end == ranges[i].end);
		assert_int_equal(range.inside, ranges[i].inside);
	}
}

static void
a_range_is_written_as_it_is_read(void **state)
{
	char text[RANGE_TEXT_MAX];
	struct range range, again;
	size_t i;

	(void)state;
	for (i = 0; i < RANGE_COUNT; i++) {
		assert_int_equal(range_parse(&range, ranges[i].text, NULL), 0);
		assert_ptr_equal(range_format(text, sizeof text, &range), text);
		assert_string_equal(text,
		    ranges[i].canonical != NULL ? ranges[i].canonical : ranges[i].text);
		if (range.end >= 1e15 && range.end < INFINITY)
			continue;
		assert_int_equal(range_parse(&again, text, NULL), 0);
		assert_true(range.start == again.start && range.end == again.end);
		assert_int_equal(range.inside, again.inside);
	}
}

static void
what_is_no_range_is_refused_and_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"", "@", ":", "@:", "~", "@~", "~5", "10:~", "~:~", "20:10", "5:-5", "-5", "@3:1",
		"1:2:3", "::", "1::2", " 1", "1 ", "1: 2", "+1", "1e3", "0x10", "inf", "nan", "1.",
		".", "-", "--1", "1,5", "10%", "10s", "1-2", "@@1", "~:@1", "\t1",
		/* Longer than any figure. */
		"1234567890123456", "0.1234567890", "0000000000000001",
		"1111111111111111111111111111111111111111111111111",
	};
	const struct range before = { 1, 2, 1 };
	struct range range = before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(range_parse(&range, wrong[i], NULL), -FCGI_E_SYNTAX);
		assert_true(range.start == before.start && range.end == before.end);
		assert_int_equal(range.inside, before.inside);
	}
}

/* Halves of a small scale, on and off each end; whatever lies outside alarms, with '@' inside. */
static void
every_range_of_a_scale_alarms_as_it_says(void **state)
{
	char text[RANGE_TEXT_MAX];
	int start, end, value, is_inside, at;
	struct range range;

	(void)state;
	for (start = -5; start <= 5; start++) {
		for (end = start; end <= 5; end++) {
			for (at = 0; at <= 1; at++) {
				snprintf(text, sizeof text, "%s%d:%d", at ? "@" : "", start, end);
				assert_int_equal(range_parse(&range, text, NULL), 0);
				for (value = -12; value <= 12; value++) {
					is_inside = value >= 2 * start && value <= 2 * end;
					assert_int_equal(range_alarms(&range, value / 2.0),
					    at ? is_inside : !is_inside);
				}
			}
		}
	}
}

static void
open_ends_alarm_on_one_side(void **state)
{
	static const struct {
		const char *text;
		double value;
		int expected;
	} cases[] = {
		{ "10:", 9.999, 1 }, { "10:", 10, 0 }, { "10:", 1e300, 0 },
		{ "~:10", -1e300, 0 }, { "~:10", 10, 0 }, { "~:10", 10.001, 1 },
		{ "10", -0.001, 1 }, { "10", 0, 0 }, { "10", 10, 0 }, { "10", 10.001, 1 },
		{ "0", 0, 0 }, { "0", 1, 1 },
		{ "~:", 0, 0 }, { "~:", -1e300, 0 }, { "~:", 1e300, 0 },
		{ "@~:", 0, 1 }, { "@10:", 9, 0 }, { "@10:", 10, 1 }, { "@10:", 1e300, 1 },
		{ "@~:3", -1e300, 1 }, { "@~:3", 3, 1 }, { "@~:3", 4, 0 },
		/* What is no number is never good. */
		{ "10", NAN, 1 }, { "~:", NAN, 1 }, { "@1:3", NAN, 1 },
		{ "10:", INFINITY, 0 }, { "10", INFINITY, 1 }, { "10", -INFINITY, 1 },
	};
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(range_parse(&range, cases[i].text, NULL), 0);
		assert_int_equal(range_alarms(&range, cases[i].value), cases[i].expected);
	}
}

/* Figures "a" to "z" are 1 to 26. */
static int
letter(double *value, const char *text, size_t len)
{
	if (len != 1 || *text < 'a' || *text > 'z')
		return -FCGI_E_SYNTAX;
	*value = *text - 'a' + 1;
	return 0;
}

static void
figures_are_read_by_who_knows_their_unit(void **state)
{
	struct range range;

	(void)state;
	assert_int_equal(range_parse(&range, "@c:d", letter), 0);
	assert_true(range.start == 3 && range.end == 4 && range.inside);
	assert_int_equal(range_parse(&range, "z:", letter), 0);
	assert_true(range.start == 26 && isinf(range.end));
	assert_int_equal(range_parse(&range, "z:a", letter), -FCGI_E_SYNTAX);
	assert_int_equal(range_parse(&range, "1:2", letter), -FCGI_E_SYNTAX);
	assert_int_equal(range_parse(&range, "a:2", letter), -FCGI_E_SYNTAX);
}

static void
text_that_does_not_fit_is_cut(void **state)
{
	const struct range range = { 10, 20, 1 };
	char text[4] = "xxx";

	(void)state;
	range_format(text, sizeof text, &range);
	assert_string_equal(text, "@10");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_read),
		cmocka_unit_test(a_range_is_written_as_it_is_read),
		cmocka_unit_test(what_is_no_range_is_refused_and_changes_nothing),
		cmocka_unit_test(every_range_of_a_scale_alarms_as_it_says),
		cmocka_unit_test(open_ends_alarm_on_one_side),
		cmocka_unit_test(figures_are_read_by_who_knows_their_unit),
		cmocka_unit_test(text_that_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
