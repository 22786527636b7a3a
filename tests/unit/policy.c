#include "policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "clock.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS

enum { EXIT_0 = W_EXITCODE(0, 0), EXIT_3 = W_EXITCODE(3, 0), KILLED = W_EXITCODE(0, 9) };

static const struct policy_config standard = {
	.restart = POLICY_ALWAYS,
	.restart_delay_ns = S,
	.restart_max_delay_ns = 60 * S,
	.min_life_ns = 30 * S,
};

/* What happens, and when; how many may be started then, and when to ask again. */
struct event {
	int64_t now_ns;
	enum { DIED, STARTED, LIVES, ASKED } what;
	int64_t started_ns;	/* of who died or lives */
	int status;		/* of who died; missing, of ASKED */
	int expected;		/* verdict; or allowed */
	int64_t again_ns;	/* of ASKED */
};

static void
play(const struct policy_config *config, const struct event *events, size_t count)
{
	struct policy policy;
	int64_t again_ns;
	size_t i;

	policy_init(&policy, config);
	for (i = 0; i < count; i++) {
		const struct event *event = &events[i];

		switch (event->what) {
		case DIED:
			assert_int_equal(policy_ended(&policy, event->started_ns, event->now_ns,
					     event->status),
			    event->expected);
			break;
		case STARTED:
			policy_started(&policy, event->now_ns);
			break;
		case LIVES:
			policy_lives(&policy, event->started_ns, event->now_ns);
			break;
		case ASKED:
			assert_int_equal(
			    policy_allows(&policy, event->status, event->now_ns, &again_ns),
			    event->expected);
			assert_true(again_ns == event->again_ns);
			break;
		}
	}
}

#define PLAY(config, events) play(config, events, sizeof(events) / sizeof *(events))

static void
nothing_is_missing_at_first(void **state)
{
	static const struct event events[] = {
		{ 0, ASKED, 0, 0, 0, CLOCK_NEVER },
		{ 0, ASKED, 0, 3, 3, CLOCK_NEVER },
	};

	(void)state;
	PLAY(&standard, events);
}

static void
a_death_after_a_long_life_is_replaced_after_the_delay(void **state)
{
	static const struct event events[] = {
		{ 100 * S, DIED, 0, KILLED, POLICY_REPLACE, 0 },
		{ 100 * S, ASKED, 0, 1, 0, 101 * S },
		{ 101 * S, ASKED, 0, 1, 1, CLOCK_NEVER },
		{ 101 * S, STARTED, 0, 0, 0, 0 },
		/* No failure: the next death does not wait longer. */
		{ 200 * S, DIED, 101 * S, EXIT_3, POLICY_REPLACE, 0 },
		{ 200 * S, ASKED, 0, 1, 0, 201 * S },
	};

	(void)state;
	PLAY(&standard, events);
}

/* An application that exits with 0 at once is a loop like any other. */
static void
exit_0_is_delayed_too(void **state)
{
	static const struct event events[] = {
		{ 1 * S, DIED, 1 * S, EXIT_0, POLICY_REPLACE, 0 },
		{ 1 * S, ASKED, 0, 1, 0, 2 * S },
		{ 2 * S, ASKED, 0, 1, 1, CLOCK_NEVER },
		{ 2 * S, STARTED, 0, 0, 0, 0 },
		{ 2 * S, DIED, 2 * S, EXIT_0, POLICY_REPLACE, 0 },
		{ 2 * S, ASKED, 0, 1, 0, 4 * S },
	};

	(void)state;
	PLAY(&standard, events);
}

