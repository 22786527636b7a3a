#include "addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fcgi_error.h"

enum { GUARD_MS = 10000 };

static const struct {
	const char *text;
	enum addr_kind kind;
	const char *name;
	int port;
	const char *shortest;	/* as addr_format() writes it; NULL: as it was */
} spellings[] = {
	{ "/run/app.sock", ADDR_UNIX, "/run/app.sock", 0, NULL },
	{ "/run/a:b", ADDR_UNIX, "/run/a:b", 0, NULL },
	{ "/run/a b|c", ADDR_UNIX, "/run/a b|c", 0, NULL },
	{ "./app.sock", ADDR_UNIX, "./app.sock", 0, NULL },
	{ "../a:b", ADDR_UNIX, "../a:b", 0, NULL },
	{ "dir/app.sock", ADDR_UNIX, "dir/app.sock", 0, NULL },
	{ "app.sock", ADDR_UNIX, "app.sock", 0, NULL },
	{ "unix:/run/app.sock", ADDR_UNIX, "/run/app.sock", 0, "/run/app.sock" },
	{ "unix:///run/app.sock", ADDR_UNIX, "/run/app.sock", 0, "/run/app.sock" },
	{ "unix:app.sock", ADDR_UNIX, "app.sock", 0, "app.sock" },
	{ "unix:a:b", ADDR_UNIX, "a:b", 0, "./a:b" },
	{ "unix:-x", ADDR_UNIX, "-x", 0, "./-x" },
	{ "unix:unix:x", ADDR_UNIX, "unix:x", 0, "./unix:x" },
	{ "unix:fd:3", ADDR_UNIX, "fd:3", 0, "./fd:3" },
	{ "unix:/run/app.sock:", ADDR_UNIX, "/run/app.sock", 0, "/run/app.sock" },
	{ "unix:/run/app.sock|fcgi://localhost/", ADDR_UNIX, "/run/app.sock", 0, "/run/app.sock" },
	{ "unix:/run/app.sock|fcgi://app:9/x", ADDR_UNIX, "/run/app.sock", 0, "/run/app.sock" },
	{ "proxy:unix:/run/app.sock|fcgi://localhost", ADDR_UNIX, "/run/app.sock", 0,
	    "/run/app.sock" },
	{ "unix:@app", ADDR_ABSTRACT, "app", 0, "@app" },
	{ "@app", ADDR_ABSTRACT, "app", 0, NULL },
	{ "@a/b:c", ADDR_ABSTRACT, "a/b:c", 0, NULL },
	{ "localhost:9000", ADDR_INET, "localhost", 9000, NULL },
	{ "10.0.0.1:65535", ADDR_INET, "10.0.0.1", 65535, NULL },
	{ "[::1]:9000", ADDR_INET, "::1", 9000, NULL },
	{ "[fe80::1%lo]:9000", ADDR_INET, "fe80::1%lo", 9000, NULL },
	{ ":9000", ADDR_INET, "", 9000, NULL },
	{ "*:9000", ADDR_INET, "*", 9000, NULL },
	{ "localhost:0", ADDR_INET, "localhost", 0, NULL },
	{ "localhost:09000", ADDR_INET, "localhost", 9000, "localhost:9000" },
	{ "tcp://localhost:9000", ADDR_INET, "localhost", 9000, "localhost:9000" },
	{ "tcp://fd:9000", ADDR_INET, "fd", 9000, NULL },
	{ "tcp://unix:9000", ADDR_INET, "unix", 9000, NULL },
	{ "tcp://[::1]:9000", ADDR_INET, "::1", 9000, "[::1]:9000" },
	{ "fcgi://localhost:9000/", ADDR_INET, "localhost", 9000, "localhost:9000" },
	{ "fcgi://localhost:9000/srv/$1", ADDR_INET, "localhost", 9000, "localhost:9000" },
	{ "proxy:fcgi://localhost:9000/", ADDR_INET, "localhost", 9000, "localhost:9000" },
	{ "fd:0", ADDR_FD, "", 0, NULL },
	{ "fd:17", ADDR_FD, "", 17, NULL },
};

