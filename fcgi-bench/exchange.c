#include "exchange.h"

#include <errno.h>
#include <sys/epoll.h>

#include "clock.h"
#include "fcgi_error.h"

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

/* --- the end of a request ------------------------------------------------------------------- */

static inline void
end_request(struct worker *worker, struct link *link, uint16_t id)
{
	uint8_t state = link_slot(link, id)->state;

	if (state == LINK_SLOT_DEAD)
		link->dead--;
	else
		worker->in_flight--;
	if (state == LINK_SLOT_QUEUED)
		link_unqueue(link, id);
	link_give_back(link, id);
}

static void
count_failure(struct worker *worker, const struct link_slot *slot, struct failure failure)
{
	if (!slot->is_counted && failure.kind != FAILURE_STARVED)
		return;
	failure_count(&worker->tally.failures, failure, 1);
	share_fail(slot->share, failure);
	if (failure.kind != FAILURE_TIMEOUT && failure.kind != FAILURE_STARVED)
		worker->done_ns = worker->now_ns;
}

static void
fail_request(struct worker *worker, struct link *link, uint16_t id, struct failure failure)
{
	count_failure(worker, link_slot(link, id), failure);
	end_request(worker, link, id);
}

/* The phase that a request is in while it is alive. */
static enum failure_phase
phase_of(const struct link *link, uint16_t id)
{
	const struct link_slot *slot = &link->slots[id - 1];

	if (link->state != LINK_OPEN)
		return FAILURE_CONNECT;
	return slot->state == LINK_SLOT_QUEUED ? FAILURE_SEND : intake_phase(&link->intake, id);
}

/* --- the end of a connection ---------------------------------------------------------------- */

/* Closes it; the ids of requests that were given up are free again. */
static void
close_link(struct worker *worker, struct link *link)
{
	unsigned int id;

	for (id = 1; link->dead > 0; id++)
		if (link_slot(link, (uint16_t)id)->state == LINK_SLOT_DEAD)
			end_request(worker, link, (uint16_t)id);
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

static void
fail_connect(struct worker *worker, struct link *link, enum failure_kind kind, int64_t number)
{
	struct failure failure = { .phase = FAILURE_CONNECT, .kind = (uint8_t)kind,
		.number = number };
	unsigned int id;

	for (id = 1; link->in_flight > link->dead; id++)
		if (link_slot_is_alive(link_slot(link, (uint16_t)id)))
			fail_request(worker, link, (uint16_t)id, failure);
	worker->refusal = failure;
	close_link(worker, link);
	rest(worker, link, pause_ns(link->failures));
}

static inline void
note_sent(struct worker *worker, struct link *link, uint16_t id, struct link_slot *slot)
{
	intake_begin(&link->intake, id, slot->payload_at);
	slot->sent_ns = worker->now_ns;
	if (worker->is_open_loop && slot->is_counted)
		histogram_record(&worker->tally.spans[TALLY_LATENESS],
		    slot->sent_ns - slot->due_ns);
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
			note_sent(worker, link, (uint16_t)id, slot);
		else
			intake_begin(&link->intake, (uint16_t)id, slot->payload_at);
	}
}

static void
send_first(struct worker *worker, struct link *link)
{
	if (link_flush(link, &worker->scratch) < 0)
		fail_connect(worker, link, FAILURE_ERRNO, errno);
	else if (link->state == LINK_OPEN)
		be_connected(worker, link);
}

static void
make_connection(struct worker *worker, struct link *link)
{
	worker->now_ns = clock_now_ns();
	if (link_open(link, worker->now_ns) < 0) {
		fail_connect(worker, link, FAILURE_ERRNO, errno);
		return;
	}
	worker->now_ns = clock_now_ns();
	send_first(worker, link);
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

/*
 * The connection is of no more use.  What nothing has come back for is sent once more if it had
 * answers before: as web servers do, since the application closed it before it knew.
 */
static void
lose(struct worker *worker, struct link *link, enum failure_kind kind, int64_t number)
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
		failure = (struct failure){ .phase = (uint8_t)phase_of(link, (uint16_t)id),
			.kind = (uint8_t)kind, .number = number };
		if (again && failure.phase != FAILURE_ANSWER)
			continue;
		if (failure.phase == FAILURE_SEND && (link->barred & LINK_BARRED_SEND)) {
			failure.kind = FAILURE_ERRNO;
			failure.number = link->send_error;
		}
		fail_request(worker, link, (uint16_t)id, failure);
	}
	close_link(worker, link);
	if (link->in_flight > 0) {
		link_requeue(link);
		make_connection(worker, link);
	} else if (again) {
		exchange_link_free(worker, link);
	} else {
		rest(worker, link, link->failures == 0 ? 0 : pause_ns(link->failures - 1));
	}
}

