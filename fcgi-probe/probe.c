#include "probe.h"

#include <stdlib.h>

#include "clock.h"
#include "publish.h"
#include "round.h"
#include "state_file.h"

/* Told once, until it is over: reading and writing find the same. */
static void
tell_state_is_lost(struct probe *probe, const char *why)
{
	if (!probe->state_is_lost)
		cli_warn(&probe->options.cli, "--state %s: %s", probe->options.state_file, why);
	probe->state_is_lost = 1;
}

static _Noreturn void
die_of_memory(const struct probe *probe)
{
	cli_die(&probe->options.cli, STATE_UNKNOWN, "out of memory");
}

/* Whether the kernel is asked for the queue of a target that answers, too: it costs a little. */
static int
needs_queue(const struct options *options)
{
	uint32_t queue = 1U << METRIC_QUEUE | 1U << METRIC_QUEUE_PCT | 1U << METRIC_QUEUE_LIMIT |
	    1U << METRIC_QUEUE_DROPS | 1U << METRIC_CONNECTIONS;

	return options->ask == ASK_FPM_STATUS || options->format != REPORT_TEXT ||
	    ((options->policy.has_warning | options->policy.has_critical) & queue) != 0;
}

/* The counters of the last run, for those targets that had some. */
static void
remember(struct probe *probe)
{
	const struct options *options = &probe->options;
	struct state_file state = { 0 };
	const struct metrics *before;
	const char *why;
	size_t i;

	if (options->state_file == NULL)
		return;
	if (state_file_read(&state, options->state_file, &why) < 0)
		tell_state_is_lost(probe, why);
	for (i = 0; i < options->target_count; i++) {
		before = state_file_find(&state, options->targets[i].name);
		if (before != NULL)
			probe->subjects[i].before = *before;
	}
	state_file_reset(&state);
}

void
probe_prepare(struct probe *probe)
{
	const struct options *options = &probe->options;
	size_t i, count = options->target_count;

	probe->settings = (struct target_settings){
		.ask = options->ask,
		.path = options->path,
		.connect_timeout_ns = options->time.connect_timeout_ns,
		.read_queue = needs_queue(options),
	};
	probe->targets = target_new(count);
	probe->subjects = calloc(count, sizeof *probe->subjects);
	probe->items = calloc(count, sizeof *probe->items);
	if (probe->targets == NULL || probe->subjects == NULL || probe->items == NULL)
		die_of_memory(probe);
	request_make(&probe->requests, options);
	for (i = 0; i < count; i++) {
		struct target *target = &probe->targets[i];
		const struct request *request = request_of(&probe->requests, i);

		target_init(target, &probe->settings, options->targets[i].name,
		    &options->targets[i].addr);
		target_set_request(target, request->bytes, request->len, request->script);
	}
	remember(probe);
}

/* What was seen becomes figures, and these a judgement. */
static void
consider(struct probe *probe, size_t i)
{
	const struct options *options = &probe->options;
	const struct observation *seen = &probe->targets[i].seen;
	struct subject *subject = &probe->subjects[i];

	metrics_take(&subject->metrics, seen, &options->context);
	metrics_compare(&subject->metrics, &subject->before);
	judge(&subject->judgement, &options->policy, seen, &subject->metrics);
	metrics_keep(&subject->before, &subject->metrics);
}

struct report_item
probe_item(const struct probe *probe, size_t i)
{
	return (struct report_item){
		.seen = &probe->targets[i].seen,
		.metrics = &probe->subjects[i].metrics,
		.judgement = &probe->subjects[i].judgement,
	};
}

/* Returns 0, or -1 when the next run will know nothing of this one. */
static int
keep_counters(struct probe *probe)
{
	const struct options *options = &probe->options;
	const char *why;
	size_t i;

	if (options->state_file == NULL)
		return 0;
	for (i = 0; i < options->target_count; i++)
		probe->items[i] = probe_item(probe, i);
	if (state_file_update(options->state_file, probe->items, options->target_count,
		clock_wall_ms() / 1000, &why) < 0) {
		tell_state_is_lost(probe, why);
		return -1;
	}
	probe->state_is_lost = 0;
	return 0;
}

enum state
probe_turn(struct probe *probe)
{
	const struct options *options = &probe->options;
	const struct round round = {
		.timeout_ns = options->time.timeout_ns,
		.retries = options->retries,
		.wait = options->wait,
		.wait_timeout_ns = options->wait_timeout_ns,
	};
	enum state worst = STATE_OK;
	size_t i;

	if (round_run(&round, probe->targets, options->target_count) < 0)
		die_of_memory(probe);
	for (i = 0; i < options->target_count; i++) {
		consider(probe, i);
		worst = judge_worst(worst, probe->subjects[i].judgement.state);
	}
	publish(probe);
	if (keep_counters(probe) == 0)
		return worst;
	/* Thresholds of growth that is never known would be OK for ever. */
	for (i = 0; i < options->target_count; i++)
		if (judge_lacks_growth(&options->policy, &probe->subjects[i].metrics))
			worst = judge_worst(worst, STATE_UNKNOWN);
	return worst;
}

void
probe_reset(struct probe *probe)
{
	request_reset(&probe->requests);
	free(probe->targets);
	free(probe->subjects);
	free(probe->items);
	options_reset(&probe->options);
}
