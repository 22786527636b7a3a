/* The line on a terminal that tells how a run goes, written over once an interval. */
#ifndef FCGI_BENCH_LIVE_H
#define FCGI_BENCH_LIVE_H

#include <stddef.h>
#include <stdint.h>

/* What it tells. */
struct live_view {
	int warming;		/* the warm-up is not over: nothing is counted yet */
	int64_t left_ns;	/* until no more requests are sent; CLOCK_NEVER: not known */
	int64_t every_ns;	/* how often the line is written */
	uint64_t left;		/* requests still to be answered, where their number is the limit */
	int has_rate;		/* an interval is over */
	double rate;		/* good answers a second, of the last interval */
	uint64_t p99_ns;	/* of the last interval; 0: too few */
	uint64_t failed;	/* so far */
};

struct live {
	int fd;			/* private: of the terminal; -1: none */
	int color;		/* private */
	int shown;		/* private: there is a line */
};

/*
 * Standard error is used where it is a terminal that can do it (TERM is neither unset nor "dumb")
 * and quiet is 0; failures are red unless NO_COLOR is set.
 */
void live_init(struct live *live, int quiet);

/* Writes the line in place of the last one. */
void live_show(struct live *live, const struct live_view *view);

/* Takes it away: something else is to be printed. */
void live_clear(struct live *live);

/*
 * The line's text; pure.
 * columns: it is cut there.
 * Returns dst.
 */
char *live_format(char *dst, size_t size, const struct live_view *view, unsigned int columns,
    int color);

#endif
