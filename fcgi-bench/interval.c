#include "interval.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

#include "clock.h"

/* What is shorter says nothing of how busy the thread is, unless the run is no longer. */
#define SHORTEST_NS (100 * CLOCK_NS_PER_MS)

static int64_t
cpu_now_ns(const struct worker *worker)
{
	struct timespec cpu;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	return cpu.tv_sec * CLOCK_NS_PER_S + cpu.tv_nsec - worker->pace.spun_ns;
}

static uint64_t
involuntary_now(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

static void
begin(struct worker *worker)
{
	worker->interval_begun_ns = worker->now_ns;
	worker->interval_cpu_ns = cpu_now_ns(worker);
}

void
interval_open_window(struct worker *worker)
{
	size_t i;

	worker->is_counting = 1;
	worker->tally.received_bytes = 0;
	for (i = 0; i < worker->link_count; i++)
		worker->links[i].sent_bytes = 0;
	worker->interval = 1;
	begin(worker);
	worker->cpu_begun_ns = worker->interval_cpu_ns;
	worker->involuntary_begun = involuntary_now();
}

int64_t
interval_end_ns(const struct worker *worker)
{
	return worker->window_ns + (int64_t)worker->interval * worker->crew->plan->interval_ns;
}

/* The figures of the thread, as of now.  Returns its processor time. */
static int64_t
measure(struct worker *worker)
{
	struct tally *tally = &worker->tally;
	int64_t cpu_ns = cpu_now_ns(worker);

	tally->cpu_ns = cpu_ns - worker->cpu_begun_ns;
	tally->wall_ns = worker->now_ns - worker->window_ns;
	tally->involuntary = involuntary_now() - worker->involuntary_begun;
	return cpu_ns;
}

/* The same, and how busy it was in the interval that ends. */
static void
measure_interval(struct worker *worker)
{
	struct tally *tally = &worker->tally;
	int64_t cpu_ns = measure(worker), busy_ns;
	int64_t length_ns = worker->now_ns - worker->interval_begun_ns;

	if (length_ns <= 0 || (worker->interval > 1 && length_ns < SHORTEST_NS))
		return;
	busy_ns = (int64_t)((double)(cpu_ns - worker->interval_cpu_ns) * CLOCK_NS_PER_S /
	    (double)length_ns);
	if (busy_ns > tally->busy_ns)
		tally->busy_ns = busy_ns;
}

static void
count_in_window(struct worker *worker)
{
	worker->tally.in_window = worker->tally.complete + worker->early;
}

/* The lock is held. */
static void
leave(struct worker *worker, uint64_t interval)
{
	tally_copy(&worker->mailbox.tally, &worker->tally);
	histogram_copy(&worker->mailbox.whole, &worker->whole);
	worker->mailbox.interval = interval;
	pthread_mutex_unlock(&worker->mailbox.lock);
}

void
interval_end(struct worker *worker)
{
	uint64_t passed = (uint64_t)((worker->now_ns - worker->window_ns) /
	    worker->crew->plan->interval_ns);

	/* Who would wait for the lock would be late for the next request. */
	if (pthread_mutex_trylock(&worker->mailbox.lock) != 0)
		return;
	measure_interval(worker);
	count_in_window(worker);
	leave(worker, passed);
	worker->interval = passed + 1;
	begin(worker);
	(void)eventfd_write(worker->crew->news_fd, 1);
}

void
interval_close_window(struct worker *worker)
{
	if (worker->is_counting)
		measure_interval(worker);
	count_in_window(worker);
	tally_copy(&worker->window, &worker->tally);
	histogram_copy(&worker->window_whole, &worker->whole);
	worker->is_closed = 1;
}

void
interval_end_run(struct worker *worker)
{
	if (!worker->is_closed) {
		worker->early = 0;
		interval_close_window(worker);
	} else if (worker->is_counting) {
		(void)measure(worker);
	}
	pthread_mutex_lock(&worker->mailbox.lock);
	leave(worker, UINT64_MAX);
}

void
interval_add(struct tally *to, const struct tally *tally, const struct histogram *whole)
{
	tally_add(to, tally);
	histogram_add(&to->spans[TALLY_SERVICE], whole);
	histogram_add(&to->spans[TALLY_FIRST_BYTE], whole);
}
