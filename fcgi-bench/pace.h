/*
 * Waiting for events until a point of time, sharper than the kernel wakes anybody: it is slept until
 * shortly before, and then looked again and again.
 */
#ifndef FCGI_BENCH_PACE_H
#define FCGI_BENCH_PACE_H

#include <stdint.h>
#include <sys/epoll.h>

#include "plan.h"

/* Public to read: epoll_fd, spun_ns. */
struct pace {
	int epoll_fd;		/* -1: none */
	int timer_fd;		/* tells of the alarm; -1: none */
	enum plan_spin spin;	/* never PLAN_SPIN_AUTO */
	int64_t ahead_ns;	/* how long before the point of time it is not slept any more */
	int64_t alarm_ns;	/* private from here on */
	int64_t timer_ns;	/* what the timer is set to */
	int has_pwait2;
	int64_t spun_ns;	/* processor time that looking took, in all */
};

/*
 * For the calling thread, whose timers become as sharp as they can be.
 * threads: how many will look for what is due at the same time; PLAN_SPIN_AUTO leaves them a
 * processor less than there are, or does not spin.
 * Returns 0, or -FCGI_E_SYSTEM with errno; pace_reset() either way.
 */
int pace_init(struct pace *pace, enum plan_spin spin, unsigned int threads);
void pace_reset(struct pace *pace);

/* When pace_wait() returns at the latest, with an event whose data.ptr is NULL; once. */
void pace_set_alarm(struct pace *pace, int64_t alarm_ns);

/*
 * Waits for events until until_ns; CLOCK_NEVER: for as long as it takes.
 * Returns how many, 0 when the time has come or a signal.
 */
int pace_wait(struct pace *pace, struct epoll_event *events, int max, int64_t until_ns);

#endif
