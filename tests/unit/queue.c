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
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr_listen.h"
#include "fcgi_error.h"
#include "must.h"
#include "no_netlink.h"

enum { GUARD_MS = 10000, CONNECTIONS = 5 };

static int
listener_with(const char *text, int backlog, struct addr_socket *reached)
{
	const struct addr_listen_options options = { .backlog = backlog, .mode = 0600,
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

/* Listens on what text names and says where it can be reached. */
static int
listener(const char *text, struct addr_socket *reached)
{
	return listener_with(text, 64, reached);
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
			assert_int_equal(queue_holds(clients[j]), j >= i);
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(queue_holds(clients[i]), 0);
		/* Whoever has closed it must have accepted it. */
		close(fd);
		assert_int_equal(queue_holds(clients[i]), 0);
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

/* What the queue must hold, and be limited to. */
static void
must_have(int listen_fd, int64_t len, int64_t limit)
{
	struct queue queue;

	must(queue_read(listen_fd, &queue) == 0);
	must(queue.len == len);
	must(queue.limit == limit);
}

/* Counts those who come, those who are accepted, and one who has left while it waited. */
static void
counts_connections(int listen_fd, const struct addr_socket *address, int64_t limit)
{
	int clients[CONNECTIONS];
	int accepted[CONNECTIONS];
	int i;

	must_have(listen_fd, 0, limit);
	for (i = 0; i < CONNECTIONS; i++) {
		clients[i] = connection(address);
		must_have(listen_fd, i + 1, limit);
	}
	close(clients[CONNECTIONS - 1]);
	must_have(listen_fd, CONNECTIONS, limit);
	for (i = 0; i < CONNECTIONS; i++) {
		accepted[i] = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		must(accepted[i] >= 0);
		must_have(listen_fd, CONNECTIONS - 1 - i, limit);
	}
	for (i = 0; i < CONNECTIONS; i++)
		close(accepted[i]);
	for (i = 0; i < CONNECTIONS - 1; i++)
		close(clients[i]);
	must_have(listen_fd, 0, limit);
}

static void
counts_unix(void **state)
{
	struct addr_socket address;
	struct queue queue;
	char name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof name, "@fcgi-utils-queue-%ld", (long)getpid());
	fd = listener_with(name, 7, &address);
	counts_connections(fd, &address, 7);
	assert_int_equal(queue_read(fd, &queue), 0);
	assert_int_equal(queue.drops, -1);
	close(fd);
}

static void
counts_ipv4(void **state)
{
	struct addr_socket address;
	int fd;

	(void)state;
	fd = listener_with("127.0.0.1:0", 7, &address);
	counts_connections(fd, &address, 7);
	close(fd);
}

static void
counts_ipv6(void **state)
{
	struct addr_socket address;
	int fd;

	(void)state;
	fd = listener_with("[::1]:0", 7, &address);
	counts_connections(fd, &address, 7);
	close(fd);
}

/* The queue takes one more than its limit; who comes then is a drop. */
static void
counts_drops(void **state)
{
	struct addr_socket address;
	struct queue queue;
	int clients[2];
	int in_progress;
	int late;
	int fd;
	int i;

	(void)state;
	fd = listener_with("127.0.0.1:0", 1, &address);
	for (i = 0; i < 2; i++)
		clients[i] = connection(&address);
	assert_int_equal(queue_read(fd, &queue), 0);
	assert_int_equal(queue.len, 2);
	assert_int_equal(queue.limit, 1);
	if (queue.drops < 0)
		skip();
	assert_int_equal(queue.drops, 0);
	late = addr_connect(&address, &in_progress);
	assert_true(late >= 0);
	assert_int_equal(queue_read(fd, &queue), 0);
	assert_int_equal(queue.len, 2);
	assert_true(queue.drops >= 1);
	close(late);
	for (i = 0; i < 2; i++)
		close(clients[i]);
	close(fd);
}

/* Runs in a process of its own, in which the kernel answers no questions. */
static void
count_without_netlink(const char *text)
{
	struct addr_socket address;
	int status;
	pid_t pid;
	int fd;

	fd = listener(text, &address);
	/* The kernel calls it by the name that it was made under, which is gone. */
	if (text[0] == '/') {
		struct sockaddr_un *sun = (struct sockaddr_un *)&address.sa;

		snprintf(sun->sun_path, sizeof sun->sun_path, "%s", text);
		address.len = sizeof *sun;
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (!no_netlink())
			_exit(77);
		counts_connections(fd, &address, -1);
		_exit(0);
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status == 77 << 8)
		skip();
	assert_int_equal(status, 0);
}

static void
counts_abstract_without_netlink(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@fcgi-utils-queue-%ld", (long)getpid());
	count_without_netlink(name);
}

static void
counts_path_without_netlink(void **state)
{
	char directory[] = "/tmp/fcgi-utils-queue.XXXXXX";
	char name[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(name, sizeof name, "%s/socket", directory);
	count_without_netlink(name);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(directory), 0);
}

static void
reads_no_queue_of_a_connection(void **state)
{
	struct addr_socket address;
	struct queue queue;
	int listen_fd = listener("127.0.0.1:0", &address);
	int fd = connection(&address);

	(void)state;
	assert_int_equal(queue_read(fd, &queue), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EINVAL);
	close(fd);
	close(listen_fd);
}

static void
refuses_what_is_no_socket(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct queue queue;

	(void)state;
	assert_int_equal(queue_holds(fd), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOTSOCK);
	assert_int_equal(queue_read(fd, &queue), -FCGI_E_SYSTEM);
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
		cmocka_unit_test(counts_unix),
		cmocka_unit_test(counts_ipv4),
		cmocka_unit_test(counts_ipv6),
		cmocka_unit_test(counts_drops),
		cmocka_unit_test(counts_abstract_without_netlink),
		cmocka_unit_test(counts_path_without_netlink),
		cmocka_unit_test(reads_no_queue_of_a_connection),
		cmocka_unit_test(refuses_what_is_no_socket),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
