/*
 * What takes questions of its own to find out: whether the authorizer depends on something that one
 * server does and another does not.  They are derived from the first case that was let in.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

struct auth_case;
struct dialect;
struct runner;

/* What came of a question without credentials. */
enum probe_outcome {
	PROBE_UNKNOWN,
	PROBE_LET_IN,
	PROBE_NOT_LET_IN,
};

/* Of a case, before any was asked: nothing could be left over then from who was let in. */
struct probe_before {
	const struct auth_case *auth_case;
	const struct dialect *dialect;
	enum probe_outcome outcome;
};

/*
 * Asks the case without credentials that is most likely to be let in with them.
 * Returns as runner_run().
 */
int probe_before(struct runner *runner, struct probe_before *before);

/* How many there are, those that do not apply among them. */
size_t probe_count(void);

/*
 * Asks all that apply, and adds a result for each; the others are added as skipped.
 * Returns as runner_run().
 */
int probe_all(struct runner *runner);

#endif
