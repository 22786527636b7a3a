#include "worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "clock.h"
#include "due.h"
#include "exchange.h"
#include "fcgi_error.h"
#include "interval.h"

#ifdef __SANITIZE_THREAD__
#define IS_THREAD_SANITIZED 1
#elif defined(__has_feature)
#define IS_THREAD_SANITIZED __has_feature(thread_sanitizer)
#else
#define IS_THREAD_SANITIZED 0
#endif

enum { EVENTS = 512, SCRATCH_LEN = 64 * 1024 };

/* What is at least waited for those that never had an answer, behind the end. */
#define VAIN_NS CLOCK_NS_PER_S

/* How often it is asked behind the end what the others have seen. */
#define LOOK_NS (100 * CLOCK_NS_PER_MS)

/* --- begin ---------------------------------------------------------------------------------- */

/*
 * Where a worker begins in the order of sending to a target: each at a part of its own, so that all
 * together keep the weights before any has come around.
 */
static size_t
first_turn(const struct worker *worker, size_t target)
{
	const struct plan *plan = worker->crew->plan;
	size_t orders = plan->target_count * worker->crew->workers;
	size_t order = target * worker->crew->workers + worker->index;

	return order * plan->targets[target].payloads.turn_count / orders;
}

/* The connections of all workers are dealt out in turn. */
static int
init_links(struct worker *worker)
{
	const struct plan *plan = worker->crew->plan;
	const struct plan_target *target;
	struct link *link;
	size_t i, place, at;

	for (i = 0; i < plan->target_count; i++) {
		if (intake_memory_init(&worker->memories[i], &plan->targets[i].payloads) < 0)
			return -FCGI_E_SYSTEM;
		worker->turns[i] = first_turn(worker, i);
	}
	for (i = 0; i < worker->link_count; i++) {
		place = worker->index + i * worker->crew->workers;
		at = place % plan->target_count;
		target = &plan->targets[at];
		link = &worker->links[i];
		if (link_init(link, target, &worker->memories[at],
			&worker->shares.items[at * worker->shares.kinds],
			&worker->slots[i * plan->streams], plan->streams,
			worker->pace.epoll_fd) < 0)
			return -FCGI_E_SYSTEM;
		link->turn = &worker->turns[at];
	}
	return 0;
}

/* calloc(3) knows nothing of cache lines. */
static struct link_slot *
new_slots(size_t count)
{
	struct link_slot *slots = aligned_alloc(_Alignof(struct link_slot), count * sizeof *slots);

	if (slots != NULL)
		memset(slots, 0, count * sizeof *slots);
	return slots;
}

static int
init(struct worker *worker)
{
	const struct crew *crew = worker->crew;
	const struct plan *plan = crew->plan;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	worker->link_count = (plan->connections - worker->index + crew->workers - 1) /
	    crew->workers;
	worker->per_connection = plan->keep_alive ? plan->requests_per_connection : 1;
	worker->timeout_ns = plan->timeout_ns;
	worker->is_open_loop = plan->open_loop != 0;
	worker->is_single = !plan->open_loop && plan->streams == 1;
	worker->scratch.size = SCRATCH_LEN;
	worker->links = calloc(worker->link_count, sizeof *worker->links);
	worker->slots = new_slots(worker->link_count * plan->streams);
	worker->memories = calloc(plan->target_count, sizeof *worker->memories);
	worker->turns = calloc(plan->target_count, sizeof *worker->turns);
	worker->buffer = malloc(WORKER_BUFFER_LEN);
	worker->scratch.bytes = malloc(SCRATCH_LEN);
	if (worker->links == NULL || worker->slots == NULL || worker->memories == NULL ||
	    worker->turns == NULL || worker->buffer == NULL || worker->scratch.bytes == NULL)
		return -FCGI_E_SYSTEM;
	if (shares_init(&worker->shares, plan->target_count, plan->targets->payloads.count) < 0)
		return -FCGI_E_SYSTEM;
	if (pace_init(&worker->pace, plan->spin, crew->workers) < 0 ||
	    epoll_ctl(worker->pace.epoll_fd, EPOLL_CTL_ADD, crew->stop_fd, &event) < 0)
		return -FCGI_E_SYSTEM;
	return init_links(worker);
}

