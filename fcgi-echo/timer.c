#include "timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

static int
compare(struct timer *a, struct timer *b)
{
	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	/* Two for the same moment are two all the same. */
	return a < b ? -1 : a > b;
}

/* RB_GENERATE_STATIC() needs an __unused that glibc does not have. */
RB_GENERATE_INTERNAL(timer_tree, timer, entry, compare, static __attribute__((unused)))

static void
arm(struct timers *timers)
{
	struct timer *first = RB_MIN(timer_tree, &timers->tree);
	int64_t at_ns = first != NULL ? first->at_ns : CLOCK_NEVER;
	struct itimerspec when = { 0 };

	/* Waking once too early is cheaper than a system call for each timer that is stopped. */
	if (at_ns >= timers->armed_ns)
		return;
	timers->armed_ns = at_ns;
	/* Zero would disarm it. */
	if (at_ns < 1)
		at_ns = 1;
	when.it_value.tv_sec = (time_t)(at_ns / CLOCK_NS_PER_S);
	when.it_value.tv_nsec = (long)(at_ns % CLOCK_NS_PER_S);
	(void)timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void
on_timerfd(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct timers *timers = io->data;
	int64_t now_ns = clock_now_ns();
	struct timer *timer;
	uint64_t count;

	(void)loop;
	(void)events;
	(void)!read(timers->fd, &count, sizeof count);
	timers->armed_ns = CLOCK_NEVER;
	/* Each may start and stop others, itself included. */
	while ((timer = RB_MIN(timer_tree, &timers->tree)) != NULL && timer->at_ns <= now_ns) {
		timer_stop(timers, timer);
		timer->fire(timer);
	}
	arm(timers);
}

int
timers_init(struct timers *timers, struct ev_loop *loop)
{
	*timers = (struct timers){ .loop = loop, .armed_ns = CLOCK_NEVER };
	RB_INIT(&timers->tree);
	timers->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (timers->fd < 0)
		return -FCGI_E_SYSTEM;
	ev_io_init(&timers->io, on_timerfd, timers->fd, EV_READ);
	timers->io.data = timers;
	ev_io_start(loop, &timers->io);
	return 0;
}

void
timers_reset(struct timers *timers)
{
	ev_io_stop(timers->loop, &timers->io);
	close(timers->fd);
}

void
timer_start(struct timers *timers, struct timer *timer, int64_t at_ns)
{
	timer_stop(timers, timer);
	timer->at_ns = at_ns;
	timer->pending = 1;
	RB_INSERT(timer_tree, &timers->tree, timer);
	arm(timers);
}

void
timer_stop(struct timers *timers, struct timer *timer)
{
	if (!timer->pending)
		return;
	timer->pending = 0;
	RB_REMOVE(timer_tree, &timers->tree, timer);
}
