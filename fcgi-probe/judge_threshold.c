/* The part of judge that holds figures against -w and -c. */
#include <math.h>
#include <string.h>

#include "fcgi_error.h"
#include "judge_private.h"

#define BIT(metric) (UINT32_C(1) << (metric))

enum { SCRIPT_QUOTE_MAX = 200 };

enum {
	OF_QUEUE = BIT(METRIC_QUEUE) | BIT(METRIC_QUEUE_PCT) | BIT(METRIC_QUEUE_LIMIT) |
	    BIT(METRIC_QUEUE_DROPS) | BIT(METRIC_CONNECTIONS),
	OF_TIME = BIT(METRIC_TIME) | BIT(METRIC_CONNECT) | BIT(METRIC_FIRST_BYTE),
};

/* What of a counter is judged; 1 when there is a figure. */
static int
figure(const struct judging *judging, enum metric metric, double *value)
{
	const struct metrics *metrics = judging->metrics;

	if (metric_about[metric].kind == METRIC_COUNTER && judging->policy->growth) {
		*value = metrics->delta[metric];
		return (metrics->has_delta & BIT(metric)) != 0;
	}
	*value = metrics->value[metric];
	return (metrics->has & BIT(metric)) != 0;
}

static void
put_longest(struct judging *judging)
{
	const struct fpm_longest *longest = &judging->seen->fpm.longest;
	struct verdict *verdict = &judging->verdict;

	verdict_put(verdict, ": ");
	verdict_quote(verdict, longest->method, strlen(longest->method), SCRIPT_QUOTE_MAX, 0);
	verdict_put(verdict, " ");
	verdict_quote(verdict, longest->uri, strlen(longest->uri), SCRIPT_QUOTE_MAX, 0);
	if (longest->script[0] != '\0' && strcmp(longest->script, "-") != 0) {
		verdict_put(verdict, ", script ");
		verdict_quote(verdict, longest->script, strlen(longest->script), SCRIPT_QUOTE_MAX,
		    0);
	}
	verdict_put(verdict, ", pid %lld", (long long)longest->pid);
}

/* "more than 20", the side on which the figure left the range. */
static void
put_range(struct judging *judging, enum metric metric, const struct range *range, double value)
{
	struct verdict *verdict = &judging->verdict;
	char start[METRIC_TEXT_MAX], end[METRIC_TEXT_MAX];

	metric_format(start, sizeof start, metric, range->start);
	metric_format(end, sizeof end, metric, range->end);
	if (!range->inside && value < range->start)
		verdict_put(verdict, ", less than %s", start);
	else if (!range->inside)
		verdict_put(verdict, ", more than %s", end);
	else if (isinf(range->start))
		verdict_put(verdict, ", not more than %s", end);
	else if (isinf(range->end))
		verdict_put(verdict, ", not less than %s", start);
	else
		verdict_put(verdict, ", from %s to %s", start, end);
}

static void
put_figure(struct judging *judging, enum metric metric, double value)
{
	struct verdict *verdict = &judging->verdict;
	char text[METRIC_TEXT_MAX];

	if (metric == METRIC_QUEUE) {
		(void)judge_put_queue(judging);
		return;
	}
	if (metric_about[metric].kind == METRIC_COUNTER && judging->policy->growth)
		verdict_put(verdict, "grew by ");
	verdict_put(verdict, "%s", metric_format(text, sizeof text, metric, value));
	if (metric == METRIC_QUEUE_PCT) {
		verdict_put(verdict, ", ");
		(void)judge_put_queue(judging);
	}
}

static void
judge_range(struct judging *judging, enum metric metric, const struct range *range,
    enum state state)
{
	struct verdict *verdict = &judging->verdict;
	int is_slow = BIT(metric) & OF_TIME && !range->inside;
	double value;

	if (!figure(judging, metric, &value) || !range_alarms(range, value))
		return;
	is_slow = is_slow && value > range->end;
	if (!verdict_accuse(verdict, state, is_slow ? "slow" : metric_about[metric].name))
		return;
	if (is_slow)
		verdict_put(verdict, "%s ", metric_about[metric].name);
	put_figure(judging, metric, value);
	put_range(judging, metric, range, value);
	if (metric == METRIC_LONGEST_REQUEST && judging->seen->fpm.longest.duration_us >= 0)
		put_longest(judging);
}

/* A threshold that cannot be judged must not look like one that is kept. */
static void
judge_missing(struct judging *judging, enum metric metric)
{
	const struct observation *seen = judging->seen;
	struct verdict *verdict = &judging->verdict;
	double value;

	if (figure(judging, metric, &value) || judging->policy->if_known & BIT(metric))
		return;
	/* Growth is known from the second time on. */
	if (judging->metrics->has & BIT(metric))
		return;
	if (!verdict_accuse(verdict, STATE_UNKNOWN, metric_about[metric].name))
		return;
	verdict_put(verdict, "not known");
	if (metric == METRIC_SATURATION && seen->has_fpm)
		verdict_put(verdict, ": the pool is not static, --max-children is missing");
	else if (BIT(metric) & OF_QUEUE && seen->queue_error == -FCGI_E_ELSEWHERE)
		verdict_put(verdict, ": %s", fcgi_strerror(seen->queue_error));
	else if (BIT(metric) & OF_QUEUE && seen->queue_errno != 0)
		verdict_put(verdict, ": %s", strerror(seen->queue_errno));
}

void
judge_thresholds(struct judging *judging, int is_complete)
{
	const struct judge_policy *policy = judging->policy;
	int metric;

	for (metric = 0; metric < METRIC_COUNT; metric++)
		if (policy->has_critical & BIT(metric))
			judge_range(judging, (enum metric)metric, &policy->critical[metric],
			    STATE_CRITICAL);
	for (metric = 0; is_complete && metric < METRIC_COUNT; metric++)
		if ((policy->has_critical | policy->has_warning) & BIT(metric))
			judge_missing(judging, (enum metric)metric);
	for (metric = 0; metric < METRIC_COUNT; metric++)
		if (policy->has_warning & BIT(metric))
			judge_range(judging, (enum metric)metric, &policy->warning[metric],
			    STATE_WARNING);
}

int
judge_lacks_growth(const struct judge_policy *policy, const struct metrics *metrics)
{
	uint32_t unknown = metrics->has & ~metrics->has_delta;
	int metric;

	if (!policy->growth)
		return 0;
	for (metric = 0; metric < METRIC_COUNT; metric++)
		if (metric_about[metric].kind == METRIC_COUNTER &&
		    (policy->has_critical | policy->has_warning) & unknown & BIT(metric))
			return 1;
	return 0;
}
