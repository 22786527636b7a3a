#include "instance.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"

static struct instance *
make(int number, unsigned generation)
{
	struct instance *instance = calloc(1, sizeof *instance);

	if (instance != NULL) {
		instance->number = number;
		instance->generation = generation;
	}
	return instance;
}

struct instance *
instance_start(const struct spawn *spawn, int number, unsigned generation,
    struct spawn_failure *failure)
{
	struct instance *instance = make(number, generation);

	if (instance == NULL) {
		*failure = (struct spawn_failure){ .step = SPAWN_FORK, .error = ENOMEM };
		return NULL;
	}
	instance->pid = spawn_start(spawn, failure);
	if (instance->pid < 0) {
		free(instance);
		return NULL;
	}
	instance->started_ns = clock_now_ns();
	return instance;
}

struct instance *
instance_adopt(pid_t pid, int number, unsigned generation, int64_t started_ns)
{
	struct instance *instance = make(number, generation);

	if (instance != NULL) {
		instance->pid = pid;
		instance->started_ns = started_ns;
		instance->state = INSTANCE_SERVING;
	}
	return instance;
}

void
instance_free(struct ev_loop *loop, struct instance *instance)
{
	ev_child_stop(loop, &instance->child);
	ev_timer_stop(loop, &instance->timer);
	free(instance);
}

void
instance_set_timer(struct ev_loop *loop, struct instance *instance, int64_t ns)
{
	ev_timer_stop(loop, &instance->timer);
	/* From now, not from when the loop last looked at the clock. */
	ev_now_update(loop);
	ev_timer_set(&instance->timer, (double)ns / CLOCK_NS_PER_S, 0.);
	ev_timer_start(loop, &instance->timer);
}

void
instance_signal(const struct instance *instance, int number)
{
	/* It leads a group of its own; what it has started belongs to that. */
	kill(-instance->pid, number);
}

char *
instance_describe_status(char *dst, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(dst, size, "died of signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		snprintf(dst, size, "exited with status %d", WEXITSTATUS(status));
	return dst;
}
