#include "pace.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "host.h"

/* A sleeping processor of a virtual machine takes about that long to be back. */
#define AHEAD_NS (50 * CLOCK_NS_PER_MS / 1000)

/* One look takes less, unless somebody else had the processor meanwhile. */
#define LOOK_MOST_NS (10 * CLOCK_NS_PER_MS / 1000)

int
pace_init(struct pace *pace, enum plan_spin spin, unsigned int threads)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	*pace = (struct pace){
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
		.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
		.spin = spin,
		.alarm_ns = CLOCK_NEVER,
		.timer_ns = CLOCK_NEVER,
		.has_pwait2 = 1,
	};
	/* Who serves needs a processor too. */
	if (spin == PLAN_SPIN_AUTO && threads >= host_cpus())
		pace->spin = PLAN_SPIN_NEVER;
	pace->ahead_ns = pace->spin == PLAN_SPIN_NEVER ? 0 : AHEAD_NS;
	(void)prctl(PR_SET_TIMERSLACK, 1ul);
	if (pace->epoll_fd < 0 || pace->timer_fd < 0 ||
	    epoll_ctl(pace->epoll_fd, EPOLL_CTL_ADD, pace->timer_fd, &event) < 0)
		return -FCGI_E_SYSTEM;
	return 0;
}

void
pace_reset(struct pace *pace)
{
	if (pace->timer_fd >= 0)
		close(pace->timer_fd);
	if (pace->epoll_fd >= 0)
		close(pace->epoll_fd);
}

static struct timespec
timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / CLOCK_NS_PER_S, .tv_nsec = ns % CLOCK_NS_PER_S };
}

static void
set_timer(struct pace *pace, int64_t at_ns)
{
	struct itimerspec when = { .it_value = { 0, 0 } };

	if (at_ns == pace->timer_ns)
		return;
	/* Zero would disarm it. */
	if (at_ns != CLOCK_NEVER)
		when.it_value = timespec_of(at_ns > 0 ? at_ns : 1);
	(void)timerfd_settime(pace->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	pace->timer_ns = at_ns;
}

void
pace_set_alarm(struct pace *pace, int64_t alarm_ns)
{
	pace->alarm_ns = alarm_ns;
	set_timer(pace, alarm_ns);
}

/* Sleeps for that long at most. */
static int
sleep_for(struct pace *pace, struct epoll_event *events, int max, int64_t ns)
{
#ifdef SYS_epoll_pwait2
	struct timespec left = timespec_of(ns);
	long n;

	if (pace->has_pwait2) {
		n = syscall(SYS_epoll_pwait2, pace->epoll_fd, events, max, &left, NULL, 0);
		if (n >= 0 || errno != ENOSYS)
			return (int)n;
		pace->has_pwait2 = 0;
	}
#endif
	set_timer(pace, clock_earlier(pace->alarm_ns, clock_after(clock_now_ns(), ns)));
	return epoll_wait(pace->epoll_fd, events, max, -1);
}

/* Looks once in any case: who is late all the time still has to receive. */
static int
spin_until(struct pace *pace, struct epoll_event *events, int max, int64_t until_ns)
{
	int n = epoll_wait(pace->epoll_fd, events, max, 0);
	int64_t before_ns, now_ns;

	if (n != 0)
		return n > 0 ? n : 0;
	now_ns = clock_now_ns();
	while (n == 0 && now_ns < until_ns) {
		before_ns = now_ns;
		n = epoll_wait(pace->epoll_fd, events, max, 0);
		now_ns = clock_now_ns();
		if (now_ns - before_ns < LOOK_MOST_NS)
			pace->spun_ns += now_ns - before_ns;
	}
	return n > 0 ? n : 0;
}

int
pace_wait(struct pace *pace, struct epoll_event *events, int max, int64_t until_ns)
{
	int64_t left_ns;
	int n = 0;

	if (pace->spin == PLAN_SPIN_ALWAYS)
		return spin_until(pace, events, max, until_ns);
	if (until_ns == CLOCK_NEVER) {
		n = epoll_wait(pace->epoll_fd, events, max, -1);
		return n > 0 ? n : 0;
	}
	left_ns = until_ns - clock_now_ns() - pace->ahead_ns;
	if (left_ns > 0)
		n = sleep_for(pace, events, max, left_ns);
	if (n != 0)
		return n > 0 ? n : 0;
	return spin_until(pace, events, max, until_ns);
}
