#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "recycle.h"
#include "retire.h"
#include "spawn.h"
#include "upgrade.h"

static double
seconds(int64_t ns)
{
	return (double)ns / (double)CLOCK_NS_PER_S;
}

void
supervisor_say(const struct supervisor *supervisor, const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (supervisor->own_log != NULL && supervisor->state != SUPERVISOR_STARTING)
		log_own(supervisor->own_log, "%s", text);
	else
		cli_error(&supervisor->options->cli, "%s", text);
}

static void
tell_news(struct supervisor *supervisor, enum supervisor_news news, const char *why)
{
	if (supervisor->on_news != NULL)
		supervisor->on_news(supervisor, news, why);
}

void
supervisor_keep(struct supervisor *supervisor, const char *name, int fd)
{
	if (fd < 0 || supervisor->kept_count == SUPERVISOR_KEPT)
		return;
	supervisor->kept[supervisor->kept_count].name = name;
	supervisor->kept[supervisor->kept_count++].fd = fd;
}

/* --- starting instances ----------------------------------------------------------------------- */

static void on_death(EV_P_ ev_child *watcher, int events);
static void on_instance_timer(EV_P_ ev_timer *watcher, int events);

static void
watch_instance(struct supervisor *supervisor, struct instance *instance)
{
	TAILQ_INSERT_TAIL(&supervisor->instances, instance, link);
	ev_child_init(&instance->child, on_death, instance->pid, 0);
	ev_init(&instance->timer, on_instance_timer);
	instance->child.data = instance;
	instance->timer.data = instance;
	ev_child_start(supervisor->loop, &instance->child);
}

struct instance *
supervisor_spawn(struct supervisor *supervisor, const struct program *program, int number,
    unsigned generation, struct spawn_failure *failure)
{
	const struct options *options = supervisor->options;
	struct spawn spawn = supervisor->pattern;
	struct log_source *output = NULL;
	struct instance *instance;

	spawn.path = program->path;
	spawn.argv = program->argv;
	spawn.envp = program->environment;
	if (program->wrapper.argv != NULL) {
		spawn.path = options->wrapper;
		spawn.argv = program->wrapper.argv;
		spawn.directory = program->wrapper.directory;
	}
	spawn.listen_fd = listeners_of(supervisor->listeners, number)->fd;
	if (supervisor->log != NULL) {
		output = log_source_new(supervisor->log, supervisor->loop, number);
		if (output != NULL)
			spawn.stderr_fd = log_source_fd(output);
	}
	instance = instance_start(&spawn, number, generation, failure);
	if (instance == NULL) {
		if (output != NULL)
			log_source_free(output);
		return NULL;
	}
	if (output != NULL)
		log_source_started(output, instance->pid);
	instance->output = output;
	watch_instance(supervisor, instance);
	return instance;
}

void
supervisor_adopt(struct supervisor *supervisor, struct instance *instance, int retiring)
{
	watch_instance(supervisor, instance);
	if (retiring)
		retire(supervisor, instance, 0);
	else
		supervisor_place(supervisor, instance);
}

void
supervisor_place(struct supervisor *supervisor, struct instance *instance)
{
	const struct options *options = supervisor->options;
	struct place *place = &supervisor->places[instance->number];

	instance->state = INSTANCE_SERVING;
	place->instance = instance;
	place->successor = NULL;
	ev_timer_stop(supervisor->loop, &instance->timer);
	if (!options->supervise)
		return;
	/* Told to the policy when it has lived long enough to prove that things are well. */
	instance_set_timer(supervisor->loop, instance, options->policy.min_life_ns);
}

static int
count_missing(const struct supervisor *supervisor)
{
	int i, missing = 0;

	for (i = 0; i < supervisor->options->instances; i++)
		missing += supervisor->places[i].instance == NULL && !supervisor->places[i].retired;
	return missing;
}

static void
tell_restart_failure(const struct supervisor *supervisor, int number,
    const struct spawn_failure *failure)
{
	supervisor_say(supervisor, "instance %d: cannot %s %s: %s", number,
	    spawn_step_name(failure->step), supervisor->program->path, strerror(failure->error));
}

static void
give_up(struct supervisor *supervisor)
{
	supervisor_say(supervisor, "given up after %u failures in a row",
	    supervisor->policy.failures);
	supervisor_stop(supervisor, 1);
}