/* --- the begin of a request ----------------------------------------------------------------- */

static void
choose_payload(struct link *link, struct link_slot *slot)
{
	const struct payloads *payloads = &link->target->payloads;

	slot->payload_at = payloads->turns[link->turn];
	slot->payload = &payloads->items[slot->payload_at];
	slot->share = &link->shares[slot->payload_at];
	if (++link->turn == payloads->turn_count)
		link->turn = 0;
}

/* Gives the id that was taken a request; where there is a connection, note_sent() follows. */
static inline void
begin_request(struct worker *worker, struct link *link, struct link_slot *slot, int64_t when_ns,
    int64_t now_ns)
{
	if (link->takes_turns)
		choose_payload(link, slot);
	slot->due_ns = when_ns;
	slot->begun_ns = now_ns;
	slot->sent_ns = 0;
	slot->first_ns = 0;
	slot->is_counted = when_ns >= worker->window_ns;
	worker->in_flight++;
	if (link->begun == worker->per_connection)
		link->barred |= LINK_BARRED_SPENT;
}

/* Takes an id for a request. */
static inline uint16_t
take_request(struct worker *worker, struct link *link, int64_t when_ns)
{
	uint16_t id = link_take(link);
	struct link_slot *slot = link_slot(link, id);

	begin_request(worker, link, slot, when_ns, worker->now_ns);
	if (link->state == LINK_OPEN)
		note_sent(worker, link, id, slot);
	return id;
}

/* Sends what is queued, over a new connection if there is none. */
static void
send_queue(struct worker *worker, struct link *link)
{
	if (link->state == LINK_OPEN) {
		if (link_flush(link, &worker->scratch) < 0)
			lose(worker, link, FAILURE_ERRNO, errno);
	} else if (link->state == LINK_CLOSED) {
		make_connection(worker, link);
	}
}

void
exchange_begin(struct worker *worker, struct link *link, int64_t when_ns)
{
	uint16_t id = take_request(worker, link, when_ns);

	if (id == 1 && link->watched == LINK_WATCHED_IN && link->queue_first == 0 &&
	    link_send_first(link))
		return;
	if (link_slot(link, id)->state != LINK_SLOT_QUEUED)
		link_queue(link, id);
	send_queue(worker, link);
}

void
exchange_link_free(struct worker *worker, struct link *link)
{
	int queued = 0;

	if (worker->is_open_loop) {
		worker_wait_for_request(worker, link);
		return;
	}
	while (exchange_can_begin(link) && worker_may_begin(worker, worker->now_ns)) {
		link_queue(link, take_request(worker, link, worker->now_ns));
		queued = 1;
	}
	if (queued)
		send_queue(worker, link);
}

/*
 * The same for a link that nothing bars, after answers over it, in a closed loop with one request at
 * a time: as nearly all are, so it goes without the queue.
 */
static inline void
renew(struct worker *worker, struct link *link, int64_t now_ns)
{
	struct link_slot *slot = &link->slots[0];

	if (link->free_first == 0 || !worker_may_begin(worker, now_ns))
		return;
	(void)link_take(link);
	begin_request(worker, link, slot, now_ns, now_ns);
	slot->sent_ns = now_ns;
	intake_begin(&link->intake, 1, slot->payload_at);
	if (!link_send_first(link))
		send_queue(worker, link);
}

/* --- answers -------------------------------------------------------------------------------- */

__attribute__((always_inline)) static inline void
count_answer(struct worker *worker, const struct link_slot *slot, int64_t now_ns)
{
	struct tally *tally = &worker->tally;
	int64_t service_ns = now_ns - slot->sent_ns, latency_ns = service_ns;

	tally->complete++;
	if (slot->first_ns == 0) {
		histogram_record(&worker->whole, service_ns);
	} else {
		histogram_record(&tally->spans[TALLY_SERVICE], service_ns);
		histogram_record(&tally->spans[TALLY_FIRST_BYTE],
		    slot->first_ns - slot->sent_ns);
	}
	if (worker->is_open_loop) {
		latency_ns = now_ns - slot->due_ns;
		histogram_record(&tally->spans[TALLY_RESPONSE], latency_ns);
	}
	share_take(slot->share, latency_ns);
	worker->done_ns = now_ns;
}