/* What only the thread has any use for. */
static void
reset(struct worker *worker)
{
	size_t i;

	for (i = 0; worker->links != NULL && i < worker->link_count; i++)
		link_reset(&worker->links[i]);
	for (i = 0; worker->memories != NULL && i < worker->crew->plan->target_count; i++)
		intake_memory_reset(&worker->memories[i]);
	pace_reset(&worker->pace);
	free(worker->links);
	free(worker->slots);
	free(worker->memories);
	free(worker->turns);
	free(worker->buffer);
	free(worker->scratch.bytes);
}

/* Returns 1 when there is a run, else 0. */
static int
wait_at_gate(struct crew *crew, int is_ready)
{
	int is_off;

	pthread_mutex_lock(&crew->lock);
	if (is_ready) {
		crew->ready++;
	} else {
		crew->failed++;
		crew->error = errno;
	}
	pthread_cond_broadcast(&crew->changed);
	while (!crew->is_open)
		pthread_cond_wait(&crew->changed, &crew->lock);
	is_off = crew->is_off;
	pthread_mutex_unlock(&crew->lock);
	return !is_off;
}

/* --- for whoever begins requests ------------------------------------------------------------ */

static void
wake_crew(int fd)
{
	/* It can only fail when it is full, and then they are awake. */
	(void)eventfd_write(fd, 1);
}

/* Takes places of the crew's.  Returns 1, or 0 when there are none. */
static int
take_places(struct worker *worker, uint64_t limit)
{
	struct crew *crew = worker->crew;
	uint64_t taken;

	/*
	 * Nobody keeps places from the others, for requests that are never begun because his
	 * connections are not served.
	 */
	worker->places = crew->workers == 1 ? limit : 1;
	taken = __atomic_fetch_add(&crew->places, worker->places, __ATOMIC_RELAXED);
	if (taken >= limit)
		worker->places = 0;
	worker->is_last = taken + worker->places == limit;
	return worker->places > 0;
}

int
worker_take_place(struct worker *worker, int64_t when_ns)
{
	struct crew *crew = worker->crew;
	uint64_t limit = crew->plan->request_limit;

	if (limit == 0) {
		worker->places = UINT64_MAX;
		return 1;
	}
	if (when_ns < worker->window_ns)
		return 1;
	if (worker->places == 0 && !take_places(worker, limit))
		return 0;
	if (worker->places == 1 && worker->is_last)
		wake_crew(crew->stop_fd);
	worker->places--;
	return 1;
}

void
worker_sweep_by(struct worker *worker, int64_t when_ns)
{
	if (when_ns < worker->sweep_ns)
		worker->sweep_ns = when_ns;
	if (when_ns < worker->wake_ns) {
		worker->wake_ns = when_ns;
		pace_set_alarm(&worker->pace, when_ns);
	}
}

void
worker_wait_for_request(struct worker *worker, struct link *link)
{
	if (link->is_waiting || worker_shuns(worker, link))
		return;
	link->is_waiting = 1;
	link->behind = NULL;
	if (worker->waiting_first == NULL) {
		worker->waiting_first = link;
		worker->freed_ns = worker->now_ns;
	} else {
		worker->waiting_last->behind = link;
	}
	worker->waiting_last = link;
}

/* --- the end -------------------------------------------------------------------------------- */

