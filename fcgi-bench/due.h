/*
 * What is due in an open loop: it is sent as soon as a link is free, first come, first served; and
 * what becomes of it when none is.
 */
#ifndef FCGI_BENCH_DUE_H
#define FCGI_BENCH_DUE_H

#include "link.h"
#include "worker.h"

/* The first request is looked up: worker->due_ns is set. */
void due_begin(struct worker *worker);

/* Sends what is due, as far as there are links for it.  Sets worker->now_ns. */
void due_dispatch(struct worker *worker);

/* The link that has been free for the longest, or NULL. */
struct link *due_first_waiting(struct worker *worker);

/* Nothing more is due from worker->end_ns on, which may have become earlier. */
void due_end(struct worker *worker);

/* What is due yet, before worker->end_ns, is not sent any more. */
void due_give_up(struct worker *worker);

#endif
