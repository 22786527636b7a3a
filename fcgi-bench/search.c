#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gate.h"
#include "verdict.h"

/* How long the closed loop is run that shows where to begin. */
#define LOOK_NS CLOCK_NS_PER_S

/* An application that is asked for a rate has to take it. */
static const double achieved_min = 0.99;

static void
move(struct result *to, struct result *from)
{
	result_reset(to);
	memcpy(to, from, sizeof *to);
	memset(from, 0, sizeof *from);
}

static int
is_doubtful(const struct result *result)
{
	size_t i;

	for (i = 0; i < result->diagnosis_count; i++)
		if (diagnosis_doubt(result->diagnoses[i].kind) != NULL)
			return 1;
	return 0;
}

static void
judge_trial(struct find_max_trial *trial, const struct result *result,
    const struct options *options)
{
	struct gate_outcome outcome;

	gate_judge(&outcome, &options->find_max, result);
	trial->achieved = result->rps;
	trial->value = outcome.value;
	if (outcome.is_known && outcome.condition && !verdict_has_failures(result, options) &&
	    result->rps >= achieved_min * trial->rate)
		trial->outcome = FIND_MAX_GOOD;
	else
		trial->outcome = is_doubtful(result) ? FIND_MAX_CLIENT : FIND_MAX_BAD;
}

/* Returns the rate of a closed loop, 0 when there was no good answer, or -1. */
static double
look_where_to_begin(struct run *run, struct plan *plan, struct result *result)
{
	int64_t duration_ns = plan->duration_ns;
	int r;

	plan->open_loop = 0;
	plan->duration_ns = clock_earlier(duration_ns, LOOK_NS);
	r = run_plan(run, plan, result);
	plan->duration_ns = duration_ns;
	return r < 0 ? -1 : result->rps;
}

static int
search(struct run *run, struct plan *plan, struct find_max *found, struct result *result,
    struct result *best)
{
	const struct options *options = run->options;
	const struct gate *condition = &options->find_max;
	double percent = condition->metric == GATE_LATENCY &&
		condition->figure == GATE_PERCENTILE ? condition->percent : 0;
	struct find_max_trial trial = { 0 };

	while (!run_is_over(run) && find_max_next(found, &trial.rate)) {
		plan_set_rate(plan, trial.rate,
		    find_max_duration_ns(trial.rate, percent, options->duration_ns));
		if (run_plan(run, plan, result) < 0)
			return -1;
		if (run_is_over(run))
			break;
		judge_trial(&trial, result, options);
		find_max_take(found, &trial);
		if (trial.outcome == FIND_MAX_GOOD)
			move(best, result);
	}
	return 0;
}

int
search_run(struct run *run, struct plan *plan, struct find_max *found, struct result *result)
{
	struct result *best = calloc(1, sizeof *best);
	const char *broken;
	double rate;
	int r = 0;

	if (best == NULL) {
		cli_error(&run->options->cli, "out of memory");
		return -1;
	}
	rate = look_where_to_begin(run, plan, result);
	if (rate > 0 && !run_is_over(run)) {
		find_max_init(found, rate / 2);
		r = search(run, plan, found, result, best);
	}
	if (best->plan != NULL) {
		broken = result->broken;
		snprintf(best->broken, sizeof best->broken, "%s", broken);
		move(result, best);
		plan_set_rate(plan, found->best, (int64_t)(result->duration_s * 1e9));
	}
	result->interrupted = run->interrupts > 0;
	result->search = found;
	result->condition = &run->options->find_max;
	result_reset(best);
	free(best);
	return rate < 0 ? -1 : r;
}

/* The conditions of --fail-if are about the best rate, which the client could do. */
static void
judge_gates(struct result *result)
{
	const struct gate_outcome *outcome;
	size_t i;

	for (i = 0; i < result->gate_count && result->verdict == RESULT_GOOD; i++) {
		outcome = &result->gates[i];
		if (outcome->is_known && !outcome->condition)
			continue;
		result->verdict = outcome->is_known ? RESULT_FAILED : RESULT_INCONCLUSIVE;
		snprintf(result->reason, sizeof result->reason, "%s%s%s", outcome->gate->text,
		    outcome->is_known ? "" : " is not known: ", outcome->why);
	}
}

void
search_judge(struct result *result)
{
	const struct find_max *found = result->search;

	if (*result->broken != '\0' || result->total.complete == 0)
		return;
	*result->reason = '\0';
	if (found->client_limited) {
		result->verdict = RESULT_INCONCLUSIVE;
		snprintf(result->reason, sizeof result->reason,
		    "the client was at its limit: the application may bear more");
	} else if (found->best <= 0) {
		result->verdict = RESULT_FAILED;
		snprintf(result->reason, sizeof result->reason, "no rate was good");
	} else {
		result->verdict = RESULT_GOOD;
		judge_gates(result);
	}
}
