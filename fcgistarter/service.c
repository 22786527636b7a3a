#include "service.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "recycle.h"

/* What an instance with --max-rss is looked at for the first time. */
#define LOOK_NS (5 * CLOCK_NS_PER_S)

/* libev wakes about as often by itself, so that an idle pool stays idle. */
#define OVERFLOW_INTERVAL_S 60.

/* --- status ----------------------------------------------------------------------------------- */

static int
count_serving(const struct supervisor *supervisor)
{
	int i, count = 0;

	for (i = 0; i < supervisor->options->instances; i++)
		count += supervisor->places[i].instance != NULL;
	return count;
}

static const char *
describe_state(const struct supervisor *supervisor, int64_t *next_start_ms)
{
	ev_tstamp left;

	if (supervisor->state == SUPERVISOR_STOPPING)
		return "stopping";
	if (supervisor->generation != NULL)
		return "reloading";
	if (ev_is_active(&supervisor->wake)) {
		left = ev_timer_remaining(supervisor->loop, (ev_timer *)(uintptr_t)&supervisor->wake);
		*next_start_ms = left > 0 ? (int64_t)(left * 1000) : 0;
		return "backing off";
	}
	return "running";
}

static int
add_instance(struct status *status, const struct supervisor *supervisor,
    const struct instance *instance, int number)
{
	static const char *const states[] = {
		[INSTANCE_STARTING] = "starting",
		[INSTANCE_SERVING] = "serving",
		[INSTANCE_RETIRING] = "retiring",
	};
	struct status_instance line = {
		.number = number,
		.state = "missing",
		.age_ms = -1,
		.rss = -1,
	};

	if (number < supervisor->options->instances)
		line.restarts = supervisor->places[number].restarts;
	if (instance != NULL) {
		line.pid = instance->pid;
		line.state = states[instance->state];
		line.age_ms = (clock_now_ns() - instance->started_ns) / CLOCK_NS_PER_MS;
		line.rss = memory_read(instance->pid);
		if (line.rss < 0)
			line.rss = -1;
	}
	return status_add_instance(status, &line);
}

static int
add_instances(struct status *status, const struct supervisor *supervisor)
{
	const struct instance *instance;
	int i, r = 0;

	for (i = 0; i < supervisor->options->instances && r == 0; i++)
		r = add_instance(status, supervisor, supervisor->places[i].instance, i);
	TAILQ_FOREACH(instance, &supervisor->instances, link)
		if (r == 0 && instance->state != INSTANCE_SERVING)
			r = add_instance(status, supervisor, instance, instance->number);
	return r;
}

static int
on_status(void *owner, struct status *status)
{
	struct service *service = owner;
	const struct supervisor *supervisor = service->supervisor;
	const struct listener *listener;
	char text[ADDR_TEXT_MAX];
	struct queue queue;
	size_t i;
	int r = 0;

	status->supervisor = getpid();
	status->since_s = supervisor->since_s;
	status->application = supervisor->program->path;
	status->next_start_ms = -1;
	status->state = describe_state(supervisor, &status->next_start_ms);
	status->generation = supervisor->number;
	status->wanted = supervisor->options->instances;
	status->running = count_serving(supervisor);
	status->restarts = supervisor->restarts;
	status->failures = supervisor->policy.failures;
	for (i = 0; i < supervisor->listeners->count && r == 0; i++) {
		listener = &supervisor->listeners->items[i];
		if (queue_read(listener->fd, &queue) < 0)
			queue = QUEUE_UNKNOWN;
		r = status_add_listener(status, listener->path != NULL
			? listener->path
			: addr_format_socket(text, sizeof text, &listener->address), &queue);
	}
	return r < 0 ? r : add_instances(status, supervisor);
}

/* --- requests --------------------------------------------------------------------------------- */

/* How long a reload may take: the start of all, one after the other, and their readiness. */
static int64_t
reload_limit_ns(const struct options *options)
{
	return options->instances * options->start_delay_ns + options->start_grace_ns +
	    (options->wait ? options->wait_timeout_ns : 0) + 10 * CLOCK_NS_PER_S;
}

static int64_t
on_reload(void *owner, struct control_request *request)
{
	struct service *service = owner;
	const struct options *options = service->supervisor->options;

	if (service->reload != NULL || service->supervisor->state != SUPERVISOR_RUNNING) {
		control_answer(request, 0, service->reload != NULL ? "a reload is on its way already"
								    : "the pool is stopping");
		return 0;
	}
	service->reload = request;
	supervisor_reload(service->supervisor);
	return reload_limit_ns(options);
}

static int64_t
on_stop(void *owner)
{
	struct service *service = owner;

	supervisor_say(service->supervisor, "stopping on request");
	supervisor_stop(service->supervisor, 0);
	return service->supervisor->options->stop_timeout_ns + 10 * CLOCK_NS_PER_S;
}

static void
on_warn(void *owner, const char *text)
{
	struct service *service = owner;

	supervisor_say(service->supervisor, "%s", text);
}

/* --- news from the supervisor ----------------------------------------------------------------- */

static void
on_news(struct supervisor *supervisor, enum supervisor_news news, const char *why)
{
	struct service *service = supervisor->listener_of_news;
	struct control_request *request = service->reload;
	char text[64];

	snprintf(text, sizeof text, "%d of %d running", count_serving(supervisor),
	    supervisor->options->instances);
	switch (news) {
	case SUPERVISOR_RELOADING:
		(void)notify_reloading(service->notify);
		break;
	case SUPERVISOR_RELOADED:
		(void)notify_ready(service->notify, text);
		/* One that was asked for while another was on its way is still to come. */
		if (supervisor->reload_again)
			break;
		service->reload = NULL;
		if (request != NULL)
			control_answer(request, why == NULL, why);
		break;
	case SUPERVISOR_STOPS:
		(void)notify_stopping(service->notify);
		break;
	default:
		(void)notify_status(service->notify, "%s", text);
	}
}

