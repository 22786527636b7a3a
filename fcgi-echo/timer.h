/*
 * Timers of nanosecond resolution in libev's loop, whose own go by milliseconds: one timerfd(2) for
 * all of them.
 */
#ifndef TIMER_H
#define TIMER_H

#include <ev.h>
#include <stdint.h>
#include <bsd/sys/tree.h>

/* One point in time.  Zero-filled before use, fire and owner set by its owner. */
struct timer {
	void (*fire)(struct timer *timer);
	void *owner;
	RB_ENTRY(timer) entry;	/* private */
	int64_t at_ns;		/* private */
	int pending;		/* private */
};

RB_HEAD(timer_tree, timer);

struct timers {
	struct ev_loop *loop;	/* all private */
	struct ev_io io;
	int fd;
	int64_t armed_ns;
	struct timer_tree tree;
};

/* Returns 0, or -FCGI_E_SYSTEM with errno. */
int timers_init(struct timers *timers, struct ev_loop *loop);

/* Timers still pending are forgotten. */
void timers_reset(struct timers *timers);

/*
 * Lets timer fire once, at_ns on the clock of clock_now_ns(); a pending one is moved.
 * The timer stays the caller's and must not go before it has fired or was stopped.
 */
void timer_start(struct timers *timers, struct timer *timer, int64_t at_ns);

/* Nothing happens when it is not pending. */
void timer_stop(struct timers *timers, struct timer *timer);

#endif