/* A start that fails counts as an instance that died at once.  Returns 0, or -1 if it has failed. */
static int
restart_place(struct supervisor *supervisor, int number)
{
	int64_t now_ns = clock_now_ns();
	struct spawn_failure failure;
	struct instance *instance =
	    supervisor_spawn(supervisor, supervisor->program, number, supervisor->number,
		&failure);

	policy_started(&supervisor->policy, now_ns);
	supervisor->restarts++;
	supervisor->places[number].restarts++;
	if (instance != NULL) {
		supervisor_place(supervisor, instance);
		return 0;
	}
	tell_restart_failure(supervisor, number, &failure);
	switch (policy_ended(&supervisor->policy, now_ns, now_ns, W_EXITCODE(127, 0))) {
	case POLICY_RETIRE:
		supervisor->places[number].retired = 1;
		break;
	case POLICY_GIVE_UP:
		give_up(supervisor);
		break;
	default:
		break;
	}
	return -1;
}

/* Starts the missing instances, at most count.  Returns 0, or -1 once one could not be started. */
static int
fill_some(struct supervisor *supervisor, int count)
{
	const struct place *place;
	int i;

	for (i = 0; i < supervisor->options->instances && count > 0; i++) {
		place = &supervisor->places[i];
		if (place->instance != NULL || place->retired)
			continue;
		if (restart_place(supervisor, i) < 0)
			return -1;
		count--;
	}
	return 0;
}

/* With --restart the pool may be over without anybody stopping it. */
static void
end_if_over(struct supervisor *supervisor)
{
	if (!TAILQ_EMPTY(&supervisor->instances))
		return;
	if (supervisor->state == SUPERVISOR_STOPPING)
		ev_break(supervisor->loop, EVBREAK_ALL);
	else if (supervisor->state == SUPERVISOR_RUNNING && supervisor->generation == NULL &&
	    count_missing(supervisor) == 0)
		supervisor_stop(supervisor, supervisor->status);
}

/* Starts as many of the missing instances as the policy allows, and asks again when it says so. */
static void
fill_places(struct supervisor *supervisor)
{
	int64_t now_ns, again_ns;
	int allowed, failed = 0;

	if (supervisor->state != SUPERVISOR_RUNNING)
		return;
	do {
		now_ns = clock_now_ns();
		allowed = policy_allows(&supervisor->policy, count_missing(supervisor), now_ns,
		    &again_ns);
		/* After a failure not at once, though there be no delay: others want a turn too. */
		if (allowed > 0 && failed) {
			again_ns = now_ns;
			break;
		}
		failed = fill_some(supervisor, allowed) < 0;
		if (supervisor->state != SUPERVISOR_RUNNING)
			return;
	} while (allowed > 0);
	tell_news(supervisor, SUPERVISOR_CHANGED, NULL);
	end_if_over(supervisor);
	ev_timer_stop(supervisor->loop, &supervisor->wake);
	if (again_ns == CLOCK_NEVER)
		return;
	ev_now_update(supervisor->loop);
	ev_timer_set(&supervisor->wake, seconds(again_ns - now_ns), 0.);
	ev_timer_start(supervisor->loop, &supervisor->wake);
}

static void
on_wake(EV_P_ ev_timer *watcher, int events)
{
	(void)EV_A;
	(void)events;
	fill_places(watcher->data);
}

/* --- deaths ----------------------------------------------------------------------------------- */

static void
tell_death(const struct supervisor *supervisor, const struct instance *instance, int64_t now_ns)
{
	char what[128], age[32];
	int64_t age_ms = (now_ns - instance->started_ns) / CLOCK_NS_PER_MS;

	supervisor_say(supervisor, "instance %d [%ld] %s after %s", instance->number,
	    (long)instance->pid,
	    instance_describe_status(what, sizeof what, instance->child.rstatus),
	    clock_format_duration(age, sizeof age, age_ms * CLOCK_NS_PER_MS));
}

static void
serving_died(struct supervisor *supervisor, struct instance *instance)
{
	struct place *place = &supervisor->places[instance->number];
	int64_t now_ns = clock_now_ns();

	place->instance = NULL;
	if (supervisor->state != SUPERVISOR_RUNNING)
		return;
	tell_death(supervisor, instance, now_ns);
	/* Who was to replace it does so the sooner. */
	if (place->successor != NULL) {
		supervisor_place(supervisor, place->successor);
		return;
	}
	switch (policy_ended(&supervisor->policy, instance->started_ns, now_ns,
	    instance->child.rstatus)) {
	case POLICY_RETIRE:
		place->retired = 1;
		break;
	case POLICY_GIVE_UP:
		give_up(supervisor);
		break;
	default:
		fill_places(supervisor);
	}
}

