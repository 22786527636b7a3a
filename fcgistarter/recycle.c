#include "recycle.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "memory.h"
#include "retire.h"
#include "spawn.h"

/* How long after a successor has failed another is tried. */
#define RETRY_NS (60 * CLOCK_NS_PER_S)

void
recycle_begin(struct supervisor *supervisor, struct instance *instance, const char *why)
{
	struct place *place = &supervisor->places[instance->number];
	struct spawn_failure failure;

	if (place->successor != NULL || supervisor->state != SUPERVISOR_RUNNING)
		return;
	/* A new generation is on its way and replaces all, unless it fails. */
	if (supervisor->generation != NULL) {
		recycle_postpone(supervisor, instance);
		return;
	}
	supervisor_say(supervisor, "instance %d [%ld] %s: to be replaced", instance->number,
	    (long)instance->pid, why);
	place->successor = supervisor_spawn(supervisor, supervisor->program, instance->number,
	    supervisor->number, &failure);
	if (place->successor == NULL) {
		supervisor_say(supervisor, "instance %d: cannot %s %s: %s", instance->number,
		    spawn_step_name(failure.step), supervisor->program->path,
		    strerror(failure.error));
		recycle_postpone(supervisor, instance);
		return;
	}
	instance_set_timer(supervisor->loop, place->successor, supervisor->options->start_grace_ns);
}

void
recycle_succeed(struct supervisor *supervisor, struct instance *successor)
{
	struct instance *old = supervisor->places[successor->number].instance;

	supervisor->places[successor->number].restarts++;
	supervisor->restarts++;
	supervisor_place(supervisor, successor);
	if (old != NULL)
		retire(supervisor, old, 1);
}

void
recycle_postpone(struct supervisor *supervisor, struct instance *instance)
{
	if (supervisor->options->max_lifetime_ns > 0)
		instance_set_timer(supervisor->loop, instance, RETRY_NS);
}

void
recycle_when_due(struct supervisor *supervisor, struct instance *instance)
{
	int64_t limit_ns = supervisor->options->max_lifetime_ns;
	int64_t age_ns = clock_now_ns() - instance->started_ns;
	char why[64], limit[32];

	if (limit_ns == 0)
		return;
	if (age_ns < limit_ns) {
		instance_set_timer(supervisor->loop, instance, limit_ns - age_ns);
		return;
	}
	snprintf(why, sizeof why, "is older than %s",
	    clock_format_duration(limit, sizeof limit, limit_ns));
	recycle_begin(supervisor, instance, why);
}

void
recycle_large(struct supervisor *supervisor)
{
	uint64_t limit = supervisor->options->max_rss;
	struct instance *instance;
	int64_t rss;
	char why[64];
	int i;

	/* One at a time: all that leak do so at the same pace, and should not go at the same time. */
	for (i = 0; i < supervisor->options->instances; i++) {
		instance = supervisor->places[i].instance;
		if (supervisor->places[i].successor != NULL)
			return;
		if (instance == NULL)
			continue;
		rss = memory_read(instance->pid);
		if (rss < 0 || (uint64_t)rss <= limit)
			continue;
		snprintf(why, sizeof why, "has %lld KB of memory", (long long)rss / 1024);
		recycle_begin(supervisor, instance, why);
		return;
	}
}
