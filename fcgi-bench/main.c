/*
 * fcgi-bench: loads FastCGI applications and tells how fast they answer, and whether they do.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "application.h"
#include "clock.h"
#include "mpxs.h"
#include "options.h"
#include "plan.h"
#include "report.h"
#include "run.h"
#include "search.h"
#include "self_test.h"
#include "spawn.h"
#include "verdict.h"

/* How long an application of ours is given to end. */
#define GRACE_NS (5 * CLOCK_NS_PER_S)

/* How long an application is given to say whether it multiplexes. */
#define ASK_NS (5 * CLOCK_NS_PER_S)

/* All that a run needs, and what comes of it. */
struct bench {
	struct options options;
	struct application application;
	struct plan plan;
	struct run run;
	struct find_max search;
	struct result *result;
	struct gate_outcome *gates;
};

static void
prepare(struct bench *bench)
{
	const struct options *options = &bench->options;
	struct option_target ours = { .name = "self-test", .addr = { .kind = ADDR_UNIX } };

	report_check(options);
	bench->result = calloc(1, sizeof *bench->result);
	bench->gates = calloc(options->gate_count + 1, sizeof *bench->gates);
	if (bench->result == NULL || bench->gates == NULL)
		cli_die(&options->cli, STATUS_USAGE, "out of memory");
	application_init(&bench->application);
	if (options->command != NULL)
		ours.name = options->command[0];
	if (options->target_count > 0) {
		plan_make(&bench->plan, options, options->targets, options->target_count);
		return;
	}
	ours.addr = bench->application.addr;
	plan_make(&bench->plan, options, &ours, 1);
}

static enum status
start_application(struct bench *bench)
{
	const struct options *options = &bench->options;
	char why[512];

	if (options->command == NULL)
		return STATUS_GOOD;
	if (application_start(&bench->application, options->command, environ, why,
		sizeof why) < 0) {
		cli_error(&options->cli, "%s", why);
		return STATUS_USAGE;
	}
	return STATUS_GOOD;
}

/* Else there is but the self-test, against an application of our own. */
static int
has_target(const struct bench *bench)
{
	return bench->options.command != NULL || bench->options.target_count > 0;
}

/* A child that has changed ends the waiting as ^C does; then it is asked anew. */
static int
ask(struct bench *bench, const struct plan_target *target, char *why, size_t size)
{
	const struct plan *plan = &bench->plan;
	int64_t timeout_ns = clock_earlier(plan->timeout_ns, ASK_NS);
	int answer = MPXS_STOPPED;

	while (answer == MPXS_STOPPED && run_take_signals(&bench->run) == 0)
		answer = mpxs_ask(target, plan->connect_timeout_ns, timeout_ns,
		    bench->run.signal_fd, why, size);
	return answer;
}

/*
 * An application that cannot do it would answer one request and leave the others.
 * When we are asked to end, nothing more is asked: what the load makes of it is a report.
 */
static enum status
ask_for_multiplexing(struct bench *bench)
{
	const struct cli *cli = &bench->options.cli;
	const struct plan_target *target;
	char why[160];
	size_t i;

	if (bench->plan.streams < 2 || !has_target(bench))
		return STATUS_GOOD;
	for (i = 0; i < bench->plan.target_count; i++) {
		target = &bench->plan.targets[i];
		switch (ask(bench, target, why, sizeof why)) {
		case MPXS_NO:
			cli_error(cli, "%s: takes one request at a time on a connection "
			    "(FCGI_MPXS_CONNS=0): leave -m out", target->name);
			return STATUS_USAGE;
		case MPXS_UNKNOWN:
			cli_warn(cli, "%s: does not say whether it multiplexes: %s", target->name,
			    why);
			break;
		case MPXS_YES:
		default: /* The load finds no connection either, or ends: that is for a report. */
			break;
		}
	}
	return STATUS_GOOD;
}

/* Of a run that is ended meanwhile the report is of what there is, as ever. */
static enum status
test_self(struct bench *bench)
{
	char why[160];

	if (!bench->options.self_test || self_test_run(&bench->plan, &bench->run,
	    &bench->result->client_limit_rps, why, sizeof why) == 0)
		return STATUS_GOOD;
	if (bench->run.interrupts > 0 && has_target(bench))
		return STATUS_GOOD;
	cli_error(&bench->options.cli, "--self-test: %s", why);
	return bench->run.interrupts > 0 ? STATUS_INTERRUPTED : STATUS_USAGE;
}

/* Returns 0, or -1 when it could not be run. */
static int
load(struct bench *bench)
{
	if (bench->options.has_find_max)
		return search_run(&bench->run, &bench->plan, &bench->search, bench->result);
	return run_plan(&bench->run, &bench->plan, bench->result);
}

static enum status
judge(struct bench *bench)
{
	verdict_judge(bench->result, &bench->options, bench->gates);
	if (bench->options.has_find_max)
		search_judge(bench->result);
	return verdict_status(bench->result);
}

static enum status
bench_run(struct bench *bench)
{
	const struct options *options = &bench->options;
	enum status status;

	status = start_application(bench);
	if (status == STATUS_GOOD)
		status = ask_for_multiplexing(bench);
	if (status == STATUS_GOOD)
		status = test_self(bench);
	if (status != STATUS_GOOD)
		return status;
	if (has_target(bench)) {
		if (load(bench) < 0)
			return STATUS_USAGE;
		status = judge(bench);
	} else {
		host_read(&bench->result->host);
	}
	return report_publish(options, bench->result) < 0 ? STATUS_USAGE : status;
}

static void
reset(struct bench *bench)
{
	run_reset(&bench->run);
	result_reset(bench->result);
	free(bench->result);
	free(bench->gates);
	plan_reset(&bench->plan);
	options_reset(&bench->options);
}

int
main(int argc, char **argv)
{
	struct bench bench = { 0 };
	enum status status = STATUS_USAGE;

	if (spawn_fill_standard_fds() < 0)
		return STATUS_USAGE;
	/* What nobody reads is an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	/* So is a limit of file size, where standard output is a file. */
	signal(SIGXFSZ, SIG_IGN);
	options_read(&bench.options, argc, argv);
	prepare(&bench);
	if (run_init(&bench.run, &bench.options,
		bench.options.command != NULL ? &bench.application : NULL) == 0)
		status = bench_run(&bench);
	application_stop(&bench.application, GRACE_NS);
	reset(&bench);
	return (int)status;
}
