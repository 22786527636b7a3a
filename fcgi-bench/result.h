/* All that a run showed; every report is made of it, and of nothing else. */
#ifndef FCGI_BENCH_RESULT_H
#define FCGI_BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "host.h"
#include "plan.h"
#include "share.h"
#include "tally.h"

enum result_verdict { RESULT_GOOD, RESULT_FAILED, RESULT_INCONCLUSIVE };

/* One line of a time series. */
struct result_interval {
	int64_t end_ns;		/* since the start of the window; the warm-up's are not in it */
	int64_t length_ns;
	uint64_t complete;	/* that came in it, also to requests of the warm-up */
	uint64_t failed;	/* these and the times are of requests that began behind it */
	uint64_t p50_ns;	/* of response in an open loop, else of service */
	uint64_t p99_ns;
	uint64_t max_ns;
};

enum diagnosis_kind {
	DIAGNOSIS_STARVED,
	DIAGNOSIS_GONE,		/* nobody listened for a while */
	DIAGNOSIS_BACKLOG_FULL,
	DIAGNOSIS_SYN_RETRANSMISSION,
	DIAGNOSIS_KEEP_ALIVE_REFUSED,
	DIAGNOSIS_PORTS_EXHAUSTED,
	DIAGNOSIS_FAST_ERRORS,
	DIAGNOSIS_FPM_COUNTERS,
	DIAGNOSIS_CLIENT_SATURATED, /* this and the next three: diagnosis_doubt() */
	DIAGNOSIS_SCHEDULE_MISSED,
	DIAGNOSIS_STEAL,
	DIAGNOSIS_CLOCK,
	DIAGNOSIS_SERVER_SATURATED,
	DIAGNOSIS_CLOSED_LOOP,		/* what a closed loop cannot see */
	DIAGNOSIS_WAKE_UP,		/* -c 1 measures waking up */
	DIAGNOSIS_WARM_UP,		/* too short for the rate */
	DIAGNOSIS_PERCENTILES,		/* how long to run for those left out */
	DIAGNOSIS_KINDS,
};

struct diagnosis {
	enum diagnosis_kind kind;
	char text[320];		/* one sentence, with the figure and the advice */
};

struct find_max;
struct gate;
struct gate_outcome;

/* Whatever a report tells, and where it points to, has to live as long. */
struct result {
	const struct plan *plan;	/* NULL: --self-test alone; client_limit_rps is all there is */
	struct tally total;
	struct shares kinds;	/* of the requests, in the order of the plan's payloads */
	struct shares targets;	/* in the order of the plan's */
	uint64_t unassigned;	/* failed requests that are of neither, for want of a connection */
	int64_t started_ms;	/* wall clock, since 1970 */
	double duration_s;	/* of the window */
	double rps;		/* good answers a second, of those that came in the window */
	struct result_interval *intervals;
	size_t interval_count;
	struct result_interval after_end; /* what came behind the window, to requests that had begun
				   in it; its own times are 0 */
	int has_server_cpu;
	double server_cpu_us;	/* per complete request */
	char server_why[160];	/* why there is none */
	char server_name[32];	/* of its first process, such as "php-fpm8.2"; "" when not known */
	int64_t server_backlog;	/* that it listens with; 0: not known */
	double client_cpu_us;	/* per complete request */
	double client_limit_rps; /* of --self-test; 0: not measured */
	int client_saturated;
	double steal;		/* 0 to 1 */
	int interrupted;
	int not_begun;		/* it was, before anything was sent */
	char broken[320];	/* what ended the run before its time, in words; "" */
	struct host host;
	struct diagnosis diagnoses[DIAGNOSIS_KINDS];
	size_t diagnosis_count;
	enum result_verdict verdict;
	char reason[320];	/* why the verdict is not good, in one line */
	struct gate_outcome *gates;	/* gate.h */
	size_t gate_count;
	const struct find_max *search;	/* --find-max; NULL: none */
	const struct gate *condition;	/* likewise: what a good rate holds to */
};

/*
 * Adds what there is to say of the run, and sets client_saturated (diagnosis.c).  The rest of the
 * result is there.  Pure.
 */
void result_diagnose(struct result *result);

/* 1 when the run was diagnosed so. */
int result_has_diagnosis(const struct result *result, enum diagnosis_kind kind);

/* "starved", "backlog-full", "client-saturated": a word of the JSON, so it stays. */
const char *diagnosis_name(enum diagnosis_kind kind);

/*
 * Why the figures are to be doubted when a run was diagnosed so, in words: "the client was at its
 * limit"; NULL for a diagnosis that is only advice.
 */
const char *diagnosis_doubt(enum diagnosis_kind kind);

/* Gives back the intervals and the shares, and empties it. */
void result_reset(struct result *result);

#endif