/* --- files and memory ------------------------------------------------------------------------- */

static void
on_changed(void *self, const char *path)
{
	struct service *service = self;

	supervisor_say(service->supervisor, "%s has changed", path);
	supervisor_reload(service->supervisor);
}

static void
begin_watch(struct service *service)
{
	struct supervisor *supervisor = service->supervisor;
	const struct options *options = supervisor->options;
	int r = 0;

	if (!options->watch && options->watch_file == NULL)
		return;
	service->watch = watch_new(supervisor->loop, on_changed, service);
	if (service->watch == NULL)
		r = -1;
	if (r == 0 && options->watch)
		r = watch_add(service->watch, supervisor->program->path, 1);
	if (r == 0 && options->watch_file != NULL)
		r = watch_add(service->watch, options->watch_file, 0);
	if (r < 0)
		supervisor_say(supervisor, "cannot watch for changes: %s", strerror(errno));
}

static void
on_look(EV_P_ ev_timer *watcher, int events)
{
	struct service *service = watcher->data;

	(void)EV_A;
	(void)events;
	recycle_large(service->supervisor);
}

static void
begin_looking(struct service *service)
{
	double interval = (double)LOOK_NS / CLOCK_NS_PER_S;

	ev_timer_init(&service->look, on_look, interval, interval);
	service->look.data = service;
	if (service->supervisor->options->max_rss > 0)
		ev_timer_start(service->supervisor->loop, &service->look);
}

/* --- queues that overflow --------------------------------------------------------------------- */

static void
tell_overflow(const struct service *service, const struct listener *listener, int64_t turned_away,
    const struct queue *queue)
{
	char text[ADDR_TEXT_MAX];
	const char *name = listener->path != NULL
	    ? listener->path
	    : addr_format_socket(text, sizeof text, &listener->address);

	if (turned_away > 0)
		supervisor_say(service->supervisor,
		    "%s: %lld attempts to connect were turned away, since %lld waited already: "
		    "raise -b, or start more instances",
		    name, (long long)turned_away, (long long)queue->limit);
	else
		supervisor_say(service->supervisor,
		    "%s: its queue is full, %lld wait: raise -b, or start more instances", name,
		    (long long)queue->len);
}

/*
 * TCP counts who was turned away; of a UNIX socket it can only be seen that its queue is full.
 */
static void
on_overflow(EV_P_ ev_timer *watcher, int events)
{
	struct service *service = watcher->data;
	const struct listeners *listeners = service->supervisor->listeners;
	struct queue queue;
	size_t i;

	(void)EV_A;
	(void)events;
	for (i = 0; i < listeners->count; i++) {
		if (queue_read(listeners->items[i].fd, &queue) < 0)
			continue;
		if (queue.drops > service->drops[i])
			tell_overflow(service, &listeners->items[i], queue.drops - service->drops[i],
			    &queue);
		else if (queue.drops < 0 && queue.limit > 0 && queue.len > queue.limit)
			tell_overflow(service, &listeners->items[i], 0, &queue);
		service->drops[i] = queue.drops > 0 ? queue.drops : 0;
	}
}

static void
begin_overflow(struct service *service)
{
	ev_timer_init(&service->overflow, on_overflow, OVERFLOW_INTERVAL_S, OVERFLOW_INTERVAL_S);
	service->overflow.data = service;
	service->drops = calloc(service->supervisor->listeners->count, sizeof *service->drops);
	if (service->drops != NULL)
		ev_timer_start(service->supervisor->loop, &service->overflow);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void
begin_control(struct service *service, int old_fd)
{
	static const struct control_handlers handlers = { on_status, on_reload, on_stop, on_warn };
	struct supervisor *supervisor = service->supervisor;
	const char *path = supervisor->control_path;
	char why[256];

	if (path[0] == '\0')
		return;
	service->control = old_fd >= 0
	    ? control_adopt(supervisor->loop, old_fd, path, &handlers, service, why, sizeof why)
	    : control_open(supervisor->loop, path, &handlers, service, why, sizeof why);
	if (service->control == NULL)
		supervisor_say(supervisor, "no control socket: %s: %s", path, why);
	else
		supervisor_keep(supervisor, "control", control_fd(service->control));
}

void
service_begin(struct service *service, struct supervisor *supervisor, struct notify *notify,
    int old_control_fd)
{
	char text[64];

	*service = (struct service){ .supervisor = supervisor, .notify = notify };
	supervisor->listener_of_news = service;
	supervisor->on_news = on_news;
	begin_control(service, old_control_fd);
	begin_watch(service);
	begin_looking(service);
	begin_overflow(service);
	snprintf(text, sizeof text, "%d of %d running", count_serving(supervisor),
	    supervisor->options->instances);
	(void)notify_mainpid(notify, getpid());
	(void)notify_ready(notify, text);
}

void
service_end(struct service *service)
{
	ev_timer_stop(service->supervisor->loop, &service->look);
	ev_timer_stop(service->supervisor->loop, &service->overflow);
	free(service->drops);
	if (service->watch != NULL)
		watch_free(service->watch);
	if (service->control != NULL)
		control_close(service->control);
	if (service->reload != NULL)
		control_answer(service->reload, 0, NULL);
}
