#include "engine.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "interval.h"
#include "worker.h"

/* Descriptors besides connections: the standard ones, the threads' own, files of reports. */
enum { SPARE_FILES = 64 };

/* From the opening of the gate to the first request: all threads are awake by then. */
#define LEAD_NS (2 * CLOCK_NS_PER_MS)

struct engine {
	struct crew crew;
	unsigned int started;	/* threads */
	struct worker **workers;
};

/* Raises the limit of open files where that helps.  Returns 0, or -1 with why. */
static int
find_descriptors(const struct plan *plan, char *why, size_t size)
{
	rlim_t needed = (rlim_t)plan->connections + SPARE_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
		return 0;
	if (limit.rlim_max < needed) {
		snprintf(why, size,
		    "%u connections need %llu open files, and the limit is %llu (RLIMIT_NOFILE)",
		    plan->connections, (unsigned long long)needed,
		    (unsigned long long)limit.rlim_max);
		return -1;
	}
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		snprintf(why, size, "raising the limit of open files (RLIMIT_NOFILE): %s",
		    strerror(errno));
		return -1;
	}
	return 0;
}

static int
make_workers(struct engine *engine)
{
	struct crew *crew = &engine->crew;
	struct worker *worker;
	unsigned int i;

	engine->workers = calloc(crew->workers, sizeof(struct worker *));
	if (engine->workers == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < crew->workers; i++) {
		worker = calloc(1, sizeof *worker);
		if (worker == NULL)
			return -FCGI_E_SYSTEM;
		engine->workers[i] = worker;
		worker->crew = crew;
		worker->index = i;
		worker->pace.epoll_fd = worker->pace.timer_fd = -1;
		pthread_mutex_init(&worker->mailbox.lock, NULL);
	}
	return 0;
}

struct engine *
engine_new(const struct plan *plan, char *why, size_t size)
{
	struct engine *engine;
	struct crew *crew;

	if (find_descriptors(plan, why, size) < 0)
		return NULL;
	engine = calloc(1, sizeof *engine);
	if (engine == NULL) {
		snprintf(why, size, "%s", strerror(errno));
		return NULL;
	}
	crew = &engine->crew;
	crew->plan = plan;
	crew->workers = plan->threads < plan->connections ? plan->threads : plan->connections;
	crew->stop_ns = CLOCK_NEVER;
	crew->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	crew->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->changed, NULL);
	if (crew->stop_fd < 0 || crew->news_fd < 0 || make_workers(engine) < 0) {
		snprintf(why, size, "%s", strerror(errno));
		engine_free(engine);
		return NULL;
	}
	return engine;
}

/* Lets them go; or home, when there are fewer than there should be. */
static int
open_gate(struct engine *engine, int error)
{
	struct crew *crew = &engine->crew;

	pthread_mutex_lock(&crew->lock);
	while (crew->ready + crew->failed < engine->started)
		pthread_cond_wait(&crew->changed, &crew->lock);
	if (error == 0)
		error = crew->error;
	crew->is_off = error != 0;
	crew->start_ns = clock_now_ns() + LEAD_NS;
	crew->is_open = 1;
	pthread_cond_broadcast(&crew->changed);
	pthread_mutex_unlock(&crew->lock);
	errno = error;
	return error != 0 ? -FCGI_E_SYSTEM : 0;
}

