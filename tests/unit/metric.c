#include "metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"
#include "fcgi_error.h"

#define BIT(metric) (UINT32_C(1) << (metric))

static const struct metric_context no_context = { 0 };

/* Nothing is known of it but that it began at 1 s and ended 30 ms later. */
static void
nothing(struct observation *seen)
{
	memset(seen, 0, sizeof *seen);
	seen->name = "app";
	seen->queue = QUEUE_UNKNOWN;
	seen->start_ns = CLOCK_NS_PER_S;
	seen->end_ns = CLOCK_NS_PER_S + 30 * CLOCK_NS_PER_MS;
}

/* A status page, all of it known. */
static void
page(struct fpm_status *fpm)
{
	*fpm = (struct fpm_status){
		.pool = "www",
		.process_manager = "dynamic",
		.start_since = 3600,
		.accepted_conn = 100,
		.listen_queue = 3,
		.max_listen_queue = 9,
		.listen_queue_len = 128,
		.idle_processes = 0,
		.active_processes = 13,
		.total_processes = 13,
		.max_active_processes = 7,
		.max_children_reached = 2,
		.slow_requests = 5,
		.memory_peak = 4194304,
		.processes = 8,
		.in_state = { [FPM_IDLE] = 2, [FPM_READING] = 1, [FPM_RUNNING] = 3,
		    [FPM_FINISHING] = 1, [FPM_OTHER_STATE] = 1 },
		.ours = 1,
		.most_requests = 40,
		.oldest = 3000,
		.last_memory = 2097152,
		.largest_body = 4096,
		.last_cpu = 12.5,
		.longest = { .pid = 7, .duration_us = 1500000 },
	};
}

static void
assert_value(const struct metrics *metrics, enum metric metric, double expected)
{
	assert_true((metrics->has & BIT(metric)) != 0);
	assert_true(fabs(metrics->value[metric] - expected) < 1e-9);
}

static int
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void
names_are_unique_and_found(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < METRIC_COUNT; i++) {
		const struct metric_about *about = &metric_about[i];

		assert_non_null(about->name);
		assert_non_null(about->help);
		assert_int_equal(metric_find(about->name, strlen(about->name)), i);
		assert_int_equal(metric_find(about->name, strlen(about->name) - 1) == i, 0);
		assert_int_equal(strcmp(about->unit, "c") == 0, about->kind == METRIC_COUNTER);
		/* A family must not end in what its samples do. */
		assert_false(ends_in(about->openmetrics, "_total"));
		for (j = 0; j < i; j++)
			assert_string_not_equal(about->openmetrics, metric_about[j].openmetrics);
	}
	assert_int_equal(metric_find("", 0), -1);
	assert_int_equal(metric_find("timer", 5), -1);
	assert_int_equal(metric_find("TIME", 4), -1);
}

static void
what_did_not_happen_has_no_figure(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	metrics_take(&metrics, &seen, &no_context);
	assert_int_equal(metrics.has, BIT(METRIC_TIME));
	assert_int_equal(metrics.has_delta, 0);
	assert_value(&metrics, METRIC_TIME, 0.03);
	seen.start_ns = seen.end_ns = 0;
	metrics_take(&metrics, &seen, &no_context);
	assert_int_equal(metrics.has, 0);
}

static void
figures_of_an_answer(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.connected_ns = seen.start_ns;
	seen.first_byte_ns = seen.start_ns + 20 * CLOCK_NS_PER_MS;
	seen.stdout_len = 1234;
	seen.has_request_end = 1;
	seen.queue = (struct queue){ .len = 32, .limit = 128, .drops = 4, .busy = 6 };
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_TIME, 0.03);
	assert_value(&metrics, METRIC_CONNECT, 0);
	assert_value(&metrics, METRIC_FIRST_BYTE, 0.02);
	assert_value(&metrics, METRIC_SIZE, 1234);
	assert_value(&metrics, METRIC_QUEUE, 32);
	assert_value(&metrics, METRIC_QUEUE_LIMIT, 128);
	assert_value(&metrics, METRIC_QUEUE_PCT, 25);
	assert_value(&metrics, METRIC_QUEUE_DROPS, 4);
	assert_value(&metrics, METRIC_CONNECTIONS, 6);
	assert_int_equal(metrics.has & ~(BIT(METRIC_CONNECTIONS + 1) - 1), 0);
	/* An answer without output has a size. */
	seen.stdout_len = 0;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_SIZE, 0);
}

static void
a_queue_that_may_hold_one_is_full_or_empty(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.queue.len = seen.queue.limit = 0;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_QUEUE_PCT, 0);
	seen.queue.len = 1;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_QUEUE_PCT, 100);
	seen.queue.len = 0;
	seen.queue.limit = 128;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_QUEUE_PCT, 0);
	/* /proc knows no limit. */
	seen.queue.len = 1;
	seen.queue.limit = -1;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_QUEUE, 1);
	assert_int_equal(metrics.has & (BIT(METRIC_QUEUE_PCT) | BIT(METRIC_QUEUE_LIMIT)), 0);
}

