#include "expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "must.h"

static void
test_status(void **state)
{
	struct expect expect = { 0 };

	(void)state;
	assert_false(expect_has_status(&expect, 199));
	assert_true(expect_has_status(&expect, 200));
	assert_true(expect_has_status(&expect, 299));
	assert_false(expect_has_status(&expect, 300));
	must(http_status_set_parse(&expect.status, "3xx") == 0);
	assert_false(expect_has_status(&expect, 200));
	assert_true(expect_has_status(&expect, 302));
}

static void
test_length(void **state)
{
	static const char *const bad[] = { "", "-1", "+1", "1k", " 1", "1 ", "0x1",
		"9223372036854775808" };
	struct expect expect = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(expect_set_length(&expect, bad[i]), -FCGI_E_SYNTAX);
		assert_false(expect.has_length);
	}
	assert_int_equal(expect_set_length(&expect, "0"), 0);
	assert_true(expect.has_length);
	assert_int_equal(expect.length, 0);
	assert_int_equal(expect_set_length(&expect, "9223372036854775807"), 0);
	assert_int_equal(expect.length, INT64_MAX);
}

static void
test_sha256(void **state)
{
	static const char hash[] =
	    "00ffAbCDef0123456789000000000000000000000000000000000000000000fe";
	struct expect expect = { 0 };
	char text[sizeof hash + 1];
	size_t i;

	(void)state;
	assert_int_equal(expect_set_sha256(&expect, ""), -FCGI_E_SYNTAX);
	for (i = 0; i < sizeof hash - 1; i++) {
		memcpy(text, hash, sizeof hash);
		text[i] = 'g';
		assert_int_equal(expect_set_sha256(&expect, text), -FCGI_E_SYNTAX);
		text[i] = '\0';
		assert_int_equal(expect_set_sha256(&expect, text), -FCGI_E_SYNTAX);
	}
	memcpy(text, hash, sizeof hash);
	text[sizeof hash - 1] = '0';
	text[sizeof hash] = '\0';
	assert_int_equal(expect_set_sha256(&expect, text), -FCGI_E_SYNTAX);
	assert_false(expect.has_sha256);
	assert_int_equal(expect_set_sha256(&expect, hash), 0);
	assert_true(expect.has_sha256);
	assert_memory_equal(expect.sha256, "\0\377\253\315\357\1\43\105\147\211", 10);
	assert_int_equal(expect.sha256[31], 0xfe);
}

/* Fed in pieces of every two lengths, it is found where it is and nowhere else. */
static void
find(const char *text, const char *body)
{
	struct expect expect = { 0 };
	const unsigned char *p = (const unsigned char *)body;
	size_t len = strlen(body), first, second, matched;
	int there = strstr(body, text) != NULL;

	must(expect_set_body(&expect, text, strlen(text)) == 0);
	for (first = 0; first <= len; first++)
		for (second = first; second <= len; second++) {
			matched = expect_feed(&expect, 0, p, first);
			if (matched < expect.body_len)
				matched = expect_feed(&expect, matched, p + first, second - first);
			if (matched < expect.body_len)
				matched = expect_feed(&expect, matched, p + second, len - second);
			if ((matched == expect.body_len) != there)
				fail_msg("'%s' in '%s' cut at %zu and %zu", text, body, first,
				    second);
		}
	expect_reset(&expect);
}

static void
test_body(void **state)
{
	static const char *const texts[] = { "a", "aa", "ab", "aab", "abab", "aabaaab", "abcabcd",
		"ababaca", "baab", "aaaa" };
	static const char *const bodies[] = { "", "a", "b", "aaab", "aaaaaa", "abaabaaaabaaab",
		"abcabcabcd", "abababaca", "ababacababaca", "abcabcabcabc", "bbbaabb" };
	struct expect expect = { 0 };
	size_t i, k;

	(void)state;
	assert_int_equal(expect_set_body(&expect, "", 0), -FCGI_E_SYNTAX);
	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		for (k = 0; k < sizeof bodies / sizeof *bodies; k++)
			find(texts[i], bodies[k]);
}

static void
test_copy(void **state)
{
	struct expect expect = { .app_status = 3 }, copy;

	(void)state;
	must(http_status_set_parse(&expect.status, "404") == 0);
	must(expect_set_body(&expect, "abab", 4) == 0);
	assert_int_equal(expect_copy(&copy, &expect), 0);
	must(expect_set_body(&expect, "xx", 2) == 0);
	expect_reset(&expect);
	assert_null(expect.body);
	assert_int_equal(copy.app_status, 3);
	assert_true(expect_has_status(&copy, 404));
	assert_int_equal(expect_feed(&copy, 0, (const unsigned char *)"ababab", 6), 4);
	expect_reset(&copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
