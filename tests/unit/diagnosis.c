#include "result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "fcgi_proto.h"

#define MS INT64_C(1000000)

/* A run of 10 s, 10000 answers of 1 ms each, of which nothing is to be said but how to read it. */
struct run {
	struct schedule_stage stage;
	struct plan plan;
	struct result result;
};

static void
record(struct run *run, enum tally_span span, uint64_t times, int64_t ns)
{
	while (times-- > 0)
		histogram_record(&run->result.total.spans[span], ns);
}

static int
set_up(void **state)
{
	struct run *run = calloc(1, sizeof *run);

	assert_non_null(run);
	run->plan = (struct plan){ .connections = 8, .threads = 1, .streams = 1, .keep_alive = 1,
		.warmup_ns = CLOCK_NS_PER_S, .duration_ns = 10 * CLOCK_NS_PER_S };
	run->result.plan = &run->plan;
	run->result.duration_s = 10;
	run->result.rps = 100000;
	run->result.total.complete = 1000000;
	run->result.total.connects = 8;
	run->result.total.connections_used = 8;
	run->result.total.busy_ns = CLOCK_NS_PER_S / 2;
	strcpy(run->result.host.clocksource, "tsc");
	record(run, TALLY_SERVICE, 200000, MS);
	*state = run;
	return 0;
}

static int
tear_down(void **state)
{
	free(*state);
	return 0;
}

static void
open_loop(struct run *run, double rate)
{
	run->stage = (struct schedule_stage){ .duration_ns = CLOCK_NEVER, .rate = rate };
	run->plan.open_loop = 1;
	run->plan.schedule = (struct schedule){ .stages = &run->stage, .stage_count = 1 };
	record(run, TALLY_RESPONSE, 200000, MS);
	record(run, TALLY_LATENESS, 200000, 1000);
}

/* All that is said, in this order. */
static void
must_say(struct run *run, size_t count, ...)
{
	struct result *result = &run->result;
	va_list kinds;
	size_t i;

	result_diagnose(result);
	assert_int_equal(result->diagnosis_count, count);
	va_start(kinds, count);
	for (i = 0; i < count; i++) {
		assert_int_equal(result->diagnoses[i].kind, va_arg(kinds, enum diagnosis_kind));
		/* One sentence: not cut, no line end, no full stop for the report to trip over. */
		assert_true(strlen(result->diagnoses[i].text) < sizeof result->diagnoses->text - 1);
		assert_null(strchr(result->diagnoses[i].text, '\n'));
		assert_true(result_has_diagnosis(result, result->diagnoses[i].kind));
	}
	va_end(kinds);
}

static void
must_have_text(const struct run *run, size_t i, const char *text)
{
	assert_string_equal(run->result.diagnoses[i].text, text);
}

static void
must_contain(const struct run *run, size_t i, const char *text)
{
	if (strstr(run->result.diagnoses[i].text, text) == NULL)
		assert_string_equal(run->result.diagnoses[i].text, text);
}

static void
a_good_run_is_only_explained(void **state)
{
	struct run *run = *state;

	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
	assert_false(run->result.client_saturated);
	open_loop(run, 100000);
	must_say(run, 0);
	assert_false(run->result.client_saturated);
}

static void
starved_connections_are_told_with_the_number_to_use(void **state)
{
	struct run *run = *state;

	run->result.total.connections_used = 1;
	run->result.total.connections_starved = 3;
	must_say(run, 2, DIAGNOSIS_STARVED, DIAGNOSIS_CLOSED_LOOP);
	must_have_text(run, 0, "3 of 4 connections never had an answer: the application serves 1 "
	    "at a time, always the same; use -c 1, give it more workers, or leave -k out");
	/* Of an application that never answers anybody that says nothing. */
	run->result.total.connections_used = 0;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
	/* Nor does it of connections that are not kept. */
	run->result.total.connections_used = 1;
	run->plan.keep_alive = 0;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
}

static void
count_failures(struct run *run, enum failure_phase phase, enum failure_kind kind, int64_t number,
    uint64_t times)
{
	const struct failure failure = { .phase = (uint8_t)phase, .kind = (uint8_t)kind,
		.number = number };

	failure_count(&run->result.total.failures, failure, times);
}

