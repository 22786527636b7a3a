#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "engine.h"
#include "fcgi_error.h"
#include "series.h"
#include "spawn.h"

/* What is looked at while a plan is run. */
struct watch {
	struct run *run;
	const struct plan *plan;
	struct engine *engine;
	struct result *result;
	struct series series;
	struct tally *sum;		/* at the end of the last interval of all threads */
	struct host_load load;		/* when the window began */
	int has_load;
	int64_t cpu_ns;			/* the application's, likewise */
	int has_cpu;
	int has_begun;			/* the window has */
	int64_t begin_ns, end_ns;	/* of the window */
	int64_t next_line_ns;		/* in the warm-up */
};

/* A figure that cannot be had is told before it is waited for. */
static int
check_server(struct run *run)
{
	struct server *server = &run->server;
	int64_t cpu_ns;

	if (server->cgroup == NULL && server->pid_count == 0)
		return 0;
	if (server_cpu_ns(server, &cpu_ns) < 0) {
		cli_error(&run->options->cli, "%s: %s",
		    server->cgroup != NULL ? "--cgroup" : "--pid", server->why);
		return -1;
	}
	server_rewind(server);
	return 0;
}

int
run_init(struct run *run, const struct options *options, struct application *application)
{
	sigset_t signals;
	size_t i;

	*run = (struct run){ .options = options, .application = application };
	/* Who starts us may have ignored it, and then nobody would be told of an end. */
	signal(SIGCHLD, SIG_DFL);
	spawn_stop_signals(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	run->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signal_fd < 0) {
		cli_error(&options->cli, "cannot wait for signals: %s", strerror(errno));
		return -1;
	}
	live_init(&run->live, options->cli.quiet);
	run->server.cgroup = options->cgroup;
	for (i = 0; i < options->pid_count; i++) {
		if (server_add(&run->server, options->pids[i]) < 0) {
			cli_error(&options->cli, "out of memory");
			return -1;
		}
	}
	return check_server(run);
}

static void
look_after_application(struct watch *watch)
{
	struct run *run = watch->run;
	struct result *result = watch->result;
	char how[80];
	pid_t pid;

	if (run->application == NULL || !run->has_child_changed)
		return;
	run->has_child_changed = 0;
	pid = run->application->pid;
	if (!application_has_ended(run->application, how, sizeof how))
		return;
	live_clear(&run->live);
	cli_error(&run->options->cli, "%s[%d]: %s", run->options->command[0], (int)pid, how);
	snprintf(result->broken, sizeof result->broken, "the application %s", how);
	run->is_over = 1;
	/* Nothing in flight will be answered. */
	engine_stop(watch->engine);
	engine_stop(watch->engine);
}

int
run_take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGCHLD)
			run->has_child_changed = 1;
		else
			run->interrupts++;
	}
	return run->interrupts;
}

/* The first time what is in flight is waited for; the second time it is not. */
static void
take_signals(struct watch *watch)
{
	int before = watch->run->interrupts;
	int more = run_take_signals(watch->run) - before;

	for (; more > 0; more--)
		engine_stop(watch->engine);
	look_after_application(watch);
}

static void
read_before(struct watch *watch)
{
	struct server *server = &watch->run->server;

	watch->has_begun = 1;
	watch->has_load = host_load_read(&watch->load) == 0;
	watch->has_cpu = *server->why == '\0' && server_cpu_ns(server, &watch->cpu_ns) == 0;
}

static void
read_after(struct watch *watch)
{
	struct result *result = watch->result;
	struct server *server = &watch->run->server;
	struct host_load load;
	int64_t cpu_ns;

	if (watch->has_load && host_load_read(&load) == 0)
		result->steal = host_steal(&watch->load, &load);
	if (watch->has_cpu && result->total.complete > 0 && server_cpu_ns(server, &cpu_ns) == 0) {
		result->has_server_cpu = 1;
		result->server_cpu_us =
		    (double)(cpu_ns - watch->cpu_ns) / 1e3 / (double)result->total.complete;
	}
	snprintf(result->server_name, sizeof result->server_name, "%s", server->name);
	snprintf(result->server_why, sizeof result->server_why, "%s",
	    result->total.complete == 0 ? "there was no good answer" : server->why);
	result->server_backlog = server->backlog;
}

/*
 * Says why there was no connection, where there was none and nothing else went wrong.
 * Returns 1 when that is so, else 0.
 */
