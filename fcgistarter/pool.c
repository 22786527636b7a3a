#include "pool.h"

#include <errno.h>
#include <ev.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "probe.h"
#include "spawn.h"
#include "spawn_explain.h"
#include "stop.h"

enum {
	STOP_SIGNALS = 4,	/* as many as spawn_stop_signals() may name */
	EXIT_NOT_READY = 124,
};

#define PROBE_INTERVAL_S 0.01

struct instance {
	struct pool *pool;
	int number;
	int64_t started_ns;
	ev_child child;
	ev_timer grace;
	struct probe probe;
};

struct pool {
	const struct options *options;
	const struct program *program;
	const struct listeners *listeners;
	struct ev_loop *loop;
	struct instance *instances;
	pid_t *pids;		/* 0: none */
	int count;		/* of those that were started */
	int lived;		/* of those that have lived through their grace */
	int accepted;		/* of those that accept connections, or as many */
	int status;		/* of the failure that ends the start; 0: none yet */
	ev_timer sample;
	ev_timer deadline;
	ev_io caller;
	ev_signal signals[STOP_SIGNALS];
	sigset_t stop;		/* the signals that are watched */
};

static double
seconds(int64_t ns)
{
	return (double)ns / (double)CLOCK_NS_PER_S;
}

/* "PATH", or "PATH (instance I of N)". */
static char *
name_instance(char *dst, size_t size, const struct instance *instance)
{
	const struct pool *pool = instance->pool;

	if (pool->options->instances == 1)
		snprintf(dst, size, "%s", pool->program->path);
	else
		snprintf(dst, size, "%s (instance %d of %d)", pool->program->path,
		    instance->number, pool->options->instances);
	return dst;
}

/* The first failure is the one that is told; those that follow from it are not. */
static void
fail(struct pool *pool, int status, const char *what, const char *why)
{
	if (pool->status != 0)
		return;
	pool->status = status;
	cli_error(&pool->options->cli, "%s: %s", what, why);
	ev_break(pool->loop, EVBREAK_ALL);
}

static int
count_ready(const struct pool *pool)
{
	if (pool->options->ready == READY_CONNECT && pool->accepted < pool->lived)
		return pool->accepted;
	return pool->lived;
}

static void
check_ready(struct pool *pool)
{
	if (count_ready(pool) == pool->options->instances)
		ev_break(pool->loop, EVBREAK_ALL);
}

/* In whole milliseconds, as few as it did not live longer than. */
static char *
format_age(char *dst, size_t size, int64_t age_ns)
{
	int64_t age_ms = (age_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;

	return clock_format_duration(dst, size, age_ms * CLOCK_NS_PER_MS);
}

static void
on_death(EV_P_ ev_child *watcher, int events)
{
	struct instance *instance = watcher->data;
	struct pool *pool = instance->pool;
	char name[PATH_MAX + 64];
	char why[256];
	char age[32];
	int status = watcher->rstatus;

	(void)events;
	ev_child_stop(EV_A_ watcher);
	/* It was executed, and no more was asked for. */
	if (pool->options->ready == READY_EXEC)
		return;
	pool->pids[instance->number] = 0;
	format_age(age, sizeof age, clock_now_ns() - instance->started_ns);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "died of signal %d (%s) within %s of its start",
		    WTERMSIG(status), strsignal(WTERMSIG(status)), age);
	else
		snprintf(why, sizeof why, "exited with status %d within %s of its start%s",
		    WEXITSTATUS(status), age,
		    WEXITSTATUS(status) == 0 ? " (it must stay in the foreground)" : "");
	fail(pool, 1, name_instance(name, sizeof name, instance), why);
}

static void
on_grace_end(EV_P_ ev_timer *watcher, int events)
{
	struct instance *instance = watcher->data;

	(void)EV_A;
	(void)events;
	instance->pool->lived++;
	check_ready(instance->pool);
}

/*
 * Connections leave a queue in the order they came: behind one that waits no other needs to be
 * looked at, where all are on the same socket.
 */
