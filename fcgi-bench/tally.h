/*
 * What a thread counts while it runs, and the sum of all threads at the end.  Nothing in it is
 * shared while it is written.  Pure.
 */
#ifndef FCGI_BENCH_TALLY_H
#define FCGI_BENCH_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "histogram.h"

enum tally_span {
	TALLY_RESPONSE,		/* open loop: from when it was due to the last byte */
	TALLY_SERVICE,		/* from sending to the last byte */
	TALLY_LATENESS,		/* open loop: from when it was due to sending */
	TALLY_CONNECT,		/* from connect(2) to a connection */
	TALLY_FIRST_BYTE,	/* from sending to the first byte */
	TALLY_SPANS,
};

/*
 * Counted are requests that began inside the window (after the warm-up, before the end), and what
 * happened in it; connections that are kept count from the start, and so do starved ones and their
 * requests.  The spans are of good answers, but TALLY_LATENESS (whatever became of the request) and
 * TALLY_CONNECT.
 */
struct tally {
	uint64_t complete;	/* good answers, also those that came behind the window */
	uint64_t in_window;	/* good answers that came inside the window, also to requests of the
				   warm-up: what a rate is made of.  With a limited number, complete */
	uint64_t with_stderr;	/* answers, good or not, that came with something on STDERR */
	uint64_t strays;	/* times that something came that nobody had asked for, behind the end of
				   the last answer: no request is to blame */
	uint64_t cut_off;	/* requests in flight that the second engine_stop() gave up: neither good
				   nor failed */
	uint64_t sent_bytes;	/* behind the warm-up, whatever became of the requests; known when
				   the run is over */
	uint64_t received_bytes; /* likewise */
	uint64_t connects;	/* connections made */
	uint64_t reconnects;	/* after the application closed one that was to be kept */
	uint64_t refused_keep_alive; /* of them, those closed after the first answers, though
				   FCGI_KEEP_CONN was set */
	uint64_t slow_connects[3]; /* that took 1, 3, 7 s or longer, each counted once: a SYN was
				   sent again */
	uint64_t unsent;	/* open loop: were due, and had no free connection until the run ended;
				   among the response times with what they had waited by then, and
				   failed (FAILURE_UNSENT), unless the run was stopped */
	uint64_t no_free;	/* open loop: requests that were due while every connection was busy */
	int64_t late_ns;	/* open loop: how long requests were due, and connections free, and the
				   thread did not look, because it had no processor or too much to do;
				   of a sum, of all threads together */
	uint64_t connections_used;	/* that had an answer */
	uint64_t connections_starved;	/* that waited for one, and never had any in the whole run */
	int64_t cpu_ns;		/* of the thread: user and system, but not what it spun away until a
				   request was due */
	int64_t wall_ns;	/* that the thread ran; of a sum, of all of them together */
	int64_t busy_ns;	/* the longest share of an interval that the thread had the processor (as
				   cpu_ns), scaled to 1 s */
	uint64_t involuntary;	/* context switches */
	struct failure_table failures;
	struct histogram spans[TALLY_SPANS];
};

/* Adds all of from.  busy_ns becomes the higher one. */
void tally_add(struct tally *to, const struct tally *from);

/*
 * Makes a copy; of the histograms only what is not zero is touched.
 * to: zero-filled, or an earlier copy of the same tally.
 */
void tally_copy(struct tally *to, const struct tally *from);

#endif