int
engine_start(struct engine *engine)
{
	sigset_t all, before;
	int error = 0;

	/* Signals are the owner's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (error == 0 && engine->started < engine->crew.workers) {
		error = pthread_create(&engine->workers[engine->started]->thread, NULL, worker_main,
		    engine->workers[engine->started]);
		engine->started += error == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return open_gate(engine, error);
}

int64_t
engine_start_ns(const struct engine *engine)
{
	return engine->crew.start_ns;
}

static unsigned int
count_ended(const struct engine *engine)
{
	return __atomic_load_n(&engine->crew.ended, __ATOMIC_ACQUIRE);
}

/* When the last of a limited number was answered or given up. */
static int64_t
last_done_ns(const struct engine *engine, int64_t begin_ns)
{
	int64_t done_ns = begin_ns;
	unsigned int i;

	for (i = 0; i < engine->crew.workers; i++)
		if (engine->workers[i]->done_ns > done_ns)
			done_ns = engine->workers[i]->done_ns;
	return done_ns;
}

/* Whether as many requests were begun as there were to be. */
static int
is_used_up(const struct engine *engine)
{
	uint64_t places = __atomic_load_n(&engine->crew.places, __ATOMIC_RELAXED);
	unsigned int i;

	for (i = 0; i < engine->crew.workers; i++)
		places -= engine->workers[i]->places;
	return places >= engine->crew.plan->request_limit;
}

void
engine_window(const struct engine *engine, int64_t *begin_ns, int64_t *end_ns)
{
	const struct crew *crew = &engine->crew;
	uint64_t limit = crew->plan->request_limit;

	*begin_ns = clock_after(crew->start_ns, crew->plan->warmup_ns);
	*end_ns = clock_earlier(clock_after(*begin_ns, crew->plan->duration_ns),
	    __atomic_load_n(&crew->stop_ns, __ATOMIC_RELAXED));
	if (limit > 0 && count_ended(engine) == crew->workers && is_used_up(engine))
		*end_ns = last_done_ns(engine, *begin_ns);
	if (*end_ns < *begin_ns)
		*end_ns = *begin_ns;
}

int
engine_wait(struct engine *engine, int64_t until_ns, int wake_fd)
{
	struct pollfd fds[] = {
		{ .fd = engine->crew.news_fd, .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};
	eventfd_t times;

	if (count_ended(engine) == engine->crew.workers)
		return 1;
	if (poll(fds, 2, clock_poll_timeout(until_ns, clock_now_ns())) > 0 && fds[0].revents != 0)
		(void)eventfd_read(engine->crew.news_fd, &times);
	return count_ended(engine) == engine->crew.workers;
}

uint64_t
engine_snapshot(struct engine *engine, struct tally *sum)
{
	struct worker_mailbox *mailbox;
	uint64_t interval = UINT64_MAX, own;
	unsigned int i;

	memset(sum, 0, sizeof *sum);
	for (i = 0; i < engine->crew.workers; i++) {
		mailbox = &engine->workers[i]->mailbox;
		pthread_mutex_lock(&mailbox->lock);
		own = mailbox->interval;
		interval_add(sum, &mailbox->tally, &mailbox->whole);
		pthread_mutex_unlock(&mailbox->lock);
		/* Who has ended has no more to leave. */
		if (own == UINT64_MAX)
			continue;
		if (interval != UINT64_MAX && own != interval)
			return 0;
		interval = own;
	}
	return interval == UINT64_MAX ? 0 : interval;
}

void
engine_stop(struct engine *engine)
{
	struct crew *crew = &engine->crew;
	int64_t never_ns = CLOCK_NEVER;

	__atomic_compare_exchange_n(&crew->stop_ns, &never_ns, clock_now_ns(), 0, __ATOMIC_RELAXED,
	    __ATOMIC_RELAXED);
	__atomic_add_fetch(&crew->stops, 1, __ATOMIC_RELEASE);
	(void)eventfd_write(crew->stop_fd, 1);
}

void
engine_finish(struct engine *engine, struct tally *total)
{
	unsigned int i;

	for (i = 0; i < engine->crew.workers; i++)
		interval_add(total, &engine->workers[i]->tally, &engine->workers[i]->whole);
}

void
engine_finish_window(struct engine *engine, struct tally *window)
{
	unsigned int i;

	for (i = 0; i < engine->crew.workers; i++)
		interval_add(window, &engine->workers[i]->window,
		    &engine->workers[i]->window_whole);
}

int
engine_finish_shares(struct engine *engine, struct shares *shares)
{
	const struct plan *plan = engine->crew.plan;
	unsigned int i;

	if (shares_init(shares, plan->target_count, plan->targets->payloads.count) < 0)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < engine->crew.workers; i++)
		shares_add(shares, &engine->workers[i]->shares);
	return 0;
}

void
engine_free(struct engine *engine)
{
	struct crew *crew = &engine->crew;
	struct worker *worker;
	unsigned int i;

	for (i = 0; i < engine->started; i++)
		pthread_join(engine->workers[i]->thread, NULL);
	for (i = 0; engine->workers != NULL && i < crew->workers; i++) {
		worker = engine->workers[i];
		if (worker == NULL)
			continue;
		pthread_mutex_destroy(&worker->mailbox.lock);
		shares_reset(&worker->shares);
		free(worker);
	}
	free(engine->workers);
	if (crew->stop_fd >= 0)
		close(crew->stop_fd);
	if (crew->news_fd >= 0)
		close(crew->news_fd);
	pthread_cond_destroy(&crew->changed);
	pthread_mutex_destroy(&crew->lock);
	free(engine);
}
