/*
 * From what was seen to what it means: state, cause word and one line of text.  Pure.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "http_status.h"
#include "metric.h"
#include "observation.h"
#include "range.h"

/* In the order of the plugins' exit statuses. */
enum state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

enum { JUDGE_TEXT_MAX = 1024, JUDGE_CAUSE_MAX = 24 };

/* What the user asked for.  judge_policy_init() sets the defaults. */
struct judge_policy {
	uint32_t has_warning, has_critical;	/* bits by enum metric */
	uint32_t if_known;	/* likewise: thresholds that say nothing where the figure is
				   missing; else that is UNKNOWN */
	int growth;		/* counters are judged by their growth and, until it is known, not
				   at all: there is a --watch or a --state; 0: by their value */
	struct range warning[METRIC_COUNT];
	struct range critical[METRIC_COUNT];
	/* Others are CRITICAL; none: 2xx and 3xx are OK, 4xx WARNING, 5xx CRITICAL. */
	struct http_status_set expect_status;
	const char *expect_body;	/* has to be in it; NULL: no matter */
	const char *expect_header;	/* "Name", or "Name: text" that has to be in one of its
					   values; NULL: no matter */
	enum state busy, error_output, app_status; /* --busy, --stderr, --app-status */
	int alive;		/* --liveness: a complete answer below 500, or OVERLOADED, is OK */
	int64_t timeout_ns;	/* for the text: no wait was meant to be longer */
};

struct judgement {
	enum state state;
	char cause[JUDGE_CAUSE_MAX];	/* refused, busy, http-500, ..., a metric's name, or ok */
	char text[JUDGE_TEXT_MAX];	/* why, in one line, the cause not in it; untrusted bytes
					   are escaped already; never empty */
};

void judge_policy_init(struct judge_policy *policy);

/* Whether a counter has a threshold that could not be judged yet, since its growth is not known. */
int judge_lacks_growth(const struct judge_policy *policy, const struct metrics *metrics);

/*
 * metrics: of this very observation, with their growth.
 * The worst of all that is found counts, and of equals the first: how the answer ended, its status,
 * header and body, thresholds, error output, appStatus.
 */
void judge(struct judgement *judgement, const struct judge_policy *policy,
    const struct observation *seen, const struct metrics *metrics);

/* The worse of two; UNKNOWN is worse than WARNING and better than CRITICAL. */
enum state judge_worst(enum state a, enum state b);

/* "OK", "WARNING", "CRITICAL", "UNKNOWN" */
const char *judge_state_name(enum state state);

#endif
