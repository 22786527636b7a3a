#include "gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "must.h"
#include "result.h"

static void
conditions_are_read(void **state)
{
	static const struct {
		const char *text;
		struct gate gate;
	} good[] = {
		{ "p99>20ms", { .metric = GATE_LATENCY, .span = GATE_SPAN_OF_THE_LOOP,
		    .figure = GATE_PERCENTILE, .percent = 99, .op = GATE_ABOVE, .value = 20e6 } },
		{ "p99.9 >= 1.5s", { .metric = GATE_LATENCY, .span = GATE_SPAN_OF_THE_LOOP,
		    .figure = GATE_PERCENTILE, .percent = 99.9, .op = GATE_NOT_BELOW,
		    .value = 1.5e9 } },
		{ " max < 250us ", { .metric = GATE_LATENCY, .span = GATE_SPAN_OF_THE_LOOP,
		    .figure = GATE_MAX, .op = GATE_BELOW, .value = 250e3 } },
		{ "service_p50<=1ms", { .metric = GATE_LATENCY, .span = TALLY_SERVICE,
		    .figure = GATE_PERCENTILE, .percent = 50, .op = GATE_NOT_ABOVE,
		    .value = 1e6 } },
		{ "response_mean>1m", { .metric = GATE_LATENCY, .span = TALLY_RESPONSE,
		    .figure = GATE_MEAN, .op = GATE_ABOVE, .value = 60e9 } },
		{ "lateness_p99>1ms", { .metric = GATE_LATENCY, .span = TALLY_LATENESS,
		    .figure = GATE_PERCENTILE, .percent = 99, .op = GATE_ABOVE, .value = 1e6 } },
		{ "connect_p99>1ms", { .metric = GATE_LATENCY, .span = TALLY_CONNECT,
		    .figure = GATE_PERCENTILE, .percent = 99, .op = GATE_ABOVE, .value = 1e6 } },
		{ "first_byte_min>1ms", { .metric = GATE_LATENCY, .span = TALLY_FIRST_BYTE,
		    .figure = GATE_MIN, .op = GATE_ABOVE, .value = 1e6 } },
		{ "rps<5000", { .metric = GATE_RPS, .op = GATE_BELOW, .value = 5000 } },
		{ "errors>0", { .metric = GATE_ERRORS, .op = GATE_ABOVE } },
		{ "errors>0.1%", { .metric = GATE_ERRORS, .op = GATE_ABOVE, .value = 0.1,
		    .in_percent = 1 } },
		{ "timeouts!=0", { .metric = GATE_TIMEOUTS, .op = GATE_IS_NOT } },
		{ "starved==4", { .metric = GATE_STARVED, .op = GATE_IS, .value = 4 } },
		{ "server_cpu>50us", { .metric = GATE_SERVER_CPU, .op = GATE_ABOVE,
		    .value = 50e3 } },
	};
	struct gate gate, expected;
	char why[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(gate_parse(&gate, good[i].text, why, sizeof why), 0);
		expected = good[i].gate;
		assert_ptr_equal(gate.text, good[i].text);
		assert_int_equal(gate.metric, expected.metric);
		assert_int_equal(gate.op, expected.op);
		assert_true(gate.value >= expected.value && gate.value <= expected.value);
		assert_int_equal(gate.in_percent, expected.in_percent);
		if (gate.metric != GATE_LATENCY)
			continue;
		assert_int_equal(gate.span, expected.span);
		assert_int_equal(gate.figure, expected.figure);
		assert_true(gate.percent >= expected.percent && gate.percent <= expected.percent);
	}
}

static void
what_is_no_condition_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", ">", "p99", "p99>", "p99 20ms", "p99=20ms",
		"p99=>20ms", "p>20ms", "p0>20ms", "p101>20ms", "p-1>20ms", "p99>20", "p99>20.",
		"p99>20xs", "p99>-20ms", "p99>20ms ms", "P99>20ms", "rps>5k", "rps>-1", "rps>1%",
		"rps>1ms", "errors>1ms", "errors>%", "errors>", "errors", "service_>1ms",
		"service_errors>1", "server_cpu>50", "server_cpu>1%", "rpsx>1", "median>1ms",
		"p99>>20ms", "max>99999999999999999999s",
		"max>0000000000000000000000000000000000000000000000000000000000000000001s" };
	struct gate gate = { .value = 42 };
	char why[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		*why = '\0';
		assert_int_equal(gate_parse(&gate, bad[i], why, sizeof why), -FCGI_E_SYNTAX);
		assert_int_not_equal(*why, '\0');
	}
	assert_true(gate.value > 41);
}