static void
parses_every_spelling(void **state)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	struct addr again;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		const char *given = spellings[i].text;
		const char *want = spellings[i].shortest != NULL ? spellings[i].shortest : given;

		memset(&addr, 0xee, sizeof addr);
		if (addr_parse(&addr, given) != 0)
			fail_msg("%s: not read", given);
		assert_int_equal(addr.kind, spellings[i].kind);
		assert_string_equal(addr.name, spellings[i].name);
		assert_int_equal(addr.port, spellings[i].port);
		assert_ptr_equal(addr_format(text, sizeof text, &addr), text);
		assert_string_equal(text, want);
		/* What is written reads as the same. */
		assert_int_equal(addr_parse(&again, text), 0);
		assert_int_equal(again.kind, addr.kind);
		assert_int_equal(again.port, addr.port);
	}
}

static void
refuses_what_is_no_address(void **state)
{
	static const char *const bad[] = {
		"", "-", "-bind", "-/run/app.sock", "@", "unix:", "unix://", "unix::", "unix:@",
		"unix:|fcgi://h/", "/", "/run/", "dir/", ":", "localhost:", "localhost:http",
		"localhost:-1", "localhost:+1", "localhost: 1", "localhost:1 ", "localhost:0x10",
		"localhost:65536", "localhost:99999999999999999999", "::1:9000", "::1", "fe80::1",
		"a:b:1", "[::1]", "[::1]9000", "[::1]:", "[::1", "[]:1", "[localhost]:1",
		"[127.0.0.1]:1", "[::1%]:1", "[::1]]:1", "localhost:9000/", "localhost:9000/x",
		"http://localhost:80/", "tcp://localhost", "tcp://", "fcgi://localhost/", "fd:",
		"fd:-1", "fd:x", "fd:3x", "fd:99999999999", "x:y/z",
	};
	struct addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		int r = addr_parse(&addr, bad[i]);

		if (r != -FCGI_E_ADDRESS)
			fail_msg("\"%s\": %d", bad[i], r);
	}
}

static void
measures_lengths(void **state)
{
	char text[4096];
	char out[ADDR_TEXT_MAX];
	struct addr_socket socket;
	struct addr addr;
	int gai;

	(void)state;
	/* 107 bytes and a NUL fill sun_path. */
	memset(text, 'x', sizeof text);
	text[0] = '/';
	text[107] = '\0';
	assert_int_equal(addr_parse(&addr, text), 0);
	assert_int_equal(addr_resolve(&addr, 1, &socket, &gai), 1);
	assert_int_equal(socket.len, sizeof(struct sockaddr_un));
	assert_string_equal(addr_format_socket(out, sizeof out, &socket), text);
	text[107] = 'x';
	text[108] = '\0';
	assert_int_equal(addr_parse(&addr, text), -FCGI_E_PATH_LENGTH);
	text[0] = '@';
	assert_int_equal(addr_parse(&addr, text), 0);
	assert_int_equal(addr_resolve(&addr, 0, &socket, &gai), 1);
	assert_string_equal(addr_format_socket(out, sizeof out, &socket), text);
	text[108] = 'x';
	text[109] = '\0';
	assert_int_equal(addr_parse(&addr, text), -FCGI_E_PATH_LENGTH);
	/* A host name is bounded too. */
	memset(text, 'h', sizeof text);
	memcpy(text + ADDR_NAME_MAX - 1, ":65535", 7);
	assert_int_equal(addr_parse(&addr, text), 0);
	assert_string_equal(addr_format(out, sizeof out, &addr), text);
	memset(text, 'h', sizeof text);
	memcpy(text + ADDR_NAME_MAX, ":1", 3);
	assert_int_equal(addr_parse(&addr, text), -FCGI_E_ADDRESS);
	/* A caller that built the name itself is told as well. */
	addr.kind = ADDR_UNIX;
	memset(addr.name, 'x', sizeof addr.name);
	addr.name[sizeof addr.name - 1] = '\0';
	assert_int_equal(addr_resolve(&addr, 0, &socket, &gai), -FCGI_E_PATH_LENGTH);
}

