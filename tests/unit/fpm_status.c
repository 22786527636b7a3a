#include "fpm_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fpm_page.h"
#include "guard.h"

enum { OK = 0, NO_PAGE = -FCGI_E_SYNTAX };

static int
parse(struct fpm_status *status, const char *page, size_t len)
{
	char *held = guard_copy(page, len);
	struct fpm_reader reader;
	int r;

	fpm_reader_init(&reader, status, "/status");
	fpm_reader_feed(&reader, held, len);
	guard_free(held, len);
	r = fpm_reader_end(&reader);
	return r;
}

static int
parse_text(struct fpm_status *status, const char *page)
{
	return parse(status, page, strlen(page));
}

/* What is left of a page that was none. */
static void
assert_nothing(const struct fpm_status *status)
{
	static const struct fpm_status unknown = {
		.start_since = -1, .accepted_conn = -1, .listen_queue = -1,
		.max_listen_queue = -1, .listen_queue_len = -1, .idle_processes = -1,
		.active_processes = -1, .total_processes = -1, .max_active_processes = -1,
		.max_children_reached = -1, .slow_requests = -1, .memory_peak = -1,
		.processes = -1, .in_state = { -1, -1, -1, -1, -1 }, .ours = -1,
		.most_requests = -1, .oldest = -1, .last_memory = -1, .largest_body = -1,
		    .last_cpu = -1,
		.longest = { .pid = -1, .duration_us = -1 },
	};

	assert_memory_equal(status, &unknown, sizeof unknown);
}

static void
assert_refused(const char *page)
{
	struct fpm_status status;

	assert_int_equal(parse_text(&status, page), NO_PAGE);
	assert_nothing(&status);
}

static void
assert_summary(const struct fpm_status *status)
{
	assert_string_equal(status->pool, "www");
	assert_string_equal(status->process_manager, "static");
	assert_string_equal(status->start_time, "22/Nov/2026:04:33:15 +0000");
	assert_int_equal(status->start_since, 3601);
	assert_int_equal(status->accepted_conn, 1204);
	assert_int_equal(status->listen_queue, 3);
	assert_int_equal(status->max_listen_queue, 9);
	assert_int_equal(status->listen_queue_len, 128);
	assert_int_equal(status->idle_processes, 1);
	assert_int_equal(status->active_processes, 2);
	assert_int_equal(status->total_processes, 3);
	assert_int_equal(status->max_active_processes, 2);
	assert_int_equal(status->max_children_reached, 4);
	assert_int_equal(status->slow_requests, 5);
	assert_int_equal(status->memory_peak, -1);
}

static void
the_whole_page(void **state)
{
	struct fpm_status status;

	(void)state;
	assert_int_equal(parse_text(&status, FPM_PAGE), OK);
	assert_summary(&status);
	assert_int_equal(status.processes, 3);
	assert_int_equal(status.in_state[FPM_IDLE], 1);
	assert_int_equal(status.in_state[FPM_RUNNING], 2);
	assert_int_equal(status.in_state[FPM_READING], 0);
	assert_int_equal(status.in_state[FPM_FINISHING], 0);
	assert_int_equal(status.in_state[FPM_OTHER_STATE], 0);
	assert_int_equal(status.ours, 1);
	assert_int_equal(status.most_requests, 17);
	assert_int_equal(status.oldest, 3600);
	assert_int_equal(status.last_memory, 2097152);
	assert_true(status.last_cpu == 98.5);
	assert_int_equal(status.largest_body, 4096);
	/* The idle one's duration is that of its last request. */
	assert_int_equal(status.longest.pid, 1525);
	assert_int_equal(status.longest.duration_us, 205482);
	assert_string_equal(status.longest.method, "GET");
	assert_string_equal(status.longest.uri, "/report.php");
	assert_string_equal(status.longest.script, "/srv/report.php");
}