static void
the_delay_doubles_up_to_its_limit(void **state)
{
	static const int64_t delays_s[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	int64_t now_ns = 5 * S, again_ns;
	struct policy policy;
	size_t i;

	(void)state;
	policy_init(&policy, &standard);
	for (i = 0; i < sizeof delays_s / sizeof *delays_s; i++) {
		assert_int_equal(policy_ended(&policy, now_ns, now_ns, EXIT_3), POLICY_REPLACE);
		assert_int_equal(policy_allows(&policy, 8, now_ns, &again_ns), 0);
		assert_true(again_ns == now_ns + delays_s[i] * S);
		now_ns = again_ns;
		/* One on trial, whatever is missing. */
		assert_int_equal(policy_allows(&policy, 8, now_ns, &again_ns), 1);
		policy_started(&policy, now_ns);
		assert_int_equal(policy_allows(&policy, 7, now_ns, &again_ns), 0);
	}
	assert_int_equal(policy.failures, 9);
}

/* Eight that die of one cause are one failure, and the pool is whole again once one proves itself. */
static void
a_wave_of_deaths_is_one_failure(void **state)
{
	struct event events[8 + 6];
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		events[i] = (struct event){ 10 * S + (int64_t)i * MS, DIED, 0, KILLED,
			POLICY_REPLACE, 0 };
	events[8] = (struct event){ 10 * S + 8 * MS, ASKED, 0, 8, 0, 11 * S };
	events[9] = (struct event){ 11 * S, ASKED, 0, 8, 1, CLOCK_NEVER };
	events[10] = (struct event){ 11 * S, STARTED, 0, 0, 0, 0 };
	events[11] = (struct event){ 11 * S, ASKED, 0, 7, 0, 12 * S };
	events[12] = (struct event){ 12 * S, ASKED, 0, 7, 7, CLOCK_NEVER };
	events[13] = (struct event){ 12 * S, ASKED, 0, 0, 0, CLOCK_NEVER };
	PLAY(&standard, events);
}

/* That an old one goes on living says nothing of those that were started after the failure. */
static void
an_old_instance_does_not_hide_failures(void **state)
{
	static const struct event events[] = {
		{ 100 * S, DIED, 99 * S, EXIT_3, POLICY_REPLACE, 0 },
		{ 101 * S, STARTED, 0, 0, 0, 0 },
		{ 101 * S, LIVES, 0, 0, 0, 0 },
		{ 101 * S, DIED, 101 * S, EXIT_3, POLICY_REPLACE, 0 },
		{ 101 * S, ASKED, 0, 1, 0, 103 * S },
		/* One that was started since and has lived long enough ends it. */
		{ 103 * S, STARTED, 0, 0, 0, 0 },
		{ 133 * S, LIVES, 103 * S, 0, 0, 0 },
		{ 140 * S, DIED, 139 * S, EXIT_3, POLICY_REPLACE, 0 },
		{ 140 * S, ASKED, 0, 1, 0, 141 * S },
	};

	(void)state;
	PLAY(&standard, events);
}

static void
it_is_given_up_after_so_many_failures(void **state)
{
	const struct policy_config config = {
		.restart = POLICY_ALWAYS,
		.restart_delay_ns = S,
		.restart_max_delay_ns = 60 * S,
		.min_life_ns = 30 * S,
		.max_failures = 2,
	};
	static const struct event events[] = {
		{ 1 * S, DIED, 0, EXIT_3, POLICY_REPLACE, 0 },
		{ 2 * S, STARTED, 0, 0, 0, 0 },
		{ 2 * S, DIED, 2 * S, EXIT_3, POLICY_GIVE_UP, 0 },
	};

	(void)state;
	PLAY(&config, events);
}

static void
restart_says_who_is_replaced(void **state)
{
	struct policy_config config = standard;
	static const struct event on_failure[] = {
		{ 1 * S, DIED, 0, EXIT_0, POLICY_RETIRE, 0 },
		{ 1 * S, DIED, 0, EXIT_3, POLICY_REPLACE, 0 },
		{ 1 * S, DIED, 0, KILLED, POLICY_REPLACE, 0 },
	};
	static const struct event no[] = {
		{ 1 * S, DIED, 0, EXIT_0, POLICY_RETIRE, 0 },
		{ 1 * S, DIED, 0, KILLED, POLICY_RETIRE, 0 },
	};

	(void)state;
	config.restart = POLICY_ON_FAILURE;
	PLAY(&config, on_failure);
	config.restart = POLICY_NO;
	PLAY(&config, no);
}

static void
starts_are_apart_by_the_start_delay(void **state)
{
	struct policy_config config = standard;
	static const struct event events[] = {
		{ 0, ASKED, 0, 3, 1, CLOCK_NEVER },
		{ 0, STARTED, 0, 0, 0, 0 },
		{ 0, ASKED, 0, 2, 0, 200 * MS },
		{ 200 * MS, ASKED, 0, 2, 1, CLOCK_NEVER },
	};

	(void)state;
	config.start_delay_ns = 200 * MS;
	PLAY(&config, events);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_missing_at_first),
		cmocka_unit_test(a_death_after_a_long_life_is_replaced_after_the_delay),
		cmocka_unit_test(exit_0_is_delayed_too),
		cmocka_unit_test(the_delay_doubles_up_to_its_limit),
		cmocka_unit_test(a_wave_of_deaths_is_one_failure),
		cmocka_unit_test(an_old_instance_does_not_hide_failures),
		cmocka_unit_test(it_is_given_up_after_so_many_failures),
		cmocka_unit_test(restart_says_who_is_replaced),
		cmocka_unit_test(starts_are_apart_by_the_start_delay),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
