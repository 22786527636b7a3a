#include "accept_shared.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "fcgi_error.h"

/* What interrupts accept(2); nobody else sends it, and it does nothing else. */
enum { WAKE_SIGNAL = SIGUSR2 };

#define WAKE_NS 1000000	/* how long accept(2) may block */

static void
on_wake(int number)
{
	(void)number;
}

/*
 * The signal is blocked but for the time of accept(2), so nothing else is interrupted; and a timer
 * whose signal is pending rests until that is delivered, so it costs an idle process nothing and a
 * busy one a signal in each period.
 */
int
accept_shared_init(struct accept_shared *shared)
{
	static const struct itimerspec period = {
		.it_value.tv_nsec = WAKE_NS,
		.it_interval.tv_nsec = WAKE_NS,
	};
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = WAKE_SIGNAL };
	struct sigaction wake = { .sa_handler = on_wake };

	sigemptyset(&shared->wake);
	sigaddset(&shared->wake, WAKE_SIGNAL);
	if (sigaction(WAKE_SIGNAL, &wake, NULL) < 0 ||
	    sigprocmask(SIG_BLOCK, &shared->wake, NULL) < 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &shared->timer) < 0)
		return -FCGI_E_SYSTEM;
	if (timer_settime(shared->timer, 0, &period, NULL) < 0) {
		accept_shared_reset(shared);
		return -FCGI_E_SYSTEM;
	}
	return 0;
}

void
accept_shared_reset(struct accept_shared *shared)
{
	(void)timer_delete(shared->timer);
}

int
accept_shared_take(struct accept_shared *shared, int listen_fd)
{
	struct pollfd waiting = { .fd = listen_fd, .events = POLLIN };
	int fd, error;

	if (poll(&waiting, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	(void)sigprocmask(SIG_UNBLOCK, &shared->wake, NULL);
	fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	error = errno;
	(void)sigprocmask(SIG_BLOCK, &shared->wake, NULL);
	errno = error == EINTR ? EAGAIN : error;
	return fd;
}
