/* What the parts of judge share.  Only they include this. */
#ifndef JUDGE_PRIVATE_H
#define JUDGE_PRIVATE_H

#include "judge.h"
#include "verdict.h"

/* One case. */
struct judging {
	const struct judge_policy *policy;
	const struct observation *seen;
	const struct metrics *metrics;
	struct verdict verdict;
	struct judgement *judgement;
};

/* Begins the verdict: see verdict_begin(). */
void judge_begin(struct judging *judging, enum state state, const char *cause);

/* Adds "7 of 128 waiting", or as much as is known.  Returns 0 when nothing is. */
int judge_put_queue(struct judging *judging);

/* A complete answer, or as much of it as we cared to read. */
void judge_answer(struct judging *judging);

/* The HTTP status of an answer whose header block is complete. */
void judge_status(struct judging *judging);

/*
 * -w and -c.
 * is_complete: what was asked for was answered, so a figure that is missing is one we cannot get.
 */
void judge_thresholds(struct judging *judging, int is_complete);

#endif