static void
the_summary_alone(void **state)
{
	struct fpm_status status;

	(void)state;
	assert_int_equal(parse_text(&status, FPM_PAGE_SUMMARY), OK);
	assert_summary(&status);
	assert_int_equal(status.processes, -1);
	assert_int_equal(status.ours, -1);
	assert_int_equal(status.in_state[FPM_IDLE], -1);
	assert_int_equal(status.most_requests, -1);
	assert_true(status.last_cpu < 0);
	assert_int_equal(status.longest.duration_us, -1);
}

/* PHP 8.4 has a line more, and the next may have others. */
static void
fields_of_later_versions(void **state)
{
	struct fpm_status status;

	(void)state;
	assert_int_equal(parse_text(&status,
			     FPM_PAGE_SUMMARY "memory peak:          4194304\n"
					      "something new:        any: thing\n" FPM_PAGE_BUSY
					      "last request colour:  blue\n" FPM_PAGE_OURS),
	    OK);
	assert_int_equal(status.memory_peak, 4194304);
	assert_int_equal(status.processes, 2);
	assert_int_equal(status.longest.pid, 1525);
}

/* PHP 5.3 knew less. */
static void
fields_that_old_versions_lack(void **state)
{
	struct fpm_status status;

	(void)state;
	assert_int_equal(parse_text(&status,
			     "pool: old\nprocess manager: dynamic\nstart since: 1\n"
			     "accepted conn: 2\nidle processes: 3\nactive processes: 4\n"
			     "total processes: 7\n"),
	    OK);
	assert_string_equal(status.pool, "old");
	assert_int_equal(status.total_processes, 7);
	assert_int_equal(status.listen_queue, -1);
	assert_int_equal(status.slow_requests, -1);
}

static void
states_of_processes(void **state)
{
	static const struct {
		const char *word;
		enum fpm_state expected;
	} cases[] = {
		{ "Idle", FPM_IDLE },
		{ "Reading headers", FPM_READING },
		{ "Getting request informations", FPM_READING },
		{ "Getting request information", FPM_READING },
		{ "Running", FPM_RUNNING },
		{ "Ending", FPM_FINISHING },
		{ "Finishing", FPM_FINISHING },
		{ "Dreaming", FPM_OTHER_STATE },
		{ "Waiting for something that takes a while", FPM_OTHER_STATE },
		{ "Idler", FPM_OTHER_STATE },
		{ "", FPM_OTHER_STATE },
	};
	struct fpm_status status;
	char page[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(page, sizeof page,
		    FPM_PAGE_SUMMARY
		    "\n************************\npid: 9\nstate: %s\nrequest duration: 5\n"
		    "request URI: /x\nlast request memory: 0\n",
		    cases[i].word);
		assert_int_equal(parse_text(&status, page), OK);
		assert_int_equal(status.processes, 1);
		assert_int_equal(status.in_state[cases[i].expected], 1);
		assert_int_equal(status.longest.duration_us,
		    cases[i].expected == FPM_IDLE ? -1 : 5);
	}
}

/* Only who runs the status page now is of our making, and one of them at most. */
static void
which_process_is_ours(void **state)
{
	static const struct {
		const char *state, *uri;
		int ours;
	} cases[] = {
		{ "Running", "/status?full", 1 },
		{ "Running", "/status", 1 },
		{ "Running", "/status?full&x=1", 1 },
		{ "Running", "/status/", 0 },
		{ "Running", "/statu", 0 },
		{ "Running", "/status2?full", 0 },
		{ "Running", "-", 0 },
		{ "Idle", "/status?full", 0 },
		{ "Finishing", "/status?full", 0 },
	};
	struct fpm_status status;
	char page[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(page, sizeof page,
		    FPM_PAGE_SUMMARY
		    "\n************************\npid: 9\nstate: %s\nrequest duration: 5\n"
		    "request URI: %s\nlast request memory: 0\n",
		    cases[i].state, cases[i].uri);
		assert_int_equal(parse_text(&status, page), OK);
		assert_int_equal(status.ours, cases[i].ours);
		if (cases[i].ours)
			assert_int_equal(status.longest.duration_us, -1);
	}
	assert_int_equal(parse_text(&status, FPM_PAGE_SUMMARY FPM_PAGE_OURS FPM_PAGE_OURS), OK);
	assert_int_equal(status.ours, 1);
	assert_int_equal(status.in_state[FPM_RUNNING], 2);
	assert_int_equal(status.longest.duration_us, -1);
}

