#include "retire.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "children.h"
#include "clock.h"
#include "idle.h"

#define STEP_NS CLOCK_NS_PER_S
/* How long the first signal may wait for a moment at which it costs no request. */
#define BETWEEN_NS (250 * CLOCK_NS_PER_MS)
#define BETWEEN_INTERVAL_NS (2 * CLOCK_NS_PER_MS)
/* Who belongs to a start that has failed has served nobody, and the caller waits. */
#define FAILED_START_NS (2 * CLOCK_NS_PER_S)
#define LEFT_BEHIND_TERM_NS (2 * CLOCK_NS_PER_S)
#define LEFT_BEHIND_INTERVAL_NS (20 * CLOCK_NS_PER_MS)

void
retire(struct supervisor *supervisor, struct instance *instance, int delayed)
{
	/* One that is being drained may be in more of a hurry now. */
	if (instance->state == INSTANCE_RETIRING && (instance->kill_ns != 0 || delayed))
		return;
	instance->state = INSTANCE_RETIRING;
	if (delayed && supervisor->options->drain_delay_ns > 0)
		instance_set_timer(supervisor->loop, instance, supervisor->options->drain_delay_ns);
	else
		retire_step(supervisor, instance);
}

static int64_t
patience_ns(const struct supervisor *supervisor)
{
	int64_t ns = supervisor->options->stop_timeout_ns;

	return supervisor->started || ns < FAILED_START_NS ? ns : FAILED_START_NS;
}

/* While the pool goes on nothing is lost, if it can be helped; when it stops, waiting is no help. */
static int
is_too_soon(const struct supervisor *supervisor, const struct instance *instance, int64_t now_ns)
{
	int64_t since_ns = instance->kill_ns - patience_ns(supervisor);

	return !instance->asked && supervisor->state == SUPERVISOR_RUNNING &&
	    now_ns - since_ns < BETWEEN_NS && idle_hold(instance->pid) == 0;
}

void
retire_step(struct supervisor *supervisor, struct instance *instance)
{
	const struct options *options = supervisor->options;
	int64_t now_ns = clock_now_ns(), next_ns = STEP_NS;

	if (instance->kill_ns == 0)
		instance->kill_ns = clock_after(now_ns, patience_ns(supervisor));
	if (now_ns >= instance->kill_ns) {
		if (instance->stop_step >= 0 && supervisor->started)
			supervisor_say(supervisor, "instance %d [%ld] does not end: killed",
			    instance->number, (long)instance->pid);
		instance->stop_step = -1;
		instance_signal(instance, SIGKILL);
	} else if (is_too_soon(supervisor, instance, now_ns)) {
		next_ns = BETWEEN_INTERVAL_NS;
	} else {
		instance->asked = 1;
		instance_signal(instance, options->stop_signals[instance->stop_step]);
		/* What is stopped would not see it before it is continued. */
		instance_signal(instance, SIGCONT);
		if (instance->stop_step + 1 < options->stop_signal_count)
			instance->stop_step++;
		if (instance->kill_ns - now_ns < next_ns)
			next_ns = instance->kill_ns - now_ns;
	}
	instance_set_timer(supervisor->loop, instance, next_ns);
}

/* What instances have left behind is our child by now.  Returns one of them, 0 if there is none. */
static pid_t
signal_children(int number)
{
	struct children children = { 0 };
	pid_t one = 0;
	size_t i;

	(void)children_list(&children);
	for (i = 0; i < children.count; i++) {
		one = children.pids[i];
		kill(one, number);
	}
	children_reset(&children);
	return one;
}

/* --stop-timeout is for all of a stop, but who has not been asked before is asked first. */
static int64_t
find_kill_ns(const struct supervisor *supervisor)
{
	int64_t now_ns = clock_now_ns(), first_ns = clock_after(now_ns, LEFT_BEHIND_INTERVAL_NS);
	int64_t last_ns = clock_after(now_ns, LEFT_BEHIND_TERM_NS);
	int64_t kill_ns =
	    clock_after(supervisor->stopped_ns, supervisor->options->stop_timeout_ns);

	if (kill_ns < first_ns)
		return first_ns;
	return kill_ns < last_ns ? kill_ns : last_ns;
}

void
retire_left_behind(const struct supervisor *supervisor)
{
	const struct timespec interval = { .tv_nsec = LEFT_BEHIND_INTERVAL_NS };
	int64_t kill_ns = find_kill_ns(supervisor);
	int64_t end_ns = clock_after(kill_ns, LEFT_BEHIND_TERM_NS);
	sigset_t death;
	pid_t pid, left;

	sigemptyset(&death);
	sigaddset(&death, SIGCHLD);
	sigprocmask(SIG_BLOCK, &death, NULL);
	for (;;) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return;
		left = signal_children(clock_now_ns() < kill_ns ? SIGTERM : SIGKILL);
		if (clock_now_ns() > end_ns) {
			supervisor_say(supervisor, "process %ld cannot be stopped", (long)left);
			return;
		}
		sigtimedwait(&death, NULL, &interval);
	}
}
