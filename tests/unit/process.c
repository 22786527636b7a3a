#include "process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"

#define STAT(name)                                                                                 \
	"4711 (" name ") S 815 4711 31072 0 -1 4194304 134 0 0 0 12 34 56 78 20 0 1 0 2336911 "    \
	"2998272 421 18446744073709551615 1 1 0 0 0 0 0 0 0 1 0 0 17 0 0 0 0 0 0\n"

static void
a_line_is_read(void **state)
{
	struct process process;

	(void)state;
	assert_int_equal(process_parse(&process, STAT("php-fpm8.2"), 100), 0);
	assert_int_equal(process.pid, 4711);
	assert_int_equal(process.parent, 815);
	assert_int_equal(process.start_ticks, 2336911);
	assert_int_equal(process.own_ns, 460000000);
	assert_int_equal(process.children_ns, 1340000000);
	assert_string_equal(process.name, "php-fpm8.2");
}

static void
a_name_may_look_like_the_rest(void **state)
{
	static const char *const names[] = { ") R 1 1", "((", "", " ", "a\nb", ")", "Web) S 99 (" };
	static const char *const lines[] = { STAT(") R 1 1"), STAT("(("), STAT(""), STAT(" "),
		STAT("a\nb"), STAT(")"), STAT("Web) S 99 (") };
	struct process process;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(process_parse(&process, lines[i], 100), 0);
		assert_string_equal(process.name, names[i]);
		assert_int_equal(process.parent, 815);
	}
}

static void
what_is_no_such_line_is_refused(void **state)
{
	static const char line[] = STAT("x");
	static const char *const wrong[] = { "", "x", "1 (x", "1 x) S 1", ")(", "1 )x( S 1" };
	char cut[sizeof line];
	struct process process;
	size_t i, len = (size_t)(strstr(line, " 2336911") - line) + 1;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(process_parse(&process, wrong[i], 100), -FCGI_E_SYNTAX);
	for (i = 0; i < len; i++) {
		memcpy(cut, line, i);
		cut[i] = '\0';
		assert_int_equal(process_parse(&process, cut, 100), -FCGI_E_SYNTAX);
	}
}

static void
we_are_listed(void **state)
{
	struct processes all = { 0 };
	const struct process *self;

	(void)state;
	assert_int_equal(processes_read(&all), 0);
	assert_int_equal(processes_read(&all), 0);
	self = processes_find(&all, getpid());
	assert_non_null(self);
	assert_int_equal(self->parent, getppid());
	assert_null(processes_find(&all, -1));
	processes_reset(&all);
}

static void
one_that_is_gone_is_told(void **state)
{
	struct process process;
	int64_t cpu_ns;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_read(&process, pid), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(process_cpu_ns(pid, &cpu_ns), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ESRCH);
}

static void
a_holder_is_known_by_its_socket(void **state)
{
	struct stat held, closed;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(fstat(pair[0], &held), 0);
	assert_int_equal(fstat(pair[1], &closed), 0);
	close(pair[1]);
	assert_int_equal(process_holds(getpid(), held.st_ino), 1);
	assert_int_equal(process_holds(getpid(), closed.st_ino), 0);
	close(pair[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read),
		cmocka_unit_test(a_name_may_look_like_the_rest),
		cmocka_unit_test(what_is_no_such_line_is_refused),
		cmocka_unit_test(we_are_listed),
		cmocka_unit_test(one_that_is_gone_is_told),
		cmocka_unit_test(a_holder_is_known_by_its_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
