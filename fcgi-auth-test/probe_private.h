/* The questions that probes are made of.  Private to probe. */
#ifndef PROBE_PRIVATE_H
#define PROBE_PRIVATE_H

#include "asker.h"
#include "probe.h"
#include "question.h"
#include "runner.h"

/* Both kinds of questions that the probes are made of, and where a probe stands. */
struct probing {
	struct runner *runner;
	const struct auth_case *good;	/* of the result that was let in */
	const struct dialect *dialect;
	enum auth_phase phase;
	int64_t usual_ns;		/* how long the answer took then */
	struct auth_case nobody;	/* the same without any credentials; shares its strings */
	int has_nobody;			/* they are another question than with them */
	enum probe_outcome before;	/* of nobody, before the good question was asked */
	int nobody_is_let_in;		/* as probe_state() has found */
	int is_reached;			/* by a question of the probe under way */
	struct result result;		/* of the probe under way */
};

/* How a question differs from the one that the dialect would ask. */
struct probe_twist {
	int nobody;			/* ask without credentials */
	enum auth_stdin stdin_record;
	enum auth_choice keep_conn;
	uint16_t request_id;		/* 0: the usual */
	uint16_t role;			/* 0: the usual */
	int pairs;			/* one pair a record, all padded */
	int split;			/* pairs lie in two records */
	size_t cookie_len;		/* of a cookie that is sent besides */
	int64_t timeout_ns;		/* 0: the usual */
	int64_t linger_ns;		/* 0: the usual */
	size_t cut;			/* send only that many bytes and hang up; 0: all */
};

/* What came of one. */
struct probe_answer {
	struct probing *probing;
	struct question question;
	struct result result;		/* as judge_answer() leaves it */
	int needed_stdin;
	int closed;
};

/*
 * probe_make_nobody: sets nobody and has_nobody; returns 0, or a negative error.
 * probe_look_at_nobody: asks nobody, and sets before if there is an answer; returns as probe_ask().
 */
int probe_make_nobody(struct probing *probing);
void probe_drop_nobody(struct probing *probing);
int probe_look_at_nobody(struct probing *probing);

/*
 * Makes a question that differs so.  The answer's is the question; it is to be dropped, and the
 * bytes of ask to be freed, also after a failure.
 * Returns 0, or a negative error.
 */
int probe_make(struct probing *probing, const struct probe_twist *twist,
    struct probe_answer *answer, struct ask *ask);

/* Asks them, all at the same time.  Returns as runner_ask(). */
int probe_ask(struct probing *probing, struct ask *asks, size_t count);

/* Makes and asks one.  Returns as these; the answer is to be dropped in any case. */
int probe_ask_one(struct probing *probing, const struct probe_twist *twist,
    struct probe_answer *answer);

/* 1 when the user is let in by it. */
int probe_lets_in(const struct probe_answer *answer);

/* "no answer within 2s", "deny 401".  Returns dst. */
const char *probe_describe(const struct probe_answer *answer, char *dst, size_t size);

void probe_drop(struct probe_answer *answer);

#endif
