/*
 * One thread's share of the load: its connections and its loop.  Workers share what a crew is, and
 * nothing else.
 */
#ifndef FCGI_BENCH_WORKER_H
#define FCGI_BENCH_WORKER_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "pace.h"
#include "plan.h"
#include "schedule.h"
#include "share.h"
#include "tally.h"

/* Who runs together.  Set up by the engine; read only but for what is atomic or has a lock. */
struct crew {
	const struct plan *plan;
	unsigned int workers;
	int64_t start_ns;	/* CLOCK_MONOTONIC; known once the gate is open */
	int stop_fd;		/* eventfd(2): to be looked at again, at every write */
	int news_fd;		/* eventfd(2): a mailbox is new, or a worker has ended */
	/* Atomic: */
	unsigned int stops;	/* 1: nothing new; 2: what is in flight is given up */
	int64_t stop_ns;	/* when nothing new was to be begun any more; CLOCK_NEVER */
	uint64_t places;	/* taken, where the number of requests is limited */
	int64_t longest_ns;	/* service so far, as far as workers have told; 0: no answer yet */
	unsigned int ended;	/* workers */
	/* The gate: */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int ready;	/* workers that wait at it */
	unsigned int failed;	/* those that cannot: error says why */
	int error;
	int is_open;
	int is_off;		/* there will be no run */
};

/* What a worker leaves at the end of an interval. */
struct worker_mailbox {
	pthread_mutex_t lock;
	uint64_t interval;	/* its number, from 1 on; UINT64_MAX: the run is over */
	struct tally tally;
	struct histogram whole;
};

struct worker {
	struct crew *crew;	/* set up by the engine, as are index and mailbox.lock */
	unsigned int index;
	pthread_t thread;
	struct worker_mailbox mailbox;

	struct tally tally;	/* its own until it has ended, as all from here on */
	struct histogram whole;	/* TALLY_SERVICE, and TALLY_FIRST_BYTE too, of answers that came in
				   one piece: not in the tally, so that each is counted once */
	struct tally window;	/* copies of both as they were when the window ended */
	struct histogram window_whole;
	struct shares shares;	/* of the tally, without what never had a connection */
	uint64_t early;		/* good answers in the window to requests of the warm-up */
	int64_t done_ns;	/* when the last request that counts was answered or given up */
	int64_t now_ns;		/* as of the last event */
	int64_t end_ns;		/* what is due from here on is not begun; CLOCK_NEVER while that is
				   open */
	int64_t drained_ns;	/* open loop: when what was due before the end is not sent any more */
	int64_t window_ns;
	int64_t timeout_ns;	/* as the plan has it */
	int64_t due_ns;		/* open loop: the next request; CLOCK_NEVER: none, or no open loop */
	int64_t freed_ns;	/* when a connection was free again after there had been none */
	struct link *waiting_first, *waiting_last; /* open loop: free for a request, the longest first */
	struct link *links;
	size_t link_count;
	uint64_t places;	/* requests that it may begin without asking the crew */
	uint64_t per_connection; /* requests that each has; 0: no limit */
	unsigned int in_flight;	/* requests of all links */
	struct failure refusal;	/* why the last connection could not be made; kind 0: it was */
	struct link_scratch scratch;
	unsigned char *buffer;	/* WORKER_BUFFER_LEN */
	struct intake_memory *memories; /* by target */
	size_t *turns;		/* likewise: which is next in the order of its payloads */
	struct link_slot *slots; /* the links' */
	struct schedule_share share;
	struct pace pace;
	int64_t sweep_ns;	/* when the links are to be looked at */
	int64_t wake_ns;	/* when there is something to do without an event */
	uint64_t interval;	/* the number of the one that is going on; 0: it is the warm-up */
	int64_t interval_cpu_ns; /* processor time at its begin */
	int64_t interval_begun_ns;
	int64_t cpu_begun_ns;	/* at the begin of the window */
	uint64_t involuntary_begun;
	unsigned int stops;	/* of the crew, as last seen */
	uint8_t is_open_loop;	/* as the plan has it */
	uint8_t is_single;	/* a closed loop with one request at a time on each link */
	uint8_t is_last;	/* its places are the last ones */
	uint8_t is_counting;	/* the window is open */
	uint8_t is_ending;	/* nothing new is begun, but what was due before */
	uint8_t is_closed;	/* the window is */
};

enum { WORKER_BUFFER_LEN = 256 * 1024 };

/* The thread: waits at the gate, runs, and tells its end. */
void *worker_main(void *worker);

/*
 * For connection.c, exchange.c, request.c and due.c.
 */

/* Behind the end a link that never had an answer is not waited for a second time. */
static inline int
worker_shuns(const struct worker *worker, const struct link *link)
{
	return worker->is_ending && link->is_vain && !link->is_used;
}

/* What worker_may_begin() leaves to it. */
int worker_take_place(struct worker *worker, int64_t when_ns);

/*
 * Whether a request may be begun; it is taken off their number where that is limited.
 * when_ns: when it is due; in a closed loop the present.
 */
static inline int
worker_may_begin(struct worker *worker, int64_t when_ns)
{
	if (when_ns >= worker->end_ns)
		return 0;
	if (worker->places < 2)
		return worker_take_place(worker, when_ns);
	worker->places--;
	return 1;
}

/* Open loop: the link gets the next request that is due and has no other. */
void worker_wait_for_request(struct worker *worker, struct link *link);

/* The links have to be looked at by then. */
void worker_sweep_by(struct worker *worker, int64_t when_ns);

#endif
