#include "queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "addr_listen.h"
#include "fcgi_error.h"

enum { GUARD_MS = 10000, CONNECTIONS = 5 };

/* Listens on what text names and says where it can be reached. */
static int
listener(const char *text, struct addr_socket *reached)
{
	const struct addr_listen_options options = { .backlog = 64,
		.owner = (uid_t)-1, .group = (gid_t)-1 };
	struct addr addr;
	int gai;
	int fd;

	assert_int_equal(addr_parse(&addr, text), 0);
	assert_true(addr_resolve(&addr, 1, reached, &gai) > 0);
	fd = addr_listen(reached, &options, NULL);
	if (fd < 0 && errno != EINVAL)
		skip();
	assert_true(fd >= 0);
	reached->len = sizeof reached->sa;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&reached->sa, &reached->len), 0);
	return fd;
}

static int
connection(const struct addr_socket *address)
{
	int in_progress;
	int fd = addr_connect(address, &in_progress);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	assert_true(fd >= 0);
	assert_int_equal(poll(&ready, 1, GUARD_MS), 1);
	assert_int_equal(addr_connected(fd), 0);
	return fd;
}

/* Connections leave the queue in the order they came, and each is told apart from the others. */
static void
follows_connections(int listen_fd, const struct addr_socket *address)
{
	int clients[CONNECTIONS];
	int fd;
	int i;
	int j;

	for (i = 0; i < CONNECTIONS; i++)
		clients[i] = connection(address);
	for (i = 0; i < CONNECTIONS; i++) {
		for (j = 0; j < CONNECTIONS; j++)
			assert_int_equal(queue_holds(listen_fd, clients[j]), j >= i);
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(queue_holds(listen_fd, clients[i]), 0);
		/* Whoever has closed it must have accepted it. */
		close(fd);
		assert_int_equal(queue_holds(listen_fd, clients[i]), 0);
	}
	for (i = 0; i < CONNECTIONS; i++)
		close(clients[i]);
	close(listen_fd);
}

static void
tells_unix(void **state)
{
	struct addr_socket address;
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof name, "@fcgi-utils-queue-%ld", (long)getpid());
	fd = listener(name, &address);
	follows_connections(fd, &address);
}

static void
tells_ipv4(void **state)
{
	struct addr_socket address;
	int fd;

	(void)state;
	fd = listener("127.0.0.1:0", &address);
	follows_connections(fd, &address);
}

static void
tells_ipv6(void **state)
{
	struct addr_socket address;
	int fd;

	(void)state;
	fd = listener("[::1]:0", &address);
	follows_connections(fd, &address);
}

static void
tells_ipv4_on_ipv6(void **state)
{
	struct addr_socket address;
	struct sockaddr_in *in;
	in_port_t port;
	int fd;

	(void)state;
	fd = listener("[::]:0", &address);
	port = ((const struct sockaddr_in6 *)&address.sa)->sin6_port;
	memset(&address, 0, sizeof address);
	in = (struct sockaddr_in *)&address.sa;
	in->sin_family = AF_INET;
	in->sin_port = port;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.len = sizeof *in;
	follows_connections(fd, &address);
}

static void
refuses_what_is_no_socket(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(queue_holds(fd, fd), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOTSOCK);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_unix),
		cmocka_unit_test(tells_ipv4),
		cmocka_unit_test(tells_ipv6),
		cmocka_unit_test(tells_ipv4_on_ipv6),
		cmocka_unit_test(refuses_what_is_no_socket),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
