#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fcgi_error.h"

int
link_init(struct link *link, const struct plan_target *target, struct intake_memory *memory,
    struct share *shares, struct link_slot *slots, unsigned int streams, int epoll_fd)
{
	const struct payloads *payloads = &target->payloads;
	unsigned int id;

	*link = (struct link){
		.fd = -1,
		.target = target,
		.slots = slots,
		.shares = shares,
		.epoll_fd = epoll_fd,
		.takes_turns = payloads->turn_count > 1,
		.free_first = 1,
	};
	for (id = 1; id <= streams; id++) {
		slots[id - 1].next = (uint16_t)(id < streams ? id + 1 : 0);
		slots[id - 1].payload_at = payloads->turns[0];
		slots[id - 1].payload = &payloads->items[payloads->turns[0]];
		slots[id - 1].share = &shares[payloads->turns[0]];
	}
	return intake_init(&link->intake, memory, streams);
}

void
link_reset(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	intake_reset(&link->intake);
}

/* --- ids ----------------------------------------------------------------------------------- */

void
link_unqueue(struct link *link, uint16_t id)
{
	uint16_t before, next = link_slot(link, id)->next;

	if (link->queue_first == id) {
		link->queue_first = next;
		link->queue_sent = 0;
		return;
	}
	for (before = link->queue_first; link_slot(link, before)->next != id;)
		before = link_slot(link, before)->next;
	link_slot(link, before)->next = next;
	if (next == 0)
		link->queue_last = before;
}

void
link_requeue(struct link *link)
{
	unsigned int id, left = link->in_flight;
	struct link_slot *slot, *before = NULL;

	for (id = 1; left > 0; id++) {
		slot = link_slot(link, (uint16_t)id);
		if (slot->state == LINK_SLOT_FREE)
			continue;
		slot->state = LINK_SLOT_QUEUED;
		slot->next = 0;
		if (before == NULL)
			link->queue_first = (uint16_t)id;
		else
			before->next = (uint16_t)id;
		link->queue_last = (uint16_t)id;
		before = slot;
		left--;
	}
	link->begun = link->in_flight;
}

/* --- connecting ---------------------------------------------------------------------------- */

/* Tries the addresses that are left, until one is connecting. */
static int
open_next(struct link *link)
{
	const struct plan_target *target = link->target;
	int in_progress;

	while (link->sockets_left > 0) {
		link->fd = addr_connect(&target->sockets[link->socket_at], &in_progress);
		if (link->fd >= 0) {
			link->state = in_progress ? LINK_CONNECTING : LINK_OPEN;
			return 0;
		}
		link->fd = -1;
		link->socket_at = (link->socket_at + 1) % target->socket_count;
		link->sockets_left--;
	}
	link->state = LINK_CLOSED;
	return -FCGI_E_SYSTEM;
}

int
link_open(struct link *link, int64_t now_ns)
{
	link->sockets_left = link->target->socket_count;
	link->connect_ns = now_ns;
	return open_next(link);
}

/* This address does not do: the next one, if there is one.  error: why. */
static int
open_other(struct link *link, int error)
{
	close(link->fd);
	link->fd = -1;
	link->watched = LINK_WATCHED_NOT;
	link->socket_at = (link->socket_at + 1) % link->target->socket_count;
	link->sockets_left--;
	errno = error;
	return open_next(link);
}

void
link_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	link->state = LINK_CLOSED;
	link->watched = LINK_WATCHED_NOT;
	link->barred = 0;
	link->begun = link->answers = 0;
	link->queue_first = 0;
	link->queue_sent = 0;
}

/* --- sending ------------------------------------------------------------------------------- */

/* The requests that are queued, as far as they fit, under their ids.  Returns bytes. */
static size_t
fill(const struct link *link, const struct link_scratch *scratch)
{
	const struct link_slot *slot;
	const struct payload *payload;
	size_t offset = link->queue_sent, len = 0, part;
	uint16_t id;

	for (id = link->queue_first; id != 0 && len < scratch->size; id = slot->next) {
		slot = &link->slots[id - 1];
		payload = slot->payload;
		part = payload->len - offset;
		if (part > scratch->size - len)
			part = scratch->size - len;
		payload_copy(scratch->bytes + len, payload, offset, part, id);
		len += part;
		offset = 0;
	}
	return len;
}

/* Takes what was sent off the queue. */
static inline void
drop_sent(struct link *link, size_t len)
{
	struct link_slot *slot;
	size_t left;

	while (len > 0) {
		slot = link_slot(link, link->queue_first);
		left = slot->payload->len - link->queue_sent;
		if (len < left) {
			link->queue_sent += len;
			return;
		}
		len -= left;
		slot->state = LINK_SLOT_SENT;
		link->queue_first = slot->next;
		link->queue_sent = 0;
	}
}

/*
 * One write.  Returns 1 when all of it was taken, 0 when the rest is to be waited for, or
 * -FCGI_E_SYSTEM.
 */
static inline int
send_some(struct link *link, const struct link_scratch *scratch)
{
	struct link_slot *slot = link_slot(link, link->queue_first);
	const unsigned char *bytes = slot->payload->bytes + link->queue_sent;
	size_t len = slot->payload->len - link->queue_sent;
	ssize_t n;

	/* Its bytes are shared, and have 1 for an id. */
	if (link->queue_first != 1 || slot->next != 0) {
		len = fill(link, scratch);
		bytes = scratch->bytes;
	}
	n = link_send(link, bytes, len);
	if (n < 0)
		return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -FCGI_E_SYSTEM;
	link->state = LINK_OPEN;
	link->sent_bytes += (uint64_t)n;
	drop_sent(link, (size_t)n);
	return (size_t)n == len;
}

/* Asks the kernel to tell what is to be known. */
static int
watch(struct link *link, enum link_watched wanted)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP | EPOLLET |
		    (wanted == LINK_WATCHED_OUT ? EPOLLOUT : 0),
		.data.ptr = link,
	};
	int what = link->watched == LINK_WATCHED_NOT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	if (epoll_ctl(link->epoll_fd, what, link->fd, &event) < 0)
		return -FCGI_E_SYSTEM;
	link->watched = (uint8_t)wanted;
	return 0;
}

/* Sends on until the kernel does not take any more. */
static int
send_all(struct link *link, const struct link_scratch *scratch)
{
	int more = 1;

	while (more > 0 && link->queue_first != 0) {
		more = send_some(link, scratch);
		if (more >= 0)
			continue;
		if (link->state == LINK_OPEN) {
			link->send_error = errno;
			link->barred |= LINK_BARRED_SEND;
		} else if (open_other(link, errno) < 0) {
			return -FCGI_E_SYSTEM;
		} else {
			more = 1;
		}
	}
	return 0;
}

int
link_flush(struct link *link, const struct link_scratch *scratch)
{
	int can_send = !(link->barred & LINK_BARRED_SEND);
	enum link_watched wanted;

	if (can_send && send_all(link, scratch) < 0)
		return -FCGI_E_SYSTEM;
	wanted = link->state == LINK_CONNECTING || (link->queue_first != 0 && can_send)
	    ? LINK_WATCHED_OUT
	    : LINK_WATCHED_IN;
	return wanted == link->watched ? 0 : watch(link, wanted);
}

void
link_again(struct link *link)
{
	/* It knows the descriptor, so it cannot fail for want of memory. */
	(void)watch(link, link->watched);
}
