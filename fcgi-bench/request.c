#include "request.h"

void
request_end(struct worker *worker, struct link *link, uint16_t id)
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

void
request_count_failure(struct worker *worker, const struct link_slot *slot, struct failure failure)
{
	if (!slot->is_counted && failure.kind != FAILURE_STARVED)
		return;
	failure_count(&worker->tally.failures, failure, 1);
	share_fail(slot->share, failure);
	worker->done_ns = worker->now_ns;
}

void
request_fail(struct worker *worker, struct link *link, uint16_t id, struct failure failure)
{
	request_count_failure(worker, link_slot(link, id), failure);
	request_end(worker, link, id);
}

enum failure_phase
request_phase(const struct link *link, uint16_t id)
{
	const struct link_slot *slot = &link->slots[id - 1];

	if (link->state != LINK_OPEN)
		return FAILURE_CONNECT;
	return slot->state == LINK_SLOT_QUEUED ? FAILURE_SEND : intake_phase(&link->intake, id);
}
