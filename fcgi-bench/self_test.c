#include "self_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "clock.h"
#include "engine.h"
#include "fcgi_error.h"
#include "host.h"
#include "responder.h"

#define WARMUP_NS (CLOCK_NS_PER_S / 5)
#define DURATION_NS CLOCK_NS_PER_S
#define GIVE_UP_NS (2 * CLOCK_NS_PER_S)

/* Descriptors that are no connections. */
enum { OTHER_FILES = 128 };

struct self_test {
	struct plan plan;
	struct payload *requests;	/* the plan's, but any good answer will do */
	struct responder **responders;	/* one a target */
	struct tally *total;
};

static unsigned int
limit_connections(unsigned int connections, unsigned int threads)
{
	struct rlimit files;
	rlim_t most;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_max <= OTHER_FILES)
		return connections;
	most = (files.rlim_max - OTHER_FILES) / 2;
	if (most < threads)
		most = threads;
	return most < connections ? (unsigned int)most : connections;
}

static int
make_requests(struct self_test *test, const struct payloads *payloads)
{
	size_t i;

	test->requests = calloc(payloads->count, sizeof *test->requests);
	if (test->requests == NULL)
		return -1;
	for (i = 0; i < payloads->count; i++) {
		test->requests[i] = payloads->items[i];
		test->requests[i].expect = (struct expect){ 0 };
		test->requests[i].head = 0;
	}
	return 0;
}

static int
start_responders(struct self_test *test, const struct plan *plan)
{
	const struct plan_target *model = plan->targets;
	int family = model->socket_count > 0 ? model->sockets->sa.ss_family : AF_UNIX;
	struct plan_target *target;
	size_t i;

	for (i = 0; i < test->plan.target_count; i++) {
		target = &test->plan.targets[i];
		*target = (struct plan_target){ .name = "self-test", .socket_count = 1,
			.payloads = model->payloads };
		target->payloads.items = test->requests;
		test->responders[i] = responder_start(family, plan->streams, target->sockets);
		if (test->responders[i] == NULL)
			return -1;
	}
	return 0;
}

static int
prepare(struct self_test *test, const struct plan *plan)
{
	test->plan = *plan;
	test->plan.open_loop = 0;
	test->plan.request_limit = 0;
	test->plan.spin = PLAN_SPIN_NEVER;
	test->plan.warmup_ns = WARMUP_NS;
	test->plan.duration_ns = DURATION_NS;
	test->plan.interval_ns = DURATION_NS;
	test->plan.timeout_ns = clock_earlier(plan->timeout_ns, GIVE_UP_NS);
	test->plan.connections = limit_connections(plan->connections, plan->threads);
	test->plan.target_count = plan->threads;
	test->plan.targets = calloc(plan->threads, sizeof *test->plan.targets);
	test->responders = calloc(plan->threads, sizeof(struct responder *));
	test->total = calloc(1, sizeof *test->total);
	if (test->plan.targets == NULL || test->responders == NULL || test->total == NULL ||
	    make_requests(test, &plan->targets->payloads) < 0)
		return -1;
	return start_responders(test, plan);
}

static void
give_back(struct self_test *test)
{
	size_t i;

	for (i = 0; test->responders != NULL && i < test->plan.target_count; i++)
		if (test->responders[i] != NULL)
			responder_stop(test->responders[i]);
	free(test->responders);
	free(test->plan.targets);
	free(test->requests);
	free(test->total);
}

/* Returns 0, or -1 with why set. */
static int
load(struct self_test *test, struct run *run, char *why, size_t size)
{
	struct engine *engine = engine_new(&test->plan, why, size);
	int r, is_stopped = 0;

	if (engine == NULL)
		return -1;
	r = engine_start(engine);
	if (r < 0) {
		snprintf(why, size, "cannot start the threads: %s", strerror(errno));
	} else {
		while (!engine_wait(engine, CLOCK_NEVER, is_stopped ? -1 : run->signal_fd)) {
			if (is_stopped || run_take_signals(run) == 0)
				continue;
			is_stopped = 1;
			/* Nobody wants to know what is in flight. */
			engine_stop(engine);
			engine_stop(engine);
		}
		engine_finish(engine, test->total);
	}
	if (is_stopped) {
		snprintf(why, size, "interrupted");
		r = -1;
	}
	engine_free(engine);
	return r < 0 ? -1 : 0;
}

/* That its threads can have at a time. */
static unsigned int
count_processors(const struct plan *plan)
{
	unsigned int cpus = host_cpus();

	return plan->threads < cpus ? plan->threads : cpus;
}

int
self_test_run(const struct plan *plan, struct run *run, double *limit_rps, char *why, size_t size)
{
	struct self_test test = { 0 };
	const struct failure_table *failures;
	char cause[FAILURE_CAUSE_MAX];
	int r;

	r = prepare(&test, plan);
	if (r < 0)
		snprintf(why, size, "%s", strerror(errno));
	else
		r = load(&test, run, why, size);
	if (r == 0 && (test.total->complete == 0 || test.total->cpu_ns <= 0)) {
		failures = &test.total->failures;
		snprintf(why, size, "no answers: %s", failures->count == 0 ? "too slow"
		    : failure_cause(cause, sizeof cause, &failures->rows[0].failure));
		r = -1;
	}
	if (r == 0)
		*limit_rps = (double)test.total->complete * count_processors(plan) /
		    ((double)test.total->cpu_ns / (double)CLOCK_NS_PER_S);
	give_back(&test);
	return r < 0 ? -FCGI_E_SYSTEM : 0;
}