/* 1000 good answers of 1 to 1000 us, and ten failures of which four are time-outs. */
static struct result *
make_result(struct plan *plan)
{
	struct result *result = calloc(1, sizeof *result);
	struct tally *total;
	int i;

	must(result != NULL);
	total = &result->total;
	result->plan = plan;
	result->rps = 1000;
	for (i = 1; i <= 1000; i++)
		histogram_record(&total->spans[TALLY_SERVICE], i * 1000);
	total->complete = 1000;
	failure_count(&total->failures,
	    (struct failure){ .phase = FAILURE_ANSWER, .kind = FAILURE_TIMEOUT }, 3);
	failure_count(&total->failures,
	    (struct failure){ .phase = FAILURE_CONNECT, .kind = FAILURE_TIMEOUT }, 1);
	failure_count(&total->failures,
	    (struct failure){ .phase = FAILURE_VALID, .kind = FAILURE_STATUS, .number = 503 }, 6);
	total->connections_used = 3;
	total->connections_starved = 1;
	strcpy(result->server_why, "it is elsewhere");
	return result;
}

static struct gate_outcome
judge(const struct result *result, struct gate *gate, const char *text)
{
	struct gate_outcome outcome;
	char why[128];

	must(gate_parse(gate, text, why, sizeof why) == 0);
	gate_judge(&outcome, gate, result);
	return outcome;
}

static void
conditions_are_judged(void **state)
{
	static const struct {
		const char *text;
		int condition;
		double value, precision;
		const char *unit;
	} cases[] = {
		{ "p99>1ms", 0, 990, 1, "us" },
		{ "p99>900us", 1, 990, 1, "us" },
		{ "service_p50<600us", 1, 500, 1, "us" },
		{ "min>=1us", 1, 1, 0.001, "us" },
		{ "max<=1ms", 1, 1000, 0.001, "us" },
		{ "max<1ms", 0, 1000, 0.001, "us" },
		{ "p100>1ms", 0, 1000, 0.001, "us" },
		{ "mean>500us", 1, 500.5, 0.001, "us" },
		{ "rps<5000", 1, 1000, 0, "" },
		{ "rps==1000", 1, 1000, 0, "" },
		{ "rps!=1000", 0, 1000, 0, "" },
		{ "errors>0", 1, 10, 0, "" },
		{ "errors>10", 0, 10, 0, "" },
		{ "errors>1%", 0, 1000.0 / 1010, 0.001, "%" },
		{ "errors>0.9%", 1, 1000.0 / 1010, 0.001, "%" },
		{ "timeouts>=4", 1, 4, 0, "" },
		{ "timeouts>=5", 0, 4, 0, "" },
		{ "starved>0", 1, 1, 0, "" },
		{ "starved>25%", 0, 25, 0, "%" },
	};
	struct plan plan = { 0 };
	struct result *result = make_result(&plan);
	struct gate_outcome outcome;
	struct gate gate;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		outcome = judge(result, &gate, cases[i].text);
		assert_true(outcome.is_known);
		assert_int_equal(outcome.condition, cases[i].condition);
		assert_true(outcome.value >= cases[i].value - cases[i].precision);
		assert_true(outcome.value <= cases[i].value + cases[i].precision);
		assert_string_equal(gate_unit(&gate), cases[i].unit);
	}
	free(result);
}

static void
what_the_run_cannot_tell_is_not_known(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "p99.9>1ms", "1000 samples do not tell: it takes 10000" },
		{ "connect_p99>1ms", "no connection was made after the warm-up" },
		{ "first_byte_max>1ms", "there was no good answer" },
		{ "server_cpu>1us", "it is elsewhere" },
	};
	struct plan plan = { 0 };
	struct result *result = make_result(&plan);
	struct gate_outcome outcome;
	struct gate gate;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		outcome = judge(result, &gate, cases[i].text);
		assert_false(outcome.is_known);
		assert_false(outcome.condition);
		assert_string_equal(outcome.why, cases[i].why);
	}
	result->has_server_cpu = 1;
	result->server_cpu_us = 2.5;
	outcome = judge(result, &gate, "server_cpu>2us");
	assert_true(outcome.is_known && outcome.condition && outcome.value > 2.4);
	free(result);
}

static void
a_latency_is_that_of_the_loop(void **state)
{
	struct plan plan = { 0 };
	struct result *result = make_result(&plan);
	struct gate gate;

	(void)state;
	histogram_record(&result->total.spans[TALLY_RESPONSE], 5000000000);
	assert_true(judge(result, &gate, "max>1ms").condition == 0);
	plan.open_loop = 1;
	assert_true(judge(result, &gate, "max>1ms").condition == 1);
	assert_true(judge(result, &gate, "service_max>1ms").condition == 0);
	free(result);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_read),
		cmocka_unit_test(what_is_no_condition_is_refused),
		cmocka_unit_test(conditions_are_judged),
		cmocka_unit_test(what_the_run_cannot_tell_is_not_known),
		cmocka_unit_test(a_latency_is_that_of_the_loop),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
