/*
 * The highest rate that is still good, found by trying: doubled while it is, halved while it is
 * not, then the middle, until what is good and what is not are close.  A rate that was not good is
 * tried once more before that is believed: one pause of the machine is no limit.  Pure: the owner
 * runs the trials.
 *
 *	find_max_init(&search, first rate, lowest rate)
 *	while (find_max_next(&search, &rate))
 *		run at that rate;  find_max_take(&search, &trial)
 *	search.best: the highest good rate, 0 if there was none
 */
#ifndef FCGI_BENCH_FIND_MAX_H
#define FCGI_BENCH_FIND_MAX_H

#include <stddef.h>
#include <stdint.h>

enum find_max_outcome {
	FIND_MAX_GOOD,
	FIND_MAX_BAD,		/* the condition did not hold, requests failed, or the application
				   did not take as many */
	FIND_MAX_CLIENT,	/* the client was at its limit: the application may not be */
	FIND_MAX_UNKNOWN,	/* it was kept up, but the metric could not be measured */
};

struct find_max_trial {
	double rate;		/* asked for */
	double achieved;
	int has_value;
	double value;		/* of the condition's metric */
	char why[160];		/* there is none */
	enum find_max_outcome outcome;
};

enum { FIND_MAX_TRIALS = 64 };

/* Rates below this are not tried, however long the trials are. */
#define FIND_MAX_FLOOR 0.01

struct find_max {
	double best;		/* the highest good rate; 0: none yet */
	double worst;		/* the lowest that was not good twice; 0: none yet */
	double lowest;		/* that is tried */
	int client_limited;	/* it ended because of the client */
	int unknown;		/* it ended because the metric could not be measured, twice */
	struct find_max_trial trials[FIND_MAX_TRIALS]; /* in the order they were run */
	size_t trial_count;
	double rate;		/* private: to be tried */
	int again;		/* private: for the second time */
	int over;		/* private */
};

/*
 * rate: the first to be tried, or lowest where that is higher.
 * lowest: lower ones are not tried; find_max_lowest().
 */
void find_max_init(struct find_max *search, double rate, double lowest);

/* Returns 1 with the rate to be tried now, or 0 when the search is over. */
int find_max_next(const struct find_max *search, double *rate);

/* Tells how it went. */
void find_max_take(struct find_max *search, const struct find_max_trial *trial);

/*
 * How long to try a rate, so that the percentile means something, and that the requests which are
 * on their way at the end are few beside all of them; but no longer than ten times the duration
 * that was asked for.
 * percent: of the metric; 0 when it is none.  most: that can be on their way.
 */
int64_t find_max_duration_ns(double rate, double percent, double most, int64_t duration_ns);

/* What a trial counted: requests, but for the last two. */
struct find_max_count {
	double due;
	double in_window;	/* good answers that came in it */
	double on_average;	/* on their way at a time, if the rate is kept up */
	double most;		/* that can be on their way */
	int from_none;		/* none was when it began: the warm-up was too short */
};

/* Whether as many were answered as were due: no queue has grown. */
int find_max_is_kept_up(const struct find_max_count *count);

/* The lowest rate that means something in that time. */
double find_max_lowest(double percent, int64_t duration_ns);

/* The shortest duration to be asked for that makes that rate mean something. */
int64_t find_max_shortest_ns(double rate, double percent);

#endif