static void
every_field_of_the_status_page_is_a_figure(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.has_fpm = 1;
	page(&seen.fpm);
	metrics_take(&metrics, &seen, &(struct metric_context){ .max_children = 20 });
	/* Ours is idle as soon as we are gone; the summary's 13 are not believed. */
	assert_value(&metrics, METRIC_IDLE, 3);
	assert_value(&metrics, METRIC_ACTIVE, 5);
	assert_value(&metrics, METRIC_TOTAL, 8);
	assert_value(&metrics, METRIC_SATURATION, 25);
	assert_value(&metrics, METRIC_READING, 1);
	assert_value(&metrics, METRIC_RUNNING, 2);
	assert_value(&metrics, METRIC_FINISHING, 1);
	assert_value(&metrics, METRIC_MAX_ACTIVE, 7);
	assert_value(&metrics, METRIC_MAX_CHILDREN_REACHED, 2);
	assert_value(&metrics, METRIC_SLOW_REQUESTS, 5);
	assert_value(&metrics, METRIC_ACCEPTED_CONN, 100);
	assert_value(&metrics, METRIC_MAX_QUEUE, 9);
	assert_value(&metrics, METRIC_LONGEST_REQUEST, 1.5);
	assert_value(&metrics, METRIC_MOST_REQUESTS, 40);
	assert_value(&metrics, METRIC_OLDEST_PROCESS, 3000);
	assert_value(&metrics, METRIC_LAST_CPU, 12.5);
	assert_value(&metrics, METRIC_LAST_MEMORY, 2097152);
	assert_value(&metrics, METRIC_UPTIME, 3600);
	assert_value(&metrics, METRIC_MEMORY_PEAK, 4194304);
	assert_value(&metrics, METRIC_LARGEST_BODY, 4096);
	/* A pool on TCP tells its queue, for those who cannot ask the kernel. */
	assert_value(&metrics, METRIC_QUEUE, 3);
	assert_value(&metrics, METRIC_QUEUE_LIMIT, 128);
}

/* On a UNIX socket php-fpm says 0 of 0, whoever waits. */
static void
the_queue_of_the_kernel_goes_before_that_of_the_page(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.has_fpm = 1;
	page(&seen.fpm);
	seen.queue = (struct queue){ .len = 6, .limit = 50, .drops = -1, .busy = -1 };
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_QUEUE, 6);
	assert_value(&metrics, METRIC_QUEUE_LIMIT, 50);
	seen.queue = QUEUE_UNKNOWN;
	seen.fpm.listen_queue = seen.fpm.listen_queue_len = seen.fpm.max_listen_queue = 0;
	metrics_take(&metrics, &seen, &no_context);
	assert_int_equal(metrics.has &
		(BIT(METRIC_QUEUE) | BIT(METRIC_QUEUE_LIMIT) | BIT(METRIC_QUEUE_PCT) |
		    BIT(METRIC_MAX_QUEUE)),
	    0);
}

static void
saturation_needs_to_know_how_many_there_may_be(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.has_fpm = 1;
	page(&seen.fpm);
	metrics_take(&metrics, &seen, &no_context);
	assert_int_equal(metrics.has & BIT(METRIC_SATURATION), 0);
	strcpy(seen.fpm.process_manager, "ondemand");
	metrics_take(&metrics, &seen, &no_context);
	assert_int_equal(metrics.has & BIT(METRIC_SATURATION), 0);
	strcpy(seen.fpm.process_manager, "static");
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_SATURATION, 100 * 5 / 8.0);
	metrics_take(&metrics, &seen, &(struct metric_context){ .max_children = 10 });
	assert_value(&metrics, METRIC_SATURATION, 50);
	seen.fpm.in_state[FPM_IDLE] = 7;
	seen.fpm.last_cpu = 0;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_SATURATION, 0);
	assert_value(&metrics, METRIC_LAST_CPU, 0);
}

/* A page without ?full has but its summary. */
static void
without_processes_the_summary_counts(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.has_fpm = 1;
	page(&seen.fpm);
	seen.fpm.processes = -1;
	seen.fpm.most_requests = seen.fpm.oldest = seen.fpm.last_memory = -1;
	seen.fpm.largest_body = -1;
	seen.fpm.last_cpu = -1;
	seen.fpm.memory_peak = -1;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_IDLE, 0);
	assert_value(&metrics, METRIC_ACTIVE, 13);
	assert_value(&metrics, METRIC_TOTAL, 13);
	assert_int_equal(metrics.has &
		(BIT(METRIC_READING) | BIT(METRIC_RUNNING) | BIT(METRIC_FINISHING) |
		    BIT(METRIC_LONGEST_REQUEST) | BIT(METRIC_MOST_REQUESTS) |
		    BIT(METRIC_OLDEST_PROCESS) | BIT(METRIC_LAST_CPU) | BIT(METRIC_LAST_MEMORY) |
		    BIT(METRIC_MEMORY_PEAK) | BIT(METRIC_LARGEST_BODY)),
	    0);
}