static inline void
count_good(struct worker *worker, const struct link_slot *slot, int64_t now_ns)
{
	if (slot->is_counted)
		count_answer(worker, slot, now_ns);
	else
		worker->early += worker->is_counting;
}

/* It was good, but nobody had the time to look before its time had passed. */
static struct failure
too_late(const struct link_slot *slot)
{
	return (struct failure){
		.phase = slot->first_ns == 0 ? FAILURE_FIRST_BYTE : FAILURE_ANSWER,
		.kind = FAILURE_TIMEOUT,
	};
}

/* The answer to a request that was given up, or that is not sent yet. */
static void
end_odd_answer(struct worker *worker, struct link *link, const struct intake_event *event)
{
	struct link_slot *slot = link_slot(link, event->request_id);

	if (slot->state == LINK_SLOT_QUEUED) {
		if (event->failure.kind != 0)
			count_failure(worker, slot, event->failure);
		else
			count_good(worker, slot, worker->now_ns);
		/* It did not want all of the request, and will not get it. */
		link->barred |= LINK_BARRED_SPENT | LINK_BARRED_SEND;
		link->send_error = ECANCELED;
	}
	end_request(worker, link, event->request_id);
}

static inline void
end_answer(struct worker *worker, struct link *link, const struct intake_event *event,
    int64_t now_ns)
{
	struct link_slot *slot = link_slot(link, event->request_id);

	if (link->answers++ == 0) {
		link->is_used = 1;
		link->failures = 0;
	}
	if (event->has_stderr && slot->is_counted)
		worker->tally.with_stderr++;
	if (slot->state != LINK_SLOT_SENT)
		end_odd_answer(worker, link, event);
	else if (event->failure.kind != 0)
		fail_request(worker, link, event->request_id, event->failure);
	else if (now_ns - slot->begun_ns >= worker->timeout_ns)
		fail_request(worker, link, event->request_id, too_late(slot));
	else {
		count_good(worker, slot, now_ns);
		worker->in_flight--;
		link_give_back(link, event->request_id);
	}
}

/* Reads what was received.  Returns 0, or the error of intake_next(). */
static inline int
take(struct worker *worker, struct link *link, const unsigned char *p, const unsigned char *end,
    int64_t now_ns)
{
	struct intake_event event;
	struct link_slot *slot;
	int what;

	/* There is something to take, the first time. */
	for (what = intake_read(&link->intake, &p, end, &event); what > 0;
	    what = intake_next(&link->intake, &p, end, &event)) {
		if (what == INTAKE_DONE) {
			end_answer(worker, link, &event, now_ns);
			continue;
		}
		slot = link_slot(link, event.request_id);
		if (slot->first_ns == 0)
			slot->first_ns = now_ns;
	}
	return what;
}

/*
 * Answers have come, and the connection is not to have more requests, or was closed.
 */
static void
leave(struct worker *worker, struct link *link, int is_closed)
{
	if ((link->barred & LINK_BARRED_SPENT) && link->in_flight == link->dead) {
		close_link(worker, link);
		exchange_link_free(worker, link);
	} else if (is_closed || link->barred == (LINK_BARRED_SPENT | LINK_BARRED_SEND)) {
		lose(worker, link, FAILURE_CLOSED, 0);
	}
}

static inline void
receive(struct worker *worker, struct link *link, uint32_t events)
{
	ssize_t n = link_receive(link, worker->buffer, WORKER_BUFFER_LEN);
	int is_closed = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	int64_t now_ns = clock_now_ns();
	int what;

	worker->now_ns = now_ns;
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			lose(worker, link, n < 0 ? FAILURE_ERRNO : FAILURE_CLOSED,
			    n < 0 ? errno : 0);
		return;
	}
	worker->tally.received_bytes += (uint64_t)n;
	what = take(worker, link, worker->buffer, worker->buffer + n, now_ns);
	if (what < 0) {
		lose(worker, link, FAILURE_PROTOCOL, what);
		return;
	}
	/* The end that the kernel has told of lies behind what there was to receive. */
	if (n == WORKER_BUFFER_LEN) {
		link_again(link);
		is_closed = 0;
	}
	if (link->barred == 0 && !is_closed) {
		if (worker->is_single)
			renew(worker, link, now_ns);
		else
			exchange_link_free(worker, link);
	} else {
		leave(worker, link, is_closed);
	}
}

