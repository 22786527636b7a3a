/*
 * fcgi-probe: asks FastCGI applications whether they are well, and exits as monitoring plugins do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "options.h"
#include "replace.h"
#include "report.h"
#include "request.h"
#include "round.h"
#include "spawn.h"
#include "state_file.h"
#include "target.h"

/* What is known of one target beside what target.c knows. */
struct subject {
	struct request request;
	struct metrics metrics;
	struct metrics before;		/* counters of earlier rounds, or of --state */
	struct judgement judgement;
	struct judgement last;		/* what was reported last; with an empty cause nothing was */
};

struct probe {
	struct options options;
	struct target_settings settings;
	struct target *targets;
	struct subject *subjects;
	struct report_item *items;
	int state_is_lost;		/* there was trouble with the --state file, and it was told */
};

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

static void
prepare(struct probe *probe)
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
	for (i = 0; i < count; i++) {
		struct target *target = &probe->targets[i];
		struct request *request = &probe->subjects[i].request;

		request_make(request, options, &options->targets[i].addr);
		target_init(target, &probe->settings, options->targets[i].name,
		    &options->targets[i].addr);
		target_set_request(target, request->bytes, request->len, request->script);
	}
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

static int64_t
wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / CLOCK_NS_PER_MS;
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

/* --watch tells a state and its cause once; the text has figures that move all the time. */
static int
has_changed(const struct subject *subject)
{
	return subject->judgement.state != subject->last.state ||
	    strcmp(subject->judgement.cause, subject->last.cause) != 0;
}

/* Who scrapes metrics, and who looks into a file, wants all targets every time. */
static int
tells_changes(const struct options *options)
{
	return options->watch && options->format != REPORT_OPENMETRICS &&
	    options->output_file == NULL;
}

/* Lists what is to be reported.  Returns how many. */
static size_t
select_items(struct probe *probe)
{
	const struct options *options = &probe->options;
	size_t i, count = 0;

	for (i = 0; i < options->target_count; i++) {
		struct subject *subject = &probe->subjects[i];

		if (tells_changes(options) && !has_changed(subject))
			continue;
		subject->last = subject->judgement;
		probe->items[count++] = (struct report_item){
			.seen = &probe->targets[i].seen,
			.metrics = &subject->metrics,
			.judgement = &subject->judgement,
		};
	}
	return count;
}

static void
write_all(const struct probe *probe, const unsigned char *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			cli_die(&probe->options.cli, STATE_UNKNOWN, "standard output: %s",
			    strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}

static void
report(struct probe *probe)
{
	const struct options *options = &probe->options;
	const struct report how = {
		.format = options->format,
		.policy = &options->policy,
		.verbose = options->cli.verbose,
		.quiet = options->cli.quiet,
		.lines = tells_changes(options),
		.when_ms = wall_clock_ms(),
	};
	struct buffer text = { 0 };

	if (report_write(&text, &how, probe->items, select_items(probe)) < 0)
		die_of_memory(probe);
	if (options->output_file == NULL)
		write_all(probe, text.data, text.len);
	else if (replace_file(options->output_file, text.data, text.len, 0666) < 0)
		cli_die(&options->cli, STATE_UNKNOWN, "-o %s: %s", options->output_file,
		    strerror(errno));
	buffer_free(&text);
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
		probe->items[i] = (struct report_item){
			.seen = &probe->targets[i].seen,
			.metrics = &probe->subjects[i].metrics,
			.judgement = &probe->subjects[i].judgement,
		};
	if (state_file_update(options->state_file, probe->items, options->target_count,
		wall_clock_ms() / 1000, &why) < 0) {
		tell_state_is_lost(probe, why);
		return -1;
	}
	probe->state_is_lost = 0;
	return 0;
}

/* Asks all targets once, reports, and returns the worst state. */
static enum state
turn(struct probe *probe)
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
	report(probe);
	if (keep_counters(probe) == 0)
		return worst;
	/* Thresholds of growth that is never known would be OK for ever. */
	for (i = 0; i < options->target_count; i++)
		if (judge_lacks_growth(&options->policy, &probe->subjects[i].metrics))
			worst = judge_worst(worst, STATE_UNKNOWN);
	return worst;
}

/* --watch: for ever, at even intervals; a round that takes longer is followed by the next at once. */
static _Noreturn void
watch(struct probe *probe)
{
	struct timespec next;
	int64_t next_ns = clock_now_ns();

	for (;;) {
		(void)turn(probe);
		next_ns = clock_after(next_ns, probe->options.interval_ns);
		if (next_ns < clock_now_ns())
			next_ns = clock_now_ns();
		next.tv_sec = next_ns / CLOCK_NS_PER_S;
		next.tv_nsec = next_ns % CLOCK_NS_PER_S;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
	}
}

static void
dismiss(struct probe *probe)
{
	size_t i;

	for (i = 0; i < probe->options.target_count; i++)
		request_reset(&probe->subjects[i].request);
	free(probe->targets);
	free(probe->subjects);
	free(probe->items);
	options_reset(&probe->options);
}

int
main(int argc, char **argv)
{
	struct probe probe = { 0 };
	enum exit_style style;
	enum state worst;

	if (spawn_fill_standard_fds() < 0)
		return STATE_UNKNOWN;
	options_read(&probe.options, argc, argv);
	prepare(&probe);
	remember(&probe);
	if (probe.options.watch)
		watch(&probe);
	worst = turn(&probe);
	style = probe.options.exit_style;
	dismiss(&probe);
	if (style == EXIT_BOOLEAN)
		return worst == STATE_OK || worst == STATE_WARNING ? 0 : 1;
	return (int)worst;
}
