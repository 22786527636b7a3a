#include "policy.h"

#include <sys/wait.h>

#include "clock.h"

enum { NO_TRIAL = -1 };

void
policy_init(struct policy *policy, const struct policy_config *config)
{
	*policy = (struct policy){ .config = config };
	policy_forgive(policy);
}

void
policy_forgive(struct policy *policy)
{
	policy->failures = 0;
	policy->next_ns = 0;
	policy->failed_ns = INT64_MIN;
	policy->trial_ns = NO_TRIAL;
}

/* The delay after so many failures in a row. */
static int64_t
delay_ns(const struct policy *policy)
{
	int64_t ns = policy->config->restart_delay_ns, most = policy->config->restart_max_delay_ns;
	unsigned i;

	for (i = 1; i < policy->failures && ns < most; i++)
		ns = ns > most / 2 ? most : 2 * ns;
	return ns < most ? ns : most;
}

int
policy_ended(struct policy *policy, int64_t started_ns, int64_t now_ns, int status)
{
	const struct policy_config *config = policy->config;
	int failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

	if (config->restart == POLICY_NO || (config->restart == POLICY_ON_FAILURE && !failed))
		return POLICY_RETIRE;
	policy->trial_ns = NO_TRIAL;
	/*
	 * Those that were started before the last failure fail with it: eight that die of one cause
	 * are one failure, not eight.
	 */
	if (now_ns - started_ns < config->min_life_ns && started_ns >= policy->failed_ns) {
		policy->failures++;
		policy->failed_ns = now_ns;
		if (config->max_failures > 0 && policy->failures >= config->max_failures)
			return POLICY_GIVE_UP;
		policy->next_ns = clock_after(now_ns, delay_ns(policy));
	} else if (policy->next_ns <= now_ns) {
		policy->next_ns = clock_after(now_ns, delay_ns(policy));
	}
	return POLICY_REPLACE;
}

void
policy_started(struct policy *policy, int64_t now_ns)
{
	if (policy->failures > 0 && policy->trial_ns == NO_TRIAL) {
		policy->trial_ns = now_ns;
		policy->next_ns = clock_after(now_ns, delay_ns(policy));
	} else {
		policy->next_ns = clock_after(now_ns, policy->config->start_delay_ns);
	}
}

void
policy_lives(struct policy *policy, int64_t started_ns, int64_t now_ns)
{
	if (now_ns - started_ns >= policy->config->min_life_ns && started_ns >= policy->failed_ns)
		policy->failures = 0;
}

int
policy_allows(const struct policy *policy, int missing, int64_t now_ns, int64_t *again_ns)
{
	*again_ns = CLOCK_NEVER;
	if (missing <= 0)
		return 0;
	if (now_ns < policy->next_ns) {
		*again_ns = policy->next_ns;
		return 0;
	}
	/* With failures but without a trial that has lived through its delay, one is put on trial. */
	if (policy->failures > 0 && policy->trial_ns == NO_TRIAL)
		return 1;
	return policy->config->start_delay_ns > 0 ? 1 : missing;
}
