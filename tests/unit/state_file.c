#include "state_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "folder.h"
#include "guard.h"
#include "must.h"

#define BIT(metric) (UINT32_C(1) << (metric))
#define NOW INT64_C(1700000000)
#define DAY (24 * 3600)

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* One target's slow requests and uptime are written; slow < 0: nothing is known of it. */
static int
update(const char *path, const char *name, int slow, int64_t now_s, const char **why)
{
	static const struct judgement judgement;
	struct observation *seen = calloc(1, sizeof *seen);
	struct metrics metrics = { 0 };
	struct report_item item = { seen, &metrics, &judgement };
	int r;

	must(seen != NULL);
	seen->name = name;
	metrics.has = BIT(METRIC_TIME);
	metrics.value[METRIC_TIME] = 0.25;
	if (slow >= 0) {
		metrics.has |= BIT(METRIC_SLOW_REQUESTS) | BIT(METRIC_UPTIME);
		metrics.value[METRIC_SLOW_REQUESTS] = slow;
		metrics.value[METRIC_UPTIME] = 60;
	}
	*why = NULL;
	r = state_file_update(path, &item, 1, now_s, why);
	assert_true((r < 0) == (*why != NULL) || r == 0);
	free(seen);
	return r;
}

/* The slow requests that the file knows of; -1 for none. */
static int
slow_of(const char *path, const char *name)
{
	struct state_file state = { 0 };
	const struct metrics *metrics;
	const char *why = NULL;
	int slow = -1;

	assert_int_equal(state_file_read(&state, path, &why), 0);
	metrics = state_file_find(&state, name);
	if (metrics != NULL && metrics->has & BIT(METRIC_SLOW_REQUESTS))
		slow = (int)metrics->value[METRIC_SLOW_REQUESTS];
	state_file_reset(&state);
	return slow;
}

static void
refuses(const char *path, const char *expected)
{
	struct state_file state = { 0 };
	const char *why = NULL;

	assert_int_equal(state_file_read(&state, path, &why), -1);
	assert_int_equal(state.count, 0);
	assert_string_equal(why, expected);
}

