/*
 * A link's connection: how it is made, how long to rest when it cannot be, and what becomes of the
 * requests on it when it is lost.  What is sent and received over it is exchange.h's.
 */
#ifndef FCGI_BENCH_CONNECTION_H
#define FCGI_BENCH_CONNECTION_H

#include <stdint.h>

#include "failure.h"
#include "link.h"
#include "worker.h"

/*
 * Makes one for what is queued, of a link that has none.  Sets worker->now_ns.
 */
void connection_make(struct worker *worker, struct link *link);

/* The kernel has something to say of one that is being made.  worker->now_ns is the present. */
void connection_proceed(struct worker *worker, struct link *link);

/*
 * There is none to be had: what it was for has failed, and the link rests.
 * kind, number: as in struct failure.
 */
void connection_fail(struct worker *worker, struct link *link, enum failure_kind kind,
    int64_t number);

/*
 * It is of no more use.  What nothing has come back for is sent once more if the link had answers
 * before: as web servers do, since the application closed it before it knew.
 * kind, number: likewise, of what has failed.
 */
void connection_lose(struct worker *worker, struct link *link, enum failure_kind kind,
    int64_t number);

/* Closes it; the ids of requests that were given up are free again. */
void connection_close(struct worker *worker, struct link *link);

#endif
