/*
 * Requests and answers over a link: when one is begun, what comes back, and what takes too long.
 * What they count as is request.h's, what becomes of the connection connection.h's.
 */
#ifndef FCGI_BENCH_EXCHANGE_H
#define FCGI_BENCH_EXCHANGE_H

#include <stdint.h>

#include "link.h"
#include "worker.h"

/* Whether a request can be begun on it now. */
static inline int
exchange_can_begin(const struct link *link)
{
	return link->free_first != 0 && link->barred == 0;
}

/*
 * Sends a request, of those that worker_may_begin(), over a new connection if there is none.
 * when_ns: as there.  worker->now_ns is the present.
 */
void exchange_begin(struct worker *worker, struct link *link, int64_t when_ns);

/* The link may be free for a request: in a closed loop it gets one, else it waits for one. */
void exchange_link_free(struct worker *worker, struct link *link);

/* events: epoll(7)'s. */
void exchange_event(struct worker *worker, struct link *link, uint32_t events);

/*
 * Fails what has taken too long, and tries again what has paused long enough.
 * vain_ns: when a link that never had an answer has been waited for long enough; CLOCK_NEVER: not
 * yet.
 * Returns when the link is to be looked at next, at the latest.
 */
int64_t exchange_sweep(struct worker *worker, struct link *link, int64_t vain_ns);

#endif
