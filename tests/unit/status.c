#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct queue unknown = { -1, -1, -1, -1, 0 };

static struct status
ordinary(void)
{
	static const struct queue tcp = { 3, 1024, 17, -1, 0 };
	static const struct queue local = { 0, 511, -1, -1, 0 };
	static const struct status_instance instances[] = {
		{ 0, 1235, "serving", 242000, 4096000, 0 },
		{ 1, 1236, "starting", 350, 1023, 12 },
		{ 2, 0, "missing", -1, -1, 3 },
		{ 3, 123456, "retiring", 7501000, INT64_C(3) << 30, 0 },
	};
	struct status status = {
		.supervisor = 1234,
		.since_s = 1700000000,
		.application = "/srv/app",
		.state = "running",
		.generation = 3,
		.wanted = 4,
		.running = 2,
		.restarts = 15,
		.failures = 1,
		.next_start_ms = 1500,
	};
	size_t i;

	assert_int_equal(status_add_listener(&status, "127.0.0.1:4000", &tcp), 0);
	assert_int_equal(status_add_listener(&status, "/run/app.sock", &local), 0);
	for (i = 0; i < sizeof instances / sizeof *instances; i++)
		assert_int_equal(status_add_instance(&status, &instances[i]), 0);
	return status;
}

/* What is written must be exactly this. */
static void
writes(void (*write)(FILE *, const struct status *), struct status *status, const char *expected)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	write(out, status);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, expected);
	free(text);
	status_reset(status);
	assert_int_equal(status->listener_count, 0);
	assert_int_equal(status->instance_count, 0);
}

static void
text_of_an_ordinary_one(void **state)
{
	struct status status = ordinary();

	(void)state;
	writes(status_write_text, &status,
	    "/srv/app: running, 2 of 4 instances\n"
	    "supervisor 1234 since 2023-11-14 22:13:20 UTC\n"
	    "generation 3, restarts 15, failures in a row 1, next start in 1.5s\n"
	    "\n"
	    "QUEUE  BACKLOG  DROPS  LISTENER\n"
	    "    3     1024     17  127.0.0.1:4000\n"
	    "    0      511      -  /run/app.sock\n"
	    "\n"
	    "INSTANCE     PID    AGE   RSS  RESTARTS  STATE\n"
	    "       0    1235  4m02s  3.9M         0  serving\n"
	    "       1    1236  350ms  1.0K        12  starting\n"
	    "       2       -      -     -         3  missing\n"
	    "       3  123456  2h05m  3.0G         0  retiring\n");
}

static void
json_of_an_ordinary_one(void **state)
{
	struct status status = ordinary();

	(void)state;
	writes(status_write_json, &status,
	    "{\"supervisor\":1234,\"since\":1700000000,\"application\":\"/srv/app\","
	    "\"state\":\"running\",\"generation\":3,\"wanted\":4,\"running\":2,\"restarts\":15,"
	    "\"failures\":1,\"next_start_ms\":1500,\"listeners\":["
	    "{\"address\":\"127.0.0.1:4000\",\"queue\":3,\"backlog\":1024,\"drops\":17},"
	    "{\"address\":\"/run/app.sock\",\"queue\":0,\"backlog\":511,\"drops\":null}],"
	    "\"instances\":["
	    "{\"number\":0,\"pid\":1235,\"state\":\"serving\",\"age_ms\":242000,\"rss\":4096000,"
	    "\"restarts\":0},"
	    "{\"number\":1,\"pid\":1236,\"state\":\"starting\",\"age_ms\":350,\"rss\":1023,"
	    "\"restarts\":12},"
	    "{\"number\":2,\"pid\":null,\"state\":\"missing\",\"age_ms\":null,\"rss\":null,"
	    "\"restarts\":3},"
	    "{\"number\":3,\"pid\":123456,\"state\":\"retiring\",\"age_ms\":7501000,"
	    "\"rss\":3221225472,\"restarts\":0}]}\n");
}

