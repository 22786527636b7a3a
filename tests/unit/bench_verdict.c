#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "must.h"
#include "verdict.h"

enum { GATES = 2 };

/* A run, and what was asked of it. */
struct scene {
	struct plan plan;
	struct options options;
	struct gate gates[GATES];
	struct gate_outcome outcomes[GATES];
	struct result *result;
};

static void
begin(struct scene *scene)
{
	*scene = (struct scene){ .result = calloc(1, sizeof *scene->result) };
	must(scene->result != NULL);
	scene->options.gates = scene->gates;
	scene->result->plan = &scene->plan;
	scene->result->rps = 1000;
	scene->result->total.complete = 99;
}

static void
add_gate(struct scene *scene, const char *text)
{
	char why[128];

	must(scene->options.gate_count < GATES);
	must(gate_parse(&scene->gates[scene->options.gate_count++], text, why, sizeof why) == 0);
}

static void
add_failures(struct scene *scene, uint64_t times)
{
	failure_count(&scene->result->total.failures,
	    (struct failure){ .phase = FAILURE_VALID, .kind = FAILURE_STATUS, .number = 503 },
	    times);
}

static void
add_diagnosis(struct scene *scene, enum diagnosis_kind kind)
{
	scene->result->diagnoses[scene->result->diagnosis_count++].kind = kind;
}

static void
check(struct scene *scene, enum status status, const char *reason)
{
	verdict_judge(scene->result, &scene->options, scene->outcomes);
	assert_int_equal(verdict_status(scene->result), status);
	assert_string_equal(scene->result->reason, reason);
	free(scene->result);
}

static void
a_run_without_failures_is_good(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	add_gate(&scene, "rps<1000");
	add_gate(&scene, "errors>0");
	check(&scene, STATUS_GOOD, "");
}

static void
failures_fail_it_unless_they_are_allowed(void **state)
{
	static const struct {
		struct option_allowance allowance;
		enum status status;
	} cases[] = {
		{ { .value = 0 }, STATUS_FAILED },
		{ { .value = 1 }, STATUS_GOOD },
		{ { .value = 0.9, .in_percent = 1 }, STATUS_FAILED },
		{ { .value = 1, .in_percent = 1 }, STATUS_GOOD },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin(&scene);
		add_failures(&scene, 1);
		scene.options.allowance = cases[i].allowance;
		check(&scene, cases[i].status,
		    cases[i].status == STATUS_GOOD ? "" : "1 of 100 requests failed");
	}
}

static void
nothing_good_is_a_status_of_its_own(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.result->total.complete = 0;
	scene.options.allowance = (struct option_allowance){ .value = 100, .in_percent = 1 };
	add_failures(&scene, 5);
	add_gate(&scene, "p99>1ms");
	check(&scene, STATUS_NO_ANSWER, "there was no good answer");
}

static void
a_gate_fails_it(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	add_gate(&scene, "rps<5000");
	check(&scene, STATUS_FAILED, "rps<5000");
}

static void
a_client_at_its_limit_is_inconclusive_with_a_gate_or_a_rate(void **state)
{
	static const enum diagnosis_kind doubts[] = { DIAGNOSIS_CLIENT_SATURATED,
		DIAGNOSIS_SCHEDULE_MISSED, DIAGNOSIS_STEAL, DIAGNOSIS_CLOCK };
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof doubts / sizeof *doubts; i++) {
		begin(&scene);
		add_diagnosis(&scene, doubts[i]);
		check(&scene, STATUS_GOOD, "");
		begin(&scene);
		add_diagnosis(&scene, doubts[i]);
		/* It might be the client that is too slow for that. */
		add_gate(&scene, "rps<5000");
		verdict_judge(scene.result, &scene.options, scene.outcomes);
		assert_int_equal(verdict_status(scene.result), STATUS_INCONCLUSIVE);
		assert_int_not_equal(*scene.result->reason, '\0');
		free(scene.result);
		begin(&scene);
		add_diagnosis(&scene, doubts[i]);
		scene.plan.open_loop = 1;
		verdict_judge(scene.result, &scene.options, scene.outcomes);
		assert_int_equal(verdict_status(scene.result), STATUS_INCONCLUSIVE);
		free(scene.result);
	}
}

static void
other_diagnoses_are_advice(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.plan.open_loop = 1;
	add_gate(&scene, "rps<1000");
	add_diagnosis(&scene, DIAGNOSIS_SERVER_SATURATED);
	add_diagnosis(&scene, DIAGNOSIS_PERCENTILES);
	check(&scene, STATUS_GOOD, "");
}

static void
errors_count_whatever_the_client_was_like(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	add_diagnosis(&scene, DIAGNOSIS_CLIENT_SATURATED);
	add_failures(&scene, 1);
	scene.plan.open_loop = 1;
	check(&scene, STATUS_FAILED, "1 of 100 requests failed");
	begin(&scene);
	add_diagnosis(&scene, DIAGNOSIS_CLIENT_SATURATED);
	add_failures(&scene, 1);
	scene.options.allowance.value = 1;
	add_gate(&scene, "errors>0");
	check(&scene, STATUS_FAILED, "errors>0");
}

static void
a_gate_that_cannot_be_judged_is_inconclusive(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	add_gate(&scene, "p99>1ms");
	check(&scene, STATUS_INCONCLUSIVE, "p99>1ms is not known: there was no good answer");
}

static void
an_interrupted_run_says_so(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.result->interrupted = 1;
	check(&scene, STATUS_INTERRUPTED, "");
	begin(&scene);
	scene.result->interrupted = 1;
	scene.result->total.complete = 0;
	check(&scene, STATUS_INTERRUPTED, "there was no good answer");
}

static void
a_broken_run_has_failed(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene);
	strcpy(scene.result->broken, "the application ended with status 1");
	check(&scene, STATUS_FAILED, "the application ended with status 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_without_failures_is_good),
		cmocka_unit_test(failures_fail_it_unless_they_are_allowed),
		cmocka_unit_test(nothing_good_is_a_status_of_its_own),
		cmocka_unit_test(a_gate_fails_it),
		cmocka_unit_test(a_client_at_its_limit_is_inconclusive_with_a_gate_or_a_rate),
		cmocka_unit_test(other_diagnoses_are_advice),
		cmocka_unit_test(errors_count_whatever_the_client_was_like),
		cmocka_unit_test(a_gate_that_cannot_be_judged_is_inconclusive),
		cmocka_unit_test(an_interrupted_run_says_so),
		cmocka_unit_test(a_broken_run_has_failed),
	};

	return cmocka_run_group_tests_name("bench_verdict", tests, NULL, NULL);
}
