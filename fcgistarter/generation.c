#include "generation.h"

#include <ev.h>
#include <stdarg.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "clock.h"
#include "probe.h"
#include "spawn_explain.h"
#include "supervisor.h"

enum { EXIT_NOT_READY = 124, WHY_SIZE = PATH_MAX + 1280 };

#define PROBE_INTERVAL_S 0.01

struct generation {
	struct supervisor *supervisor;
	const struct program *program;
	const struct generation_owner *owner;
	unsigned number;
	struct instance **members;	/* by place */
	struct probe *probes;		/* by place */
	int started;
	int lived;			/* of those that have lived through their grace */
	int answered;			/* of those whose probe is content, or as many */
	int over;			/* the owner has been or is to be told */
	int status;			/* of the failure; 0: ready */
	char why[WHY_SIZE];
	ev_timer next;			/* starts the next member, and tells the owner at last */
	ev_timer sample;
	ev_timer deadline;
};

/* --- how it ends ------------------------------------------------------------------------------ */

/* Only the first failure is told; those that follow from it are not. */
static void __attribute__((format(printf, 3, 4)))
fail(struct generation *generation, int status, const char *format, ...)
{
	va_list arguments;

	if (generation->over)
		return;
	generation->over = 1;
	generation->status = status;
	va_start(arguments, format);
	vsnprintf(generation->why, sizeof generation->why, format, arguments);
	va_end(arguments);
	ev_timer_stop(generation->supervisor->loop, &generation->next);
	ev_timer_set(&generation->next, 0., 0.);
	ev_timer_start(generation->supervisor->loop, &generation->next);
}

static int
count_ready(const struct generation *generation)
{
	if (generation->supervisor->options->ready >= READY_CONNECT &&
	    generation->answered < generation->lived)
		return generation->answered;
	return generation->lived;
}

static void
check_ready(struct generation *generation)
{
	struct supervisor *supervisor = generation->supervisor;

	if (generation->over || count_ready(generation) < supervisor->options->instances)
		return;
	generation->over = 1;
	ev_timer_stop(supervisor->loop, &generation->next);
	ev_timer_set(&generation->next, 0., 0.);
	ev_timer_start(supervisor->loop, &generation->next);
}

void
generation_give_up(struct generation *generation, int status, const char *why)
{
	fail(generation, status, "%s", why);
}

/* --- members ---------------------------------------------------------------------------------- */

/* "PATH", or "PATH (instance I of N)". */
static char *
name_member(char *dst, size_t size, const struct generation *generation, int place)
{
	const struct supervisor *supervisor = generation->supervisor;

	if (supervisor->options->instances == 1)
		snprintf(dst, size, "%s", generation->program->path);
	else
		snprintf(dst, size, "%s (instance %d of %d)", generation->program->path, place,
		    supervisor->options->instances);
	return dst;
}

static void
tell_spawn_failure(struct generation *generation, const struct spawn_failure *failure)
{
	const struct supervisor *supervisor = generation->supervisor;
	const char *path = generation->program->path;
	struct spawn spawn = supervisor->pattern;
	char why[1024];

	spawn.path = path;
	if (failure->step == SPAWN_EXEC)
		fail(generation, spawn_exit_status(failure->error), "%s: %s", path,
		    spawn_explain_exec(why, sizeof why, &spawn, failure->error));
	else if (failure->step == SPAWN_DIRECTORY && supervisor->options->directory != NULL)
		fail(generation, 1, "-d %s: %s", supervisor->options->directory,
		    strerror(failure->error));
	else
		fail(generation, 1, "%s: cannot %s: %s", path, spawn_step_name(failure->step),
		    strerror(failure->error));
}

static void
start_member(struct generation *generation, int place)
{
	struct supervisor *supervisor = generation->supervisor;
	struct spawn_failure failure;
	struct instance *instance =
	    supervisor_spawn(supervisor, generation->program, place, generation->number, &failure);

	if (instance == NULL) {
		tell_spawn_failure(generation, &failure);
		return;
	}
	generation->members[place] = instance;
	generation->started++;
	if (supervisor->options->ready == READY_EXEC) {
		generation_lived(generation, instance);
		return;
	}
	instance_set_timer(supervisor->loop, instance, supervisor->options->start_grace_ns);
}

/*
 * One member a turn of the loop, so that a first one that dies at once is reason enough not to
 * start the others; and the owner is told from here, where none of its callers is in the way.
 */
static void
on_next(EV_P_ ev_timer *watcher, int events)
{
	struct generation *generation = watcher->data;
	struct supervisor *supervisor = generation->supervisor;
	const struct options *options = supervisor->options;

	(void)events;
	if (generation->over) {
		if (generation->status == 0)
			generation->owner->ready(supervisor);
		else
			generation->owner->failed(supervisor, generation->status, generation->why);
		return;
	}
	start_member(generation, generation->started);
	if (generation->over || generation->started == options->instances)
		return;
	ev_timer_set(watcher, (double)options->start_delay_ns / CLOCK_NS_PER_S, 0.);
	ev_timer_start(EV_A_ watcher);
}

void
generation_lived(struct generation *generation, struct instance *instance)
{
	(void)instance;
	generation->lived++;
	check_ready(generation);
}