/* Nothing known yet, nothing due, and names that would like to forge lines. */
static struct status
strange(void)
{
	struct status status = {
		.supervisor = 1,
		.application = "/srv/a\nb\033[2J",
		.state = "starting",
		.next_start_ms = -1,
	};

	assert_int_equal(status_add_listener(&status, "/run/x\ny", &unknown), 0);
	return status;
}

static void
text_of_a_strange_one(void **state)
{
	struct status status = strange();

	(void)state;
	writes(status_write_text, &status,
	    "/srv/a\\nb\\033[2J: starting, 0 of 0 instances\n"
	    "supervisor 1 since 1970-01-01 00:00:00 UTC\n"
	    "generation 0, restarts 0, failures in a row 0\n"
	    "\n"
	    "QUEUE  BACKLOG  DROPS  LISTENER\n"
	    "    -        -      -  /run/x\\ny\n");
}

static void
json_of_a_strange_one(void **state)
{
	struct status status = strange();

	(void)state;
	writes(status_write_json, &status,
	    "{\"supervisor\":1,\"since\":0,\"application\":\"/srv/a\\nb\\u001b[2J\","
	    "\"state\":\"starting\",\"generation\":0,\"wanted\":0,\"running\":0,\"restarts\":0,"
	    "\"failures\":0,\"next_start_ms\":null,\"listeners\":["
	    "{\"address\":\"/run/x\\ny\",\"queue\":null,\"backlog\":null,\"drops\":null}],"
	    "\"instances\":[]}\n");
}

/* The units that an age and a size are told in. */
static void
text_of_units(void **state)
{
	static const struct {
		int64_t age_ms;
		int64_t rss;
		const char *row;
	} cases[] = {
		{ 0, 0, "       0    7  0ms    0         0  serving\n" },
		{ 999, 1000, "       0    7  999ms  1.0K         0  serving\n" },
		{ 1000, 999, "       0    7   1s  999         0  serving\n" },
		{ 59999, 10240, "       0    7  59s  10K         0  serving\n" },
		{ 60000, 104857600, "       0    7  1m00s  100M         0  serving\n" },
		{ 3599999, 1047552, "       0    7  59m59s  1.0M         0  serving\n" },
		{ 3600000, 1, "       0    7  1h00m    1         0  serving\n" },
		{ 86399999, 1, "       0    7  23h59m    1         0  serving\n" },
		{ 86400000, 1, "       0    7  1d00h    1         0  serving\n" },
		{ INT64_C(8643600000), 1, "       0    7  100d01h    1         0  serving\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct status_instance instance = { 0, 7, "serving", cases[i].age_ms,
			cases[i].rss, 0 };
		struct status status = { .application = "a", .state = "running" };
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		const char *row;

		assert_non_null(out);
		assert_int_equal(status_add_instance(&status, &instance), 0);
		status_write_text(out, &status);
		assert_int_equal(fclose(out), 0);
		row = strstr(text, "STATE\n");
		assert_non_null(row);
		assert_string_equal(row + strlen("STATE\n"), cases[i].row);
		free(text);
		status_reset(&status);
	}
}

/* A full disk is left for the caller to see. */
static void
failed_writes_stand_in_the_stream(void **state)
{
	struct status status = ordinary();
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	if (out == NULL) {
		status_reset(&status);
		skip();
	}
	setvbuf(out, NULL, _IONBF, 0);
	status_write_text(out, &status);
	assert_true(ferror(out));
	clearerr(out);
	status_write_json(out, &status);
	assert_true(ferror(out));
	fclose(out);
	status_reset(&status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_an_ordinary_one),
		cmocka_unit_test(json_of_an_ordinary_one),
		cmocka_unit_test(text_of_a_strange_one),
		cmocka_unit_test(json_of_a_strange_one),
		cmocka_unit_test(text_of_units),
		cmocka_unit_test(failed_writes_stand_in_the_stream),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
