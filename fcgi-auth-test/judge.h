/*
 * The answer of a case judged: what each server would do, what the checks find, and whether it is
 * what the case expects.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "check.h"
#include "exchange.h"
#include "question.h"
#include "result.h"
#include "verdict.h"

/* How.  The same for all cases of a run. */
struct judge {
	struct verdict_settings server;		/* but for the phase and the user */
	struct check_policy policy;
	const char *const *trusted_headers;	/* as in struct check_context */
	int show_secrets;
	const struct secrets *secrets;		/* of all questions of the run */
	int64_t timeout_ns;			/* that the exchange had, for messages */
	const char *hang;			/* where an authorizer hangs that waits for STDIN */
};

/*
 * Takes the reply out of a finished exchange into the result and finds all that it shows by itself,
 * without the expectations.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int judge_answer(const struct judge *judge, const struct question *question,
    struct exchange *exchange, struct result *result);

/*
 * Compares it with what the case expects, and settles the result.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int judge_expectations(const struct judge *judge, const struct question *question,
    struct result *result);

#endif