static void
the_pieces_do_not_matter(void **state)
{
	struct fpm_status whole, pieces;
	const char *page = FPM_PAGE;
	struct fpm_reader reader;
	size_t len = strlen(page), size, at;

	(void)state;
	assert_int_equal(parse_text(&whole, FPM_PAGE), OK);
	for (size = 1; size < 200; size++) {
		fpm_reader_init(&reader, &pieces, "/status");
		for (at = 0; at < len; at += size)
			fpm_reader_feed(&reader, page + at, size < len - at ? size : len - at);
		assert_int_equal(fpm_reader_end(&reader), OK);
		assert_memory_equal(&pieces, &whole, sizeof whole);
	}
}

/* Cut anywhere it is no page, but where what is left is one. */
static void
a_page_that_is_cut_is_none(void **state)
{
	size_t summary = strlen(FPM_PAGE_SUMMARY), one = strlen(FPM_PAGE_SUMMARY FPM_PAGE_BUSY);
	size_t two = strlen(FPM_PAGE_SUMMARY FPM_PAGE_BUSY FPM_PAGE_OURS), len;
	size_t total = strlen("total processes:      3\n"), needed;
	const char *page = FPM_PAGE;
	struct fpm_status status;
	int is_page;

	(void)state;
	needed = (size_t)(strstr(page, "total processes") - page) + total;
	for (len = 0; len < strlen(page); len++) {
		/* A blank line more belongs to either page. */
		is_page = len == summary + 1 || len == one || len == one + 1 || len == two ||
		    len == two + 1;
		if (len >= needed && len <= summary)
			is_page = page[len - 1] == '\n';
		assert_int_equal(parse(&status, page, len), is_page ? OK : NO_PAGE);
		if (is_page)
			assert_int_equal(status.accepted_conn, 1204);
		else
			assert_nothing(&status);
	}
}

static void
other_pages_are_refused(void **state)
{
	static const char *const pages[] = {
		"", "\n", "pong", "pong\n", "pool\n", "pool: www", "pool: www\n",
		"File not found.\n",
		"<!DOCTYPE html>\n<html>\n<body>pool: www</body></html>\n",
		"{\"pool\":\"www\",\"process manager\":\"static\",\"start time\":1763785995}\n",
		"\n" FPM_PAGE_SUMMARY,
		" " FPM_PAGE_SUMMARY,
		"title: a page\n" FPM_PAGE_SUMMARY,
		FPM_PAGE_SUMMARY "a line that is no field\n",
		FPM_PAGE_SUMMARY ": no name\n",
		FPM_PAGE_SUMMARY "\n\n",
		FPM_PAGE_SUMMARY "\nand more: text\n",
		FPM_PAGE_SUMMARY "\n*** fewer stars ***\npid: 1\n",
		FPM_PAGE_SUMMARY FPM_PAGE_STARS,
		FPM_PAGE_SUMMARY FPM_PAGE_STARS "state: Idle\n",
		FPM_PAGE_SUMMARY FPM_PAGE_STARS "pid: many\n",
		FPM_PAGE_SUMMARY FPM_PAGE_STARS "pid: 1\nstate: Idle\n",
		FPM_PAGE_SUMMARY FPM_PAGE_STARS "\n",
		/* Said twice. */
		FPM_PAGE_SUMMARY "pool: www\n",
		FPM_PAGE_SUMMARY "slow requests: 5\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pages / sizeof *pages; i++)
		assert_refused(pages[i]);
}

static void
each_needed_field_is_needed(void **state)
{
	static const char *const needed[] = {
		"pool:", "process manager:", "start since:", "accepted conn:", "idle processes:",
		"\nactive processes:", "total processes:",
	};
	char page[] = FPM_PAGE_SUMMARY;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof needed / sizeof *needed; i++) {
		char *field;

		memcpy(page, FPM_PAGE_SUMMARY, sizeof page);
		field = strstr(page, needed[i]);
		assert_non_null(field);
		field[*field == '\n'] = 'x';
		assert_refused(page);
	}
}

