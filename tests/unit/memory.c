#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { GROWN = 64 * 1024 * 1024 };

static void
sees_what_is_used(void **state)
{
	int64_t before = memory_read(getpid()), reserved, used;
	char *bytes;

	(void)state;
	assert_true(before > 0);
	bytes = mmap(NULL, GROWN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(bytes, MAP_FAILED);
	reserved = memory_read(getpid());
	memset(bytes, 1, GROWN);
	used = memory_read(getpid());
	assert_int_equal(munmap(bytes, GROWN), 0);
	/* The kernel counts in batches of some pages for each processor. */
	assert_true(reserved - before < GROWN / 2);
	assert_true(used - before > GROWN / 2);
	assert_true(used - before < 2 * (int64_t)GROWN);
}

static void
sees_nothing_of_the_dead(void **state)
{
	siginfo_t info;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(memory_read(pid), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(memory_read(pid), -FCGI_E_SYSTEM);
	assert_true(errno == ENOENT || errno == ESRCH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sees_what_is_used),
		cmocka_unit_test(sees_nothing_of_the_dead),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