static void
no_running_request_is_the_longest(void **state)
{
	static struct observation seen;
	struct metrics metrics;

	(void)state;
	nothing(&seen);
	seen.has_fpm = 1;
	page(&seen.fpm);
	seen.fpm.longest.duration_us = -1;
	metrics_take(&metrics, &seen, &no_context);
	assert_value(&metrics, METRIC_LONGEST_REQUEST, 0);
}

static struct metrics
counted(double uptime, double accepted, double slow)
{
	struct metrics metrics = {
		.has = BIT(METRIC_UPTIME) | BIT(METRIC_ACCEPTED_CONN) | BIT(METRIC_SLOW_REQUESTS) |
		    BIT(METRIC_TIME),
	};

	metrics.value[METRIC_UPTIME] = uptime;
	metrics.value[METRIC_ACCEPTED_CONN] = accepted;
	metrics.value[METRIC_SLOW_REQUESTS] = slow;
	metrics.value[METRIC_TIME] = 1;
	return metrics;
}

static void
counters_grow(void **state)
{
	struct metrics before = counted(100, 1000, 3), now = counted(105, 1010, 3);

	(void)state;
	metrics_compare(&now, &before);
	assert_int_equal(now.has_delta, BIT(METRIC_ACCEPTED_CONN) | BIT(METRIC_SLOW_REQUESTS));
	assert_true(now.delta[METRIC_ACCEPTED_CONN] == 10);
	assert_true(now.delta[METRIC_SLOW_REQUESTS] == 0);
	/* Twice in the same second. */
	before = counted(105, 1000, 3);
	metrics_compare(&now, &before);
	assert_true(now.delta[METRIC_ACCEPTED_CONN] == 10);
}

static void
a_counter_that_went_down_began_anew(void **state)
{
	struct metrics before = counted(100, 1000, 3), now = counted(105, 10, 3);

	(void)state;
	metrics_compare(&now, &before);
	assert_true(now.delta[METRIC_ACCEPTED_CONN] == 10);
	assert_true(now.delta[METRIC_SLOW_REQUESTS] == 0);
}

/* It may have counted further than before until we look again: the uptime gives it away. */
static void
a_pool_that_was_restarted_began_anew(void **state)
{
	struct metrics before = counted(100, 1000, 3), now = counted(4, 1500, 3);

	(void)state;
	metrics_compare(&now, &before);
	assert_true(now.delta[METRIC_ACCEPTED_CONN] == 1500);
	assert_true(now.delta[METRIC_SLOW_REQUESTS] == 3);
}

/* The listening socket's own counter outlives the pool under socket activation. */
static void
drops_are_not_the_pools(void **state)
{
	struct metrics before = counted(100, 1000, 3), now = counted(4, 1500, 3);

	(void)state;
	before.has |= BIT(METRIC_QUEUE_DROPS);
	now.has |= BIT(METRIC_QUEUE_DROPS);
	before.value[METRIC_QUEUE_DROPS] = 5;
	now.value[METRIC_QUEUE_DROPS] = 7;
	metrics_compare(&now, &before);
	assert_true(now.delta[METRIC_QUEUE_DROPS] == 2);
}

static void
growth_needs_both_figures(void **state)
{
	struct metrics before = counted(100, 1000, 3), now = counted(105, 1010, 4);

	(void)state;
	before.has &= ~BIT(METRIC_SLOW_REQUESTS);
	metrics_compare(&now, &before);
	assert_int_equal(now.has_delta, BIT(METRIC_ACCEPTED_CONN));
	before.has = 0;
	metrics_compare(&now, &before);
	assert_int_equal(now.has_delta, 0);
}