static void
test_kept(void **state)
{
	struct stat st;
	const char *why;

	(void)state;
	assert_int_equal(slow_of("state", "a"), -1);
	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	folder_holds("state", "fcgi-probe state 1\na\twhen=1700000000\tslow_requests=3\tuptime=60\nend 1\n");
	must(stat("state", &st) == 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(update("state", "b", 5, NOW + 1, &why), 0);
	assert_int_equal(update("state", "a", 4, NOW + 2, &why), 0);
	/* Nothing is known of it this time: what was stays. */
	assert_int_equal(update("state", "b", -1, NOW + 3, &why), 0);
	folder_holds("state", "fcgi-probe state 1\na\twhen=1700000002\tslow_requests=4\tuptime=60\n"
	    "b\twhen=1700000001\tslow_requests=5\tuptime=60\nend 2\n");
	assert_int_equal(slow_of("state", "a"), 4);
	assert_int_equal(slow_of("state", "b"), 5);
	assert_int_equal(slow_of("state", "c"), -1);
	write_file("state", "");
	assert_int_equal(slow_of("state", "a"), -1);
}

/* A counter that is not known this time stays beside one that is. */
static void
test_partly_known(void **state)
{
	const char *why;

	(void)state;
	write_file("state", "fcgi-probe state 1\na\twhen=1699999999\tqueue_drops=7\tslow_requests=1\n"
	    "end 1\n");
	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	folder_holds("state", "fcgi-probe state 1\n"
	    "a\twhen=1700000000\tqueue_drops=7\tslow_requests=3\tuptime=60\nend 1\n");
}

static void
test_odd_names(void **state)
{
	static const char *const names[] = { "/a b", "tab\there", "two\nlines", "end 1", "end ",
		"\377", "\342\202\254", "a=b", "a\\tb" };
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(update("state", names[i], (int)i, NOW, &why), 0);
	for (i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(slow_of("state", names[i]), (int)i);
}

static void
test_forgotten(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(update("state", "old", 1, NOW - 30 * DAY - 1, &why), 0);
	assert_int_equal(update("state", "young", 2, NOW - 30 * DAY, &why), 0);
	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	assert_int_equal(slow_of("state", "old"), -1);
	assert_int_equal(slow_of("state", "young"), 2);
	/* A clock that was wrong must not keep it for ever. */
	assert_int_equal(update("state", "future", 4, NOW + DAY, &why), 0);
	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	assert_int_equal(slow_of("state", "future"), -1);
}

static void
test_damaged(void **state)
{
	static const char *const bad[] = {
		"fcgi-probe state 1\n",
		"fcgi-probe state ",
		"fcgi-probe state 2\nend 0\n",
		"fcgi-probe state 1\nend 1\n",
		"fcgi-probe state 1\nend 0",
		"fcgi-probe state 1\nend 0\n\n",
		"fcgi-probe state 1\nend \n",
		"fcgi-probe state 1\nend 0x\n",
		"fcgi-probe state 1\na\twhen=1\nend 0\n",
		"fcgi-probe state 1\na\twhen=1\n",
		"fcgi-probe state 1\na\twhen=1\nend 1\nb\twhen=1\nend 2\n",
		"fcgi-probe state 1\na when=1\nend 1\n",
		"fcgi-probe state 1\n\twhen=1\nend 1\n",
		"fcgi-probe state 1\na\twhen=\nend 1\n",
		"fcgi-probe state 1\na\twhen=-1\nend 1\n",
		"fcgi-probe state 1\na\twhen=1.5\nend 1\n",
		"fcgi-probe state 1\na\twhen=1234567890123456\nend 1\n",
		"fcgi-probe state 1\na\twhen=1\t\nend 1\n",
		"fcgi-probe state 1\na\twhen=1\tno_such=1\nend 1\n",
		"fcgi-probe state 1\na\twhen=1\ttime=1\nend 1\n",
		"fcgi-probe state 1\na\twhen=1 slow_requests=1\nend 1\n",
		"fcgi-probe state 1\na\twhen=1\tslow_requests\nend 1\n",
	};
	struct state_file parsed;
	const char *why;
	size_t i, len;
	char *text;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		len = strlen(bad[i]);
		text = guard_copy(bad[i], len);
		if (state_file_parse(&parsed, text, text + len) != -FCGI_E_SYNTAX)
			fail_msg("passes: %s", bad[i]);
		assert_int_equal(parsed.count, 0);
		guard_free(text, len);
	}
	write_file("state", bad[0]);
	refuses("state", "damaged: begun anew");
	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	assert_int_equal(slow_of("state", "a"), 3);
}

/* Cut anywhere, it is never taken for a whole one. */
static void
test_cut(void **state)
{
	static const char whole[] = "fcgi-probe state 1\na\twhen=1\tslow_requests=1\nend 1\n";
	struct state_file parsed;
	size_t len;
	char *text;

	(void)state;
	for (len = 1; len <= sizeof whole - 1; len++) {
		text = guard_copy(whole, len);
		assert_int_equal(state_file_parse(&parsed, text, text + len) == 0,
		    len == sizeof whole - 1);
		state_file_reset(&parsed);
		guard_free(text, len);
	}
}

/* What is not ours is neither believed nor overwritten. */
static void
test_foreign(void **state)
{
	const char *why;
	int i;

	(void)state;
	write_file("passwd", "root:x:0:0:root:/root:/bin/sh\n");
	refuses("passwd", "not a state file of fcgi-probe");
	assert_int_equal(update("passwd", "a", 3, NOW, &why), -1);
	assert_string_equal(why, "not a state file of fcgi-probe");
	folder_holds("passwd", "root:x:0:0:root:/root:/bin/sh\n");

	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	must(symlink("state", "link") == 0 && symlink("none", "dangling") == 0);
	refuses("link", "a symbolic link");
	assert_int_equal(update("link", "a", 4, NOW, &why), -1);
	assert_int_equal(update("dangling", "a", 4, NOW, &why), -1);
	assert_string_equal(why, "a symbolic link");
	assert_int_equal(access("none", F_OK), -1);
	assert_int_equal(slow_of("state", "a"), 3);

	must(mkfifo("fifo", 0600) == 0 && mkdir("folder", 0700) == 0);
	refuses("fifo", "not a regular file");
	refuses("folder", "not a regular file");
	assert_int_equal(update("fifo", "a", 4, NOW, &why), -1);
	assert_int_equal(update("folder", "a", 4, NOW, &why), -1);
	assert_int_equal(update("none/state", "a", 4, NOW, &why), -1);
	assert_string_equal(why, "No such file or directory");

	/* Others may have written into it. */
	for (i = 0; i < 2; i++) {
		must(chmod("state", i == 0 ? 0620 : 0602) == 0);
		refuses("state", "others may write to it: begun anew");
	}
	assert_int_equal(update("state", "b", 5, NOW, &why), 0);
	assert_int_equal(slow_of("state", "a"), -1);
	assert_int_equal(slow_of("state", "b"), 5);

	must(truncate("state", STATE_FILE_MAX + 1) == 0);
	refuses("state", "larger than any state file");
	assert_int_equal(update("state", "b", 5, NOW, &why), -1);
	if (geteuid() != 0)
		return;
	must(truncate("state", 0) == 0 && chown("state", 12345, 12345) == 0);
	refuses("state", "belongs to another user");
	assert_int_equal(update("state", "b", 5, NOW, &why), -1);
	assert_string_equal(why, "belongs to another user");
}

/* Many at once: each finds its own afterwards. */
static void
test_at_once(void **state)
{
	enum { WRITERS = 6, ROUNDS = 20 };
	pid_t pids[WRITERS];
	char name[2] = "a";
	const char *why;
	int i, round, status;

	(void)state;
	for (i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		must(pids[i] >= 0);
		if (pids[i] > 0)
			continue;
		name[0] = (char)('a' + i);
		alarm(60);
		for (round = 0; round < ROUNDS;)
			round += update("state", name, round, NOW, &why) == 0;
		_exit(0);
	}
	for (i = 0; i < WRITERS; i++) {
		must(waitpid(pids[i], &status, 0) == pids[i]);
		assert_int_equal(status, 0);
	}
	for (i = 0; i < WRITERS; i++) {
		name[0] = (char)('a' + i);
		assert_int_equal(slow_of("state", name), ROUNDS - 1);
	}
}

/* One that holds it for ever is waited for, but not for ever. */
static void
test_locked(void **state)
{
	const char *why;
	int fd;

	(void)state;
	assert_int_equal(update("state", "a", 3, NOW, &why), 0);
	fd = open("state", O_RDONLY);
	must(fd >= 0 && flock(fd, LOCK_EX) == 0);
	assert_int_equal(update("state", "a", 4, NOW, &why), -1);
	assert_string_equal(why, "another run does not let go of it");
	assert_int_equal(slow_of("state", "a"), 3);
	close(fd);
	assert_int_equal(update("state", "a", 4, NOW, &why), 0);
	assert_int_equal(slow_of("state", "a"), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(test_kept),
		FOLDER_TEST(test_partly_known),
		FOLDER_TEST(test_odd_names),
		FOLDER_TEST(test_forgotten),
		FOLDER_TEST(test_damaged),
		cmocka_unit_test(test_cut),
		FOLDER_TEST(test_foreign),
		FOLDER_TEST(test_at_once),
		FOLDER_TEST(test_locked),
	};

	return cmocka_run_group_tests_name("state_file", tests, NULL, NULL);
}
