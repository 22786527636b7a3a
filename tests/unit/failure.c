#include "failure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"

static struct failure
status(int64_t number)
{
	return (struct failure){ FAILURE_VALID, FAILURE_STATUS, number };
}

static uint64_t
times_of(const struct failure_table *table, struct failure failure)
{
	size_t i;

	for (i = 0; i < table->count; i++)
		if (table->rows[i].failure.phase == failure.phase &&
		    table->rows[i].failure.kind == failure.kind &&
		    table->rows[i].failure.number == failure.number)
			return table->rows[i].times;
	return 0;
}

static void
assert_adds_up(const struct failure_table *table)
{
	uint64_t sum = 0;
	size_t i;

	assert_in_range(table->count, 0, FAILURE_ROWS);
	for (i = 0; i < table->count; i++) {
		assert_true(table->rows[i].times > 0);
		sum += table->rows[i].times;
	}
	assert_int_equal(sum, table->total);
}

static void
one_cause_is_one_row(void **state)
{
	static const struct failure refused = { FAILURE_CONNECT, FAILURE_ERRNO, ECONNREFUSED };
	static const struct failure reset = { FAILURE_ANSWER, FAILURE_ERRNO, ECONNRESET };
	static const struct failure reset_early = { FAILURE_SEND, FAILURE_ERRNO, ECONNRESET };
	struct failure_table table = { 0 };

	(void)state;
	failure_count(&table, refused, 2);
	failure_count(&table, reset, 1);
	failure_count(&table, refused, 3);
	failure_count(&table, reset_early, 1);
	failure_count(&table, status(503), 7);
	failure_count(&table, status(302), 0);
	assert_int_equal(table.count, 4);
	assert_int_equal(table.total, 14);
	assert_int_equal(times_of(&table, refused), 5);
	assert_int_equal(times_of(&table, reset), 1);
	assert_int_equal(times_of(&table, reset_early), 1);
	assert_int_equal(times_of(&table, status(503)), 7);
	assert_adds_up(&table);
}

/* More causes than rows: the first ones keep theirs, the others are counted by their phase. */
static void
a_full_table_loses_no_failure(void **state)
{
	struct failure_table table = { 0 };
	uint8_t phase;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		for (phase = 0; phase < FAILURE_PHASES; phase++)
			failure_count(&table, (struct failure){ phase, FAILURE_APP_STATUS, i }, 1);
		assert_adds_up(&table);
	}
	assert_int_equal(table.total, 5000);
	failure_count(&table, (struct failure){ FAILURE_CONNECT, FAILURE_APP_STATUS, 0 }, 1);
	assert_int_equal(
	    times_of(&table, (struct failure){ FAILURE_CONNECT, FAILURE_APP_STATUS, 0 }), 2);
	for (phase = 0; phase < FAILURE_PHASES; phase++)
		assert_in_range(times_of(&table, (struct failure){ phase, FAILURE_OTHER, 0 }), 980,
		    1000);
	assert_adds_up(&table);
}

static void
a_sum_has_all_of_both(void **state)
{
	struct failure_table one = { 0 }, other = { 0 };
	int i;

	(void)state;
	failure_count(&one, status(503), 3);
	failure_count(&other, status(404), 4);
	failure_count(&other, status(503), 5);
	failure_add(&one, &other);
	assert_int_equal(times_of(&one, status(503)), 8);
	assert_int_equal(times_of(&one, status(404)), 4);
	assert_int_equal(one.total, 12);
	/* Full ones, with others of their own. */
	for (i = 0; i < 100; i++) {
		failure_count(&one, status(1000 + i), 1);
		failure_count(&other, status(2000 + i), 1);
	}
	failure_add(&one, &other);
	assert_int_equal(one.total, 12 + 100 + 9 + 100);
	assert_int_equal(times_of(&one, status(503)), 13);
	assert_adds_up(&one);
}

static void
what_came_since_a_copy_has_no_row_for_the_rest(void **state)
{
	struct failure_table earlier, later = { 0 }, since;

	(void)state;
	failure_count(&later, status(503), 3);
	failure_count(&later, status(404), 1);
	earlier = later;
	failure_count(&later, status(503), 2);
	failure_count(&later, status(302), 6);
	failure_since(&since, &later, &earlier);
	assert_int_equal(since.count, 2);
	assert_int_equal(times_of(&since, status(503)), 2);
	assert_int_equal(times_of(&since, status(302)), 6);
	assert_int_equal(since.total, 8);
	failure_since(&since, &later, &later);
	assert_int_equal(since.total, 0);
	assert_int_equal(since.count, 0);
}

