/*
 * What a supervisor and its pool are doing, in words for a person and in JSON for a program: pure
 * functions of what was found out before.
 */
#ifndef FCGISTARTER_STATUS_H
#define FCGISTARTER_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "queue.h"

struct status_listener {
	char *address;			/* of malloc(3) */
	struct queue queue;		/* -1 for what is not known */
};

struct status_instance {
	int number;			/* of its place in the pool */
	pid_t pid;			/* 0: none runs */
	const char *state;		/* a constant: "starting", "serving", "retiring",
					   "missing" */
	int64_t age_ms;			/* -1: not known */
	int64_t rss;			/* resident bytes; -1: not known */
	unsigned restarts;		/* of its place */
};

/* Zero-filled, and next_start_ms -1, before it is filled in; then status_reset(). */
struct status {
	pid_t supervisor;
	int64_t since_s;		/* when it was started, seconds of the epoch */
	const char *application;	/* path; the filler's */
	const char *state;		/* a constant: "starting", "running", "reloading",
					   "backing off", "stopping" */
	unsigned generation;
	int wanted;			/* instances */
	int running;
	unsigned restarts;		/* of all places */
	unsigned failures;		/* in a row */
	int64_t next_start_ms;		/* until the next start may be tried; -1: none is due */
	struct status_listener *listeners;
	size_t listener_count;
	struct status_instance *instances;
	size_t instance_count;
};

/* Adds one more.  address is copied.  Returns 0, or -FCGI_E_SYSTEM with errno ENOMEM. */
int status_add_listener(struct status *status, const char *address, const struct queue *queue);

/* Adds one more; it is copied.  Returns 0, or -FCGI_E_SYSTEM with errno ENOMEM. */
int status_add_instance(struct status *status, const struct status_instance *instance);

/* Gives back what was added. */
void status_reset(struct status *status);

/* Writes lines and tables; text of others is escaped.  The caller looks at ferror(3). */
void status_write_text(FILE *out, const struct status *status);

/*
 * Writes one object and a newline:
 *	supervisor, since, application, state, generation, wanted, running, restarts, failures,
 *	next_start_ms,
 *	listeners: [ address, queue, backlog, drops ],
 *	instances: [ number, pid, state, age_ms, rss, restarts ]
 * null stands for what is not known.  Keys may be added, and none is taken away.
 */
void status_write_json(FILE *out, const struct status *status);

#endif
