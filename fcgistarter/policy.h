/*
 * When to start an instance, when to wait, when to give up.  Decided from times and deaths alone,
 * without a system call, so that tables of them test it.
 *
 * Deaths count per pool.  The first failure is followed by a delay, and then by one instance on
 * trial; while that fails, the delay doubles.  Only when a trial has outlived the delay are the
 * others started, and only when an instance that was started after the last failure has lived for
 * min_life is all forgotten: an old instance that goes on living says nothing of new ones.
 */
#ifndef FCGISTARTER_POLICY_H
#define FCGISTARTER_POLICY_H

#include <stdint.h>

enum policy_restart {
	POLICY_ALWAYS,
	POLICY_ON_FAILURE,	/* not after exit status 0 */
	POLICY_NO,
};

/* All durations in nanoseconds. */
struct policy_config {
	int restart;			/* enum policy_restart */
	int64_t start_delay_ns;		/* between two starts */
	int64_t restart_delay_ns;	/* after a death, before the next start */
	int64_t restart_max_delay_ns;	/* the most that it doubles to */
	int64_t min_life_ns;		/* who lives so long has not failed */
	unsigned max_failures;		/* in a row until the pool is given up; 0: never */
};

/* Set up with policy_init().  Public to read: failures. */
struct policy {
	const struct policy_config *config;
	unsigned failures;		/* in a row */
	int64_t next_ns;		/* private: no start before */
	int64_t failed_ns;		/* private: when the last failure was counted */
	int64_t trial_ns;		/* private: when the instance on trial was started; -1: none */
};

/* What becomes of the place of an instance that has ended. */
enum policy_verdict {
	POLICY_REPLACE,		/* start another when policy_allows() says so */
	POLICY_RETIRE,		/* leave it empty */
	POLICY_GIVE_UP,		/* stop all and end: it fails again and again */
};

/* config: the caller's, alive as long as the policy. */
void policy_init(struct policy *policy, const struct policy_config *config);

/* Forgets failures: what is started from now on is something new (a reload, a user's order). */
void policy_forgive(struct policy *policy);

/*
 * An instance has ended that nobody had asked to.
 * started_ns: of that instance.  status: as of waitpid(2).
 * Returns an enum policy_verdict.
 */
int policy_ended(struct policy *policy, int64_t started_ns, int64_t now_ns, int status);

/* An instance has been started at now_ns. */
void policy_started(struct policy *policy, int64_t now_ns);

/* An instance that was started at started_ns lives at now_ns; told when min_life is over. */
void policy_lives(struct policy *policy, int64_t started_ns, int64_t now_ns);

/*
 * How many of the missing instances may be started now.
 * *again_ns: when to ask again, CLOCK_NEVER when nothing is missing or all may be started.
 */
int policy_allows(const struct policy *policy, int missing, int64_t now_ns, int64_t *again_ns);

#endif
