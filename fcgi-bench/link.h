/*
 * One connection for one or more requests at a time: connecting, and sending what is queued.  What
 * is received, and what becomes of requests, is the owner's (exchange.h).
 *
 * The kernel is told once of each connection that is made, edge-triggered: who is told of an event
 * receives until less comes than would fit.  A request is written at once, also to a connection that
 * may not be there yet; EPOLLOUT is asked for when the kernel did not take all of it.
 */
#ifndef FCGI_BENCH_LINK_H
#define FCGI_BENCH_LINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "intake.h"
#include "plan.h"
#include "share.h"

enum link_state {
	LINK_CLOSED,
	LINK_CONNECTING,
	LINK_OPEN,
	LINK_PAUSED,		/* closed, and not to be tried again before retry_ns */
};

/* What bars it from having more requests. */
enum link_barred {
	LINK_BARRED_SPENT = 1,	/* this connection is to have no more */
	LINK_BARRED_SEND = 2,	/* nothing can be sent any more: send_error */
	LINK_BARRED_PAUSE = 4,	/* it is paused */
};

/* What the kernel was asked to tell. */
enum link_watched {
	LINK_WATCHED_NOT,
	LINK_WATCHED_IN,
	LINK_WATCHED_OUT,	/* also when there is room to send */
};

enum link_slot_state {
	LINK_SLOT_FREE,
	LINK_SLOT_QUEUED,	/* not all of it was sent */
	LINK_SLOT_SENT,
	LINK_SLOT_DEAD,		/* given up, but its id is in use until the application ends it */
};

/* A request id, and the request that has it: a cache line.  Times are CLOCK_MONOTONIC. */
struct link_slot {
	int64_t due_ns;		/* of an open loop */
	int64_t begun_ns;	/* when a connection was found, or made, for it */
	int64_t sent_ns;	/* when sending began; 0: not yet */
	int64_t first_ns;	/* when the answer began; 0: not yet */
	const struct payload *payload;
	struct share *share;	/* what it counts to */
	uint32_t payload_at;	/* its place among the target's */
	uint16_t next;		/* id behind it, among the free or the queued; 0: none */
	uint8_t state;		/* enum link_slot_state */
	uint8_t is_counted;	/* it began inside the window */
} __attribute__((aligned(64)));

/* Public to read. */
struct link {
	int fd;			/* -1: none */
	uint8_t state;		/* enum link_state */
	uint8_t barred;		/* bits of enum link_barred */
	uint8_t watched;	/* enum link_watched */
	uint8_t is_waiting;	/* the owner's: among those that are free for a request */
	uint8_t is_used;	/* it has had an answer, on this connection or an earlier one */
	uint8_t takes_turns;	/* there is more than one payload */
	uint8_t is_vain;	/* nothing of an answer came in time */
	uint16_t free_first;	/* the ids; 0: none */
	uint16_t queue_first, queue_last; /* ids to be sent; 0: none */
	unsigned int in_flight;	/* slots that are not free */
	unsigned int dead;	/* of them, those given up */
	int send_error;		/* errno, where it is barred from sending */
	size_t queue_sent;	/* bytes of the first in the queue */
	uint64_t sent_bytes;	/* over all its connections; the owner may set it back */
	uint64_t begun;		/* requests of this connection */
	uint64_t answers;	/* to them */
	unsigned int failures;	/* in a row, without an answer between */
	struct link *behind;	/* the owner's: the next that waits */
	size_t *turn;		/* the owner's, of several links: among the turns of the target's
				   payloads; where there is but one, slots have it from the start */
	struct link_slot *slots; /* that of id i is the one at i - 1 */
	struct share *shares;	/* the target's, one a payload */
	const struct plan_target *target;
	int epoll_fd;
	struct intake intake;
	int socket_at;		/* among the target's */
	int sockets_left;	/* to be tried */
	int64_t connect_ns;	/* when it began to connect */
	int64_t retry_ns;
};

/* What requests under other ids than 1 are copied to; bytes is the owner's. */
struct link_scratch {
	unsigned char *bytes;
	size_t size;
};

/*
 * slots: streams of them, zero-filled, the owner's.  shares: one for each of the target's payloads;
 * they, memory and target outlive it.
 */
