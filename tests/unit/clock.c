#include "clock.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "guard.h"

static const struct {
	const char *text;
	int64_t ns;
} good[] = {
	{ "0", 0 },
	{ "10", INT64_C(10000000000) },
	{ "2s", INT64_C(2000000000) },
	{ "250ms", 250000000 },
	{ "7us", 7000 },
	{ "1m", INT64_C(60000000000) },
	{ "1h", INT64_C(3600000000000) },
	{ "1.5s", 1500000000 },
	{ ".5", 500000000 },
	{ "0.25ms", 250000 },
	{ "0.5h", INT64_C(1800000000000) },
	{ "1.000000001", 1000000001 },
	/* 010 is ten, not eight. */
	{ "010", INT64_C(10000000000) },
	/* Below a nanosecond nothing is left, however long it is written. */
	{ "0.0000000009", 0 },
	{ "1.0009us", 1000 },
	{ "0.99999999999999999999999999999999999999999999", 999999999 },
	{ "00000000000000000000000000000000000000000000001", 1000000000 },
	/* The largest there is, and what a nanosecond more would be is CLOCK_NEVER. */
	{ "9223372036.854775806", INT64_MAX - 1 },
	{ "2562047h", INT64_C(9223369200000000000) },
};

static const char *const bad[] = {
	"", " ", ".", "s", ".s", "5.", "5.s", "1.5.5", "-1", "+1", " 1", "1 ", "1 s", "1s ", "0x10",
	"1e3", "1,5", "nan", "inf", "1S", "1sec", "1ss", "1d", "1msx", "never",
	"9223372036.854775807", "9223372036.9", "9223372037", "9223372036854775808", "2562048h",
	"153722868m", "99999999999999999999999999999999999999",
};

static void
durations_are_read(void **state)
{
	int64_t ns;
	size_t i, size;
	char *text;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		size = strlen(good[i].text) + 1;
		text = guard_copy(good[i].text, size);
		ns = -1;
		assert_int_equal(clock_parse_duration(text, &ns), 0);
		if (ns != good[i].ns)
			fail_msg("%s is read as %jd ns", text, (intmax_t)ns);
		guard_free(text, size);
	}
}

static void
what_is_no_duration_is_refused(void **state)
{
	int64_t ns = 77;
	size_t i, size;
	char *text;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		size = strlen(bad[i]) + 1;
		text = guard_copy(bad[i], size);
		if (clock_parse_duration(text, &ns) != -FCGI_E_SYNTAX)
			fail_msg("\"%s\" is read as a duration", text);
		assert_int_equal(ns, 77);
		guard_free(text, size);
	}
}

static const struct {
	int64_t ns;
	const char *text;
} written[] = {
	{ -5, "0s" },
	{ 0, "0s" },
	{ 1, "0.001us" },
	{ 999, "0.999us" },
	{ 1000, "1us" },
	{ 1500, "1.5us" },
	{ 250000000, "250ms" },
	/* Dropped, not rounded up to what has not passed. */
	{ 999999999, "999.999ms" },
	{ 1000000000, "1s" },
	{ 1050000000, "1.05s" },
	{ 1500000000, "1.5s" },
	{ INT64_C(59000000000), "59s" },
	{ INT64_C(60000000000), "1m" },
	{ INT64_C(90000000000), "90s" },
	{ INT64_C(120000000000), "2m" },
	{ INT64_C(3600000000000), "1h" },
	{ INT64_C(5400000000000), "90m" },
	{ INT64_C(3600000000001), "3600s" },
	{ INT64_MAX - 1, "9223372036.854s" },
	{ CLOCK_NEVER, "never" },
};

static void
durations_are_written_in_their_largest_unit(void **state)
{
	char *dst = guard_copy(NULL, 32);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof written / sizeof *written; i++)
		assert_string_equal(clock_format_duration(dst, 32, written[i].ns),
		    written[i].text);
	guard_free(dst, 32);
}

/* What a user gave is told back to him in a form he could have given. */
static void
what_is_written_can_be_read(void **state)
{
	static const int64_t units[] = { 1000, 1000000, 1000000000, INT64_C(60000000000),
		INT64_C(3600000000000) };
	char text[32];
	int64_t ns, back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof units / sizeof *units; i++) {
		for (ns = units[i]; ns < 200 * units[i]; ns += units[i]) {
			clock_format_duration(text, sizeof text, ns);
			assert_int_equal(clock_parse_duration(text, &back), 0);
			assert_int_equal(back, ns);
		}
	}
}

static void
never_stays_never(void **state)
{
	(void)state;
	assert_int_equal(clock_after(5, 7), 12);
	assert_int_equal(clock_after(5, 0), 5);
	assert_true(clock_after(0, CLOCK_NEVER) == CLOCK_NEVER);
	assert_true(clock_after(5, CLOCK_NEVER) == CLOCK_NEVER);
	assert_true(clock_after(5, INT64_MAX - 1) == CLOCK_NEVER);
	assert_true(clock_after(INT64_MAX - 1, INT64_MAX - 1) == CLOCK_NEVER);
	assert_true(clock_after(5, INT64_MAX - 6) == INT64_MAX - 1);
}

static void
poll_does_not_wake_too_early(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER, 0), -1);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER, INT64_MAX - 1), -1);
	assert_int_equal(clock_poll_timeout(5, 5), 0);
	assert_int_equal(clock_poll_timeout(5, 6), 0);
	assert_int_equal(clock_poll_timeout(6, 5), 1);
	assert_int_equal(clock_poll_timeout(1000000, 0), 1);
	assert_int_equal(clock_poll_timeout(1000001, 0), 2);
	assert_int_equal(clock_poll_timeout(1999999, 0), 2);
	assert_int_equal(clock_poll_timeout(7000000001, 7000000000 - 250000000), 251);
	/* A deadline in a month is further away than poll(2) can count. */
	assert_int_equal(clock_poll_timeout(INT64_MAX - 1, 0), INT_MAX);
	assert_int_equal(clock_poll_timeout(INT_MAX * CLOCK_NS_PER_MS, 0), INT_MAX);
	assert_int_equal(clock_poll_timeout((INT_MAX - 1) * CLOCK_NS_PER_MS, 0), INT_MAX - 1);
}

static void
time_does_not_go_back(void **state)
{
	int64_t before = clock_now_ns(), now;
	int i;

	(void)state;
	assert_true(before > 0);
	for (i = 0; i < 1000; i++) {
		now = clock_now_ns();
		assert_true(now >= before);
		before = now;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(durations_are_written_in_their_largest_unit),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(never_stays_never),
		cmocka_unit_test(poll_does_not_wake_too_early),
		cmocka_unit_test(time_does_not_go_back),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
