/* What has become of one case under one dialect, or of one probe of the protocol. */
#ifndef FCGI_AUTH_TEST_RESULT_H
#define FCGI_AUTH_TEST_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "auth_case.h"
#include "check.h"
#include "params.h"
#include "reply.h"
#include "verdict.h"

struct dialect;

enum result_state {
	RESULT_PASSED,
	RESULT_FAILED,
	RESULT_SKIPPED,
};

/* Why there was no answer to judge: what the exit status tells. */
enum result_trouble {
	RESULT_ANSWERED,
	RESULT_UNREACHABLE,
	RESULT_BROKEN,		/* it broke the protocol */
	RESULT_LATE,		/* time ran out */
};

/* A finding with what it weighs in this run and this case; CHECK_IGNORED ones are not kept. */
struct result_finding {
	enum check_id check;
	enum check_severity severity;
	char *detail;		/* one line, escaped, without secrets */
};

/*
 * Zero-filled before use.  Texts are escaped, and hold no secrets unless those are to be shown.
 */
struct result {
	const struct auth_case *auth_case; /* never NULL; of a probe the case it is derived from */
	int is_probe;
	char *title;			/* the case's name, and the dialect where it has several */
	const struct dialect *dialect;
	enum auth_phase phase;
	int is_done;			/* asked and judged, or found to be none to ask */
	enum result_state state;
	enum result_trouble trouble;
	char *skipped;			/* why; NULL: it was run */
	char *trouble_text;		/* what went wrong with the exchange; NULL: nothing */

	struct params params;		/* that were sent */
	struct reply reply;		/* finished; zero-filled when it was not run */
	int64_t time_ns;		/* from the first try to connect to the end of the answer */
	enum verdict_server server;	/* whose verdict counts */
	struct verdict verdicts[VERDICT_SERVERS];

	struct result_finding *findings;
	size_t finding_count;
	struct auth_lines failures;	/* what of the expectations was not met, a sentence each */
};

/* The verdict that counts. */
const struct verdict *result_verdict(const struct result *result);

/* 1 when it was asked, so that there is a verdict; else 0. */
int result_is_judged(const struct result *result);

/*
 * What the decision comes to for who wrote the case: where the server would ask its next module,
 * what the authorizer itself has said.  AUTH_WANT_ANY: there is none.
 */
enum auth_decision_wanted result_decided(const struct result *result);

/* 1 when one of its findings is a failure. */
int result_has_failure(const struct result *result);

/* 1 when this check has found something, else 0. */
int result_has(const struct result *result, enum check_id check);

/*
 * Adds a sentence; printf-like, with what is not ours in it escaped already.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int result_fail(struct result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes a finding in, if it counts under this policy and this case. */
int result_find(struct result *result, const struct check_policy *policy, enum check_id check,
    const char *detail);

/* The same for what is no failure unless warnings are. */
int result_warn(struct result *result, const struct check_policy *policy, enum check_id check,
    const char *detail);

/*
 * Drops what was found of the protocol and the time, all but the variables and secrets: it is part
 * of what was expected.
 */
void result_expect_broken(struct result *result);

/* Settles the state once all failures and findings are in. */
void result_settle(struct result *result);

void result_reset(struct result *result);

#endif