static void
on_sample(EV_P_ ev_timer *watcher, int events)
{
	struct pool *pool = watcher->data;
	int shared = pool->listeners->count == 1;
	char text[ADDR_TEXT_MAX];
	const char *why;
	struct probe *probe;
	int waiting = 0;
	int i;
	int r;

	(void)EV_A;
	(void)events;
	for (i = 0; i < pool->count; i++) {
		probe = &pool->instances[i].probe;
		if (probe->state == PROBE_ACCEPTED || (waiting && probe->state == PROBE_WAITING))
			continue;
		r = probe_step(probe);
		pool->accepted += r > 0;
		waiting |= shared && r == 0 && probe->state == PROBE_WAITING;
		if (r < 0) {
			why = strerror(errno);
			addr_format_socket(text, sizeof text, &probe->listener->address);
			fail(pool, 1, text, why);
			return;
		}
	}
	check_ready(pool);
}

static void
on_deadline(EV_P_ ev_timer *watcher, int events)
{
	struct pool *pool = watcher->data;
	char why[256];
	char limit[32];

	(void)EV_A;
	(void)events;
	clock_format_duration(limit, sizeof limit, pool->options->wait_timeout_ns);
	snprintf(why, sizeof why, "not ready within %s: %d of %d instances %s", limit,
	    count_ready(pool), pool->options->instances,
	    pool->options->ready == READY_CONNECT ? "accept connections" : "are alive");
	fail(pool, EXIT_NOT_READY, pool->program->path, why);
}

static void
on_signal(EV_P_ ev_signal *watcher, int events)
{
	struct pool *pool = watcher->data;
	char why[128];

	(void)EV_A;
	(void)events;
	snprintf(why, sizeof why, "start given up on signal %d (%s)", watcher->signum,
	    strsignal(watcher->signum));
	fail(pool, 1, pool->program->path, why);
}

static void
on_caller(EV_P_ ev_io *watcher, int events)
{
	struct pool *pool = watcher->data;

	(void)EV_A;
	(void)events;
	fail(pool, 1, pool->program->path, "start given up, since nobody waits for it any more");
}

struct pool *
pool_new(const struct options *options, const struct program *program,
    const struct listeners *listeners)
{
	struct pool *pool = calloc(1, sizeof *pool);
	size_t count = (size_t)options->instances;

	if (pool == NULL)
		return NULL;
	pool->options = options;
	pool->program = program;
	pool->listeners = listeners;
	pool->instances = calloc(count, sizeof *pool->instances);
	pool->pids = calloc(count, sizeof *pool->pids);
	pool->loop = ev_default_loop(EVFLAG_AUTO | EVFLAG_NOENV);
	if (pool->instances == NULL || pool->pids == NULL || pool->loop == NULL) {
		pool_free(pool);
		return NULL;
	}
	return pool;
}

void
pool_free(struct pool *pool)
{
	if (pool->loop != NULL)
		ev_loop_destroy(pool->loop);
	free(pool->instances);
	free(pool->pids);
	free(pool);
}

const pid_t *
pool_pids(const struct pool *pool)
{
	return pool->pids;
}

/* From now on a signal, the caller's end and the deadline are seen. */
static void
watch(struct pool *pool, int caller_fd)
{
	int watched = 0;
	int number;

	spawn_stop_signals(&pool->stop);
	for (number = 1; number < NSIG && watched < STOP_SIGNALS; number++) {
		if (sigismember(&pool->stop, number) != 1)
			continue;
		ev_signal_init(&pool->signals[watched], on_signal, number);
		pool->signals[watched].data = pool;
		ev_signal_start(pool->loop, &pool->signals[watched]);
		watched++;
	}
	sigprocmask(SIG_UNBLOCK, &pool->stop, NULL);
	ev_io_init(&pool->caller, on_caller, caller_fd, EV_READ);
	pool->caller.data = pool;
	ev_io_start(pool->loop, &pool->caller);
	ev_timer_init(&pool->sample, on_sample, PROBE_INTERVAL_S, PROBE_INTERVAL_S);
	pool->sample.data = pool;
	ev_timer_init(&pool->deadline, on_deadline, seconds(pool->options->wait_timeout_ns), 0.);
	pool->deadline.data = pool;
	if (pool->options->wait)
		ev_timer_start(pool->loop, &pool->deadline);
}

