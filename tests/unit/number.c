#include "number.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "fcgi_error.h"

static void
numbers_are_read(void **state)
{
	static const struct {
		const char *text;
		long long number;
	} good[] = {
		{ "0", 0 }, { "7", 7 }, { "010", 10 }, { "-1", -1 }, { "-0", 0 }, { "0000000065535", 65535 },
		{ "9223372036854775807", LLONG_MAX }, { "-9223372036854775808", LLONG_MIN },
	};
	long long number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		number = 42;
		assert_null(number_parse(&number, good[i].text, LLONG_MIN, LLONG_MAX));
		assert_int_equal(number, good[i].number);
	}
}

static void
other_text_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "-", "+1", " 1", "1 ", "\t1", "- 1", "-+1", "--1",
		"0x10", "1e3", "1.5", "4000x", "99999999999999999999x", "nan", "eins" };
	long long number = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_string_equal(number_parse(&number, bad[i], LLONG_MIN, LLONG_MAX), "invalid");
	assert_int_equal(number, 42);
}

static void
the_limits_are_kept(void **state)
{
	long long number = 42;

	(void)state;
	assert_string_equal(number_parse(&number, "0", 1, 10), "too small");
	assert_string_equal(number_parse(&number, "-5", 0, 10), "too small");
	assert_string_equal(number_parse(&number, "11", 1, 10), "too large");
	assert_string_equal(number_parse(&number, "9223372036854775808", 0, LLONG_MAX), "too large");
	assert_string_equal(number_parse(&number, "-9223372036854775809", LLONG_MIN, 0), "too small");
	assert_int_equal(number, 42);
	assert_null(number_parse(&number, "1", 1, 10));
	assert_int_equal(number, 1);
	assert_null(number_parse(&number, "10", 1, 10));
	assert_int_equal(number, 10);
}

static void
a_decimal_ends_where_it_is_told(void **state)
{
	double value = 7;

	(void)state;
	assert_int_equal(number_decimal(&value, "12.75", 2), 0);
	assert_true(value == 12);
	assert_int_equal(number_decimal(&value, "12.75", 4), 0);
	assert_true(value == 12.7);
	assert_int_equal(number_decimal(&value, "-3", 2), 0);
	assert_true(value == -3);
	assert_int_equal(number_decimal(&value, "12.75", 3), -FCGI_E_SYNTAX);
	assert_int_equal(number_decimal(&value, "12", 0), -FCGI_E_SYNTAX);
	assert_int_equal(number_decimal(&value, "1\0002", 3), -FCGI_E_SYNTAX);
	assert_true(value == -3);
}

static void
two_hexadecimal_digits_are_a_byte(void **state)
{
	static const char *const none[] = { "", "0", "0g", "g0", "-1", "0x", " 1", "1 ", "@0", "0G" };
	char text[3];
	size_t i;
	int byte;

	(void)state;
	for (byte = 0; byte < 256; byte++) {
		snprintf(text, sizeof text, "%02x", (unsigned int)byte);
		assert_int_equal(number_hex_byte(text), byte);
		snprintf(text, sizeof text, "%02X", (unsigned int)byte);
		assert_int_equal(number_hex_byte(text), byte);
	}
	for (i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(number_hex_byte(none[i]), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read),
		cmocka_unit_test(other_text_is_refused),
		cmocka_unit_test(the_limits_are_kept),
		cmocka_unit_test(a_decimal_ends_where_it_is_told),
		cmocka_unit_test(two_hexadecimal_digits_are_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
