#include "application.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "clock.h"
#include "fcgi_error.h"
#include "folder.h"
#include "must.h"
#include "valgrind.h"

#define GUARD_NS (30 * CLOCK_NS_PER_S)

static int
start(struct application *application, const char *script, char *why, size_t why_size)
{
	/* exec(3) takes the words without const and leaves them alone. */
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
		(char *)(uintptr_t)script, NULL };

	application_init(application);
	return application_start(application, argv, environ, why, why_size);
}

static int
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void
wait_for_file(const char *path)
{
	int64_t until_ns = clock_after(clock_now_ns(), GUARD_NS);

	while (!is_there(path)) {
		must(clock_now_ns() < until_ns);
		poll(NULL, 0, 1);
	}
}

static void
wait_for_end(struct application *application, char *how, size_t size)
{
	int64_t until_ns = clock_after(clock_now_ns(), GUARD_NS);

	while (!application_has_ended(application, how, size)) {
		must(clock_now_ns() < until_ns);
		poll(NULL, 0, 1);
	}
}

static int
connects(const struct application *application)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int gai, in_progress, fd;

	must(addr_resolve(&application->addr, 0, sockets, &gai) == 1);
	fd = addr_connect(&sockets[0], &in_progress);
	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

static void
it_listens_where_nobody_else_can_reach_it(void **state)
{
	struct application application;
	char why[512], directory[sizeof application.directory];
	struct stat st;

	(void)state;
	must(start(&application, ": >started; exec sleep 60", why, sizeof why) == 0);
	strcpy(directory, application.directory);
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(connects(&application));
	wait_for_file("started");
	assert_false(application_has_ended(&application, why, sizeof why));
	application_stop(&application, GUARD_NS);
	assert_int_equal(application.pid, 0);
	assert_false(is_there(directory));
	/* A second time is harmless. */
	application_stop(&application, GUARD_NS);
}

static void
its_end_is_told_once(void **state)
{
	static const struct {
		const char *script;
		const char *how;
	} cases[] = {
		{ "exit 3", "ended with status 3" },
		{ "exit 0", "ended with status 0" },
		{ "kill -KILL $$", "ended by signal 9 (Killed)" },
	};
	struct application application;
	char how[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		must(start(&application, cases[i].script, how, sizeof how) == 0);
		wait_for_end(&application, how, sizeof how);
		assert_string_equal(how, cases[i].how);
		assert_false(application_has_ended(&application, how, sizeof how));
		assert_false(connects(&application));
		application_stop(&application, GUARD_NS);
		assert_false(is_there(application.directory));
	}
}

