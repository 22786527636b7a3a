#include "idle.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "proc_file.h"

enum { NOT_WAITING = -1, UNKNOWN = -2 };

#define STOP_INTERVAL_NS (CLOCK_NS_PER_MS / 10)
#define STOP_TRIES 20

static const long accepting[] = {
#ifdef SYS_accept
	SYS_accept,
#endif
	SYS_accept4,
};

static const long looking_after_itself[] = {
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_epoll_pwait,
	SYS_futex,
};

/* The system call that it waits in, or one of the above (proc(5)). */
static long
read_call(pid_t pid)
{
	char text[256], *end;
	long call;

	if (proc_file_read(pid, "syscall", text, sizeof text) <= 0)
		return UNKNOWN;
	call = strtol(text, &end, 10);
	return end == text ? NOT_WAITING : call;
}

static int
is_one_of(long call, const long *calls, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (calls[i] == call)
			return 1;
	return 0;
}

static int
accepts(pid_t pid)
{
	return is_one_of(read_call(pid), accepting, sizeof accepting / sizeof *accepting);
}

/* A signal takes effect a little after it was sent.  Its status is left to who waits for it. */
static int
is_stopped(pid_t pid)
{
	const struct timespec interval = { .tv_nsec = STOP_INTERVAL_NS };
	siginfo_t info;
	int i;

	for (i = 0; i < STOP_TRIES; i++) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT) < 0)
			return 0;
		if (info.si_pid != 0)
			return info.si_code == CLD_STOPPED;
		nanosleep(&interval, NULL);
	}
	return 0;
}

int
idle_hold(pid_t pid)
{
	long call = read_call(pid);

	if (call == UNKNOWN || is_one_of(call, looking_after_itself,
		sizeof looking_after_itself / sizeof *looking_after_itself))
		return -1;
	if (!is_one_of(call, accepting, sizeof accepting / sizeof *accepting))
		return 0;
	if (kill(pid, SIGSTOP) < 0)
		return -1;
	/* It may have accepted somebody before the signal came. */
	if (is_stopped(pid) && accepts(pid))
		return 1;
	kill(pid, SIGCONT);
	return 0;
}