static void
a_cause_has_its_words(void **state)
{
	static const struct {
		struct failure failure;
		const char *words;
	} cases[] = {
		{ { FAILURE_CONNECT, FAILURE_ERRNO, ECONNREFUSED }, "ECONNREFUSED" },
		{ { FAILURE_CONNECT, FAILURE_ERRNO, EACCES }, "EACCES" },
		{ { FAILURE_CONNECT, FAILURE_ERRNO, ETIMEDOUT }, "ETIMEDOUT" },
		{ { FAILURE_CONNECT, FAILURE_ERRNO, EADDRNOTAVAIL }, "EADDRNOTAVAIL" },
		{ { FAILURE_CONNECT, FAILURE_ERRNO, EAGAIN }, "backlog-full" },
		{ { FAILURE_SEND, FAILURE_ERRNO, EAGAIN }, "EAGAIN" },
		{ { FAILURE_CONNECT, FAILURE_ERRNO, 4711 }, "errno 4711" },
		{ { FAILURE_ANSWER, FAILURE_ERRNO, 0 }, "errno 0" },
		{ { FAILURE_CONNECT, FAILURE_TIMEOUT, 0 }, "timeout" },
		{ { FAILURE_ANSWER, FAILURE_CLOSED, 0 }, "closed" },
		{ { FAILURE_FIRST_BYTE, FAILURE_STARVED, 0 }, "starved" },
		{ { FAILURE_SEND, FAILURE_UNSENT, 0 }, "no-free-connection" },
		{ { FAILURE_ANSWER, FAILURE_PROTOCOL, -FCGI_E_VERSION },
		    "record version is not 1" },
		{ { FAILURE_VALID, FAILURE_PROTOCOL_STATUS, FCGI_OVERLOADED }, "FCGI_OVERLOADED" },
		{ { FAILURE_VALID, FAILURE_PROTOCOL_STATUS, FCGI_CANT_MPX_CONN },
		    "FCGI_CANT_MPX_CONN" },
		{ { FAILURE_VALID, FAILURE_PROTOCOL_STATUS, FCGI_UNKNOWN_ROLE },
		    "FCGI_UNKNOWN_ROLE" },
		{ { FAILURE_VALID, FAILURE_PROTOCOL_STATUS, 200 }, "protocolStatus 200" },
		{ { FAILURE_VALID, FAILURE_APP_STATUS, 4294967295 }, "appStatus 4294967295" },
		{ { FAILURE_VALID, FAILURE_HEADER, -FCGI_E_NO_HEADER },
		    "output ended before the CGI header block did" },
		{ { FAILURE_VALID, FAILURE_STATUS, 503 }, "status 503" },
		{ { FAILURE_VALID, FAILURE_LENGTH, 0 }, "length" },
		{ { FAILURE_VALID, FAILURE_CONTENT_LENGTH, 0 }, "content-length" },
		{ { FAILURE_VALID, FAILURE_BAD_LENGTH, 0 }, "malformed content-length" },
		{ { FAILURE_VALID, FAILURE_BODY, 0 }, "body" },
		{ { FAILURE_VALID, FAILURE_SHA256, 0 }, "sha256" },
		{ { FAILURE_VALID, FAILURE_OTHER, 0 }, "other" },
	};
	char words[FAILURE_CAUSE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_ptr_equal(failure_cause(words, sizeof words, &cases[i].failure), words);
		assert_string_equal(words, cases[i].words);
	}
}

/* The words are keys, so none may be cut. */
static void
no_cause_is_cut(void **state)
{
	char words[FAILURE_CAUSE_MAX], all[2 * FAILURE_CAUSE_MAX];
	struct failure failure;
	uint8_t phase, kind;
	int number;

	(void)state;
	for (phase = 0; phase < FAILURE_PHASES; phase++) {
		for (kind = FAILURE_ERRNO; kind <= FAILURE_OTHER; kind++) {
			for (number = -40; number < 140; number++) {
				failure = (struct failure){ phase, kind, number };
				failure_cause(words, sizeof words, &failure);
				failure_cause(all, sizeof all, &failure);
				assert_string_equal(words, all);
			}
		}
	}
}

static void
a_phase_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(failure_phase_name(FAILURE_CONNECT), "connect");
	assert_string_equal(failure_phase_name(FAILURE_SEND), "send");
	assert_string_equal(failure_phase_name(FAILURE_FIRST_BYTE), "first-byte");
	assert_string_equal(failure_phase_name(FAILURE_ANSWER), "answer");
	assert_string_equal(failure_phase_name(FAILURE_VALID), "valid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_cause_is_one_row),
		cmocka_unit_test(a_full_table_loses_no_failure),
		cmocka_unit_test(a_sum_has_all_of_both),
		cmocka_unit_test(what_came_since_a_copy_has_no_row_for_the_rest),
		cmocka_unit_test(a_cause_has_its_words),
		cmocka_unit_test(no_cause_is_cut),
		cmocka_unit_test(a_phase_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