static void
ranges_have_the_unit_of_their_metric(void **state)
{
	static const struct {
		enum metric metric;
		const char *text;
		double start, end;
	} cases[] = {
		{ METRIC_TIME, "250ms", 0, 0.25 },
		{ METRIC_TIME, "2", 0, 2 },
		{ METRIC_TIME, "1.5s:1m", 1.5, 60 },
		{ METRIC_LONGEST_REQUEST, "1h:", 3600, INFINITY },
		{ METRIC_UPTIME, "1m:", 60, INFINITY },
		{ METRIC_SATURATION, "90%", 0, 90 },
		{ METRIC_SATURATION, "90", 0, 90 },
		{ METRIC_QUEUE_PCT, "10%:80.5%", 10, 80.5 },
		{ METRIC_SIZE, "10k", 0, 10240 },
		{ METRIC_SIZE, "1:1M", 1, 1048576 },
		{ METRIC_LAST_MEMORY, "0.5G", 0, 536870912 },
		{ METRIC_MEMORY_PEAK, "1T", 0, 1099511627776 },
		{ METRIC_SIZE, "5", 0, 5 },
		{ METRIC_QUEUE, "5", 0, 5 },
		{ METRIC_IDLE, "1:", 1, INFINITY },
		{ METRIC_SLOW_REQUESTS, "~:0", -INFINITY, 0 },
	};
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(metric_parse_range(&range, cases[i].metric, cases[i].text), 0);
		assert_true(range.start == cases[i].start);
		assert_true(range.end == cases[i].end);
	}
}

static void
other_units_are_refused(void **state)
{
	static const struct {
		enum metric metric;
		const char *text;
	} cases[] = {
		{ METRIC_TIME, "10%" }, { METRIC_TIME, "10k" }, { METRIC_TIME, "-1:1" },
		{ METRIC_TIME, "1d" }, { METRIC_TIME, "" }, { METRIC_TIME, "s" },
		{ METRIC_TIME, "1111111111111111111111111111111111111111111111s" },
		{ METRIC_SATURATION, "10%%" }, { METRIC_SATURATION, "%" },
		{ METRIC_SATURATION, "10s" }, { METRIC_SIZE, "k" }, { METRIC_SIZE, "10kk" },
		{ METRIC_SIZE, "10%" }, { METRIC_SIZE, "1000T" }, { METRIC_QUEUE, "10%" },
		    { METRIC_QUEUE, "5s" },
		{ METRIC_QUEUE, "1k" }, { METRIC_ACCEPTED_CONN, "1k" },
	};
	struct range range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(metric_parse_range(&range, cases[i].metric, cases[i].text),
		    -FCGI_E_SYNTAX);
}

static void
figures_for_people(void **state)
{
	static const struct {
		enum metric metric;
		double value;
		const char *text;
	} cases[] = {
		{ METRIC_TIME, 0, "0 s" },
		{ METRIC_TIME, 0.000000001, "0.001 us" },
		{ METRIC_TIME, 0.000099, "99 us" },
		{ METRIC_TIME, 0.000123, "0.123 ms" },
		{ METRIC_TIME, 0.0021, "2.1 ms" },
		{ METRIC_TIME, 0.0994, "99.4 ms" },
		{ METRIC_TIME, 0.1, "0.1 s" },
		{ METRIC_TIME, 0.9, "0.9 s" },
		{ METRIC_TIME, 2.0183, "2.02 s" },
		{ METRIC_TIME, 99.94, "99.9 s" },
		{ METRIC_TIME, 99.96, "100 s" },
		{ METRIC_UPTIME, 1234567, "1234567 s" },
		{ METRIC_SATURATION, 90, "90%" },
		{ METRIC_SATURATION, 200 / 3.0, "66.67%" },
		{ METRIC_SATURATION, 100, "100%" },
		{ METRIC_SIZE, 0, "0 bytes" },
		{ METRIC_SIZE, 1023, "1023 bytes" },
		{ METRIC_SIZE, 10240, "10.0 KiB" },
		{ METRIC_MEMORY_PEAK, 2097152, "2.0 MiB" },
		{ METRIC_MEMORY_PEAK, 1e18, "909494.7 TiB" },
		{ METRIC_QUEUE, 7, "7" },
		{ METRIC_ACCEPTED_CONN, 12345678901, "12345678901" },
	};
	char text[METRIC_TEXT_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		metric_format(text, sizeof text, cases[i].metric, cases[i].value);
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique_and_found),
		cmocka_unit_test(what_did_not_happen_has_no_figure),
		cmocka_unit_test(figures_of_an_answer),
		cmocka_unit_test(a_queue_that_may_hold_one_is_full_or_empty),
		cmocka_unit_test(every_field_of_the_status_page_is_a_figure),
		cmocka_unit_test(the_queue_of_the_kernel_goes_before_that_of_the_page),
		cmocka_unit_test(saturation_needs_to_know_how_many_there_may_be),
		cmocka_unit_test(without_processes_the_summary_counts),
		cmocka_unit_test(no_running_request_is_the_longest),
		cmocka_unit_test(counters_grow),
		cmocka_unit_test(a_counter_that_went_down_began_anew),
		cmocka_unit_test(a_pool_that_was_restarted_began_anew),
		cmocka_unit_test(drops_are_not_the_pools),
		cmocka_unit_test(growth_needs_both_figures),
		cmocka_unit_test(ranges_have_the_unit_of_their_metric),
		cmocka_unit_test(other_units_are_refused),
		cmocka_unit_test(figures_for_people),
	};

	return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