/*
 * The kernel tells of something else than that there is something to receive, or of something else
 * besides.  Returns 1 when there is, else 0.
 */
static int
take_event(struct worker *worker, struct link *link, uint32_t events)
{
	/* It may have been closed, or be another connection, since the kernel told of it. */
	if (link->state == LINK_CONNECTING) {
		worker->now_ns = clock_now_ns();
		send_first(worker, link);
		return 0;
	}
	if (link->watched == LINK_WATCHED_OUT)
		send_queue(worker, link);
	return link->state == LINK_OPEN && (events & ~(uint32_t)EPOLLOUT) != 0;
}

void
exchange_event(struct worker *worker, struct link *link, uint32_t events)
{
	if ((events == EPOLLIN && link->state == LINK_OPEN) || take_event(worker, link, events))
		receive(worker, link, events);
}

/* --- time ----------------------------------------------------------------------------------- */

/* What comes for it yet is for nobody. */
static void
give_up(struct worker *worker, struct link *link, uint16_t id, enum failure_kind kind)
{
	struct link_slot *slot = link_slot(link, id);
	struct failure failure = { .phase = (uint8_t)phase_of(link, id), .kind = (uint8_t)kind };

	count_failure(worker, slot, failure);
	if (failure.phase == FAILURE_FIRST_BYTE && !link->is_used)
		link->is_vain = 1;
	slot->state = LINK_SLOT_DEAD;
	link->dead++;
	worker->in_flight--;
}

/* Returns when the first of those that are left has to be over; *is_stuck: one is half sent. */
static int64_t
give_up_late(struct worker *worker, struct link *link, int64_t vain_ns, int *is_stuck)
{
	int64_t next_ns = CLOCK_NEVER, late_ns;
	struct link_slot *slot;
	unsigned int id;
	int is_vain;

	*is_stuck = 0;
	for (id = 1; id <= worker->crew->plan->streams; id++) {
		slot = link_slot(link, (uint16_t)id);
		if (!link_slot_is_alive(slot))
			continue;
		late_ns = clock_after(slot->begun_ns, worker->crew->plan->timeout_ns);
		is_vain = vain_ns < late_ns && link->state == LINK_OPEN && !link->is_used;
		if (is_vain)
			late_ns = vain_ns;
		if (worker->now_ns < late_ns) {
			next_ns = clock_earlier(next_ns, late_ns);
			continue;
		}
		*is_stuck |= slot->state == LINK_SLOT_QUEUED;
		give_up(worker, link, (uint16_t)id, is_vain ? FAILURE_STARVED : FAILURE_TIMEOUT);
	}
	return next_ns;
}

int64_t
exchange_sweep(struct worker *worker, struct link *link, int64_t vain_ns)
{
	int64_t next_ns, connect_ns = CLOCK_NEVER;
	int is_stuck;

	if (link->state == LINK_PAUSED) {
		if (worker->now_ns < link->retry_ns)
			return link->retry_ns;
		link->state = LINK_CLOSED;
		link->barred = 0;
		exchange_link_free(worker, link);
		return CLOCK_NEVER;
	}
	if (link->in_flight == link->dead)
		return CLOCK_NEVER;
	if (link->state == LINK_CONNECTING) {
		connect_ns = clock_after(link->connect_ns,
		    worker->crew->plan->connect_timeout_ns);
		if (worker->now_ns >= connect_ns) {
			fail_connect(worker, link, FAILURE_TIMEOUT, 0);
			return CLOCK_NEVER;
		}
	}
	next_ns = give_up_late(worker, link, vain_ns, &is_stuck);
	if (link->in_flight == link->dead) {
		close_link(worker, link);
		exchange_link_free(worker, link);
	} else if (is_stuck) {
		lose(worker, link, FAILURE_TIMEOUT, 0);
	}
	return clock_earlier(next_ns, connect_ns);
}
