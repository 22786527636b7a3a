#include "log_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard.h"

/* 2023-11-14 22:13:20 UTC */
enum { THEN = 1700000000 };

static void
set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void
own_prefix_is(enum log_target target, time_t now, const char *want)
{
	char prefix[LOG_LINE_PREFIX_SIZE];

	log_line_own_prefix(prefix, target, now, 4711);
	assert_string_equal(prefix, want);
}

static void
begins_own_lines(void **state)
{
	(void)state;
	set_zone("UTC0");
	own_prefix_is(LOG_TO_FILE, THEN, "2023-11-14T22:13:20+00:00 fcgistarter[4711]: ");
	own_prefix_is(LOG_TO_STDERR, THEN, "fcgistarter[4711]: ");
	own_prefix_is(LOG_TO_SYSLOG, THEN, "<29>Nov 14 22:13:20 fcgistarter[4711]: ");
	/* A day of one digit has a blank before it. */
	own_prefix_is(LOG_TO_SYSLOG, THEN - 13 * 86400, "<29>Nov  1 22:13:20 fcgistarter[4711]: ");
}

static void
tells_local_time(void **state)
{
	(void)state;
	set_zone("XXX-5:30");
	own_prefix_is(LOG_TO_FILE, THEN, "2023-11-15T03:43:20+05:30 fcgistarter[4711]: ");
	own_prefix_is(LOG_TO_SYSLOG, THEN, "<29>Nov 15 03:43:20 fcgistarter[4711]: ");
	set_zone("XXX3:30");
	own_prefix_is(LOG_TO_FILE, THEN, "2023-11-14T18:43:20-03:30 fcgistarter[4711]: ");
	set_zone("XXX0:30");
	own_prefix_is(LOG_TO_FILE, THEN, "2023-11-14T21:43:20-00:30 fcgistarter[4711]: ");
	/* Summer and winter differ. */
	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	own_prefix_is(LOG_TO_FILE, THEN, "2023-11-14T23:13:20+01:00 fcgistarter[4711]: ");
	own_prefix_is(LOG_TO_FILE, THEN - 90 * 86400,
	    "2023-08-17T00:13:20+02:00 fcgistarter[4711]: ");
}

static void
begins_lines_of_instances(void **state)
{
	char prefix[LOG_LINE_PREFIX_SIZE], longest[256];

	(void)state;
	set_zone("UTC0");
	log_line_tag_prefix(prefix, LOG_TO_FILE, THEN, "app", 3, 4711);
	assert_string_equal(prefix, "app[3:4711] ");
	log_line_tag_prefix(prefix, LOG_TO_STDERR, THEN, "app", 3, 4711);
	assert_string_equal(prefix, "app[3:4711] ");
	log_line_tag_prefix(prefix, LOG_TO_SYSLOG, THEN, "app", 3, 4711);
	assert_string_equal(prefix, "<29>Nov 14 22:13:20 app[3:4711]: ");
	/* The longest there can be is whole. */
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	log_line_tag_prefix(prefix, LOG_TO_SYSLOG, THEN, longest, INT32_MAX, INT32_MAX);
	assert_int_equal(strlen(prefix),
	    strlen("<29>Nov 14 22:13:20 ") + 255 + strlen("[2147483647:2147483647]: "));
}

/* The line, in exactly the room it needs; with one byte less there is none. */
static void
line_is(const char *text, size_t len, int flags, const char *want)
{
	/* text_escape() terminates what it writes, and a backslash may follow: two bytes more. */
	size_t size = strlen(want) + 2, got = 0, i;
	char *room = guard_copy(NULL, size);

	for (i = 0; i <= size && got == 0; i++)
		got = log_line_write(room + size - i, i, "tag ", text, len, flags);
	assert_int_equal(got, strlen(want));
	assert_memory_equal(room + size - (i - 1), want, got);
	guard_free(room, size);
}

#define LINE_IS(text, flags, want) line_is("" text, sizeof text - 1, flags, want)

static void
writes_lines(void **state)
{
	(void)state;
	LINE_IS("", 0, "tag \n");
	line_is("a\033\\\xff", 4, 0, "tag a\033\\\xff\n");
	LINE_IS("text", LOG_LINE_ESCAPED, "tag text\n");
	LINE_IS("", LOG_LINE_ESCAPED, "tag \n");
	LINE_IS("text", LOG_LINE_ESCAPED | LOG_LINE_CONTINUED, "tag text\\\n");
	/* Unescaped text has a backslash of its own for all we know. */
	LINE_IS("text", LOG_LINE_CONTINUED, "tag text\n");
	LINE_IS("a\tb\nc\\", LOG_LINE_ESCAPED, "tag a\\tb\\nc\\\\\n");
	LINE_IS("a\tb\\", LOG_LINE_ESCAPED | LOG_LINE_TABS, "tag a\tb\\\\\n");
	LINE_IS("\033[2J\r\xc2\x85\x9b\xc3\xa4", LOG_LINE_ESCAPED | LOG_LINE_TABS,
	    "tag \\033[2J\\r\\302\\205\\233\xc3\xa4\n");
}

static void
piece_is(const char *text, size_t len, size_t want)
{
	/* A line goes on behind its piece: one byte is there to be looked at. */
	char *copy = guard_copy(text, len + 1);

	assert_int_equal(log_line_piece(copy, len), want);
	guard_free(copy, len + 1);
}

static void
tears_no_character(void **state)
{
	(void)state;
	piece_is("abcd", 3, 3);
	piece_is("ab\xc3\xa4", 2, 2);
	piece_is("ab\xc3\xa4", 3, 2);
	piece_is("ab\xe2\x82\xac", 4, 2);
	piece_is("ab\xf0\x9f\x98\x80", 5, 2);
	piece_is("ab\xf0\x9f\x98\x80" "c", 6, 6);
	/* No characters: as long as may be, and never nothing. */
	piece_is("a\x80\x80\x80\x80\x80", 5, 5);
	piece_is("ab\x80\x80\x80\x80\x80", 6, 6);
	piece_is("\x80\x80\x80", 2, 2);
	piece_is("\xf0\x9f\x98\x80", 3, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_own_lines),
		cmocka_unit_test(tells_local_time),
		cmocka_unit_test(begins_lines_of_instances),
		cmocka_unit_test(writes_lines),
		cmocka_unit_test(tears_no_character),
	};

	return cmocka_run_group_tests_name("log_line", tests, NULL, NULL);
}