static int
has_no_connection(struct result *result, const struct tally *sum)
{
	const struct failure_table *failures = &sum->failures;
	const struct failure *first = &failures->rows[0].failure;
	const struct addr_socket *socket = &result->plan->targets[0].sockets[0];
	char why[FAILURE_CAUSE_MAX], more[160] = "";
	size_t i;

	if (sum->complete > 0 || failures->count == 0 || *result->broken != '\0')
		return 0;
	for (i = 0; i < failures->count; i++)
		if (failures->rows[i].failure.phase != FAILURE_CONNECT)
			return 0;
	failure_cause(why, sizeof why, first);
	if (first->kind == FAILURE_ERRNO)
		addr_explain_connect(more, sizeof more, socket, (int)first->number);
	snprintf(result->broken, sizeof result->broken, "no connection could be made: %s%s%s%s",
	    why, *more != '\0' ? " (" : "", more, *more != '\0' ? ")" : "");
	return 1;
}

/* Where nobody listens, going on for as long as was asked for tells nothing more. */
static void
give_up_if_hopeless(struct watch *watch)
{
	if (has_no_connection(watch->result, watch->sum))
		engine_stop(watch->engine);
}

static void
show(struct watch *watch)
{
	const struct plan *plan = watch->plan;
	const struct result_interval *last =
	    watch->series.count > 0 ? &watch->series.items[watch->series.count - 1] : NULL;
	uint64_t answered = watch->sum->complete + watch->sum->failures.total;
	int64_t now_ns = clock_now_ns();
	struct live_view view = {
		.warming = !watch->has_begun,
		.left_ns = watch->end_ns,
		.every_ns = plan->interval_ns,
		.failed = watch->sum->failures.total,
	};

	if (watch->end_ns != CLOCK_NEVER)
		view.left_ns = watch->end_ns > now_ns ? watch->end_ns - now_ns : 0;
	if (plan->request_limit > answered)
		view.left = plan->request_limit - answered;
	if (last != NULL && last->length_ns > 0) {
		view.has_rate = 1;
		view.rate = (double)last->complete * 1e9 / (double)last->length_ns;
		view.p99_ns = last->p99_ns;
	}
	live_show(&watch->run->live, &view);
}

/* Nothing is counted in the warm-up, but it is seen to pass. */
static void
look_at_beginning(struct watch *watch)
{
	int64_t now_ns = clock_now_ns();

	if (watch->has_begun || now_ns < clock_earlier(watch->next_line_ns, watch->begin_ns))
		return;
	if (now_ns >= watch->begin_ns)
		read_before(watch);
	watch->next_line_ns = clock_after(now_ns, watch->plan->interval_ns);
	show(watch);
}

/* When there is something to look at, if nobody says so before. */
static int64_t
next_look_ns(const struct watch *watch)
{
	if (watch->has_begun)
		return CLOCK_NEVER;
	return clock_earlier(watch->next_line_ns, watch->begin_ns);
}

/* Returns 0, or -1 when memory is short. */
static int
look(struct watch *watch)
{
	uint64_t number;

	take_signals(watch);
	look_at_beginning(watch);
	number = engine_snapshot(watch->engine, watch->sum);
	if (number <= watch->series.number)
		return 0;
	if (series_take(&watch->series, number, watch->sum) < 0)
		return -1;
	give_up_if_hopeless(watch);
	show(watch);
	return 0;
}

static int
watch_engine(struct watch *watch)
{
	engine_window(watch->engine, &watch->begin_ns, &watch->end_ns);
	watch->next_line_ns = clock_now_ns();
	look_at_beginning(watch);
	while (!engine_wait(watch->engine, next_look_ns(watch), watch->run->signal_fd))
		if (look(watch) < 0)
			return -1;
	/* A signal that came with the end is not left for the next run. */
	take_signals(watch);
	if (!watch->has_begun)
		read_before(watch);
	return 0;
}

/*
 * The kinds and targets apart.
 * r: what making the shares returned.
 * Returns 0, or -1 when memory is short.
 */
static int
share_out(struct result *result, struct shares *shares, int r)
{
	if (r == 0)
		r = shares_by_kind(&result->kinds, shares);
	if (r == 0)
		r = shares_by_target(&result->targets, shares);
	result->unassigned = result->total.failures.total - shares_failed(shares);
	shares_reset(shares);
	return r < 0 ? -1 : 0;
}