static void
a_process_without_what_it_always_has_is_cut(void **state)
{
	static const char *const needed[] = {
		"\nstate:", "\nrequest duration:", "\nlast request memory:",
	};
	char page[] = FPM_PAGE_SUMMARY FPM_PAGE_BUSY;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof needed / sizeof *needed; i++) {
		char *field;

		memcpy(page, FPM_PAGE_SUMMARY FPM_PAGE_BUSY, sizeof page);
		field = strstr(page, needed[i]);
		assert_non_null(field);
		field[1] = 'x';
		assert_refused(page);
	}
}

static void
numbers_of_the_summary_are_numbers(void **state)
{
	static const struct {
		const char *number;
		int result;
		int64_t value;
	} cases[] = {
		{ "0", OK, 0 },
		{ "00012", OK, 12 },
		{ "9223372036854775807", OK, INT64_MAX },
		/* An old fault of php-fpm: below zero.  That is not known. */
		{ "-1", OK, -1 },
		{ "-32", OK, -1 },
		{ "9223372036854775808", NO_PAGE, 0 },
		{ "99999999999999999999999999999999", NO_PAGE, 0 },
		{ "", NO_PAGE, 0 },
		{ "-", NO_PAGE, 0 },
		{ "--1", NO_PAGE, 0 },
		{ "+1", NO_PAGE, 0 },
		{ "1 ", NO_PAGE, 0 },
		{ "1.5", NO_PAGE, 0 },
		{ "1e3", NO_PAGE, 0 },
		{ "0x10", NO_PAGE, 0 },
		{ "one", NO_PAGE, 0 },
		{ "1\r", NO_PAGE, 0 },
		{ "\t1", NO_PAGE, 0 },
	};
	struct fpm_status status;
	char page[2048];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(page, sizeof page, FPM_PAGE_SUMMARY "memory peak:          %s\n",
		    cases[i].number);
		assert_int_equal(parse_text(&status, page), cases[i].result);
		if (cases[i].result == OK)
			assert_int_equal(status.memory_peak, cases[i].value);
		else
			assert_nothing(&status);
	}
}

/* They are not worth to doubt the whole page. */
static void
strange_numbers_of_a_process_are_not_known(void **state)
{
	struct fpm_status status;

	(void)state;
	assert_int_equal(parse_text(&status,
			     FPM_PAGE_SUMMARY FPM_PAGE_PROCESS("1", "Running", "x", "-5",
				 "18446744073709551615", "GET", "/x", "1e9", "/x.php", "nan",
				 "lots")),
	    OK);
	assert_int_equal(status.processes, 1);
	assert_int_equal(status.in_state[FPM_RUNNING], 1);
	assert_int_equal(status.oldest, -1);
	assert_int_equal(status.most_requests, -1);
	assert_int_equal(status.last_memory, -1);
	assert_int_equal(status.largest_body, 0);
	assert_true(status.last_cpu < 0);
	assert_int_equal(status.longest.duration_us, -1);
}

/*
 * php-fpm escapes nothing: a name for Basic authentication, or a script's path, with a line end in
 * it stands in the page as two lines.
 */
static void
a_clients_lines_change_no_field_before_them(void **state)
{
	struct fpm_status status;

	(void)state;
	assert_int_equal(parse_text(&status,
			     FPM_PAGE_SUMMARY FPM_PAGE_PROCESS("1", "Running", "10", "2", "3000000",
				 "GET",
				 "/x\nrequest URI: /y\nstate: Idle\npid: 7\nrequest duration: "
				 "1\nrequests: 999\n"
				 "a line that is no field\n\n" "************************\n"
				 "pid: 8\nstate: Idle\nlast request memory: 5000",
				 "12", "/x.php\n\n\nstate: Idle", "1.00", "77")),
	    OK);
	assert_int_equal(status.processes, 1);
	assert_int_equal(status.in_state[FPM_RUNNING], 1);
	assert_int_equal(status.longest.pid, 1);
	assert_string_equal(status.longest.uri, "/x");
	assert_int_equal(status.longest.duration_us, 3000000);
	assert_int_equal(status.most_requests, 2);
	assert_int_equal(status.last_memory, 77);
}

