#include "activation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Where the test's own sockets are put, away from those that are in use. */
enum { SAVED = 100 };

/* Descriptors 0 and 3 to 5 are the test's while it runs. */
static int
set_up(void **state)
{
	static const int fds[] = { 0, 3, 4, 5 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof fds / sizeof *fds; i++) {
		/* What is not open there now is not open afterwards either. */
		if (fcntl(fds[i], F_GETFD) >= 0 && dup2(fds[i], SAVED + fds[i]) < 0)
			return -1;
		close(fds[i]);
	}
	return 0;
}

static int
tear_down(void **state)
{
	static const int fds[] = { 0, 3, 4, 5 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof fds / sizeof *fds; i++) {
		close(fds[i]);
		if (fcntl(SAVED + fds[i], F_GETFD) >= 0) {
			dup2(SAVED + fds[i], fds[i]);
			close(SAVED + fds[i]);
		}
	}
	return 0;
}

static void
put(int fd, int at)
{
	assert_true(fd >= 0);
	if (fd == at)
		return;
	assert_int_equal(dup2(fd, at), at);
	close(fd);
}

static void
put_listener(int domain, int at)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in inet = { .sin_family = AF_INET };
	int fd = socket(domain, SOCK_STREAM, 0);

	inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* A UNIX socket of its family alone gets a name of the kernel's. */
	assert_int_equal(domain == AF_UNIX
		? bind(fd, (struct sockaddr *)&local, sizeof local.sun_family)
		: bind(fd, (struct sockaddr *)&inet, sizeof inet), 0);
	assert_int_equal(listen(fd, 1), 0);
	put(fd, at);
}

static void
promise(const char *fds)
{
	char pid[32];

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", fds, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
	setenv("LISTEN_PIDFDID", "1", 1);
}

static void
finds(int fd_option, const char *origin, int first_fd, int count)
{
	struct activation activation;
	const char *why;
	int fd;

	assert_int_equal(activation_find(&activation, fd_option, &why), count);
	assert_int_equal(activation.count, count);
	if (count > 0) {
		assert_int_equal(activation.first_fd, first_fd);
		assert_string_equal(activation.origin, origin);
	} else {
		assert_null(activation.origin);
	}
	for (fd = first_fd; fd < first_fd + count; fd++)
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	assert_null(getenv("LISTEN_PIDFDID"));
}

static void
refuses(int fd_option, const char *want)
{
	struct activation activation;
	const char *why = NULL;

	assert_int_equal(activation_find(&activation, fd_option, &why), -1);
	assert_string_equal(why, want);
	assert_int_equal(activation.count, 0);
	assert_null(getenv("LISTEN_FDS"));
}

static void
finds_nothing(void **state)
{
	(void)state;
	finds(-1, NULL, 0, 0);
	/* Anything but a listening socket on descriptor 0 is how programs are run. */
	put(open("/dev/null", O_RDWR), 0);
	finds(-1, NULL, 0, 0);
	put(socket(AF_UNIX, SOCK_STREAM, 0), 0);
	finds(-1, NULL, 0, 0);
}

static void
finds_standard_input(void **state)
{
	(void)state;
	put_listener(AF_UNIX, 0);
	finds(-1, "standard input", 0, 1);
	put_listener(AF_INET, 0);
	finds(-1, "standard input", 0, 1);
}

static void
finds_what_is_promised(void **state)
{
	(void)state;
	put_listener(AF_UNIX, 0);
	put_listener(AF_UNIX, 3);
	promise("1");
	finds(-1, "LISTEN_FDS", 3, 1);
	put_listener(AF_INET, 4);
	put_listener(AF_UNIX, 5);
	promise("3");
	finds(-1, "LISTEN_FDS", 3, 3);
	/* Nothing is promised any more. */
	finds(-1, "standard input", 0, 1);
	promise("0");
	finds(-1, "standard input", 0, 1);
}

static void
leaves_what_others_are_promised(void **state)
{
	(void)state;
	put_listener(AF_UNIX, 3);
	promise("1");
	setenv("LISTEN_PID", "1", 1);
	finds(-1, NULL, 0, 0);
	promise("1");
	setenv("LISTEN_PID", "", 1);
	finds(-1, NULL, 0, 0);
	promise("1");
	unsetenv("LISTEN_PID");
	finds(-1, NULL, 0, 0);
	promise("1");
	unsetenv("LISTEN_FDS");
	finds(-1, NULL, 0, 0);
}

static void
takes_the_one_asked_for(void **state)
{
	(void)state;
	put_listener(AF_UNIX, 0);
	put_listener(AF_UNIX, 3);
	put_listener(AF_UNIX, 5);
	promise("1");
	finds(5, "--fd", 5, 1);
	finds(0, "--fd", 0, 1);
}

static void
says_what_is_wrong(void **state)
{
	int pair[2];

	(void)state;
	refuses(4, "--fd: descriptor 4 is not open");
	promise("1");
	refuses(-1, "LISTEN_FDS: descriptor 3 is not open");
	put(open("/dev/null", O_RDWR), 3);
	promise("1");
	refuses(-1, "LISTEN_FDS: descriptor 3 is not a socket");
	put(socket(AF_UNIX, SOCK_DGRAM, 0), 3);
	refuses(3, "--fd: descriptor 3 is a datagram socket");
	put(socket(AF_UNIX, SOCK_SEQPACKET, 0), 3);
	refuses(3, "--fd: descriptor 3 is a sequential packet socket");
	put(socket(AF_INET, SOCK_STREAM, 0), 3);
	refuses(3, "--fd: descriptor 3 is a socket that does not listen");
	close(3);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	put(fcntl(pair[0], F_DUPFD, 50), 3);
	refuses(3, "--fd: descriptor 3 is a connection, not a listening socket (Accept=yes?)");
	close(pair[0]);
	close(pair[1]);
	/* The second of two. */
	put_listener(AF_UNIX, 3);
	put(open("/dev/null", O_RDWR), 4);
	promise("2");
	refuses(-1, "LISTEN_FDS: descriptor 4 is not a socket");
	promise("two");
	refuses(-1, "LISTEN_FDS: not a number of descriptors");
	promise("-1");
	refuses(-1, "LISTEN_FDS: not a number of descriptors");
	promise("99999999999999999999");
	refuses(-1, "LISTEN_FDS: not a number of descriptors");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(finds_nothing),
		TEST(finds_standard_input),
		TEST(finds_what_is_promised),
		TEST(leaves_what_others_are_promised),
		TEST(takes_the_one_asked_for),
		TEST(says_what_is_wrong),
	};

	return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