static void
assert_resolves(const char *text, int listening, const char *first, const char *second)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	char out[ADDR_TEXT_MAX];
	struct addr addr;
	int gai = -1;

	assert_int_equal(addr_parse(&addr, text), 0);
	assert_int_equal(addr_resolve(&addr, listening, sockets, &gai), second != NULL ? 2 : 1);
	assert_int_equal(gai, 0);
	assert_string_equal(addr_format_socket(out, sizeof out, &sockets[0]), first);
	if (second != NULL)
		assert_string_equal(addr_format_socket(out, sizeof out, &sockets[1]), second);
}

static void
resolves(void **state)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct addr_socket unnamed = { .len = sizeof(sa_family_t) };
	char out[ADDR_TEXT_MAX];
	struct addr addr;
	int gai = 0;

	(void)state;
	assert_resolves(":80", 1, "127.0.0.1:80", NULL);
	assert_resolves(":80", 0, "127.0.0.1:80", NULL);
	assert_resolves("*:80", 1, "[::]:80", "0.0.0.0:80");
	assert_resolves("*:80", 0, "127.0.0.1:80", NULL);
	assert_resolves("[::1]:80", 0, "[::1]:80", NULL);
	assert_resolves("10.1.2.3:0", 1, "10.1.2.3:0", NULL);
	assert_resolves("[fe80::1%lo]:80", 0, "[fe80::1%lo]:80", NULL);
	assert_resolves("x.sock", 0, "x.sock", NULL);
	assert_resolves("@x", 0, "@x", NULL);

	/* RFC 6761: there is no such name, and a resolver need not ask for it. */
	assert_int_equal(addr_parse(&addr, "no such host.invalid:80"), 0);
	assert_int_equal(addr_resolve(&addr, 0, sockets, &gai), -FCGI_E_RESOLVE);
	assert_int_not_equal(gai, 0);

	unnamed.sa.ss_family = AF_UNIX;
	assert_string_equal(addr_format_socket(out, sizeof out, &unnamed), "unix:");
	/* An abstract name of the kernel's may hold any bytes. */
	memcpy(((struct sockaddr_un *)&unnamed.sa)->sun_path, "\0a\0b", 4);
	unnamed.len = offsetof(struct sockaddr_un, sun_path) + 4;
	assert_string_equal(addr_format_socket(out, sizeof out, &unnamed), "@a@b");
	assert_string_equal(addr_format_socket(out, 3, &unnamed), "@a");
}

/* A loopback listener whose address the kernel chose. */
static int
listener(struct addr_socket *address)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&address->sa;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof *address);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address->len = sizeof *sin;
	assert_int_equal(bind(fd, (struct sockaddr *)sin, sizeof *sin), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)sin, &address->len), 0);
	return fd;
}

/* The outcome of a connection, waited for: 0 or errno. */
static int
outcome(const struct addr_socket *address)
{
	int in_progress = -1;
	int fd = addr_connect(address, &in_progress);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	int nodelay = 0;
	socklen_t len = sizeof nodelay;
	int error;

	if (fd < 0)
		return errno;
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	if (address->sa.ss_family == AF_INET) {
		assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
		assert_true(nodelay);
	}
	if (in_progress)
		assert_int_equal(poll(&ready, 1, GUARD_MS), 1);
	error = addr_connected(fd) < 0 ? errno : 0;
	close(fd);
	return error;
}

static void
connects(void **state)
{
	struct addr_socket address;
	int fd = listener(&address);

	(void)state;
	assert_int_equal(outcome(&address), ECONNREFUSED);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(outcome(&address), 0);
	close(fd);
	assert_int_equal(outcome(&address), ECONNREFUSED);
}

static void
tells_a_full_unix_queue(void **state)
{
	struct addr_socket address = { .len = sizeof(sa_family_t) };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int waiting[2];
	int in_progress;

	(void)state;
	/* The kernel chooses an abstract name. */
	address.sa.ss_family = AF_UNIX;
	assert_int_equal(bind(fd, (struct sockaddr *)&address.sa, address.len), 0);
	address.len = sizeof address.sa;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address.sa, &address.len), 0);
	assert_int_equal(outcome(&address), ECONNREFUSED);
	assert_int_equal(listen(fd, 0), 0);
	waiting[0] = addr_connect(&address, &in_progress);
	assert_true(waiting[0] >= 0);
	assert_int_equal(in_progress, 0);
	waiting[1] = addr_connect(&address, &in_progress);
	assert_int_equal(waiting[1], -FCGI_E_SYSTEM);
	assert_int_equal(errno, EAGAIN);
	close(waiting[0]);
	close(fd);
}

