/*
 * From what was seen to what it means: state, cause word and one line of text.  Pure.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "metric.h"
#include "observation.h"
#include "range.h"

/* In the order of the plugins' exit statuses. */
enum state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

enum { JUDGE_STATUS_MAX = 8, JUDGE_TEXT_MAX = 1024, JUDGE_CAUSE_MAX = 24 };

/* "200", "2xx" or "200-299" of --expect-status. */
struct status_range {
	int first;
	int last;
};

/* What the user asked for.  judge_policy_init() sets the defaults of the design. */
struct judge_policy {
	uint32_t has_warning, has_critical;	/* bits by enum metric */
	struct range warning[METRIC_COUNT];
	struct range critical[METRIC_COUNT];
	struct status_range expect_status[JUDGE_STATUS_MAX]; /* none: 2xx 3xx OK, 4xx WARNING, 5xx */
	size_t expect_status_count;
	const char *expect_body;	/* has to be in it; NULL: no matter */
	const char *expect_header;	/* "Name: value" or "Name"; NULL: no matter */
	enum state busy, error_output, app_status; /* --busy, --stderr, --app-status */
	int alive;		/* --liveness: busy is alive, any complete answer below 500 too */
	int64_t timeout_ns;	/* for the text */
};

struct judgement {
	enum state state;
	char cause[JUDGE_CAUSE_MAX];	/* refused, busy, http-500, ... or ok */
	char text[JUDGE_TEXT_MAX];	/* why, in one line; untrusted bytes are escaped already */
};

void judge_policy_init(struct judge_policy *policy);

void judge(struct judgement *judgement, const struct judge_policy *policy,
    const struct observation *seen, const struct metrics *metrics);

/* The worse of two; UNKNOWN is worse than WARNING and better than CRITICAL, as the plugins have it. */
enum state judge_worst(enum state a, enum state b);

/* "OK", "WARNING", "CRITICAL", "UNKNOWN" */
const char *judge_state_name(enum state state);

#endif