/* Tells the others how long an answer can take. */
static void
tell_longest(struct worker *worker)
{
	int64_t *longest_ns = &worker->crew->longest_ns;
	int64_t known_ns = __atomic_load_n(longest_ns, __ATOMIC_RELAXED);
	uint64_t whole_ns = worker->whole.max_ns;
	uint64_t split_ns = worker->tally.spans[TALLY_SERVICE].max_ns;
	int64_t own_ns = (int64_t)(whole_ns > split_ns ? whole_ns : split_ns);

	while (own_ns > known_ns && !__atomic_compare_exchange_n(longest_ns, &known_ns, own_ns, 1,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/*
 * When a link that never had an answer has been waited for long enough.  Where nobody had one it is
 * not that others are preferred to it: the application is slow.
 */
static int64_t
vain_ns(struct worker *worker)
{
	int64_t longest_ns;

	/* Who gets a connection for each request waits for its turn like everybody else. */
	if (!worker->is_ending || !worker->crew->plan->keep_alive)
		return CLOCK_NEVER;
	tell_longest(worker);
	longest_ns = __atomic_load_n(&worker->crew->longest_ns, __ATOMIC_RELAXED);
	if (longest_ns == 0)
		return CLOCK_NEVER;
	return clock_after(worker->end_ns, 10 * longest_ns > VAIN_NS ? 10 * longest_ns : VAIN_NS);
}

static int
is_at_end(const struct worker *worker)
{
	const struct crew *crew = worker->crew;
	uint64_t limit = crew->plan->request_limit;

	return worker->stops > 0 || worker->now_ns >= worker->end_ns ||
	    (limit > 0 && worker->places == 0 &&
		__atomic_load_n(&crew->places, __ATOMIC_RELAXED) >= limit);
}

static void
begin_end(struct worker *worker)
{
	int is_full = worker->stops == 0 && worker->now_ns < worker->end_ns;

	if (worker->stops > 0)
		worker->end_ns = clock_earlier(worker->end_ns,
		    __atomic_load_n(&worker->crew->stop_ns, __ATOMIC_RELAXED));
	/* What is due before the end is sent, even if it comes to it late. */
	if (is_full)
		worker->due_ns = CLOCK_NEVER;
	else if (worker->due_ns != CLOCK_NEVER)
		due_dispatch(worker);
	/* The window of a limited number ends with the last answer. */
	if (!is_full)
		interval_close_window(worker);
	worker->end_ns = clock_earlier(worker->end_ns, worker->now_ns);
	due_end(worker);
	worker->drained_ns = clock_after(worker->end_ns, worker->crew->plan->drain_ns);
	worker->is_ending = 1;
	worker_sweep_by(worker, worker->now_ns);
}

/* Whether a request that is due can still be sent some time. */
static int
has_links(const struct worker *worker)
{
	size_t i;

	for (i = 0; i < worker->link_count; i++)
		if (!worker_shuns(worker, &worker->links[i]))
			return 1;
	return 0;
}

/* Behind the end, what was due before it is still sent, but not for ever. */
static int
is_drained(const struct worker *worker)
{
	return worker->stops > 0 || worker->now_ns >= worker->drained_ns ||
	    (worker->in_flight == 0 && !has_links(worker));
}

static void
sweep(struct worker *worker)
{
	const struct plan *plan = worker->crew->plan;
	int64_t until_vain_ns = vain_ns(worker);
	int64_t next_ns = clock_after(worker->now_ns,
	    clock_earlier(plan->timeout_ns, plan->connect_timeout_ns));
	size_t i;

	if (worker->is_ending)
		next_ns = clock_earlier(next_ns, clock_after(worker->now_ns, LOOK_NS));
	worker->sweep_ns = CLOCK_NEVER;
	for (i = 0; i < worker->link_count; i++)
		next_ns = clock_earlier(next_ns,
		    exchange_sweep(worker, &worker->links[i], until_vain_ns));
	worker->sweep_ns = clock_earlier(worker->sweep_ns, next_ns);
}

/* --- the loop ------------------------------------------------------------------------------- */

static void
set_alarm(struct worker *worker)
{
	worker->wake_ns = worker->sweep_ns;
	if (!worker->is_counting)
		worker->wake_ns = clock_earlier(worker->wake_ns, worker->window_ns);
	else if (!worker->is_ending)
		worker->wake_ns = clock_earlier(worker->wake_ns, interval_end_ns(worker));
	if (!worker->is_ending)
		worker->wake_ns = clock_earlier(worker->wake_ns, worker->end_ns);
	else if (worker->due_ns != CLOCK_NEVER)
		worker->wake_ns = clock_earlier(worker->wake_ns, worker->drained_ns);
	pace_set_alarm(&worker->pace, worker->wake_ns);
}

/* Does what is to be done at certain times, or because another thread says so. */
static void
attend(struct worker *worker)
{
	worker->stops = __atomic_load_n(&worker->crew->stops, __ATOMIC_ACQUIRE);
	if (!worker->is_counting && worker->now_ns >= worker->window_ns)
		interval_open_window(worker);
	if (worker->is_counting && !worker->is_ending &&
	    worker->now_ns >= interval_end_ns(worker))
		interval_end(worker);
	if (!worker->is_ending && is_at_end(worker))
		begin_end(worker);
	if (worker->now_ns >= worker->sweep_ns)
		sweep(worker);
	if (worker->is_ending && worker->due_ns != CLOCK_NEVER && is_drained(worker))
		due_give_up(worker);
	set_alarm(worker);
}

/* Whether what is in flight is not waited for: nobody has the time, or none of it counts. */
static int
is_given_up(const struct worker *worker)
{
	return worker->stops > 1 || (worker->stops > 0 && worker->end_ns <= worker->window_ns);
}

static int
is_over(const struct worker *worker)
{
	return worker->is_ending && worker->due_ns == CLOCK_NEVER &&
	    (worker->in_flight == 0 || is_given_up(worker));
}

static void
loop(struct worker *worker)
{
	struct epoll_event events[EVENTS];
	int i, n, is_called;

	while (!is_over(worker)) {
		n = pace_wait(&worker->pace, events, EVENTS,
		    worker->due_ns != CLOCK_NEVER && due_first_waiting(worker) != NULL
			? worker->due_ns
			: CLOCK_NEVER);
		is_called = 0;
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL) {
				is_called = 1;
				continue;
			}
			exchange_event(worker, events[i].data.ptr, events[i].events);
			if (worker->due_ns <= worker->now_ns)
				due_dispatch(worker);
		}
		if (worker->due_ns != CLOCK_NEVER)
			due_dispatch(worker);
		if (is_called)
			worker->now_ns = clock_now_ns();
		if (is_called || worker->now_ns >= worker->wake_ns)
			attend(worker);
	}
}

static void
begin(struct worker *worker)
{
	const struct crew *crew = worker->crew;
	const struct plan *plan = crew->plan;
	struct timespec start = { .tv_sec = crew->start_ns / CLOCK_NS_PER_S,
		.tv_nsec = crew->start_ns % CLOCK_NS_PER_S };
	size_t i;

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL) == EINTR)
		;
	worker->now_ns = clock_now_ns();
	worker->window_ns = clock_after(crew->start_ns, plan->warmup_ns);
	worker->end_ns = clock_after(worker->window_ns, plan->duration_ns);
	worker->due_ns = CLOCK_NEVER;
	worker->done_ns = worker->window_ns;
	worker->sweep_ns = worker->now_ns;
	worker->wake_ns = CLOCK_NEVER;
	if (plan->open_loop)
		due_begin(worker);
	attend(worker);
	for (i = 0; i < worker->link_count; i++)
		exchange_link_free(worker, &worker->links[i]);
	/* They were free before it began late. */
	worker->freed_ns = crew->start_ns;
}