void
generation_died(struct generation *generation, struct instance *instance)
{
	char name[PATH_MAX + 64], what[128], age[32];
	int64_t age_ms = (clock_now_ns() - instance->started_ns + CLOCK_NS_PER_MS - 1) /
	    CLOCK_NS_PER_MS;
	int status = instance->child.rstatus;

	generation->members[instance->number] = NULL;
	/* It was executed, and no more was asked for. */
	if (generation->supervisor->options->ready == READY_EXEC)
		return;
	fail(generation, 1, "%s: %s within %s of its start%s",
	    name_member(name, sizeof name, generation, instance->number),
	    instance_describe_status(what, sizeof what, status),
	    clock_format_duration(age, sizeof age, age_ms * CLOCK_NS_PER_MS),
	    status == 0 ? " (it must stay in the foreground)" : "");
}

/* --- readiness -------------------------------------------------------------------------------- */

/*
 * Connections leave a queue in the order they came: behind one that waits to be accepted no other
 * needs to be looked at, where all are on the same socket.
 */
static void
on_sample(EV_P_ ev_timer *watcher, int events)
{
	struct generation *generation = watcher->data;
	struct supervisor *supervisor = generation->supervisor;
	int in_order = supervisor->listeners->count == 1 &&
	    supervisor->options->ready == READY_CONNECT;
	int waiting = 0, i, r;
	char text[ADDR_TEXT_MAX];
	const char *why;
	struct probe *probe;

	(void)EV_A;
	(void)events;
	for (i = 0; i < generation->started; i++) {
		probe = &generation->probes[i];
		if (probe->state == PROBE_CONTENT || (waiting && probe->state == PROBE_WAITING))
			continue;
		r = probe_step(probe);
		generation->answered += r > 0;
		waiting |= in_order && r == 0 && probe->state == PROBE_WAITING;
		if (r < 0) {
			why = strerror(errno);
			fail(generation, 1, "%s: %s",
			    addr_format_socket(text, sizeof text, &probe->listener->address), why);
			return;
		}
	}
	check_ready(generation);
}

static void
on_deadline(EV_P_ ev_timer *watcher, int events)
{
	static const char *const what[] = {
		[READY_EXEC] = "are executed",
		[READY_ALIVE] = "are alive",
		[READY_CONNECT] = "accept connections",
		[READY_VALUES] = "answer FCGI_GET_VALUES",
		[READY_REQUEST] = "answer a request",
	};
	struct generation *generation = watcher->data;
	const struct supervisor *supervisor = generation->supervisor;
	const struct options *options = supervisor->options;
	char limit[32];

	(void)EV_A;
	(void)events;
	fail(generation, EXIT_NOT_READY, "%s: not ready within %s: %d of %d instances %s",
	    generation->program->path,
	    clock_format_duration(limit, sizeof limit, options->wait_timeout_ns),
	    count_ready(generation), options->instances, what[options->ready]);
}

/* --- the whole -------------------------------------------------------------------------------- */

struct generation *
generation_begin(struct supervisor *supervisor, const struct program *program, unsigned number,
    const struct generation_owner *owner)
{
	const struct options *options = supervisor->options;
	struct generation *generation = calloc(1, sizeof *generation);
	size_t count = (size_t)options->instances, i;

	if (generation == NULL)
		return NULL;
	generation->supervisor = supervisor;
	generation->program = program;
	generation->owner = owner;
	generation->number = number;
	generation->members = calloc(count, sizeof(struct instance *));
	generation->probes = calloc(count, sizeof *generation->probes);
	if (generation->members == NULL || generation->probes == NULL) {
		free(generation->members);
		free(generation->probes);
		free(generation);
		return NULL;
	}
	for (i = 0; i < count; i++)
		probe_init(&generation->probes[i], listeners_of(supervisor->listeners, (int)i),
		    options->ready);
	ev_timer_init(&generation->next, on_next, 0., 0.);
	ev_timer_init(&generation->sample, on_sample, PROBE_INTERVAL_S, PROBE_INTERVAL_S);
	ev_timer_init(&generation->deadline, on_deadline,
	    (double)options->wait_timeout_ns / CLOCK_NS_PER_S, 0.);
	generation->next.data = generation;
	generation->sample.data = generation;
	generation->deadline.data = generation;
	ev_now_update(supervisor->loop);
	ev_timer_start(supervisor->loop, &generation->next);
	if (options->ready >= READY_CONNECT)
		ev_timer_start(supervisor->loop, &generation->sample);
	if (options->wait)
		ev_timer_start(supervisor->loop, &generation->deadline);
	return generation;
}

unsigned
generation_number(const struct generation *generation)
{
	return generation->number;
}

struct instance *
generation_member(const struct generation *generation, int place)
{
	return generation->members[place];
}

void
generation_free(struct generation *generation)
{
	struct ev_loop *loop = generation->supervisor->loop;
	int i;

	ev_timer_stop(loop, &generation->next);
	ev_timer_stop(loop, &generation->sample);
	ev_timer_stop(loop, &generation->deadline);
	for (i = 0; i < generation->supervisor->options->instances; i++)
		probe_close(&generation->probes[i]);
	free(generation->members);
	free(generation->probes);
	free(generation);
}