static void
connections_that_failed_are_told_by_cause(void **state)
{
	struct run *run = *state;

	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EAGAIN, 1);
	count_failures(run, FAILURE_SEND, FAILURE_ERRNO, EAGAIN, 1);
	must_say(run, 2, DIAGNOSIS_BACKLOG_FULL, DIAGNOSIS_CLOSED_LOOP);
	must_have_text(run, 0, "1 connection was turned away because the application's queue was "
	    "full: let it listen with a longer one, or use fewer connections");
	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EAGAIN, 41);
	run->result.server_backlog = 5;
	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EADDRNOTAVAIL, 7);
	must_say(run, 3, DIAGNOSIS_BACKLOG_FULL, DIAGNOSIS_PORTS_EXHAUSTED, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "42 connections were turned away");
	must_contain(run, 0, "(a backlog of 5)");
	must_contain(run, 1, "7 requests found no free port of ours for a connection: ");
}

static void
ports_that_ran_out_are_told_with_what_spares_them(void **state)
{
	struct run *run = *state;

	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EADDRNOTAVAIL, 1);
	must_say(run, 2, DIAGNOSIS_PORTS_EXHAUSTED, DIAGNOSIS_CLOSED_LOOP);
	must_have_text(run, 0, "1 request found no free port of ours for a connection: closed ones "
	    "keep theirs for a minute; use fewer (-c), a UNIX socket, or widen "
	    "net.ipv4.ip_local_port_range");
	run->plan.requests_per_connection = 1;
	result_diagnose(&run->result);
	must_contain(run, 0, "for a minute; keep them for more requests, a UNIX socket, or");
	run->plan.keep_alive = 0;
	result_diagnose(&run->result);
	must_contain(run, 0, "for a minute; use -k, a UNIX socket, or");
}

static void
slow_connections_are_told(void **state)
{
	struct run *run = *state;

	run->result.total.slow_connects[0] = 2;
	run->result.total.slow_connects[2] = 1;
	run->result.server_backlog = 5;
	must_say(run, 2, DIAGNOSIS_SYN_RETRANSMISSION, DIAGNOSIS_CLOSED_LOOP);
	must_have_text(run, 0, "3 connections took about 1, 3 or 7 s: a SYN was lost and sent "
	    "again, most often because the application's backlog of 5 was full");
	count_failures(run, FAILURE_CONNECT, FAILURE_TIMEOUT, 0, 4);
	must_say(run, 2, DIAGNOSIS_SYN_RETRANSMISSION, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "7 connections took about 1, 3 or 7 s, or longer than");
	memset(run->result.total.slow_connects, 0, sizeof run->result.total.slow_connects);
	must_say(run, 2, DIAGNOSIS_SYN_RETRANSMISSION, DIAGNOSIS_CLOSED_LOOP);
	must_have_text(run, 0, "4 connections took longer than the time given: SYNs were lost, most "
	    "often because the application's backlog of 5 was full, else on their way");
}

/* An address that never answers is not blamed on the application alone, nor called busy. */
static void
silence_is_told(void **state)
{
	struct run *run = *state;

	open_loop(run, 100000);
	run->result.total.complete = run->result.total.connects = 0;
	run->result.total.connections_used = 0;
	run->result.total.no_free = 1000;
	count_failures(run, FAILURE_CONNECT, FAILURE_TIMEOUT, 0, 16);
	must_say(run, 1, DIAGNOSIS_SYN_RETRANSMISSION);
	must_have_text(run, 0, "16 connections had no answer at all in the time given: no host has "
	    "that address, a firewall drops what is sent there, or the application's backlog is "
	    "full");
}

static void
refused_keep_alive_is_told(void **state)
{
	struct run *run = *state;

	run->result.total.refused_keep_alive = 1000000;
	must_say(run, 2, DIAGNOSIS_KEEP_ALIVE_REFUSED, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "refuses keep-alive: it closed 1000000 connections");
	run->result.total.refused_keep_alive = 1000;
	run->result.total.reconnects = 2000;
	must_say(run, 2, DIAGNOSIS_KEEP_ALIVE_REFUSED, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "one in about 500 requests");
	run->plan.keep_alive = 0;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
}

