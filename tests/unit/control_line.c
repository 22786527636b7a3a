#include "control_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "guard.h"

/* Against an unreadable page. */
static int
read_request(const char *line)
{
	size_t len = strlen(line);
	char *edge = guard_copy(line, len);
	int r = control_line_read_request(edge, len);

	guard_free(edge, len);
	return r;
}

static void
reads_requests(void **state)
{
	static const struct {
		const char *line;
		int result;
	} cases[] = {
		{ "fcgistarter/1 status", CONTROL_STATUS },
		{ "fcgistarter/1 json", CONTROL_JSON },
		{ "fcgistarter/1 name", CONTROL_NAME },
		{ "fcgistarter/1 reload", CONTROL_RELOAD },
		{ "fcgistarter/1 stop", CONTROL_STOP },
		{ "fcgistarter/2 stop", -FCGI_E_VERSION },
		{ "fcgistarter/10 stop", -FCGI_E_VERSION },
		{ "fcgistarter/11", -FCGI_E_VERSION },
		{ "fcgistarter/1", -FCGI_E_SYNTAX },
		{ "fcgistarter/1 ", -FCGI_E_SYNTAX },
		{ "fcgistarter/1 sto", -FCGI_E_SYNTAX },
		{ "fcgistarter/1 stopp", -FCGI_E_SYNTAX },
		{ "fcgistarter/1 stop ", -FCGI_E_SYNTAX },
		{ "fcgistarter/1  stop", -FCGI_E_SYNTAX },
		{ "fcgistarter/1 STOP", -FCGI_E_SYNTAX },
		{ "fcgistarter/ stop", -FCGI_E_SYNTAX },
		{ "fcgistarter", -FCGI_E_SYNTAX },
		{ "GET / HTTP/1.1", -FCGI_E_SYNTAX },
		{ " ", -FCGI_E_SYNTAX },
		{ "", -FCGI_E_SYNTAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(read_request(cases[i].line), cases[i].result);
	assert_int_equal(control_line_read_request("fcgistarter/1 sto\0p", 19), -FCGI_E_SYNTAX);
}

/* What one end writes, the other reads. */
static void
requests_come_through(void **state)
{
	char line[CONTROL_LINE_MAX];
	size_t len;
	int command;

	(void)state;
	for (command = CONTROL_STATUS; command <= CONTROL_STOP; command++) {
		len = control_line_request(line, (enum control_command)command);
		assert_int_equal(len, strlen(line));
		assert_int_equal(line[len - 1], '\n');
		line[len - 1] = '\0';
		assert_int_equal(read_request(line), command);
		assert_string_equal(strrchr(line, ' ') + 1,
		    control_line_word((enum control_command)command));
	}
}

static void
reads_replies(void **state)
{
	static const struct {
		const char *line;
		int result;
		const char *text;
		int64_t wait_ms;
	} cases[] = {
		{ "fcgistarter/1 ok", CONTROL_OK, "", -1 },
		{ "fcgistarter/1 ok ", CONTROL_OK, "", -1 },
		{ "fcgistarter/1 ok two words", CONTROL_OK, "two words", -1 },
		{ "fcgistarter/1 failed", CONTROL_FAILED, "", -1 },
		{ "fcgistarter/1 failed  no", CONTROL_FAILED, " no", -1 },
		{ "fcgistarter/1 wait 0", CONTROL_WAIT, "0", 0 },
		{ "fcgistarter/1 wait 12001", CONTROL_WAIT, "12001", 12001 },
		{ "fcgistarter/1 wait 9223372036854775807", CONTROL_WAIT, "9223372036854775807",
		    INT64_MAX },
		{ "fcgistarter/1 wait 9223372036854775808", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/1 wait 99999999999999999999", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/1 wait -1", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/1 wait 1 ", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/1 wait", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/1 okay", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/1", -FCGI_E_SYNTAX, NULL, 0 },
		{ "fcgistarter/2 ok", -FCGI_E_VERSION, NULL, 0 },
		{ "Status: 200 OK", -FCGI_E_SYNTAX, NULL, 0 },
		{ "", -FCGI_E_SYNTAX, NULL, 0 },
	};
	const char *text;
	size_t text_len;
	int64_t wait_ms;
	size_t len;
	char *edge;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		len = strlen(cases[i].line);
		edge = guard_copy(cases[i].line, len);
		wait_ms = -1;
		assert_int_equal(control_line_read_reply(edge, len, &text, &text_len, &wait_ms),
		    cases[i].result);
		if (cases[i].text != NULL) {
			assert_int_equal(text_len, strlen(cases[i].text));
			assert_memory_equal(text, cases[i].text, text_len);
			assert_true(wait_ms == cases[i].wait_ms);
		}
		guard_free(edge, len);
	}
}

static void
writes_replies(void **state)
{
	char line[CONTROL_LINE_MAX];
	char longest[2 * CONTROL_LINE_MAX];
	size_t len;

	(void)state;
	assert_int_equal(control_line_wait(line, 12001), strlen("fcgistarter/1 wait 12001\n"));
	assert_string_equal(line, "fcgistarter/1 wait 12001\n");
	assert_int_equal(control_line_result(line, 1, NULL), strlen("fcgistarter/1 ok\n"));
	assert_string_equal(line, "fcgistarter/1 ok\n");
	assert_int_equal(control_line_result(line, 0, "a\nb\n"),
	    strlen("fcgistarter/1 failed a b \n"));
	assert_string_equal(line, "fcgistarter/1 failed a b \n");
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	len = control_line_result(line, 0, longest);
	assert_true(len < CONTROL_LINE_MAX);
	assert_int_equal(strlen(line), len);
	assert_string_equal(line + len - 3, "xx\n");
	assert_ptr_equal(strchr(line, '\n'), line + len - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_requests),
		cmocka_unit_test(requests_come_through),
		cmocka_unit_test(reads_replies),
		cmocka_unit_test(writes_replies),
	};

	return cmocka_run_group_tests_name("control_line", tests, NULL, NULL);
}