/* The instances' own watchers need no stopping: what they could say is not told any more. */
static void
unwatch(struct pool *pool)
{
	int i;

	sigprocmask(SIG_BLOCK, &pool->stop, NULL);
	for (i = 0; i < STOP_SIGNALS; i++)
		ev_signal_stop(pool->loop, &pool->signals[i]);
	ev_io_stop(pool->loop, &pool->caller);
	ev_timer_stop(pool->loop, &pool->sample);
	ev_timer_stop(pool->loop, &pool->deadline);
	for (i = 0; i < pool->count; i++)
		probe_close(&pool->instances[i].probe);
}

static void
tell_spawn_failure(struct pool *pool, const struct spawn_failure *failure)
{
	char why[1024];
	char what[PATH_MAX + 64];

	if (failure->step == SPAWN_EXEC) {
		spawn_explain(why, sizeof why, pool->program->path, failure->error);
		fail(pool, spawn_exit_status(failure->error), pool->program->path, why);
	} else if (failure->step == SPAWN_DIRECTORY && pool->options->directory != NULL) {
		snprintf(what, sizeof what, "-d %s", pool->options->directory);
		fail(pool, 1, what, strerror(failure->error));
	} else {
		snprintf(why, sizeof why, "cannot %s: %s", spawn_step_name(failure->step),
		    strerror(failure->error));
		fail(pool, 1, pool->program->path, why);
	}
}

static void
start_instance(struct pool *pool, int number)
{
	const struct listener *listener = listeners_of(pool->listeners, number);
	const char *directory = pool->options->directory;
	const struct spawn spawn = {
		.path = pool->program->path,
		.argv = pool->program->argv,
		.envp = pool->program->environment,
		.directory = directory != NULL ? directory : "/",
		.listen_fd = listener->fd,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.new_group = 1,
	};
	struct instance *instance = &pool->instances[number];
	struct spawn_failure failure;
	pid_t pid = spawn_start(&spawn, &failure);

	if (pid < 0) {
		tell_spawn_failure(pool, &failure);
		return;
	}
	*instance = (struct instance){ .pool = pool, .number = number,
		.started_ns = clock_now_ns(), .probe.listener = listener };
	pool->pids[number] = pid;
	pool->count++;
	ev_child_init(&instance->child, on_death, pid, 0);
	instance->child.data = instance;
	ev_child_start(pool->loop, &instance->child);
	ev_timer_init(&instance->grace, on_grace_end, seconds(pool->options->start_grace_ns), 0.);
	instance->grace.data = instance;
	/* Counted from now, not from when the loop last looked at the clock. */
	ev_now_update(pool->loop);
	ev_timer_start(pool->loop, &instance->grace);
}

int
pool_start(struct pool *pool, int caller_fd)
{
	int number;

	/* Whatever the instances leave behind is ours to stop if the start fails. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	watch(pool, caller_fd);
	for (number = 0; number < pool->options->instances && pool->status == 0; number++) {
		start_instance(pool, number);
		/* A first one that dies at once is reason enough not to start the others. */
		ev_run(pool->loop, EVRUN_NOWAIT);
	}
	if (pool->options->ready == READY_CONNECT)
		ev_timer_start(pool->loop, &pool->sample);
	if (pool->options->ready != READY_EXEC)
		while (pool->status == 0 && count_ready(pool) < pool->options->instances)
			ev_run(pool->loop, 0);
	unwatch(pool);
	return pool->status;
}

void
pool_stop(struct pool *pool)
{
	pid_t left = stop_all(pool->pids, pool->count);

	if (left > 0)
		cli_error(&pool->options->cli, "process %ld cannot be stopped", (long)left);
}