static void
starting_died(struct supervisor *supervisor, struct instance *instance)
{
	struct place *place = &supervisor->places[instance->number];

	if (supervisor->generation != NULL &&
	    generation_member(supervisor->generation, instance->number) == instance) {
		generation_died(supervisor->generation, instance);
		return;
	}
	if (place->successor != instance)
		return;
	place->successor = NULL;
	tell_death(supervisor, instance, clock_now_ns());
	/* The one that was to be replaced stays; its turn comes again. */
	if (place->instance != NULL)
		recycle_postpone(supervisor, place->instance);
}

static void
on_death(EV_P_ ev_child *watcher, int events)
{
	struct instance *instance = watcher->data;
	struct supervisor *supervisor = ev_userdata(EV_A);

	(void)events;
	TAILQ_REMOVE(&supervisor->instances, instance, link);
	/* Its last words come before what is said of its death. */
	if (instance->output != NULL)
		log_source_free(instance->output);
	instance->output = NULL;
	if (instance->state == INSTANCE_SERVING)
		serving_died(supervisor, instance);
	else if (instance->state == INSTANCE_STARTING)
		starting_died(supervisor, instance);
	instance_free(EV_A_ instance);
	end_if_over(supervisor);
}

static void
on_instance_timer(EV_P_ ev_timer *watcher, int events)
{
	struct instance *instance = watcher->data;
	struct supervisor *supervisor = ev_userdata(EV_A);

	(void)events;
	switch (instance->state) {
	case INSTANCE_STARTING:
		if (supervisor->generation != NULL &&
		    generation_member(supervisor->generation, instance->number) == instance)
			generation_lived(supervisor->generation, instance);
		else
			recycle_succeed(supervisor, instance);
		break;
	case INSTANCE_SERVING:
		policy_lives(&supervisor->policy, instance->started_ns, clock_now_ns());
		recycle_when_due(supervisor, instance);
		break;
	default:
		retire_step(supervisor, instance);
	}
}

/* --- generations ------------------------------------------------------------------------------ */

/* Everybody of the new generation takes the place of whoever has it. */
static void
take_over(struct supervisor *supervisor)
{
	struct instance *old, *successor, *member;
	int i;

	for (i = 0; i < supervisor->options->instances; i++) {
		old = supervisor->places[i].instance;
		successor = supervisor->places[i].successor;
		member = generation_member(supervisor->generation, i);
		/* With --ready=exec it may have ended already. */
		supervisor->places[i].instance = NULL;
		supervisor->places[i].successor = NULL;
		if (member != NULL)
			supervisor_place(supervisor, member);
		supervisor->places[i].retired = 0;
		if (successor != NULL)
			retire(supervisor, successor, 0);
		if (old != NULL)
			retire(supervisor, old, 1);
	}
	supervisor->number = generation_number(supervisor->generation);
	generation_free(supervisor->generation);
	supervisor->generation = NULL;
	policy_forgive(&supervisor->policy);
}

/* Nobody of the new generation stays. */
static void
drop_generation(struct supervisor *supervisor)
{
	struct instance *instance;
	int i;

	if (supervisor->generation == NULL)
		return;
	for (i = 0; i < supervisor->options->instances; i++) {
		instance = generation_member(supervisor->generation, i);
		if (instance != NULL)
			retire(supervisor, instance, 0);
	}
	generation_free(supervisor->generation);
	supervisor->generation = NULL;
	program_reset(&supervisor->next_program);
}

static void
on_first_ready(struct supervisor *supervisor)
{
	take_over(supervisor);
	supervisor->started = 1;
	supervisor->state = SUPERVISOR_RUNNING;
	ev_break(supervisor->loop, EVBREAK_ALL);
}

static void
on_first_failed(struct supervisor *supervisor, int status, const char *why)
{
	supervisor_say(supervisor, "%s", why);
	supervisor_stop(supervisor, status);
}

/* How a reload has ended, to the log and to who asked for it.  why: NULL: it succeeded. */
static void
tell_reloaded(struct supervisor *supervisor, const char *why)
{
	if (why != NULL)
		supervisor_say(supervisor, "reload failed, the old instances go on: %s", why);
	else
		supervisor_say(supervisor, "reloaded: generation %u serves", supervisor->number);
	tell_news(supervisor, SUPERVISOR_RELOADED, why);
}

/* The next reload that was asked for meanwhile, if any. */
static void
end_reload(struct supervisor *supervisor)
{
	int again = supervisor->reload_again;

	supervisor->reload_again = 0;
	if (again)
		supervisor_reload(supervisor);
	else
		fill_places(supervisor);
}

