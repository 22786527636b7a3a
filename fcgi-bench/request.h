/*
 * One request over a link: what it asks for, and what it counts as when it is answered or fails.
 * Where it goes, and when, is the owner's (exchange.h).
 */
#ifndef FCGI_BENCH_REQUEST_H
#define FCGI_BENCH_REQUEST_H

#include <stdint.h>

#include "failure.h"
#include "link.h"
#include "worker.h"

/* Private to request_begin(). */
static inline void
request_choose_payload(struct link *link, struct link_slot *slot)
{
	const struct payloads *payloads = &link->target->payloads;

	slot->payload_at = payloads->turns[*link->turn];
	slot->payload = &payloads->items[slot->payload_at];
	slot->share = &link->shares[slot->payload_at];
	if (++*link->turn == payloads->turn_count)
		*link->turn = 0;
}

/*
 * Gives the id that was taken a request; where there is a connection, request_sent() follows.
 * when_ns: when it is due; in a closed loop the present, which is now_ns.
 */
static inline void
request_begin(struct worker *worker, struct link *link, struct link_slot *slot, int64_t when_ns,
    int64_t now_ns)
{
	if (link->takes_turns)
		request_choose_payload(link, slot);
	slot->due_ns = when_ns;
	slot->begun_ns = now_ns;
	slot->sent_ns = 0;
	slot->first_ns = 0;
	slot->is_counted = when_ns >= worker->window_ns;
	worker->in_flight++;
	if (link->begun == worker->per_connection)
		link->barred |= LINK_BARRED_SPENT;
}

/* Sending it begins, over a connection that is there: worker->now_ns. */
static inline void
request_sent(struct worker *worker, struct link *link, uint16_t id, struct link_slot *slot)
{
	intake_begin(&link->intake, id, slot->payload_at);
	slot->sent_ns = worker->now_ns;
	if (worker->is_open_loop && slot->is_counted)
		histogram_record(&worker->tally.spans[TALLY_LATENESS],
		    slot->sent_ns - slot->due_ns);
}

/* Private to request_good(). */
__attribute__((always_inline)) static inline void
request_count_answer(struct worker *worker, const struct link_slot *slot, int64_t now_ns)
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

/* Counts a good answer; the id is still the request's. */
static inline void
request_good(struct worker *worker, const struct link_slot *slot, int64_t now_ns)
{
	if (slot->is_counted)
		request_count_answer(worker, slot, now_ns);
	else
		worker->early += worker->is_counting;
}

/* Counts a failure; likewise. */
void request_count_failure(struct worker *worker, const struct link_slot *slot,
    struct failure failure);

/* The phase that a request is in while it is alive. */
enum failure_phase request_phase(const struct link *link, uint16_t id);

/* It is over, or was given up and will not be answered any more: its id is free. */
void request_end(struct worker *worker, struct link *link, uint16_t id);

/* Both, of a request that is alive. */
void request_fail(struct worker *worker, struct link *link, uint16_t id, struct failure failure);

#endif
