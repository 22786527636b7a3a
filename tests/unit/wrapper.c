#include "wrapper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "spawn_run.h"

static void
assert_words(char *const *argv, const char *const *want)
{
	for (; *want != NULL; argv++, want++) {
		assert_non_null(*argv);
		assert_string_equal(*argv, *want);
	}
	assert_null(*argv);
}

static void
calls_it_as_suexec_is_called(void **state)
{
	static const char *const want[] = { "/usr/lib/suexec", "blog", "www", "app", "-v", "",
		NULL };
	char *argv[] = { (char *)(uintptr_t)"anything", (char *)(uintptr_t)"-v",
		(char *)(uintptr_t)"", NULL };
	struct wrapper wrapper;

	(void)state;
	assert_int_equal(
	    wrapper_init(&wrapper, "/usr/lib/suexec", "blog", "www", "/srv/blog/app", argv), 0);
	assert_words(wrapper.argv, want);
	assert_string_equal(wrapper.directory, "/srv/blog");
	wrapper_reset(&wrapper);
	assert_null(wrapper.argv);
	assert_null(wrapper.directory);
	wrapper_reset(&wrapper);
}

static void
takes_a_program_without_arguments(void **state)
{
	static const char *const want[] = { "/w", "1000", "1001", "app", NULL };
	char *none[] = { NULL };
	char *one[] = { (char *)(uintptr_t)"/app", NULL };
	struct wrapper wrapper;

	(void)state;
	assert_int_equal(wrapper_init(&wrapper, "/w", "1000", "1001", "/app", one), 0);
	assert_words(wrapper.argv, want);
	assert_string_equal(wrapper.directory, "/");
	wrapper_reset(&wrapper);
	assert_int_equal(wrapper_init(&wrapper, "/w", "1000", "1001", "/app", none), 0);
	assert_words(wrapper.argv, want);
	wrapper_reset(&wrapper);
}

/* A wrapper that looks for the program as suexec does, in the working directory. */
static void
is_found_by_the_wrapper(void **state)
{
	struct spawn spawn = { .path = "/bin/sh", .envp = environ, .stdout_fd = -1,
		.stderr_fd = 2 };
	char *argv[] = { (char *)(uintptr_t)"app", (char *)(uintptr_t)"one word", NULL };
	char directory[] = "/tmp/wrapper.XXXXXX";
	char command[512];
	struct wrapper wrapper;
	char *words[16] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
		(char *)(uintptr_t)"shift 2; name=$1; shift; exec ./\"$name\" \"$@\"" };
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof command,
	    "printf '#!/bin/sh\\ntest \"$*\" = \"one word\" && test $# = 1 && exit 9' >%s/app && "
	    "chmod +x %s/app",
	    directory, directory);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "%s/app", directory);
	assert_int_equal(wrapper_init(&wrapper, "/w", "u", "g", command, argv), 0);
	for (i = 0; wrapper.argv[i] != NULL; i++)
		words[3 + i] = wrapper.argv[i];
	spawn.argv = words;
	spawn.directory = wrapper.directory;
	assert_int_equal(run(&spawn), 9);
	wrapper_reset(&wrapper);
	remove(command);
	remove(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_it_as_suexec_is_called),
		cmocka_unit_test(takes_a_program_without_arguments),
		cmocka_unit_test(is_found_by_the_wrapper),
	};

	return cmocka_run_group_tests_name("wrapper", tests, NULL, NULL);
}