int link_init(struct link *link, const struct plan_target *target, struct intake_memory *memory,
    struct share *shares, struct link_slot *slots, unsigned int streams,
    int epoll_fd); /* 0, or -FCGI_E_SYSTEM */

static inline struct link_slot *
link_slot(struct link *link, uint16_t id)
{
	return &link->slots[id - 1];
}

/* Whether an answer to it is waited for. */
static inline int
link_slot_is_alive(const struct link_slot *slot)
{
	return slot->state == LINK_SLOT_QUEUED || slot->state == LINK_SLOT_SENT;
}

/* Takes a free id (free_first != 0) for a request. */
static inline uint16_t
link_take(struct link *link)
{
	uint16_t id = link->free_first;

	link->free_first = link_slot(link, id)->next;
	link->in_flight++;
	link->begun++;
	return id;
}

/* Queues the request of that id, to be sent by link_flush(). */
static inline void
link_queue(struct link *link, uint16_t id)
{
	struct link_slot *slot = link_slot(link, id);

	slot->state = LINK_SLOT_QUEUED;
	slot->next = 0;
	if (link->queue_first == 0)
		link->queue_first = id;
	else
		link_slot(link, link->queue_last)->next = id;
	link->queue_last = id;
}

/* Takes a request off the queue that is not sent, or not all of it. */
void link_unqueue(struct link *link, uint16_t id);

/* The request of that id, which is not queued, is over. */
static inline void
link_give_back(struct link *link, uint16_t id)
{
	struct link_slot *slot = link_slot(link, id);

	slot->state = LINK_SLOT_FREE;
	slot->next = link->free_first;
	link->free_first = id;
	link->in_flight--;
}

/* The connection is another one now: requests that are alive are queued again. */
void link_requeue(struct link *link);

/*
 * Begins to connect, to the target's addresses in turn.
 * Returns 0: then link_flush() follows; or -FCGI_E_SYSTEM with errno (of the last address).
 */
int link_open(struct link *link, int64_t now_ns);

/*
 * As send(2) and recv(2), but for being points where the thread may be cancelled: watching for that
 * costs more than anything else on the way to the kernel.
 */
static inline ssize_t
link_send(const struct link *link, const void *bytes, size_t len)
{
#ifdef SYS_sendto
	return syscall(SYS_sendto, link->fd, bytes, len, MSG_NOSIGNAL, NULL, 0);
#else
	return send(link->fd, bytes, len, MSG_NOSIGNAL);
#endif
}

static inline ssize_t
link_receive(const struct link *link, void *dst, size_t size)
{
#ifdef SYS_recvfrom
	return syscall(SYS_recvfrom, link->fd, dst, size, 0, NULL, NULL);
#else
	return recv(link->fd, dst, size, 0);
#endif
}

/*
 * Sends what is queued; slots get their state, not their times.  Whether a connection is there that
 * was not known to be, sending finds out: state is LINK_OPEN then.  Where the target has more
 * addresses, a failure is the next one's turn.
 * Returns 0, or -FCGI_E_SYSTEM with errno when there is no connection to be had.  An error of an open
 * connection is left in send_error: there may be an answer all the same.
 */
int link_flush(struct link *link, const struct link_scratch *scratch);

/*
 * Sends the request of id 1, which is taken and not queued, over a connection with nothing in the
 * way: it is open, watched, and nothing is queued.
 * Returns 1; or 0 when not all of it was sent, and the rest is queued: link_flush() follows.
 */
static inline int
link_send_first(struct link *link)
{
	struct link_slot *slot = &link->slots[0];
	ssize_t n = link_send(link, slot->payload->bytes, slot->payload->len);

	slot->state = LINK_SLOT_SENT;
	if (n == (ssize_t)slot->payload->len) {
		link->sent_bytes += (uint64_t)n;
		return 1;
	}
	link_queue(link, 1);
	link->queue_sent = n > 0 ? (size_t)n : 0;
	link->sent_bytes += link->queue_sent;
	return 0;
}

/* What was received might not be all: the kernel is to tell once more. */
void link_again(struct link *link);

/* Closes the connection; slots stay as they are, and none is queued. */
void link_close(struct link *link);

void link_reset(struct link *link);

#endif
