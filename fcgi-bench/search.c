#include "search.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gate.h"
#include "verdict.h"

/* How long the closed loop is run that shows where to begin. */
#define LOOK_NS CLOCK_NS_PER_S

/* How long what is due at the end of a trial is still sent: a queue that is longer is an answer. */
#define DRAIN_NS CLOCK_NS_PER_S

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

/* That can be on their way at a time. */
static double
most_of(const struct plan *plan)
{
	return (double)plan->connections * plan->streams;
}

static int
is_kept_up(const struct result *result)
{
	const struct tally *total = &result->total;
	const struct histogram *service = &total->spans[TALLY_SERVICE];
	struct find_max_count count = {
		.due = (double)(total->complete + total->failures.total),
		.in_window = (double)total->in_window,
		.most = most_of(result->plan),
		.from_none = result->plan->warmup_ns < (int64_t)service->max_ns,
	};

	if (total->complete == 0 || result->duration_s <= 0)
		return 0;
	count.on_average = count.due / result->duration_s * histogram_mean_ns(service) / 1e9;
	return find_max_is_kept_up(&count);
}

static void
judge_trial(struct find_max_trial *trial, const struct result *result,
    const struct options *options)
{
	int kept_up = is_kept_up(result) && !verdict_has_failures(result, options);
	struct gate_outcome outcome;

	gate_judge(&outcome, &options->find_max, result);
	trial->achieved = result->rps;
	trial->has_value = outcome.is_known;
	trial->value = outcome.value;
	snprintf(trial->why, sizeof trial->why, "%s",
	    is_kept_up(result) ? outcome.why : "the rate is not kept up");
	if (kept_up && outcome.is_known && outcome.condition)
		trial->outcome = FIND_MAX_GOOD;
	else if (kept_up && !outcome.is_known)
		trial->outcome = FIND_MAX_UNKNOWN;
	else
		trial->outcome = is_doubtful(result) ? FIND_MAX_CLIENT : FIND_MAX_BAD;
}

/*
 * The rate that a closed loop had.  In a short window requests begin that take longer than it: of
 * so many at a time as there are connections no more can be answered than their duration permits.
 */
static double
rate_of(const struct result *result)
{
	const struct plan *plan = result->plan;
	double mean_ns = histogram_mean_ns(&result->total.spans[TALLY_SERVICE]);
	double most = most_of(plan) * 1e9 / fmax(mean_ns, 1);

	if (result->duration_s <= 0)
		return 0;
	return fmin((double)result->total.complete / result->duration_s, most);
}

/* Nothing began in the window, since what began in the warm-up took longer than both. */
static int
has_seen_nothing(const struct result *result)
{
	return result->total.complete + result->total.failures.total == 0;
}

/* Returns the rate of a closed loop, 0 when there was no good answer, or -1. */
static double
look_where_to_begin(struct run *run, struct plan *plan, struct result *result)
{
	int64_t duration_ns = plan->duration_ns, warmup_ns = plan->warmup_ns;
	int r;

	plan->open_loop = 0;
	plan->duration_ns = clock_earlier(duration_ns, LOOK_NS);
	r = run_plan(run, plan, result);
	if (r == 0 && has_seen_nothing(result) && !run_is_over(run)) {
		plan->warmup_ns = 0;
		r = run_plan(run, plan, result);
		plan->warmup_ns = warmup_ns;
	}
	plan->duration_ns = duration_ns;
	return r < 0 ? -1 : rate_of(result);
}

/* Of the condition; 0 when that is none, or needs no number of answers to mean something. */
static double
percent_of(const struct gate *condition)
{
	if (condition->metric != GATE_LATENCY || condition->figure != GATE_PERCENTILE ||
	    condition->percent >= 100)
		return 0;
	return condition->percent;
}

/*
 * A percentile that the application cannot give enough answers for is refused.
 * rate: the most that may come.
 * Returns 0, or -1.
 */
static int
check_duration(const struct options *options, double rate)
{
	double percent = percent_of(&options->find_max);
	int64_t shortest_ns = find_max_shortest_ns(rate, percent);
	char duration[32], most[SCHEDULE_RATE_MAX];

	if (percent <= 0 || options->duration_ns >= shortest_ns)
		return 0;
	/* In whole seconds, and with some to spare for rates that are lower. */
	shortest_ns = (2 * shortest_ns / CLOCK_NS_PER_S + 1) * CLOCK_NS_PER_S;
	cli_error(&options->cli, "--find-max %s: that takes %" PRIu64
	    " answers, and this application gives %s/s at most: use -z %s",
	    options->find_max.text, histogram_needed(percent),
	    schedule_format_rate(most, sizeof most, rate),
	    clock_format_duration(duration, sizeof duration, shortest_ns));
	return -1;
}

static int
search(struct run *run, struct plan *plan, struct find_max *found, struct result *result,
    struct result *best)
{
	const struct options *options = run->options;
	double percent = percent_of(&options->find_max);
	struct find_max_trial trial = { 0 };

	while (!run_is_over(run) && find_max_next(found, &trial.rate)) {
		plan_set_rate(plan, trial.rate,
		    find_max_duration_ns(trial.rate, percent, most_of(plan),
			options->duration_ns));
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
	plan->drain_ns = clock_earlier(plan->drain_ns, DRAIN_NS);
	rate = look_where_to_begin(run, plan, result);
	if (rate > 0 && !run_is_over(run)) {
		r = check_duration(run->options, rate);
		if (r == 0) {
			find_max_init(found, rate / 2, find_max_lowest(
			    percent_of(&run->options->find_max), run->options->duration_ns));
			r = search(run, plan, found, result, best);
		}
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
	const struct find_max_trial *last;
	char rate[SCHEDULE_RATE_MAX];

	if (*result->broken != '\0' || result->not_begun ||
	    (found->trial_count == 0 && !result->interrupted))
		return;
	*result->reason = '\0';
	if (result->interrupted) {
		result->verdict = RESULT_INCONCLUSIVE;
		snprintf(result->reason, sizeof result->reason, "the search was not over");
	} else if (found->unknown) {
		last = &found->trials[found->trial_count - 1];
		result->verdict = RESULT_INCONCLUSIVE;
		snprintf(result->reason, sizeof result->reason, "%s is not known at %s/s: %s",
		    result->condition->text,
		    schedule_format_rate(rate, sizeof rate, last->rate), last->why);
	} else if (found->client_limited) {
		result->verdict = RESULT_INCONCLUSIVE;
		snprintf(result->reason, sizeof result->reason,
		    "the client was at its limit: the application may bear more");
	} else if (found->best <= 0) {
		result->verdict = RESULT_FAILED;
		snprintf(result->reason, sizeof result->reason,
		    "no rate was good, from %s/s on%s",
		    schedule_format_rate(rate, sizeof rate, found->lowest),
		    found->lowest > FIND_MAX_FLOOR ? "; lower ones take a longer -z" : "");
	} else {
		result->verdict = RESULT_GOOD;
		judge_gates(result);
	}
}
