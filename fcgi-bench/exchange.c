#include "exchange.h"

#include <errno.h>
#include <sys/epoll.h>

#include "clock.h"
#include "connection.h"
#include "request.h"

/* --- the begin of a request ----------------------------------------------------------------- */

/* Takes an id for a request. */
static inline uint16_t
take_request(struct worker *worker, struct link *link, int64_t when_ns)
{
	uint16_t id = link_take(link);
	struct link_slot *slot = link_slot(link, id);

	request_begin(worker, link, slot, when_ns, worker->now_ns);
	if (link->state == LINK_OPEN)
		request_sent(worker, link, id, slot);
	return id;
}

/* Sends what is queued, over a new connection if there is none. */
static void
send_queue(struct worker *worker, struct link *link)
{
	if (link->state == LINK_OPEN) {
		if (link_flush(link, &worker->scratch) < 0)
			connection_lose(worker, link, FAILURE_ERRNO, errno);
	} else if (link->state == LINK_CLOSED) {
		connection_make(worker, link);
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
	request_begin(worker, link, slot, now_ns, now_ns);
	slot->sent_ns = now_ns;
	intake_begin(&link->intake, 1, slot->payload_at);
	if (!link_send_first(link))
		send_queue(worker, link);
}

/* --- answers -------------------------------------------------------------------------------- */

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
			request_count_failure(worker, slot, event->failure);
		else
			request_good(worker, slot, worker->now_ns);
		/* It did not want all of the request, and will not get it. */
		link->barred |= LINK_BARRED_SPENT | LINK_BARRED_SEND;
		link->send_error = ECANCELED;
	}
	request_end(worker, link, event->request_id);
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
		request_fail(worker, link, event->request_id, event->failure);
	else if (now_ns - slot->begun_ns >= worker->timeout_ns)
		request_fail(worker, link, event->request_id, too_late(slot));
	else {
		request_good(worker, slot, now_ns);
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
		/* It did not get all of a request that was not to be its last. */
		if ((link->barred & LINK_BARRED_SEND) && worker->crew->plan->keep_alive &&
		    link->begun != worker->per_connection)
			worker->tally.reconnects += worker->is_counting;
		connection_close(worker, link);
		exchange_link_free(worker, link);
	} else if (is_closed || link->barred == (LINK_BARRED_SPENT | LINK_BARRED_SEND)) {
		connection_lose(worker, link, FAILURE_CLOSED, 0);
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
			connection_lose(worker, link, n < 0 ? FAILURE_ERRNO : FAILURE_CLOSED,
			    n < 0 ? errno : 0);
		return;
	}
	worker->tally.received_bytes += (uint64_t)n;
	what = take(worker, link, worker->buffer, worker->buffer + n, now_ns);
	if (what < 0) {
		connection_lose(worker, link, FAILURE_PROTOCOL, what);
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
		connection_proceed(worker, link);
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
	struct failure failure = { .phase = (uint8_t)request_phase(link, id), .kind = (uint8_t)kind };

	request_count_failure(worker, slot, failure);
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
			connection_fail(worker, link, FAILURE_TIMEOUT, 0);
			return CLOCK_NEVER;
		}
	}
	next_ns = give_up_late(worker, link, vain_ns, &is_stuck);
	if (link->in_flight == link->dead) {
		connection_close(worker, link);
		exchange_link_free(worker, link);
	} else if (is_stuck) {
		connection_lose(worker, link, FAILURE_TIMEOUT, 0);
	}
	return clock_earlier(next_ns, connect_ns);
}
