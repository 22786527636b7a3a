#include "due.h"

#include "clock.h"
#include "exchange.h"

/* What comes later than that is told. */
#define LATE_NS CLOCK_NS_PER_MS

static void
find(struct worker *worker)
{
	worker->due_ns = clock_after(worker->crew->start_ns, worker->share.due_ns);
	if (worker->due_ns >= worker->end_ns)
		worker->due_ns = CLOCK_NEVER;
}

void
due_begin(struct worker *worker)
{
	const struct crew *crew = worker->crew;

	schedule_share_init(&worker->share, &crew->plan->schedule, worker->index, crew->workers);
	find(worker);
}

void
due_end(struct worker *worker)
{
	if (worker->due_ns >= worker->end_ns)
		worker->due_ns = CLOCK_NEVER;
}

struct link *
due_first_waiting(struct worker *worker)
{
	struct link *link;

	/* What happened to it meanwhile can be in the way; it comes back. */
	while ((link = worker->waiting_first) != NULL && !exchange_can_begin(link)) {
		worker->waiting_first = link->behind;
		link->is_waiting = 0;
	}
	return link;
}

/* What is due could have been sent before: then we are to be blamed, not the application. */
static void
note_late(struct worker *worker)
{
	int64_t late_ns = worker->now_ns - worker->due_ns;

	if (late_ns > LATE_NS && worker->due_ns >= worker->window_ns &&
	    due_first_waiting(worker) != NULL && worker->due_ns >= worker->freed_ns)
		worker->tally.late_ns += late_ns;
}

/* Takes the request that is due.  Returns 0 when it is one too many, else 1. */
static int
take(struct worker *worker)
{
	if (!worker_may_begin(worker, worker->due_ns))
		return 0;
	schedule_share_next(&worker->share);
	find(worker);
	return 1;
}

/*
 * Takes requests that are due before before_ns, all in the window or all before it.
 * Returns how many; 0: there is none, or it is one too many.
 */
static uint64_t
take_some(struct worker *worker, int64_t before_ns)
{
	uint64_t times;

	if (worker->due_ns >= before_ns)
		return 0;
	/* Of a limited number each is counted. */
	if (worker->crew->plan->request_limit > 0)
		return (uint64_t)take(worker);
	if (worker->due_ns < worker->window_ns)
		before_ns = clock_earlier(before_ns, worker->window_ns);
	times = schedule_share_take(&worker->share, before_ns - worker->crew->start_ns);
	find(worker);
	return times;
}

/*
 * Every link rests because it got no connection: whoever comes meanwhile would get none either, and
 * is not kept until there is one again.
 */
static void
refuse(struct worker *worker)
{
	int64_t before_ns = clock_earlier(worker->now_ns + 1, worker->end_ns);
	int64_t due_ns = worker->due_ns;
	uint64_t times;

	for (; (times = take_some(worker, before_ns)) > 0; due_ns = worker->due_ns) {
		if (due_ns < worker->window_ns)
			continue;
		failure_count(&worker->tally.failures, worker->refusal, times);
		worker->done_ns = worker->now_ns;
	}
}

void
due_dispatch(struct worker *worker)
{
	struct link *link;
	int64_t due_ns;

	worker->now_ns = clock_now_ns();
	note_late(worker);
	while (worker->due_ns <= worker->now_ns && (link = due_first_waiting(worker)) != NULL) {
		due_ns = worker->due_ns;
		if (!take(worker))
			return;
		if (due_ns < worker->freed_ns && due_ns >= worker->window_ns)
			worker->tally.no_free++;
		worker->waiting_first = link->behind;
		link->is_waiting = 0;
		exchange_begin(worker, link, due_ns);
		if (exchange_can_begin(link))
			worker_wait_for_request(worker, link);
		worker->now_ns = clock_now_ns();
	}
	if (worker->refusal.kind != 0 && worker->in_flight == 0)
		refuse(worker);
}

/*
 * They have waited for so long at least, and count among the response times with that: without them
 * an application that stands still would look fast.
 */
void
due_give_up(struct worker *worker)
{
	struct failure failure = { .phase = FAILURE_SEND, .kind = FAILURE_UNSENT };
	struct tally *tally = &worker->tally;
	int64_t due_ns = worker->due_ns;
	uint64_t times;

	for (; (times = take_some(worker, worker->end_ns)) > 0; due_ns = worker->due_ns) {
		if (due_ns < worker->window_ns)
			continue;
		tally->unsent += times;
		tally->no_free += times;
		/* Whom the user stopped has not failed. */
		if (worker->stops == 0)
			failure_count(&tally->failures, failure, times);
		histogram_record_times(&tally->spans[TALLY_RESPONSE], worker->now_ns - due_ns,
		    times);
	}
	worker->due_ns = CLOCK_NEVER;
}
