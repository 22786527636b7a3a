#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "options.h"

static _Noreturn void
die_of_memory(const struct cli *cli)
{
	cli_die(cli, STATUS_USAGE, "out of memory");
}

static void
resolve(struct plan_target *target, const struct cli *cli)
{
	int gai, error;

	target->socket_count = addr_resolve(&target->addr, 0, target->sockets, &gai);
	error = errno;
	if (target->socket_count > 0)
		return;
	if (target->socket_count != -FCGI_E_RESOLVE)
		cli_die(cli, STATUS_USAGE, "%s: %s", target->name,
		    fcgi_strerror(target->socket_count));
	cli_die(cli, STATUS_NO_ANSWER, "%s: cannot look up the host: %s", target->name,
	    gai == EAI_SYSTEM ? strerror(error) : gai_strerror(gai));
}

static void
make_targets(struct plan *plan, const struct options *options,
    const struct option_target *targets)
{
	struct plan_target *target;
	size_t i;

	plan->targets = calloc(plan->target_count, sizeof *plan->targets);
	if (plan->targets == NULL)
		die_of_memory(&options->cli);
	for (i = 0; i < plan->target_count; i++) {
		target = &plan->targets[i];
		target->name = targets[i].name;
		target->addr = targets[i].addr;
		resolve(target, &options->cli);
	}
}

/* Only a web server's variables hold the address, and make the requests of each target its own. */
static void
make_payloads(struct plan *plan, const struct options *options)
{
	int differ = cli_request_is_web(&options->http) || options->input_file != NULL;
	struct plan_target *target;

	plan->payload_sets = differ ? plan->target_count : 1;
	for (target = plan->targets; target < plan->targets + plan->target_count; target++) {
		if (target == plan->targets || differ)
			payload_make(&target->payloads, options, &target->addr, plan->keep_alive);
		else
			target->payloads = plan->targets->payloads;
	}
}

/*
 * The rate of the warm-up is the first one; stages begin behind it, so that each has the time it
 * was given.
 */
static void
make_schedule(struct plan *plan, const struct options *options)
{
	size_t i;

	plan->stages = calloc(options->stage_count + 1, sizeof *plan->stages);
	if (plan->stages == NULL)
		die_of_memory(&options->cli);
	plan->schedule = (struct schedule){
		.arrival = options->arrival,
		.seed = options->seed,
		.stages = plan->stages,
	};
	if (options->rate > 0)
		plan_set_rate(plan, options->rate, plan->duration_ns);
	if (options->stage_count == 0)
		return;
	plan->open_loop = 1;
	plan->duration_ns = 0;
	if (plan->warmup_ns > 0)
		plan->stages[plan->schedule.stage_count++] = (struct schedule_stage){
			.duration_ns = plan->warmup_ns,
			.rate = options->stages[0].rate,
		};
	for (i = 0; i < options->stage_count; i++) {
		plan->stages[plan->schedule.stage_count++] = options->stages[i];
		plan->duration_ns = clock_after(plan->duration_ns,
		    options->stages[i].duration_ns);
	}
}

void
plan_make(struct plan *plan, const struct options *options, const struct option_target *targets,
    size_t target_count)
{
	*plan = (struct plan){
		.target_count = target_count,
		.connections = options->connections,
		.threads = options->threads,
		.streams = options->streams,
		.keep_alive = options->keep_alive,
		.requests_per_connection = options->requests_per_connection,
		.warmup_ns = options->warmup_ns,
		.duration_ns = options->duration_ns,
		.request_limit = options->request_limit,
		.connect_timeout_ns = clock_earlier(options->time.connect_timeout_ns,
		    options->time.timeout_ns),
		.timeout_ns = options->time.timeout_ns,
		.interval_ns = options->interval_ns,
		.spin = options->spin,
	};
	if (plan->connections < target_count)
		cli_usage_error(&options->cli, "-c %u: there are more targets (%zu)",
		    plan->connections, target_count);
	make_targets(plan, options, targets);
	make_schedule(plan, options);
	make_payloads(plan, options);
}

void
plan_set_rate(struct plan *plan, double rate, int64_t duration_ns)
{
	plan->open_loop = 1;
	plan->stages[0] = (struct schedule_stage){ .duration_ns = CLOCK_NEVER, .rate = rate };
	plan->schedule.stage_count = 1;
	plan->duration_ns = duration_ns;
}

void
plan_reset(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->payload_sets; i++)
		payload_reset(&plan->targets[i].payloads);
	free(plan->targets);
	free(plan->stages);
	*plan = (struct plan){ 0 };
}