/* It has closed them, but that was no limit of its own. */
static void
an_application_that_ended_is_told(void **state)
{
	struct run *run = *state;

	run->result.total.reconnects = 4;
	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, ECONNREFUSED, 43);
	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, ENOENT, 1);
	must_say(run, 2, DIAGNOSIS_GONE, DIAGNOSIS_CLOSED_LOOP);
	must_have_text(run, 0, "44 connections found nobody listening though others were answered: "
	    "the application ended in mid-run, or was started anew");
	run->plan.target_count = 2;
	must_say(run, 2, DIAGNOSIS_GONE, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "a target is not served");
	/* That nobody has ever listened is told by the run itself. */
	run->result.total.complete = 0;
	result_diagnose(&run->result);
	assert_false(result_has_diagnosis(&run->result, DIAGNOSIS_GONE));
}

static void
answers_that_are_none_are_told(void **state)
{
	struct run *run = *state;

	count_failures(run, FAILURE_VALID, FAILURE_STATUS, 302, 10);
	count_failures(run, FAILURE_VALID, FAILURE_STATUS, 503, 20);
	count_failures(run, FAILURE_ANSWER, FAILURE_PROTOCOL_STATUS, FCGI_OVERLOADED, 5);
	count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0, 100);
	must_say(run, 2, DIAGNOSIS_FAST_ERRORS, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "35 of 1000035 answers were not valid (status 503)");
}

static void
php_fpm_is_known_by_name(void **state)
{
	struct run *run = *state;

	strcpy(run->result.server_name, "php-fpm8.2");
	must_say(run, 2, DIAGNOSIS_FPM_COUNTERS, DIAGNOSIS_CLOSED_LOOP);
	run->plan.keep_alive = 0;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
}

static void
a_busy_client_is_told(void **state)
{
	struct run *run = *state;

	run->result.total.busy_ns = 900 * MS;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
	run->result.total.busy_ns = 901 * MS;
	must_say(run, 2, DIAGNOSIS_CLIENT_SATURATED, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "90 % of an interval");
	assert_true(run->result.client_saturated);
}

static void
late_requests_are_the_clients_doing_when_connections_were_free(void **state)
{
	struct run *run = *state;

	open_loop(run, 100000);
	/* 1.1 % of the requests, so that the 99th percentile is among them. */
	record(run, TALLY_LATENESS, 2250, 2 * MS);
	run->result.total.involuntary = 77;
	must_say(run, 1, DIAGNOSIS_SCHEDULE_MISSED);
	must_contain(run, 0, "p99 of lateness is 2ms");
	must_contain(run, 0, "77 times");
	assert_true(run->result.client_saturated);
	/* They had to wait for a connection. */
	run->result.total.no_free = 11250;
	must_say(run, 1, DIAGNOSIS_SERVER_SATURATED);
	must_contain(run, 0, "1 % of the requests found every connection busy: the application "
	    "pauses");
	assert_false(run->result.client_saturated);
	/* But only because so many were sent at once after we had been late. */
	run->result.total.wall_ns = 10 * CLOCK_NS_PER_S;
	run->result.total.late_ns = 50 * MS;
	must_say(run, 1, DIAGNOSIS_SCHEDULE_MISSED);
	run->result.total.late_ns = 30 * MS;
	must_say(run, 1, DIAGNOSIS_SERVER_SATURATED);
}

/* What no percentile that is told can show is not held against the run. */
static void
a_few_late_ones_of_few_requests_are_no_matter(void **state)
{
	static const struct {
		uint64_t count, permitted;
		const char *percentile;
	} runs[] = {
		{ 2000, 20, "p99" }, { 1000, 10, "p99" }, { 500, 10, "p98" }, { 20, 10, "p50" },
		{ 8, 4, "p50" }, { 1, 0, "p50" },
	};
	struct run *run = *state;
	struct histogram *lateness = &run->result.total.spans[TALLY_LATENESS];
	size_t i;

	open_loop(run, 100000);
	for (i = 0; i < sizeof runs / sizeof *runs; i++) {
		memset(lateness, 0, sizeof *lateness);
		record(run, TALLY_LATENESS, runs[i].count - runs[i].permitted, 0);
		record(run, TALLY_LATENESS, runs[i].permitted, 120 * MS);
		must_say(run, 0);
		memset(lateness, 0, sizeof *lateness);
		record(run, TALLY_LATENESS, runs[i].count - runs[i].permitted - 1, 0);
		record(run, TALLY_LATENESS, runs[i].permitted + 1, 120 * MS);
		must_say(run, 1, DIAGNOSIS_SCHEDULE_MISSED);
		must_contain(run, 0, runs[i].percentile);
	}
}

