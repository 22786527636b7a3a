#include "mpxs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr_listen.h"
#include "clock.h"
#include "fcgi_error.h"
#include "folder.h"
#include "pieces.h"
#include "plan.h"
#include "wire.h"

#define GUARD_NS (60 * CLOCK_NS_PER_S)

static int
listen_here(struct plan_target *target)
{
	const struct addr_listen_options options = { .backlog = 4, .mode = 0600,
		.owner = (uid_t)-1, .group = (gid_t)-1 };
	int gai, fd;

	*target = (struct plan_target){ .name = "./app.sock", .socket_count = 1 };
	must(addr_parse(&target->addr, target->name) == 0);
	must(addr_resolve(&target->addr, 0, target->sockets, &gai) == 1);
	fd = addr_listen(target->sockets, &options, NULL);
	must(fd >= 0);
	return fd;
}

/* Answers one connection so, once something was asked; len 0: it closes. */
static pid_t
answer_with(int listen_fd, const unsigned char *wire, size_t len)
{
	char question[256];
	pid_t pid = fork();
	int fd;

	must(pid >= 0);
	if (pid > 0) {
		close(listen_fd);
		return pid;
	}
	alarm(60);
	fd = accept(listen_fd, NULL, NULL);
	must(fd >= 0 && read(fd, question, sizeof question) > 0);
	must(write(fd, wire, len) == (ssize_t)len);
	if (len > 0)
		must(read(fd, question, sizeof question) == 0);
	_exit(0);
}

#define VALUES(len, pad) WIRE(WIRE_GET_VALUES_RESULT, "\0\0", len, pad)

static const struct {
	const unsigned char *wire;
	size_t len;
	int result;
	const char *why;
} answers[] = {
	{ BYTES(VALUES("\0\22", "\0") "\17\1FCGI_MPXS_CONNS1"), MPXS_YES, "" },
	{ BYTES(VALUES("\0\22", "\6") "\17\1FCGI_MPXS_CONNS0######"), MPXS_NO, "" },
	{ BYTES(VALUES("\0\23", "\0") "\17\2FCGI_MPXS_CONNS10"), MPXS_UNKNOWN,
	    "it answers FCGI_MPXS_CONNS=10" },
	{ BYTES(VALUES("\0\0", "\0")), MPXS_UNKNOWN, "it does not tell FCGI_MPXS_CONNS" },
	{ BYTES(WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\10", "\0") "\11\0\0\0\0\0\0\0"), MPXS_UNKNOWN,
	    "it does not know FCGI_GET_VALUES" },
	{ BYTES(""), MPXS_UNKNOWN, "it closes the connection in answer to FCGI_GET_VALUES" },
};

static void
an_answer_is_understood(void **state)
{
	struct plan_target target;
	char why[160];
	size_t i;
	pid_t pid;

	(void)state;
	for (i = 0; i < sizeof answers / sizeof *answers; i++) {
		pid = answer_with(listen_here(&target), answers[i].wire, answers[i].len);
		assert_int_equal(mpxs_ask(&target, GUARD_NS, GUARD_NS, -1, why, sizeof why),
		    answers[i].result);
		assert_string_equal(why, answers[i].why);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

static void
another_language_is_no_answer(void **state)
{
	static const unsigned char http[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct plan_target target;
	char why[160];
	pid_t pid;

	(void)state;
	pid = answer_with(listen_here(&target), http, sizeof http - 1);
	assert_int_equal(mpxs_ask(&target, GUARD_NS, GUARD_NS, -1, why, sizeof why),
	    MPXS_UNKNOWN);
	assert_non_null(strstr(why, "HTTP"));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
silence_is_not_waited_for_for_ever(void **state)
{
	struct plan_target target;
	char why[160];
	int listen_fd = listen_here(&target);

	(void)state;
	assert_int_equal(mpxs_ask(&target, GUARD_NS, 20 * CLOCK_NS_PER_MS, -1, why, sizeof why),
	    MPXS_UNKNOWN);
	assert_string_equal(why, "it does not answer FCGI_GET_VALUES in time");
	close(listen_fd);
	assert_int_equal(mpxs_ask(&target, GUARD_NS, GUARD_NS, -1, why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_string_equal(why, "");
}

/* Nobody answers, but something else has happened meanwhile. */
static void
it_is_not_waited_for_beyond_a_stop(void **state)
{
	struct plan_target target;
	char why[160], byte;
	int listen_fd = listen_here(&target), pipes[2];

	(void)state;
	must(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1);
	assert_int_equal(mpxs_ask(&target, GUARD_NS, GUARD_NS, pipes[0], why, sizeof why),
	    MPXS_STOPPED);
	assert_string_equal(why, "");
	/* What it was is for the owner to see. */
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	close(listen_fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(an_answer_is_understood),
		FOLDER_TEST(another_language_is_no_answer),
		FOLDER_TEST(silence_is_not_waited_for_for_ever),
		FOLDER_TEST(it_is_not_waited_for_beyond_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
