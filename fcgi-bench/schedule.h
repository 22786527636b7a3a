/*
 * When each request of an open loop is due.  Arithmetic alone: no queue, no timer, no clock; the
 * due time of request i depends on the schedule and on i.  Pure.
 */
#ifndef FCGI_BENCH_SCHEDULE_H
#define FCGI_BENCH_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

enum schedule_arrival { SCHEDULE_CONSTANT, SCHEDULE_POISSON };

/*
 * For so long at that rate; a run without --stages is one of them.  The stream goes on from one to
 * the next: half a request that is left of one is the first half of one in the next.
 */
struct schedule_stage {
	int64_t duration_ns;	/* CLOCK_NEVER: to the end */
	double rate;		/* requests a second, of all threads together; > 0 */
};

/* What all threads share, read only. */
struct schedule {
	enum schedule_arrival arrival;
	uint64_t seed;			/* of poisson */
	const struct schedule_stage *stages; /* the owner's */
	size_t stage_count;
};

/*
 * One thread's share: arrivals are dealt out in turn, so that however many threads there are, all
 * together have the same.
 * Set up with schedule_share_init().  Public to read: due_ns.
 */
struct schedule_share {
	int64_t due_ns;		/* since the start: of the next request; CLOCK_NEVER: no more */
	const struct schedule *schedule; /* private from here on */
	size_t stage;
	int64_t stage_start_ns;
	double stage_first;	/* requests of all threads that are due before the stage */
	double at;		/* of the next request among those of all threads */
	unsigned int threads;	/* so far it is to the one behind it; poisson: on average */
	uint64_t random;
};

void schedule_share_init(struct schedule_share *share, const struct schedule *schedule,
    unsigned int thread, unsigned int threads);

/* The request that was due has been taken: on to the next. */
void schedule_share_next(struct schedule_share *share);

/*
 * Takes requests that are due before before_ns (since the start; due_ns is): one, or, of very many
 * that are, a ten-thousandth, as though all were due when the first of them is, so that counting
 * takes no time that matters.  Poisson ones come on average then.
 * Returns how many.
 */
uint64_t schedule_share_take(struct schedule_share *share, int64_t before_ns);

/*
 * How many requests are due before time_ns (since the start), of all threads; poisson: on average,
 * with a fraction.
 */
double schedule_expected(const struct schedule *schedule, int64_t time_ns);

/*
 * "1234.5", "0.025": a rate, with a digit behind the point, or three where it is below 1.
 * size: SCHEDULE_RATE_MAX holds any below 1e18.  Returns dst.
 */
enum { SCHEDULE_RATE_MAX = 24 };
char *schedule_format_rate(char *dst, size_t size, double rate);

#endif
