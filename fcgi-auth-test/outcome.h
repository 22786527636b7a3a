/* What has come of a run: its report, and the exit status. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stddef.h>
#include <stdio.h>

#include "options.h"
#include "report.h"
#include "runner.h"

/* outcome_open() first. */
struct outcome {
	const struct options *options;	/* private */
	struct report how;
	FILE *out;
	char *text;			/* of out, unless that is standard output */
	size_t len;
	size_t told;
};

/* name: of the authorizer, for the report.  Where memory is short it does not return. */
void outcome_open(struct outcome *outcome, const struct options *options, const char *name);

/* For struct runner: tells what is told as it comes. */
int outcome_tell(void *outcome, const struct result *result, size_t number, size_t count);

/*
 * Tells the rest, and writes it out; a failure does not return.
 * ending: why the run has ended early; NULL: it has not.
 */
void outcome_close(struct outcome *outcome, const struct runner *runner, const char *ending);

/*
 * The worst of all; of a question what was decided, and what else was found only where the user
 * wants that to count.
 * has_died: the authorizer that we started; whether we are refused then or reset is chance.
 */
int outcome_status(const struct options *options, const struct runner *runner, int has_died);

#endif