/* Likewise the intervals, and what came behind them. */
static int
end_series(struct watch *watch, int64_t window_ns)
{
	struct result *result = watch->result;
	struct series *series = &watch->series;

	memset(watch->sum, 0, sizeof *watch->sum);
	engine_finish_window(watch->engine, watch->sum);
	if (series_end(series, window_ns, watch->sum) < 0)
		return -1;
	series_after(series, &result->after_end, watch->sum, &result->total);
	result->intervals = series->items;
	result->interval_count = series->count;
	series->items = NULL;
	return 0;
}

static int
conclude(struct watch *watch)
{
	struct result *result = watch->result;
	struct tally *total = &result->total;
	struct shares shares = { 0 };
	int64_t window_ns;

	engine_finish(watch->engine, total);
	engine_window(watch->engine, &watch->begin_ns, &watch->end_ns);
	window_ns = watch->end_ns > watch->begin_ns ? watch->end_ns - watch->begin_ns : 0;
	if (share_out(result, &shares, engine_finish_shares(watch->engine, &shares)) < 0 ||
	    end_series(watch, window_ns) < 0)
		return -1;
	result->duration_s = (double)window_ns / 1e9;
	result->rps = window_ns > 0 ? (double)total->in_window / result->duration_s : 0;
	if (total->complete > 0)
		result->client_cpu_us = (double)total->cpu_ns / 1e3 / (double)total->complete;
	read_after(watch);
	result->interrupted = watch->run->interrupts > 0;
	(void)has_no_connection(result, total);
	result_diagnose(result);
	return 0;
}

static int
run_engine(struct watch *watch)
{
	const struct cli *cli = &watch->run->options->cli;
	char why[128];
	int r;

	watch->engine = engine_new(watch->plan, why, sizeof why);
	if (watch->engine == NULL) {
		cli_error(cli, "%s", why);
		return -1;
	}
	if (watch->plan->warmup_ns == 0)
		read_before(watch);
	r = engine_start(watch->engine);
	if (r < 0) {
		cli_error(cli, "cannot start the threads: %s", strerror(errno));
		engine_free(watch->engine);
		return -1;
	}
	r = watch_engine(watch);
	if (r < 0) {
		engine_stop(watch->engine);
		engine_stop(watch->engine);
		while (!engine_wait(watch->engine, CLOCK_NEVER, -1))
			;
	} else {
		r = conclude(watch);
	}
	live_clear(&watch->run->live);
	if (r < 0)
		cli_error(cli, "out of memory");
	engine_free(watch->engine);
	return r;
}

static void
begin_result(struct result *result, const struct plan *plan)
{
	double limit_rps = result->client_limit_rps;

	result_reset(result);
	result->plan = plan;
	result->client_limit_rps = limit_rps;
	result->started_ms = clock_wall_ms();
	host_read(&result->host);
}

/* We were asked to end before it began: a report tells that, too. */
static int
run_nothing(struct run *run, struct result *result)
{
	const struct plan *plan = result->plan;
	struct shares shares = { 0 };
	int r = shares_init(&shares, plan->target_count, plan->targets->payloads.count);

	result->interrupted = 1;
	result->not_begun = 1;
	snprintf(result->server_why, sizeof result->server_why, "nothing was asked");
	if (share_out(result, &shares, r) == 0)
		return 0;
	cli_error(&run->options->cli, "out of memory");
	return -1;
}

int
run_plan(struct run *run, const struct plan *plan, struct result *result)
{
	struct watch watch = { .run = run, .plan = plan, .result = result };
	int r;

	begin_result(result, plan);
	if (run_take_signals(run) > 0)
		return run_nothing(run, result);
	server_rewind(&run->server);
	r = run->application != NULL ? server_add(&run->server, run->application->pid) : 0;
	server_find(&run->server, plan);
	watch.sum = calloc(1, sizeof *watch.sum);
	if (r < 0 || watch.sum == NULL ||
	    series_init(&watch.series, plan->open_loop ? TALLY_RESPONSE : TALLY_SERVICE,
		plan->interval_ns) < 0) {
		cli_error(&run->options->cli, "out of memory");
		free(watch.sum);
		return -1;
	}
	r = run_engine(&watch);
	series_reset(&watch.series);
	free(watch.sum);
	return r;
}

int
run_is_over(const struct run *run)
{
	return run->interrupts > 0 || run->is_over;
}

void
run_reset(struct run *run)
{
	if (run->signal_fd >= 0)
		close(run->signal_fd);
	server_reset(&run->server);
}