/* Those that were never sent are among those that found no connection. */
static void
an_application_at_its_limit_is_told(void **state)
{
	struct run *run = *state;

	open_loop(run, 200000);
	count_failures(run, FAILURE_SEND, FAILURE_UNSENT, 0, 1000000);
	run->result.total.unsent = 1000000;
	run->result.total.no_free = 2000000;
	must_say(run, 1, DIAGNOSIS_SERVER_SATURATED);
	must_have_text(run, 0, "100 % of the requests found every connection busy: the application "
	    "is at its limit, or -c is too low for that rate");
	/* Who stopped the run has failed nothing. */
	run->result.total.failures = (struct failure_table){ 0 };
	must_say(run, 1, DIAGNOSIS_SERVER_SATURATED);
	must_contain(run, 0, "100 % of the requests");
	run->result.total.no_free = 900000;
	must_say(run, 1, DIAGNOSIS_SERVER_SATURATED);
	must_contain(run, 0, "45 % of the requests found every connection busy: the application "
	    "pauses");
}

static void
lateness_is_small_beside_a_long_response(void **state)
{
	struct run *run = *state;

	open_loop(run, 100000);
	record(run, TALLY_LATENESS, 2250, 2 * MS);
	record(run, TALLY_RESPONSE, 300000, 30 * MS);
	must_say(run, 0);
}

static void
too_few_requests_are_the_clients_doing_when_connections_were_free(void **state)
{
	struct run *run = *state;

	open_loop(run, 102000);
	must_say(run, 1, DIAGNOSIS_SCHEDULE_MISSED);
	must_contain(run, 0, "98.0 % of the requests asked for");
	run->stage.rate = 100900;
	must_say(run, 0);
	/* Failed ones were sent too. */
	run->stage.rate = 102000;
	count_failures(run, FAILURE_FIRST_BYTE, FAILURE_TIMEOUT, 0, 20000);
	must_say(run, 0);
}

/* A thousand requests at random are 900 now and then. */
static void
chance_is_no_failure(void **state)
{
	struct run *run = *state;

	open_loop(run, 100);
	run->plan.schedule.arrival = SCHEDULE_POISSON;
	run->result.total.complete = 920;
	must_say(run, 0);
	run->result.total.complete = 880;
	must_say(run, 1, DIAGNOSIS_SCHEDULE_MISSED);
}

static void
the_machine_is_told_of(void **state)
{
	struct run *run = *state;

	run->result.steal = 0.05;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
	run->result.steal = 0.12;
	strcpy(run->result.host.clocksource, "hpet");
	must_say(run, 3, DIAGNOSIS_STEAL, DIAGNOSIS_CLOCK, DIAGNOSIS_CLOSED_LOOP);
	must_contain(run, 0, "12 %");
	must_contain(run, 1, "hpet");
}

static void
one_request_at_a_time_is_told(void **state)
{
	struct run *run = *state;

	run->plan.connections = 1;
	must_say(run, 2, DIAGNOSIS_CLOSED_LOOP, DIAGNOSIS_WAKE_UP);
	run->plan.spin = PLAN_SPIN_ALWAYS;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
	run->plan.spin = PLAN_SPIN_AUTO;
	run->plan.streams = 2;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
}

static void
a_percentile_that_is_left_out_is_told_with_the_time_it_needs(void **state)
{
	struct run *run = *state;

	memset(run->result.total.spans, 0, sizeof run->result.total.spans);
	record(run, TALLY_SERVICE, 2000, MS);
	run->result.rps = 200;
	must_say(run, 2, DIAGNOSIS_CLOSED_LOOP, DIAGNOSIS_PERCENTILES);
	must_have_text(run, 1,
	    "p99.9 needs 10000 answers to mean something: run for 50s at this rate");
	run->result.rps = 0;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
}

