#include "live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"

#define MS CLOCK_NS_PER_MS

static const struct {
	struct live_view view;
	unsigned columns;
	int color;
	const char *text;
} lines[] = {
	{ { .left_ns = 7200 * MS, .every_ns = 1000 * MS, .has_rate = 1, .rate = 84213.4,
	    .p99_ns = 1240000 }, 80, 1,
	    "84213/s  p99 1.24ms  0 failed  8s left" },
	{ { .left_ns = 1, .every_ns = 1000 * MS, .warming = 1 }, 80, 1, "warm-up  1s left" },
	/* The threads are started for two milliseconds. */
	{ { .left_ns = 4002 * MS, .every_ns = 1000 * MS, .warming = 1 }, 80, 1,
	    "warm-up  4s left" },
	{ { .left_ns = 4150 * MS, .every_ns = 1000 * MS }, 80, 1, "0 failed  5s left" },
	{ { .left_ns = 4002 * MS, .every_ns = 200 * MS }, 80, 1, "0 failed  4s left" },
	{ { .left_ns = 3799 * MS, .every_ns = 200 * MS }, 80, 1, "0 failed  3.8s left" },
	{ { .left_ns = 201 * MS, .every_ns = 200 * MS }, 80, 1, "0 failed  200ms left" },
	{ { .left_ns = 0, .every_ns = 200 * MS }, 80, 1, "0 failed  0s left" },
	{ { .left_ns = CLOCK_NEVER, .left = 3000, .warming = 1 }, 80, 0, "warm-up  3000 left" },
	{ { .left_ns = CLOCK_NEVER, .left = 3000, .has_rate = 1, .failed = 2 }, 80, 0,
	    "0/s  2 failed  3000 left" },
	{ { .left_ns = CLOCK_NEVER, .has_rate = 1, .failed = 2 }, 80, 1,
	    "0/s  \033[31m2 failed\033[m" },
	/* It fits just so, colors aside; and not. */
	{ { .left_ns = CLOCK_NEVER, .has_rate = 1, .failed = 2 }, 13, 1,
	    "0/s  \033[31m2 failed\033[m" },
	{ { .left_ns = CLOCK_NEVER, .has_rate = 1, .failed = 2 }, 12, 1, "0/s  2 faile" },
	{ { .left_ns = CLOCK_NEVER, .has_rate = 1, .failed = 2 }, 0, 1, "" },
};

static void
the_line_tells_what_there_is(void **state)
{
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_string_equal(live_format(text, sizeof text, &lines[i].view,
			lines[i].columns, lines[i].color), lines[i].text);
}

static int saved_stderr;

/* Standard error is a terminal of 20 columns; returns its other side. */
static int
open_terminal(void)
{
	struct winsize window = { .ws_row = 4, .ws_col = 20 };
	int ours, theirs;

	assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &window), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(saved_stderr >= 0 && dup2(theirs, STDERR_FILENO) >= 0);
	close(theirs);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	return ours;
}

/* What was written there, and standard error as it was before. */
static void
close_terminal(int ours, const char *expected)
{
	char text[1024];
	size_t len = 0;
	ssize_t read_len;

	/* A mark, up to which is read: a terminal hands over what it has in pieces. */
	assert_int_equal(write(STDERR_FILENO, "$", 1), 1);
	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	close(saved_stderr);
	do {
		read_len = read(ours, text + len, sizeof text - len);
		assert_true(read_len > 0);
		len += (size_t)read_len;
	} while (text[len - 1] != '$');
	text[len - 1] = '\0';
	assert_string_equal(text, expected);
	close(ours);
}

static const struct live_view view = { .left_ns = CLOCK_NEVER, .has_rate = 1, .rate = 123,
	.failed = 1 };

static void
a_terminal_is_written_over(void **state)
{
	struct live live;
	int ours = open_terminal();

	(void)state;
	live_init(&live, 0);
	live_show(&live, &view);
	live_show(&live, &view);
	live_clear(&live);
	live_clear(&live);
	close_terminal(ours, "\r123/s  \033[31m1 failed\033[m\033[K"
			     "\r123/s  \033[31m1 failed\033[m\033[K\r\033[K");
}

static void
nobody_has_to_see_it(void **state)
{
	struct live live;
	int ours = open_terminal();

	(void)state;
	live_init(&live, 1);
	live_show(&live, &view);
	live_clear(&live);
	setenv("TERM", "dumb", 1);
	live_init(&live, 0);
	live_show(&live, &view);
	unsetenv("TERM");
	live_init(&live, 0);
	live_show(&live, &view);
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	live_init(&live, 0);
	live_show(&live, &view);
	close_terminal(ours, "\r123/s  1 failed\033[K");
}

static void
a_file_is_no_terminal(void **state)
{
	struct live live;
	int pipes[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	setenv("TERM", "xterm", 1);
	live_init(&live, 0);
	live_show(&live, &view);
	live_clear(&live);
	assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
	assert_true(read(pipes[0], &byte, 1) < 0);
	close(saved_stderr);
	close(pipes[0]);
	close(pipes[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_tells_what_there_is),
		cmocka_unit_test(a_terminal_is_written_over),
		cmocka_unit_test(nobody_has_to_see_it),
		cmocka_unit_test(a_file_is_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