static void
strings_are_cut(void **state)
{
	char page[8192], name[3001];
	struct fpm_status status;

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	snprintf(page, sizeof page,
	    "pool: %s\nprocess manager: static\nstart since: 1\naccepted conn: 2\n"
	    "idle processes: 3\nactive processes: 4\ntotal processes: 7\n"
	    "\n************************\npid: 1\nstate: Running\nrequest duration: 9\n"
	    "request method: %.100s\nrequest URI: /%.1000s\nscript: %.1000s\n"
	    "last request memory: 0\n",
	    name, name, name, name);
	assert_int_equal(parse_text(&status, page), OK);
	assert_int_equal(strlen(status.pool), sizeof status.pool - 1);
	assert_int_equal(strlen(status.longest.method), sizeof status.longest.method - 1);
	assert_int_equal(strlen(status.longest.uri), sizeof status.longest.uri - 1);
	assert_int_equal(strlen(status.longest.script), sizeof status.longest.script - 1);
}

/* Far more than is kept of any other body. */
static void
a_pool_of_five_thousand(void **state)
{
	static const char idle[] = FPM_PAGE_IDLE, busy[] = FPM_PAGE_BUSY;
	struct fpm_status status;
	struct fpm_reader reader;
	int i;

	(void)state;
	fpm_reader_init(&reader, &status, "/status");
	fpm_reader_feed(&reader, FPM_PAGE_SUMMARY, strlen(FPM_PAGE_SUMMARY));
	for (i = 0; i < 5000; i++)
		fpm_reader_feed(&reader, i % 5 ? busy : idle, strlen(i % 5 ? busy : idle));
	assert_int_equal(fpm_reader_end(&reader), OK);
	assert_int_equal(status.processes, 5000);
	assert_int_equal(status.in_state[FPM_IDLE], 1000);
	assert_int_equal(status.in_state[FPM_RUNNING], 4000);
	assert_int_equal(status.ours, 0);
}

static void
any_bytes_are_borne(void **state)
{
	struct fpm_status status;
	char page[sizeof FPM_PAGE];
	size_t i;
	int byte;

	(void)state;
	for (i = 0; i < sizeof page - 1; i += 7) {
		for (byte = 0; byte < 256; byte += 3) {
			memcpy(page, FPM_PAGE, sizeof page);
			page[i] = (char)byte;
			if (parse(&status, page, sizeof page - 1) == NO_PAGE)
				assert_nothing(&status);
			else
				assert_true(status.processes <= 3);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_page),
		cmocka_unit_test(the_summary_alone),
		cmocka_unit_test(fields_of_later_versions),
		cmocka_unit_test(fields_that_old_versions_lack),
		cmocka_unit_test(states_of_processes),
		cmocka_unit_test(which_process_is_ours),
		cmocka_unit_test(the_pieces_do_not_matter),
		cmocka_unit_test(a_page_that_is_cut_is_none),
		cmocka_unit_test(other_pages_are_refused),
		cmocka_unit_test(each_needed_field_is_needed),
		cmocka_unit_test(a_process_without_what_it_always_has_is_cut),
		cmocka_unit_test(numbers_of_the_summary_are_numbers),
		cmocka_unit_test(strange_numbers_of_a_process_are_not_known),
		cmocka_unit_test(a_clients_lines_change_no_field_before_them),
		cmocka_unit_test(strings_are_cut),
		cmocka_unit_test(a_pool_of_five_thousand),
		cmocka_unit_test(any_bytes_are_borne),
	};

	return cmocka_run_group_tests_name("fpm_status", tests, NULL, NULL);
}