/* Whatever there is to be said, all of it fits. */
static void
everything_at_once(void **state)
{
	struct run *run = *state;
	struct result *result = &run->result;

	memset(result->total.spans, 0, sizeof result->total.spans);
	run->plan.connections = 1;
	result->total.connections_starved = result->total.connections_used = UINT64_MAX / 2;
	result->total.slow_connects[1] = UINT64_MAX;
	result->total.refused_keep_alive = UINT64_MAX / 4;
	result->server_backlog = INT64_MAX;
	result->steal = 1;
	result->rps = 1e-9;
	result->total.busy_ns = INT64_MAX;
	strcpy(result->host.clocksource, "refined-jiffies");
	strcpy(result->server_name, "php-fpm");
	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EAGAIN, UINT64_MAX / 8);
	count_failures(run, FAILURE_CONNECT, FAILURE_ERRNO, EADDRNOTAVAIL, UINT64_MAX / 8);
	count_failures(run, FAILURE_VALID, FAILURE_STATUS, 503, UINT64_MAX / 8);
	must_say(run, 13, DIAGNOSIS_STARVED, DIAGNOSIS_BACKLOG_FULL, DIAGNOSIS_SYN_RETRANSMISSION,
	    DIAGNOSIS_KEEP_ALIVE_REFUSED, DIAGNOSIS_PORTS_EXHAUSTED, DIAGNOSIS_FAST_ERRORS,
	    DIAGNOSIS_FPM_COUNTERS, DIAGNOSIS_CLIENT_SATURATED, DIAGNOSIS_STEAL, DIAGNOSIS_CLOCK,
	    DIAGNOSIS_CLOSED_LOOP, DIAGNOSIS_WAKE_UP, DIAGNOSIS_PERCENTILES);
	open_loop(run, 1e6);
	record(run, TALLY_LATENESS, 100000, INT64_MAX);
	result->total.involuntary = UINT64_MAX;
	result_diagnose(result);
	assert_true(result_has_diagnosis(result, DIAGNOSIS_SCHEDULE_MISSED));
	result->total.no_free = UINT64_MAX;
	result_diagnose(result);
	assert_true(result_has_diagnosis(result, DIAGNOSIS_SERVER_SATURATED));
}

static void
a_warm_up_that_is_too_short_is_told(void **state)
{
	struct run *run = *state;

	/* Where next to nothing is missing the rate is right. */
	run->plan.warmup_ns = 0;
	run->result.total.in_window = run->result.total.complete - 8;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
	run->result.total.in_window = run->result.total.complete / 2;
	must_say(run, 2, DIAGNOSIS_CLOSED_LOOP, DIAGNOSIS_WARM_UP);
	must_have_text(run, 1, "the rate is too low: a warm-up of 0s is shorter than an answer, "
	    "which takes 1ms on average; use a longer one (-w)");
	assert_string_equal(diagnosis_name(DIAGNOSIS_WARM_UP), "warm-up");
	assert_null(diagnosis_doubt(DIAGNOSIS_WARM_UP));
	run->plan.warmup_ns = MS;
	must_say(run, 1, DIAGNOSIS_CLOSED_LOOP);
}

static void
every_kind_has_a_word(void **state)
{
	int a, b;

	(void)state;
	for (a = 0; a < DIAGNOSIS_KINDS; a++) {
		assert_non_null(diagnosis_name((enum diagnosis_kind)a));
		for (b = 0; b < a; b++)
			assert_string_not_equal(diagnosis_name((enum diagnosis_kind)a),
			    diagnosis_name((enum diagnosis_kind)b));
	}
}

#define RUN_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_good_run_is_only_explained),
		RUN_TEST(starved_connections_are_told_with_the_number_to_use),
		RUN_TEST(connections_that_failed_are_told_by_cause),
		RUN_TEST(ports_that_ran_out_are_told_with_what_spares_them),
		RUN_TEST(slow_connections_are_told),
		RUN_TEST(silence_is_told),
		RUN_TEST(refused_keep_alive_is_told),
		RUN_TEST(an_application_that_ended_is_told),
		RUN_TEST(answers_that_are_none_are_told),
		RUN_TEST(php_fpm_is_known_by_name),
		RUN_TEST(a_busy_client_is_told),
		RUN_TEST(late_requests_are_the_clients_doing_when_connections_were_free),
		RUN_TEST(an_application_at_its_limit_is_told),
		RUN_TEST(a_few_late_ones_of_few_requests_are_no_matter),
		RUN_TEST(lateness_is_small_beside_a_long_response),
		RUN_TEST(too_few_requests_are_the_clients_doing_when_connections_were_free),
		RUN_TEST(chance_is_no_failure),
		RUN_TEST(the_machine_is_told_of),
		RUN_TEST(one_request_at_a_time_is_told),
		RUN_TEST(a_percentile_that_is_left_out_is_told_with_the_time_it_needs),
		RUN_TEST(a_warm_up_that_is_too_short_is_told),
		RUN_TEST(everything_at_once),
		cmocka_unit_test(every_kind_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
