/* One running instance of the application, from its start to its death. */
#ifndef FCGISTARTER_INSTANCE_H
#define FCGISTARTER_INSTANCE_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "spawn.h"

struct log_source;

enum instance_state {
	INSTANCE_STARTING,	/* executed, not yet counted as ready */
	INSTANCE_SERVING,
	INSTANCE_RETIRING,	/* is to end, and has been or will be signalled */
};

/*
 * What becomes of one is told to whoever it belongs to, through three calls that its owner sets:
 * died, with the status of waitpid(2) in child.rstatus, after which the owner frees it; lived, when
 * grace is over; due, when the timer that the owner may set for itself has ended.
 */
struct instance {
	TAILQ_ENTRY(instance) link;
	int number;			/* which place it has or is to have */
	unsigned generation;		/* counts reloads */
	pid_t pid;
	int64_t started_ns;
	enum instance_state state;
	struct log_source *output;	/* NULL: none */
	int stop_step;			/* signals of the stop list that were sent */
	int asked;			/* 1: the first of them was */
	int64_t kill_ns;		/* when KILL follows; 0: not to be signalled yet */
	ev_child child;
	ev_timer timer;			/* grace while it starts, then its owner's */
};

TAILQ_HEAD(instance_list, instance);

/*
 * Starts one.
 * Returns it, or NULL with failure filled in (SPAWN_FORK with ENOMEM when memory is short).
 */
struct instance *instance_start(const struct spawn *spawn, int number, unsigned generation,
    struct spawn_failure *failure);

/* Takes over one that runs already, our child by an earlier program of ours.  NULL: no memory. */
struct instance *instance_adopt(pid_t pid, int number, unsigned generation, int64_t started_ns);

/* Forgets one that has died; its watchers are stopped. */
void instance_free(struct ev_loop *loop, struct instance *instance);

/* Lets its timer end after ns, counted from now; an earlier one is forgotten. */
void instance_set_timer(struct ev_loop *loop, struct instance *instance, int64_t ns);

/* Signals it and all of its process group. */
void instance_signal(const struct instance *instance, int number);

/* "died of signal 9 (Killed)", "exited with status 3".  Returns dst. */
char *instance_describe_status(char *dst, size_t size, int status);

#endif
