#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "addr_listen.h"
#include "clock.h"
#include "fcgi_error.h"
#include "folder.h"
#include "plan.h"

/* What a command burns, and how much of it the kernel's ticks may hide. */
#define BURN_NS (60 * CLOCK_NS_PER_MS)
#define TICKS_NS (20 * CLOCK_NS_PER_MS)

/* --- an application that does as it is told --------------------------------------------------- */

struct worker {
	pid_t pid;
	int to;
	int from;
};

static int64_t
cpu_of(clockid_t clock)
{
	struct timespec time;

	must(clock_gettime(clock, &time) == 0);
	return time.tv_sec * CLOCK_NS_PER_S + time.tv_nsec;
}

static void
burn(void)
{
	int64_t start_ns = cpu_of(CLOCK_PROCESS_CPUTIME_ID);

	while (cpu_of(CLOCK_PROCESS_CPUTIME_ID) < start_ns + BURN_NS)
		;
}

static void
burn_in_child(int waits)
{
	pid_t pid = fork();
	siginfo_t info;

	must(pid >= 0);
	if (pid == 0) {
		burn();
		_exit(0);
	}
	if (waits)
		must(waitpid(pid, NULL, 0) == pid);
	else
		must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
}

/* A child burns and stays, and will not be waited for: the kernel throws its time away. */
static void
burn_in_guest(pid_t *guest)
{
	int ready[2];
	char byte;

	must(signal(SIGCHLD, SIG_IGN) != SIG_ERR && pipe(ready) == 0);
	*guest = fork();
	must(*guest >= 0);
	if (*guest == 0) {
		alarm(60);
		burn();
		must(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	must(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
}

static void
end_guest(pid_t guest)
{
	must(kill(guest, SIGKILL) == 0);
	must(waitpid(guest, NULL, 0) < 0 && errno == ECHILD);
	must(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

/*
 * b: burns; c: a child burns, and is waited for; z: and is not yet; w: now it is; g: a child burns
 * and stays; e: it ends and is not waited for.
 */
static _Noreturn void
serve(int from, int to)
{
	pid_t guest = 0;
	char command;

	alarm(60);
	while (read(from, &command, 1) == 1) {
		if (command == 'b')
			burn();
		if (command == 'c' || command == 'z')
			burn_in_child(command == 'c');
		if (command == 'w')
			must(waitpid(-1, NULL, 0) > 0);
		if (command == 'g')
			burn_in_guest(&guest);
		if (command == 'e')
			end_guest(guest);
		must(write(to, "", 1) == 1);
	}
	_exit(0);
}

/* listen_fd: held by it from then on, and no more by us; -1: none. */
static struct worker
start(int listen_fd)
{
	int there[2], back[2];
	struct worker worker;

	must(pipe(there) == 0 && pipe(back) == 0);
	worker = (struct worker){ .pid = fork(), .to = there[1], .from = back[0] };
	must(worker.pid >= 0);
	if (worker.pid == 0) {
		close(there[1]);
		serve(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	if (listen_fd >= 0)
		close(listen_fd);
	return worker;
}

static void
tell(const struct worker *worker, char command)
{
	char done;

	must(write(worker->to, &command, 1) == 1);
	must(read(worker->from, &done, 1) == 1);
}

static void
end(const struct worker *worker)
{
	close(worker->to);
	close(worker->from);
	must(waitpid(worker->pid, NULL, 0) == worker->pid);
}

/* What is known of one process. */
static struct server
of(pid_t pid)
{
	struct server server = { 0 };

	must(server_add(&server, pid) == 0);
	return server;
}

static int64_t
reading(struct server *server)
{
	int64_t cpu_ns;

	assert_int_equal(server_cpu_ns(server, &cpu_ns), 0);
	return cpu_ns;
}

/* What a command costs, as two readings tell. */
static void
costs(struct server *server, const struct worker *worker, const char *commands, int64_t burns)
{
	int64_t before_ns = reading(server), cost_ns;

	for (; *commands != '\0'; commands++)
		tell(worker, *commands);
	cost_ns = reading(server) - before_ns;
	assert_true(cost_ns >= 0);
	assert_true(cost_ns >= burns * BURN_NS - TICKS_NS);
	assert_true(cost_ns < (burns + 1) * 10 * BURN_NS);
}

/* --- readings --------------------------------------------------------------------------------- */

static void
a_process_costs_what_it_burns(void **state)
{
	struct worker worker = start(-1);
	struct server server = of(worker.pid);

	(void)state;
	costs(&server, &worker, "b", 1);
	costs(&server, &worker, "bbb", 3);
	assert_string_equal(server.why, "");
	assert_string_not_equal(server.name, "");
	server_reset(&server);
	end(&worker);
}

/* Between two readings it has come and gone: only its parent knows. */
static void
children_that_end_are_counted_once(void **state)
{
	struct worker worker = start(-1);
	struct server server = of(worker.pid);

	(void)state;
	costs(&server, &worker, "cc", 2);
	costs(&server, &worker, "z", 1);
	costs(&server, &worker, "w", 0);
	server_reset(&server);
	end(&worker);
}

static void
children_that_nobody_waits_for_are_counted(void **state)
{
	struct worker worker = start(-1);
	struct server server = of(worker.pid);

	(void)state;
	costs(&server, &worker, "g", 1);
	costs(&server, &worker, "eb", 1);
	server_reset(&server);
	end(&worker);
}

/* What it burned has gone with it: less than the truth would be worse than nothing. */
static void
one_that_has_ended_leaves_no_figure(void **state)
{
	struct worker worker = start(-1), other = start(-1);
	struct server server = of(worker.pid);
	int64_t cpu_ns;
	char expected[64];

	(void)state;
	must(server_add(&server, other.pid) == 0);
	reading(&server);
	costs(&server, &worker, "b", 1);
	tell(&other, 'b');
	end(&other);
	snprintf(expected, sizeof expected, "process %ld ended in the meantime", (long)other.pid);
	assert_int_equal(server_cpu_ns(&server, &cpu_ns), -FCGI_E_SYSTEM);
	assert_string_equal(server.why, expected);
	end(&worker);
	assert_int_equal(server_cpu_ns(&server, &cpu_ns), -FCGI_E_SYSTEM);
	assert_string_equal(server.why, expected);
	server_reset(&server);
}

/* It is there until somebody waits for it, and all that it took is known. */
static void
one_that_nobody_has_waited_for_is_counted(void **state)
{
	struct worker worker = start(-1);
	struct server server = of(worker.pid);
	int64_t before_ns = reading(&server);
	siginfo_t info;

	(void)state;
	tell(&worker, 'b');
	close(worker.to);
	close(worker.from);
	must(waitid(P_PID, (id_t)worker.pid, &info, WEXITED | WNOWAIT) == 0);
	assert_true(reading(&server) - before_ns >= BURN_NS - TICKS_NS);
	must(waitpid(worker.pid, NULL, 0) == worker.pid);
	server_reset(&server);
}

static void
any_number_is_taken_each_once(void **state)
{
	struct server server = of(1);
	pid_t pid;

	(void)state;
	for (pid = 1; pid <= 1000; pid++)
		assert_int_equal(server_add(&server, pid), 0);
	assert_int_equal(server.pid_count, 1000);
	assert_int_equal(server.pids[999], 1000);
	server_reset(&server);
	assert_int_equal(server.pid_count, 0);
}

static void
a_process_that_is_not_there_is_told(void **state)
{
	struct worker worker = start(-1);
	struct server server = of(worker.pid);
	char expected[64];
	int64_t cpu_ns;

	(void)state;
	end(&worker);
	snprintf(expected, sizeof expected, "there is no process %ld", (long)worker.pid);
	assert_int_equal(server_cpu_ns(&server, &cpu_ns), -FCGI_E_SYSTEM);
	assert_string_equal(server.why, expected);
	server_reset(&server);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
a_control_group_has_a_figure_of_its_own(void **state)
{
	struct server server = { .cgroup = "." };
	int64_t cpu_ns;

	(void)state;
	assert_int_equal(server_cpu_ns(&server, &cpu_ns), -FCGI_E_SYSTEM);
	assert_string_equal(server.why,
	    ". holds neither usage_usec in cpu.stat nor cpuacct.usage: is it a control group?");
	write_file("cpuacct.usage", "123456789\n");
	assert_int_equal(reading(&server), 123456789);
	write_file("cpu.stat", "nr_periods 3\nusage_usec 4711\nuser_usec 4000\n");
	assert_int_equal(reading(&server), 4711000);
}

/* --- who it is -------------------------------------------------------------------------------- */

static int
listen_at(struct plan_target *target, const char *text)
{
	const struct addr_listen_options options = { .backlog = 7, .mode = 0600,
		.owner = (uid_t)-1, .group = (gid_t)-1 };
	int gai, fd;

	*target = (struct plan_target){ .name = text, .socket_count = 1 };
	must(addr_parse(&target->addr, text) == 0);
	must(addr_resolve(&target->addr, 1, target->sockets, &gai) > 0);
	fd = addr_listen(target->sockets, &options, NULL);
	must(fd >= 0);
	target->sockets->len = sizeof target->sockets->sa;
	must(getsockname(fd, (struct sockaddr *)&target->sockets->sa,
	    &target->sockets->len) == 0);
	/* The kernel knows a path by the name that it was made under. */
	if (target->addr.kind == ADDR_UNIX)
		must(addr_resolve(&target->addr, 0, target->sockets, &gai) > 0);
	return fd;
}

/* It is we who began to listen, so that the credentials do not help. */
static void
finds_who_holds(const char *text)
{
	struct plan_target target;
	const struct plan plan = { .targets = &target, .target_count = 1 };
	struct server server = { 0 };
	struct worker worker;

	worker = start(listen_at(&target, text));
	server_find(&server, &plan);
	assert_string_equal(server.why, "");
	assert_int_equal(server.pid_count, 1);
	assert_int_equal(server.pids[0], worker.pid);
	assert_int_equal(server.backlog, 7);
	costs(&server, &worker, "b", 1);
	server_reset(&server);
	end(&worker);
}

static void
finds_who_holds_any_kind_of_socket(void **state)
{
	(void)state;
	finds_who_holds("./app.sock");
	finds_who_holds("127.0.0.1:0");
}

/* Its children listen for it: they are its descendants, and count. */
static void
finds_who_listened(void **state)
{
	struct plan_target target = { .name = "./app.sock", .socket_count = 1 };
	const struct plan plan = { .targets = &target, .target_count = 1 };
	struct server server = { 0 };
	int ready[2], gai, fd;
	char byte;
	pid_t pid;

	(void)state;
	must(pipe(ready) == 0);
	pid = fork();
	must(pid >= 0);
	if (pid == 0) {
		alarm(60);
		fd = listen_at(&target, "./app.sock");
		(void)fd;
		must(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	must(read(ready[0], &byte, 1) == 1);
	must(addr_parse(&target.addr, target.name) == 0);
	must(addr_resolve(&target.addr, 0, target.sockets, &gai) == 1);
	server_find(&server, &plan);
	assert_int_equal(server.pid_count, 1);
	assert_int_equal(server.pids[0], pid);
	must(kill(pid, SIGKILL) == 0);
	must(waitpid(pid, NULL, 0) == pid);
	close(ready[0]);
	close(ready[1]);
	server_reset(&server);
}

static void
says_that_nobody_was_found(void **state)
{
	struct plan_target target;
	const struct plan plan = { .targets = &target, .target_count = 1 };
	struct server server = { 0 };
	int64_t cpu_ns;

	(void)state;
	close(listen_at(&target, "./app.sock"));
	server_find(&server, &plan);
	assert_int_equal(server.pid_count, 0);
	assert_string_equal(server.why,
	    "no process that listens at ./app.sock can be seen: give --pid or --cgroup");
	assert_int_equal(server_cpu_ns(&server, &cpu_ns), -FCGI_E_SYSTEM);
	assert_non_null(strstr(server.why, "--pid"));
	server_reset(&server);
}

static void
says_that_it_is_elsewhere(void **state)
{
	struct plan_target target = { .name = "192.0.2.2:9000", .socket_count = 1 };
	const struct plan plan = { .targets = &target, .target_count = 1 };
	struct server server = { 0 };
	int gai;

	(void)state;
	must(addr_parse(&target.addr, target.name) == 0);
	must(addr_resolve(&target.addr, 0, target.sockets, &gai) == 1);
	server_find(&server, &plan);
	assert_int_equal(server.pid_count, 0);
	assert_string_equal(server.why, "nobody on this host listens at 192.0.2.2:9000: "
	    "for one in a container give --pid or --cgroup");
	server_reset(&server);
}

static void
what_the_owner_says_stays(void **state)
{
	struct plan_target target;
	const struct plan plan = { .targets = &target, .target_count = 1 };
	struct server server = of(getppid());
	struct worker worker = start(listen_at(&target, "./app.sock"));

	(void)state;
	server_find(&server, &plan);
	assert_int_equal(server.pid_count, 1);
	assert_int_equal(server.pids[0], getppid());
	assert_int_equal(server.backlog, 7);
	server_reset(&server);
	end(&worker);
}

/* One that is started again between two runs is another process. */
static void
finds_anew(void **state)
{
	struct plan_target target;
	const struct plan plan = { .targets = &target, .target_count = 1 };
	struct server server = { 0 };
	struct worker worker = start(listen_at(&target, "127.0.0.1:0"));

	(void)state;
	server_find(&server, &plan);
	assert_int_equal(server.pids[0], worker.pid);
	end(&worker);
	worker = start(listen_at(&target, "127.0.0.1:0"));
	server_find(&server, &plan);
	assert_int_equal(server.pid_count, 1);
	assert_int_equal(server.pids[0], worker.pid);
	server_reset(&server);
	end(&worker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_costs_what_it_burns),
		cmocka_unit_test(children_that_end_are_counted_once),
		cmocka_unit_test(children_that_nobody_waits_for_are_counted),
		cmocka_unit_test(one_that_has_ended_leaves_no_figure),
		cmocka_unit_test(one_that_nobody_has_waited_for_is_counted),
		cmocka_unit_test(any_number_is_taken_each_once),
		cmocka_unit_test(a_process_that_is_not_there_is_told),
		FOLDER_TEST(a_control_group_has_a_figure_of_its_own),
		FOLDER_TEST(finds_who_holds_any_kind_of_socket),
		FOLDER_TEST(finds_who_listened),
		FOLDER_TEST(says_that_nobody_was_found),
		cmocka_unit_test(says_that_it_is_elsewhere),
		FOLDER_TEST(what_the_owner_says_stays),
		cmocka_unit_test(finds_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
