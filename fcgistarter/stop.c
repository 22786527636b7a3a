#include "stop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define PATIENCE_NS (2 * CLOCK_NS_PER_S)
#define INTERVAL_NS (20 * CLOCK_NS_PER_MS)

static int
is_listed(const pid_t *pids, int count, pid_t pid)
{
	int i;

	for (i = 0; i < count; i++)
		if (pids[i] == pid)
			return 1;
	return 0;
}

/* What the instances have left behind is our child by now.  Returns one of them, 0 if none is. */
static pid_t
signal_left_behind(const pid_t *pids, int count, int number)
{
	char path[64];
	FILE *list;
	pid_t one = 0;
	long pid;

	snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
	list = fopen(path, "re");
	if (list == NULL)
		return 0;
	while (fscanf(list, "%ld", &pid) == 1) {
		if (is_listed(pids, count, (pid_t)pid))
			continue;
		kill((pid_t)pid, number);
		one = (pid_t)pid;
	}
	fclose(list);
	return one;
}

/* Returns one of the instances, 0 if there is none any more. */
static pid_t
signal_groups(const pid_t *pids, int count, int number)
{
	pid_t one = 0;
	int i;

	for (i = 0; i < count; i++) {
		if (pids[i] <= 0)
			continue;
		kill(-pids[i], number);
		one = pids[i];
	}
	return one;
}

/* Reaps all that have ended.  Returns 1 when there is no child any more. */
static int
reap(pid_t *pids, int count)
{
	pid_t pid;
	int i;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		for (i = 0; i < count; i++)
			if (pids[i] == pid)
				pids[i] = 0;
	return pid < 0 && errno == ECHILD;
}

pid_t
stop_all(pid_t *pids, int count)
{
	const struct timespec interval = { .tv_nsec = INTERVAL_NS };
	int64_t kill_ns = clock_after(clock_now_ns(), PATIENCE_NS);
	int64_t end_ns = clock_after(kill_ns, PATIENCE_NS);
	sigset_t death;
	pid_t instance;
	pid_t other;

	sigemptyset(&death);
	sigaddset(&death, SIGCHLD);
	sigprocmask(SIG_BLOCK, &death, NULL);
	signal_groups(pids, count, SIGTERM);
	signal_groups(pids, count, SIGCONT);
	while (!reap(pids, count)) {
		if (clock_now_ns() < kill_ns) {
			signal_left_behind(pids, count, SIGTERM);
		} else {
			instance = signal_groups(pids, count, SIGKILL);
			other = signal_left_behind(pids, count, SIGKILL);
			if (clock_now_ns() > end_ns)
				return instance > 0 ? instance : other;
		}
		/* A death ends the wait early, and may leave behind what there was not before. */
		sigtimedwait(&death, NULL, &interval);
	}
	return 0;
}
