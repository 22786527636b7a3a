/* All questions of a run, asked and judged: the cases, and then the probes of the protocol. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>

#include "asker.h"
#include "case_set.h"
#include "judge.h"
#include "result.h"

/* How, and what came of it.  The first part is filled in by the owner. */
struct runner {
	const struct case_set *cases;
	const struct authorizer *authorizer;
	struct judge judge;
	const struct auth_lines *tags;	/* of --tags */
	size_t jobs;
	int probes;			/* ask about the protocol, too */
	int trace;
	int signal_fd;
	int64_t timeout_ns;
	int64_t connect_timeout_ns;

	struct result *results;		/* runner_reset() gives them back */
	size_t result_count;
	char *hang;			/* private: what judge.hang is */
};

/*
 * Returns an enum asker_end, or -FCGI_E_SYSTEM: no memory.  A case that cannot be asked at all
 * (its request is none for that server) is a failed result.
 */
int runner_run(struct runner *runner);

void runner_reset(struct runner *runner);

/*
 * The parts of it that probes are made of.
 *
 * runner_plan: how a question is to be asked.
 * runner_add: room for one more result, zero-filled; NULL: no memory.  Those given before move.
 * runner_ask: asks, count of them, up to jobs at a time; done as in struct asker.
 */
void runner_plan(const struct runner *runner, const struct question *question,
    struct exchange_plan *plan);
struct result *runner_add(struct runner *runner);
int runner_ask(const struct runner *runner, struct ask *asks, size_t count, size_t jobs,
    ask_done *done, void *to);

#endif