/* Requests in flight that count, and are given up. */
static void
count_cut_off(struct worker *worker)
{
	size_t i, count = worker->link_count * worker->crew->plan->streams;

	for (i = 0; i < count; i++)
		worker->tally.cut_off += link_slot_is_alive(&worker->slots[i]) &&
		    worker->slots[i].is_counted;
	if (worker->tally.cut_off > 0)
		worker->done_ns = worker->now_ns;
}

static void
finish(struct worker *worker)
{
	struct tally *tally = &worker->tally;
	size_t i;

	count_cut_off(worker);
	for (i = 0; i < worker->link_count; i++) {
		/* What went before the window opened is not asked for. */
		if (worker->is_counting)
			tally->sent_bytes += worker->links[i].sent_bytes;
		tally->connections_used += worker->links[i].is_used;
		tally->connections_starved += worker->links[i].is_vain && !worker->links[i].is_used;
	}
	worker->now_ns = clock_now_ns();
	interval_end_run(worker);
}

/*
 * With a table of descriptors of its own a thread's system calls need not take a reference of the
 * file each time.  Where that is not permitted it is only slower; ThreadSanitizer takes the same
 * number in two tables for the same file.
 */
static void
leave_shared_files(void)
{
	if (!IS_THREAD_SANITIZED)
		(void)unshare(CLONE_FILES);
}

void *
worker_main(void *context)
{
	struct worker *worker = context;
	struct crew *crew = worker->crew;
	int is_ready;

	leave_shared_files();
	is_ready = init(worker) == 0;
	if (wait_at_gate(crew, is_ready)) {
		begin(worker);
		loop(worker);
		finish(worker);
	}
	reset(worker);
	__atomic_add_fetch(&crew->ended, 1, __ATOMIC_RELEASE);
	wake_crew(crew->news_fd);
	return NULL;
}