static void
explains_a_denial(void **state)
{
	char directory[] = "/tmp/addr.XXXXXX";
	char path[64];
	char text[512];
	char want[64];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/inner", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/inner/no/s", directory);
	assert_string_equal(addr_explain_denied(text, sizeof text, path), "");
	/* What is not there could not be made. */
	snprintf(path, sizeof path, "%s/inner/s", directory);
	snprintf(want, sizeof want, " 0700, we are uid %u", (unsigned)geteuid());
	addr_explain_denied(text, sizeof text, path);
	assert_int_equal(strncmp(text, "directory is ", 13), 0);
	assert_non_null(strstr(text, want));
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(chmod(path, 0640), 0);
	snprintf(want, sizeof want, " 0640, we are uid %u", (unsigned)geteuid());
	addr_explain_denied(text, sizeof text, path);
	assert_int_equal(strncmp(text, "file is ", 8), 0);
	assert_non_null(strstr(text, want));
	/* Root enters every directory, so only others have one to name. */
	if (geteuid() != 0) {
		snprintf(path, sizeof path, "%s/inner", directory);
		assert_int_equal(chmod(path, 0), 0);
		snprintf(path, sizeof path, "%s/inner/s", directory);
		addr_explain_denied(text, sizeof text, path);
		snprintf(want, sizeof want, "directory %s/inner is ", directory);
		assert_int_equal(strncmp(text, want, strlen(want)), 0);
		assert_non_null(strstr(text, " 0000, we are uid "));
		snprintf(path, sizeof path, "%s/inner", directory);
		assert_int_equal(chmod(path, 0700), 0);
	}
	snprintf(path, sizeof path, "%s/inner/s", directory);
	unlink(path);
	snprintf(path, sizeof path, "%s/inner", directory);
	rmdir(path);
	rmdir(directory);
}

static void
explains_a_failed_connect(void **state)
{
	struct addr_socket socket = { .len = sizeof(struct sockaddr_un) };
	struct sockaddr_un *local = (struct sockaddr_un *)&socket.sa;
	char text[512];

	(void)state;
	local->sun_family = AF_UNIX;
	strcpy(local->sun_path, "localhost");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, ENOENT),
	    "without a port it is a path");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, ECONNREFUSED), "");
	strcpy(local->sun_path, "./localhost");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, ENOENT), "");
	strcpy(local->sun_path, "app.sock");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, ENOENT), "");
	strcpy(local->sun_path, "/");
	assert_int_equal(
	    strncmp(addr_explain_connect(text, sizeof text, &socket, EACCES), "file is ", 8), 0);
}

static void
explains_what_routes_say(void **state)
{
	struct addr_socket socket = { .sa.ss_family = AF_INET };
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&socket.sa;
	char text[128];

	(void)state;
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, EINVAL),
	    "its route is a blackhole");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, EACCES),
	    "its route is prohibited, or it is a broadcast address");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, EPERM),
	    "a firewall of this host forbids it");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, ENOENT), "");
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, ETIMEDOUT), "");
	v6->sin6_family = AF_INET6;
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, EINVAL),
	    "its route is a blackhole");
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &v6->sin6_addr), 1);
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, EINVAL),
	    "a link-local address needs its %INTERFACE");
	v6->sin6_scope_id = 1;
	assert_string_equal(addr_explain_connect(text, sizeof text, &socket, EINVAL),
	    "its route is a blackhole");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_every_spelling),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(measures_lengths),
		cmocka_unit_test(resolves),
		cmocka_unit_test(connects),
		cmocka_unit_test(tells_a_full_unix_queue),
		cmocka_unit_test(explains_a_denial),
		cmocka_unit_test(explains_a_failed_connect),
		cmocka_unit_test(explains_what_routes_say),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
