#include "connection.h"

#include <errno.h>

#include "clock.h"
#include "exchange.h"
#include "request.h"

/* How long a link rests that fails again and again, and how that grows. */
#define PAUSE_FIRST_NS CLOCK_NS_PER_MS
#define PAUSE_MOST_NS (100 * CLOCK_NS_PER_MS)

/* A SYN is sent again after 1 s, then later and later. */
static const int64_t slow_connect_ns[] = { CLOCK_NS_PER_S, 3 * CLOCK_NS_PER_S,
	7 * CLOCK_NS_PER_S };

static int64_t
pause_ns(unsigned int failures)
{
	unsigned int doublings = failures < 8 ? failures : 8;

	return clock_earlier(PAUSE_FIRST_NS << doublings, PAUSE_MOST_NS);
}

void
connection_close(struct worker *worker, struct link *link)
{
	unsigned int id;

	for (id = 1; link->dead > 0; id++)
		if (link_slot(link, (uint16_t)id)->state == LINK_SLOT_DEAD)
			request_end(worker, link, (uint16_t)id);
	link_close(link);
}

/* Not again at once: whoever refuses would be asked as fast as the processor can. */
static void
rest(struct worker *worker, struct link *link, int64_t for_ns)
{
	link->failures++;
	if (for_ns == 0) {
		exchange_link_free(worker, link);
		return;
	}
	link->state = LINK_PAUSED;
	link->barred |= LINK_BARRED_PAUSE;
	/* On a grid, so that many are found by one look. */
	link->retry_ns = clock_after(worker->now_ns, for_ns) / CLOCK_NS_PER_MS * CLOCK_NS_PER_MS;
	worker_sweep_by(worker, link->retry_ns);
}

void
connection_fail(struct worker *worker, struct link *link, enum failure_kind kind, int64_t number)
{
	struct failure failure = { .phase = FAILURE_CONNECT, .kind = (uint8_t)kind,
		.number = number };
	unsigned int id;

	for (id = 1; link->in_flight > link->dead; id++)
		if (link_slot_is_alive(link_slot(link, (uint16_t)id)))
			request_fail(worker, link, (uint16_t)id, failure);
	worker->refusal = failure;
	connection_close(worker, link);
	rest(worker, link, pause_ns(link->failures));
}

static void
count_connect(struct worker *worker, const struct link *link)
{
	struct tally *tally = &worker->tally;
	int64_t took_ns = worker->now_ns - link->connect_ns;
	size_t i;

	if (!worker->is_counting && !worker->crew->plan->keep_alive)
		return;
	tally->connects++;
	histogram_record(&tally->spans[TALLY_CONNECT], took_ns);
	for (i = sizeof slow_connect_ns / sizeof *slow_connect_ns; i-- > 0;)
		if (took_ns >= slow_connect_ns[i]) {
			tally->slow_connects[i]++;
			return;
		}
}

/* There is a connection: since then what was queued is on its way. */
static void
be_connected(struct worker *worker, struct link *link)
{
	unsigned int id, left = link->in_flight;
	struct link_slot *slot;

	count_connect(worker, link);
	worker->refusal.kind = 0;
	intake_connected(&link->intake);
	for (id = 1; left > 0; id++) {
		slot = link_slot(link, (uint16_t)id);
		if (!link_slot_is_alive(slot))
			continue;
		left--;
		/* Sent for the second time, it has waited since the first. */
		if (slot->sent_ns == 0)
			request_sent(worker, link, (uint16_t)id, slot);
		else
			intake_begin(&link->intake, (uint16_t)id, slot->payload_at);
	}
}

void
connection_proceed(struct worker *worker, struct link *link)
{
	if (link_flush(link, &worker->scratch) < 0)
		connection_fail(worker, link, FAILURE_ERRNO, errno);
	else if (link->state == LINK_OPEN)
		be_connected(worker, link);
}

void
connection_make(struct worker *worker, struct link *link)
{
	worker->now_ns = clock_now_ns();
	if (link_open(link, worker->now_ns) < 0) {
		connection_fail(worker, link, FAILURE_ERRNO, errno);
		return;
	}
	worker->now_ns = clock_now_ns();
	connection_proceed(worker, link);
}

static void
count_reconnect(struct worker *worker, const struct link *link)
{
	if (!worker->is_counting)
		return;
	worker->tally.reconnects++;
	if (link->answers <= worker->crew->plan->streams)
		worker->tally.refused_keep_alive++;
}

void
connection_lose(struct worker *worker, struct link *link, enum failure_kind kind, int64_t number)
{
	int again = link->answers > 0 && kind != FAILURE_PROTOCOL;
	struct failure failure;
	unsigned int id;

	if (again)
		count_reconnect(worker, link);
	/* It has gone on behind its last answer: no request has failed by that. */
	if (kind == FAILURE_PROTOCOL && link->in_flight == 0)
		worker->tally.strays += worker->is_counting;
	for (id = 1; id <= worker->crew->plan->streams; id++) {
		if (!link_slot_is_alive(link_slot(link, (uint16_t)id)))
			continue;
		failure = (struct failure){ .phase = (uint8_t)request_phase(link, (uint16_t)id),
			.kind = (uint8_t)kind, .number = number };
		if (again && failure.phase != FAILURE_ANSWER)
			continue;
		if (failure.phase == FAILURE_SEND && (link->barred & LINK_BARRED_SEND)) {
			failure.kind = FAILURE_ERRNO;
			failure.number = link->send_error;
		}
		request_fail(worker, link, (uint16_t)id, failure);
	}
	connection_close(worker, link);
	if (link->in_flight > 0) {
		link_requeue(link);
		connection_make(worker, link);
	} else if (again) {
		exchange_link_free(worker, link);
	} else {
		rest(worker, link, link->failures == 0 ? 0 : pause_ns(link->failures - 1));
	}
}