static void
on_reload_ready(struct supervisor *supervisor)
{
	program_reset(supervisor->program);
	*supervisor->program = supervisor->next_program;
	supervisor->next_program = (struct program){ 0 };
	/* argv[0] is the path, which has just moved. */
	supervisor->program->argv[0] = supervisor->program->path;
	take_over(supervisor);
	tell_reloaded(supervisor, NULL);
	end_reload(supervisor);
}

static void
on_reload_failed(struct supervisor *supervisor, int status, const char *why)
{
	(void)status;
	/* The words are the generation's, which goes first. */
	tell_reloaded(supervisor, why);
	drop_generation(supervisor);
	end_reload(supervisor);
}

/* A relative command begins where it was given, which a daemon has left. */
static int
find_next_program(struct supervisor *supervisor, char *why, size_t why_size)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int moved = here >= 0 && chdir(supervisor->directory) == 0;
	int status = program_find(&supervisor->next_program, supervisor->options, environ,
	    supervisor->identity, why, why_size);

	if (moved && fchdir(here) < 0)
		status = 1;
	if (here >= 0)
		close(here);
	return status;
}

void
supervisor_reload(struct supervisor *supervisor)
{
	static const struct generation_owner owner = { on_reload_ready, on_reload_failed };
	char why[1024] = "the working directory has gone";

	if (supervisor->state != SUPERVISOR_RUNNING)
		return;
	if (supervisor->generation != NULL) {
		supervisor->reload_again = 1;
		return;
	}
	if (find_next_program(supervisor, why, sizeof why) != 0) {
		tell_reloaded(supervisor, why);
		program_reset(&supervisor->next_program);
		return;
	}
	tell_news(supervisor, SUPERVISOR_RELOADING, NULL);
	supervisor->generation = generation_begin(supervisor, &supervisor->next_program,
	    supervisor->number + 1, &owner);
	if (supervisor->generation == NULL) {
		program_reset(&supervisor->next_program);
		tell_reloaded(supervisor, "out of memory");
	}
}

/* --- signals ---------------------------------------------------------------------------------- */

static void
on_upgrade(EV_P_ ev_timer *watcher, int events)
{
	(void)EV_A;
	(void)events;
	upgrade(watcher->data);
}

static void
on_signal(EV_P_ ev_signal *watcher, int events)
{
	struct supervisor *supervisor = watcher->data;
	char why[PATH_MAX + 128];

	(void)EV_A;
	(void)events;
	if (supervisor->state == SUPERVISOR_STARTING) {
		snprintf(why, sizeof why, "%s: start given up on signal %d (%s)",
		    supervisor->program->path, watcher->signum, strsignal(watcher->signum));
		if (supervisor->generation != NULL)
			generation_give_up(supervisor->generation, 1, why);
		return;
	}
	switch (watcher->signum) {
	case SIGHUP:
		supervisor_reload(supervisor);
		break;
	case SIGUSR1:
		if (supervisor->log != NULL)
			(void)log_reopen(supervisor->log);
		break;
	case SIGUSR2:
		/* In the next turn: what has come together with it, such as a TERM, goes first. */
		ev_timer_start(EV_A_ &supervisor->upgrade);
		break;
	default:
		supervisor_say(supervisor, "stopping on signal %d (%s)", watcher->signum,
		    strsignal(watcher->signum));
		supervisor_stop(supervisor, 0);
	}
}

static void
watch_signal(struct supervisor *supervisor, int number)
{
	ev_signal *watcher = &supervisor->signals[supervisor->signal_count++];

	ev_signal_init(watcher, on_signal, number);
	watcher->data = supervisor;
	ev_signal_start(supervisor->loop, watcher);
	sigaddset(&supervisor->watched, number);
}

/* While it starts, a signal that asks a process to end gives the start up. */
static void
watch_stop_signals(struct supervisor *supervisor)
{
	sigset_t stop;
	int number;

	sigemptyset(&supervisor->watched);
	spawn_stop_signals(&stop);
	for (number = 1; number < NSIG; number++)
		if (sigismember(&stop, number) == 1)
			watch_signal(supervisor, number);
	sigprocmask(SIG_UNBLOCK, &supervisor->watched, NULL);
}

void
supervisor_obey(struct supervisor *supervisor)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
	size_t i;

	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (sigismember(&supervisor->watched, numbers[i]) != 1)
			watch_signal(supervisor, numbers[i]);
	sigprocmask(SIG_UNBLOCK, &supervisor->watched, NULL);
}

