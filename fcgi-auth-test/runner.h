/* All questions of a run, asked and judged: the cases, and then the probes of the protocol. */
#ifndef RUNNER_H
#define RUNNER_H

#include <stddef.h>

#include "asker.h"
#include "case_set.h"
#include "judge.h"
#include "probe.h"
#include "result.h"
#include "secrets.h"

/*
 * Told of a result once nothing changes it any more; in order.
 * number: its own, from 1, of count.
 * Returns 0, or a negative error, which ends the run.
 */
typedef int runner_tell(void *to, const struct result *result, size_t number, size_t count);

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
	runner_tell *tell;
	void *tell_to;

	struct result *results;		/* runner_reset() gives them back */
	size_t result_count;
	size_t total;			/* private: so many there will be, and so many were told */
	size_t told;
	size_t checked;			/* private: those before are asked no second time */
	struct probe_before before;	/* private */
	char *hang;			/* private: what judge.hang and judge.secrets are */
	struct secrets secrets;
	const struct auth_bytes **users; /* private: of all cases, sorted */
};

/*
 * Returns an enum asker_end, -FCGI_E_SYSTEM (no memory), or what tell returned.  A case that cannot
 * be asked at all (its request is none for that server) is a failed result.
 * Of a run that ends early the results are those that it has come to; they are told all the same.
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

/*
 * Before any is asked: lists the users of all cases; takes in the secrets of a question, to be
 * sorted when those of all are there.  Return 0, or -FCGI_E_SYSTEM.
 */
int runner_list_users(struct runner *runner);
int runner_learn(struct runner *runner, const struct question *question);

/*
 * Tells what has become certain.  Returns 0, or what tell returned.
 * runner_tell_rest: the same of a run that has ended early; what it has not come to is dropped.
 */
int runner_tell_done(struct runner *runner);
void runner_tell_rest(struct runner *runner);

#endif