static void
all_that_it_has_started_ends_with_it(void **state)
{
	struct application application;
	char why[128];
	pid_t pid;

	(void)state;
	must(start(&application, "exec 3<&0; sleep 60 <&3 & : >started; exit 0", why,
	    sizeof why) == 0);
	pid = application.pid;
	wait_for_file("started");
	assert_false(application_has_ended(&application, why, sizeof why));
	assert_true(connects(&application));
	application_stop(&application, GUARD_NS);
	assert_int_equal(kill(-pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static pid_t
read_pid(const char *path)
{
	FILE *file = fopen(path, "r");
	int pid = 0;

	must(file != NULL && fscanf(file, "%d", &pid) == 1 && pid > 0);
	fclose(file);
	return (pid_t)pid;
}

static void
is_no_more(const char *path)
{
	assert_int_equal(kill(read_pid(path), 0), -1);
	assert_int_equal(errno, ESRCH);
}

/*
 * left: a daemon of the application's; own: a session of a child that is still there; stubborn: one
 * that has to be killed.
 */
#define LEAVES "setsid sh -c 'echo $$ >new; mv new left; exec sleep 60' & "
#define KEEPS "setsid sh -c 'setsid sleep 60 & echo $! >new.own; mv new.own own; wait' & "
#define STUBBORN "setsid sh -c 'trap \"\" TERM; echo $$ >new.stubborn; " \
		 "mv new.stubborn stubborn; while :; do sleep 60; done' & "

static void
what_has_left_its_group_ends_with_it(void **state)
{
	struct application application;
	char why[128];

	(void)state;
	must(start(&application, LEAVES KEEPS "exec sleep 60", why, sizeof why) == 0);
	wait_for_file("left");
	wait_for_file("own");
	assert_false(application_has_ended(&application, why, sizeof why));
	application_stop(&application, GUARD_NS);
	is_no_more("left");
	is_no_more("own");
}

static void
what_one_that_has_ended_left_behind_ends_too(void **state)
{
	struct application application;
	char why[128];

	(void)state;
	must(start(&application, LEAVES STUBBORN "exit 3", why, sizeof why) == 0);
	wait_for_file("left");
	wait_for_file("stubborn");
	wait_for_end(&application, why, sizeof why);
	assert_string_equal(why, "ended with status 3");
	assert_int_equal(kill(read_pid("left"), 0), 0);
	application_stop(&application, 50 * CLOCK_NS_PER_MS);
	is_no_more("left");
	is_no_more("stubborn");
}

/* Whose children they are could not be told. */
static void
children_from_before_are_left_alone(void **state)
{
	struct application application;
	pid_t before = fork(), left;
	char why[128];

	(void)state;
	must(before >= 0);
	if (before == 0)
		for (;;)
			pause();
	must(start(&application, LEAVES "exec sleep 60", why, sizeof why) == 0);
	wait_for_file("left");
	left = read_pid("left");
	application_stop(&application, GUARD_NS);
	assert_int_equal(application.pid, 0);
	assert_int_equal(waitpid(before, NULL, WNOHANG), 0);
	assert_int_equal(kill(left, SIGKILL), 0);
	must(kill(before, SIGKILL) == 0 && waitpid(before, NULL, 0) == before);
	/* An earlier test has made us the reaper of what this one leaves. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void
one_that_does_not_end_is_made_to(void **state)
{
	struct application application;
	char why[128];

	(void)state;
	must(start(&application, "trap '' TERM; : >started; while :; do sleep 60; done", why,
	    sizeof why) == 0);
	wait_for_file("started");
	application_stop(&application, 50 * CLOCK_NS_PER_MS);
	assert_false(connects(&application));
	assert_false(is_there(application.directory));
}

static void
what_has_no_interpreter_leaves_nothing(void **state)
{
	char plain[] = "./plain";
	char *argv[] = { plain, NULL };
	struct application application;
	char why[512];
	FILE *file;

	(void)state;
	/* It takes an exec that the kernel refuses for the end of the world. */
	if (under_valgrind())
		skip();
	application_init(&application);
	file = fopen("plain", "w");
	must(file != NULL && fputs("#!./interpreter\n", file) >= 0 && fclose(file) == 0);
	must(chmod("plain", 0755) == 0);
	assert_int_equal(application_start(&application, argv, environ, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_non_null(strstr(why, "plain: cannot execute: "));
	assert_false(is_there(application.directory));
}

static void
what_cannot_be_started_leaves_nothing(void **state)
{
	char missing[] = "./missing", shell[] = "sh";
	char *argv[] = { missing, NULL };
	struct application application;
	char why[512];

	(void)state;
	application_init(&application);
	assert_int_equal(application_start(&application, argv, environ, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_string_equal(why, "./missing: cannot execute: No such file or directory");
	assert_false(is_there(application.directory));

	argv[0] = shell;
	must(setenv("TMPDIR", "/nowhere", 1) == 0);
	application_init(&application);
	assert_int_equal(application_start(&application, argv, environ, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_non_null(strstr(why, "cannot make the directory"));
	must(unsetenv("TMPDIR") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(it_listens_where_nobody_else_can_reach_it),
		FOLDER_TEST(its_end_is_told_once),
		FOLDER_TEST(all_that_it_has_started_ends_with_it),
		FOLDER_TEST(what_has_left_its_group_ends_with_it),
		FOLDER_TEST(what_one_that_has_ended_left_behind_ends_too),
		FOLDER_TEST(children_from_before_are_left_alone),
		FOLDER_TEST(one_that_does_not_end_is_made_to),
		FOLDER_TEST(what_has_no_interpreter_leaves_nothing),
		FOLDER_TEST(what_cannot_be_started_leaves_nothing),
	};

	return cmocka_run_group_tests_name("application", tests, NULL, NULL);
}