static void
on_caller(EV_P_ ev_io *watcher, int events)
{
	struct supervisor *supervisor = watcher->data;
	char why[PATH_MAX + 128];

	(void)events;
	ev_io_stop(EV_A_ watcher);
	snprintf(why, sizeof why, "%s: start given up, since nobody waits for it any more",
	    supervisor->program->path);
	if (supervisor->generation != NULL)
		generation_give_up(supervisor->generation, 1, why);
}

/* --- the whole -------------------------------------------------------------------------------- */

struct supervisor *
supervisor_new(const struct options *options, struct program *program,
    struct listeners *listeners)
{
	struct supervisor *supervisor = calloc(1, sizeof *supervisor);

	if (supervisor == NULL)
		return NULL;
	supervisor->options = options;
	supervisor->program = program;
	supervisor->listeners = listeners;
	supervisor->since_s = (int64_t)time(NULL);
	TAILQ_INIT(&supervisor->instances);
	policy_init(&supervisor->policy, &options->policy);
	supervisor->places = calloc((size_t)options->instances, sizeof *supervisor->places);
	supervisor->loop = ev_default_loop(EVFLAG_AUTO | EVFLAG_NOENV);
	if (supervisor->places == NULL || supervisor->loop == NULL) {
		supervisor_free(supervisor);
		return NULL;
	}
	ev_set_userdata(supervisor->loop, supervisor);
	ev_timer_init(&supervisor->wake, on_wake, 0., 0.);
	supervisor->wake.data = supervisor;
	ev_timer_init(&supervisor->upgrade, on_upgrade, 0., 0.);
	supervisor->upgrade.data = supervisor;
	return supervisor;
}

void
supervisor_free(struct supervisor *supervisor)
{
	struct instance *instance;

	while ((instance = TAILQ_FIRST(&supervisor->instances)) != NULL) {
		TAILQ_REMOVE(&supervisor->instances, instance, link);
		instance_free(supervisor->loop, instance);
	}
	if (supervisor->loop != NULL)
		ev_loop_destroy(supervisor->loop);
	free(supervisor->places);
	free(supervisor);
}

void
supervisor_stop(struct supervisor *supervisor, int status)
{
	struct instance *instance;

	if (supervisor->state == SUPERVISOR_STOPPING)
		return;
	drop_generation(supervisor);
	supervisor->state = SUPERVISOR_STOPPING;
	supervisor->stopped_ns = clock_now_ns();
	supervisor->status = status;
	tell_news(supervisor, SUPERVISOR_STOPS, NULL);
	ev_timer_stop(supervisor->loop, &supervisor->wake);
	TAILQ_FOREACH(instance, &supervisor->instances, link)
		retire(supervisor, instance, 0);
	if (TAILQ_EMPTY(&supervisor->instances))
		ev_break(supervisor->loop, EVBREAK_ALL);
}

int
supervisor_start(struct supervisor *supervisor, int caller_fd)
{
	static const struct generation_owner owner = { on_first_ready, on_first_failed };

	/* What instances leave behind becomes our child, and so ours to end. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	watch_stop_signals(supervisor);
	if (caller_fd >= 0) {
		ev_io_init(&supervisor->caller, on_caller, caller_fd, EV_READ);
		supervisor->caller.data = supervisor;
		ev_io_start(supervisor->loop, &supervisor->caller);
	}
	supervisor->generation =
	    generation_begin(supervisor, supervisor->program, 1, &owner);
	if (supervisor->generation == NULL) {
		supervisor_say(supervisor, "out of memory");
		return 1;
	}
	ev_run(supervisor->loop, 0);
	if (caller_fd >= 0)
		ev_io_stop(supervisor->loop, &supervisor->caller);
	if (supervisor->state == SUPERVISOR_RUNNING)
		return 0;
	retire_left_behind(supervisor);
	return supervisor->status;
}

void
supervisor_end(struct supervisor *supervisor)
{
	supervisor_stop(supervisor, 1);
	if (!TAILQ_EMPTY(&supervisor->instances))
		ev_run(supervisor->loop, 0);
	retire_left_behind(supervisor);
}

int
supervisor_run(struct supervisor *supervisor)
{
	/* Deaths between two programs of ours have raised a signal that nobody saw. */
	ev_feed_signal_event(supervisor->loop, SIGCHLD);
	fill_places(supervisor);
	if (supervisor->state == SUPERVISOR_RUNNING || !TAILQ_EMPTY(&supervisor->instances))
		ev_run(supervisor->loop, 0);
	retire_left_behind(supervisor);
	return supervisor->status;
}
