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
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "must.h"
#include "no_netlink.h"

enum { GUARD_MS = 10000, CONNECTIONS = 5, BACKLOG = 7, SKIPPED = 77 };

/* The kernel answers, or only /proc does. */
enum source { KERNEL, PROC };

static int64_t
limit_of(enum source source, int backlog)
{
	return source == KERNEL ? backlog : -1;
}

/* --- listeners ------------------------------------------------------------------------------ */

static struct addr_socket
resolve(const char *text)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct addr addr;
	int gai;

	must(addr_parse(&addr, text) == 0);
	must(addr_resolve(&addr, 0, sockets, &gai) == 1);
	return sockets[0];
}

/* Binds as it is told, and says what it is bound to.  Returns -1 without such addresses. */
static int
listen_at(struct addr_socket *address, int backlog, int share_port)
{
	int fd = socket(address->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (share_port)
		must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &share_port, sizeof share_port) == 0);
	if (bind(fd, (const struct sockaddr *)&address->sa, address->len) < 0) {
		must(errno == EADDRNOTAVAIL);
		close(fd);
		return -1;
	}
	must(listen(fd, backlog) == 0);
	if (address->sa.ss_family != AF_UNIX)
		must(getsockname(fd, (struct sockaddr *)&address->sa, &address->len) == 0);
	return fd;
}

static int
connection(const struct addr_socket *address)
{
	int in_progress;
	int fd = addr_connect(address, &in_progress);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	must(fd >= 0);
	must(poll(&ready, 1, GUARD_MS) == 1);
	must(addr_connected(fd) == 0);
	return fd;
}

static struct in6_addr
v6_any(void)
{
	return (struct in6_addr)IN6ADDR_ANY_INIT;
}

/* Every address of IPv6, and those of IPv4 too. */
static struct addr_socket
every_address(void)
{
	struct addr_socket address = { .len = sizeof(struct sockaddr_in6) };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address.sa;

	in6->sin6_family = AF_INET6;
	in6->sin6_addr = v6_any();
	return address;
}

static struct addr_socket
ipv4(uint32_t host, in_port_t port)
{
	struct addr_socket address = { .len = sizeof(struct sockaddr_in) };
	struct sockaddr_in *in = (struct sockaddr_in *)&address.sa;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(host);
	in->sin_port = port;
	return address;
}

static in_port_t
port_of(const struct addr_socket *address)
{
	return address->sa.ss_family == AF_INET
	    ? ((const struct sockaddr_in *)&address->sa)->sin_port
	    : ((const struct sockaddr_in6 *)&address->sa)->sin6_port;
}

/* --- what is seen --------------------------------------------------------------------------- */

static void
must_have(const struct addr_socket *address, int64_t len, int64_t limit, int64_t busy)
{
	enum { TRIES = 100 };
	struct queue queue;
	int i;

	/* While others of this machine come and go, /proc may leave a line out or tell it twice. */
	for (i = 0; i < TRIES; i++) {
		must(queue_read_at(address, &queue) == 0);
		if (queue.len == len && queue.limit == limit && queue.busy == busy)
			return;
	}
	must(queue.len == len);
	must(queue.limit == limit);
	must(queue.busy == busy);
}

/* 1 or 0 is known of each that waits, but to /proc of a UNIX socket only when none does. */
static void
must_hold(int fd, int holds, int others, enum source source, int family)
{
	int r = queue_holds(fd);

	if (source == PROC && family == AF_UNIX && holds + others > 0)
		must(r == -FCGI_E_SYSTEM && errno == EOPNOTSUPP);
	else
		must(r == holds);
}

/* The inode is the one that processes hold it by. */
static void
must_be_listener(const struct addr_socket *address, int listen_fd)
{
	struct queue queue;
	struct stat st;

	must(queue_read_at(address, &queue) == 0);
	must(fstat(listen_fd, &st) == 0);
	must(queue.inode == st.st_ino);
}

/* Connections come, are accepted one by one, and go: one of ours first, then theirs. */
static void
follows(int listen_fd, const struct addr_socket *address, int64_t limit, enum source source)
{
	int clients[CONNECTIONS], accepted[CONNECTIONS];
	int i, family = address->sa.ss_family;

	must_have(address, 0, limit, 0);
	must_be_listener(address, listen_fd);
	for (i = 0; i < CONNECTIONS; i++) {
		clients[i] = connection(address);
		must_have(address, i + 1, limit, 0);
	}
	for (i = 0; i < CONNECTIONS; i++) {
		must_hold(clients[i], 1, 0, source, family);
		accepted[i] = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		must(accepted[i] >= 0);
		must_have(address, CONNECTIONS - 1 - i, limit, i + 1);
		must_hold(clients[i], 0, CONNECTIONS - 1 - i, source, family);
	}
	/* A process is still busy with one whose client has left. */
	close(clients[0]);
	must_have(address, 0, limit, CONNECTIONS);
	for (i = 0; i < CONNECTIONS; i++) {
		close(accepted[i]);
		must_have(address, 0, limit, CONNECTIONS - 1 - i);
		if (i > 0) {
			must_hold(clients[i], 0, 0, source, family);
			close(clients[i]);
		}
	}
	close(listen_fd);
}

/*
 * Runs a part in a process of its own, where it may forbid itself what it likes.
 * Returns 0 when it could not.
 */
static int
ran_apart(void (*part)(enum source source), enum source source)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(60);
		if (source == PROC && !no_netlink())
			_exit(SKIPPED);
		part(source);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		return 0;
	assert_int_equal(status, 0);
	return 1;
}

/* A folder of its own for a socket's file. */
struct place {
	char directory[40];
	struct addr_socket address;
};

static void
place_make(struct place *place)
{
	char path[64];

	strcpy(place->directory, "/tmp/fcgi-utils-queue.XXXXXX");
	must(mkdtemp(place->directory) != NULL);
	snprintf(path, sizeof path, "%s/socket", place->directory);
	place->address = resolve(path);
}

static const char *
place_path(const struct place *place)
{
	return ((const struct sockaddr_un *)&place->address.sa)->sun_path;
}

static void
place_remove(struct place *place)
{
	unlink(place_path(place));
	must(rmdir(place->directory) == 0);
}

/* --- each kind of listener ------------------------------------------------------------------ */

static void
follow_path(enum source source)
{
	struct place place;
	int fd;

	place_make(&place);
	fd = listen_at(&place.address, BACKLOG, 0);
	follows(fd, &place.address, limit_of(source, BACKLOG), source);
	place_remove(&place);
}

static void
follow_abstract(enum source source)
{
	struct addr_socket address;
	char name[64];
	int fd;

	snprintf(name, sizeof name, "@fcgi-utils-queue-at-%ld", (long)getpid());
	address = resolve(name);
	fd = listen_at(&address, BACKLOG, 0);
	follows(fd, &address, limit_of(source, BACKLOG), source);
}

static void
follow_ipv4(enum source source)
{
	struct addr_socket address = resolve("127.0.0.1:0");
	int fd = listen_at(&address, BACKLOG, 0);

	follows(fd, &address, limit_of(source, BACKLOG), source);
}

static void
follow_ipv6(enum source source)
{
	struct addr_socket address = resolve("[::1]:0");
	int fd = listen_at(&address, BACKLOG, 0);

	if (fd < 0)
		_exit(SKIPPED);
	follows(fd, &address, limit_of(source, BACKLOG), source);
}

static void
follow_both_families(enum source source)
{
	struct addr_socket bound = every_address(), address;
	int fd = listen_at(&bound, BACKLOG, 0);

	if (fd < 0)
		_exit(SKIPPED);
	address = ipv4(INADDR_LOOPBACK, port_of(&bound));
	follows(fd, &address, limit_of(source, BACKLOG), source);
}

#define EITHER_WAY(name, part)                                                                     \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		if (!ran_apart(part, KERNEL))                                                      \
			skip();                                                                    \
	}                                                                                          \
	static void name##_in_proc(void **state)                                                   \
	{                                                                                          \
		(void)state;                                                                       \
		if (!ran_apart(part, PROC))                                                        \
			skip();                                                                    \
	}

EITHER_WAY(follows_a_path, follow_path)
EITHER_WAY(follows_an_abstract_name, follow_abstract)
EITHER_WAY(follows_ipv4, follow_ipv4)
EITHER_WAY(follows_ipv6, follow_ipv6)
EITHER_WAY(follows_ipv4_of_a_socket_for_both, follow_both_families)

/* --- who is who ----------------------------------------------------------------------------- */

/* Sockets that share a port are one application. */
static void
sum_group(enum source source)
{
	struct addr_socket address = resolve("127.0.0.1:0");
	int first = listen_at(&address, BACKLOG, 1);
	int second = listen_at(&address, BACKLOG + 1, 1);
	int clients[CONNECTIONS];
	int i;

	for (i = 0; i < CONNECTIONS; i++)
		clients[i] = connection(&address);
	must_have(&address, CONNECTIONS, limit_of(source, 2 * BACKLOG + 1), 0);
	for (i = 0; i < CONNECTIONS; i++)
		close(clients[i]);
	close(second);
	close(first);
}

EITHER_WAY(sums_a_group, sum_group)

/* The very address goes before the wildcard, and each has its own connections. */
static void
tell_wildcard(enum source source)
{
	struct addr_socket any = ipv4(INADDR_ANY, 0);
	int on_any = listen_at(&any, BACKLOG, 1);
	struct addr_socket one = ipv4(INADDR_LOOPBACK, port_of(&any));
	struct addr_socket other = ipv4(INADDR_LOOPBACK + 1, port_of(&any));
	int on_one = listen_at(&one, BACKLOG + 1, 1);
	int to_any = connection(&other), to_one = connection(&one), to_one_more = connection(&one);
	int accepted;

	must(on_any >= 0 && on_one >= 0);
	must_have(&one, 2, limit_of(source, BACKLOG + 1), 0);
	must_have(&other, 1, limit_of(source, BACKLOG), 0);
	accepted = accept4(on_any, NULL, NULL, SOCK_CLOEXEC);
	must_have(&one, 2, limit_of(source, BACKLOG + 1), 0);
	must_have(&other, 0, limit_of(source, BACKLOG), 1);
	close(accepted);
	close(to_any);
	close(to_one);
	close(to_one_more);
	close(on_any);
	close(on_one);
}

EITHER_WAY(tells_an_address_from_the_wildcard, tell_wildcard)

/* Connecting to 0.0.0.0 is connecting to oneself. */
static void
read_unspecified(enum source source)
{
	struct addr_socket address = resolve("127.0.0.1:0"), unspecified;
	int fd = listen_at(&address, BACKLOG, 0);

	unspecified = ipv4(INADDR_ANY, port_of(&address));
	must_have(&unspecified, 0, limit_of(source, BACKLOG), 0);
	close(fd);
}

EITHER_WAY(takes_no_address_for_loopback, read_unspecified)

/* A wildcard here says nothing about the same port elsewhere (a documentation's address). */
static void
miss_other_host(enum source source)
{
	struct addr_socket any = ipv4(INADDR_ANY, 0), other;
	int fd = listen_at(&any, BACKLOG, 0);
	struct queue queue;

	(void)source;
	other = ipv4(0xc0000201, port_of(&any));
	must(queue_read_at(&other, &queue) == -FCGI_E_ELSEWHERE);
	must(queue.len == -1 && queue.busy == -1);
	close(fd);
}

EITHER_WAY(knows_no_queue_of_another_host, miss_other_host)

static void
miss_closed(enum source source)
{
	struct addr_socket address = resolve("127.0.0.1:0");
	struct queue queue;
	struct place place;

	(void)source;
	close(listen_at(&address, BACKLOG, 0));
	must(queue_read_at(&address, &queue) == -FCGI_E_ELSEWHERE);
	place_make(&place);
	must(queue_read_at(&place.address, &queue) < 0);
	if (source == KERNEL)
		must(errno == ENOENT);
	close(listen_at(&place.address, BACKLOG, 0));
	must(queue_read_at(&place.address, &queue) == -FCGI_E_ELSEWHERE);
	place_remove(&place);
}

EITHER_WAY(knows_no_queue_of_who_is_gone, miss_closed)

/* The queue of a UNIX socket takes one more than its limit. */
static void
fill_queue(enum source source)
{
	struct place place;
	int clients[2], in_progress, i, fd;

	place_make(&place);
	fd = listen_at(&place.address, 1, 0);
	for (i = 0; i < 2; i++)
		clients[i] = connection(&place.address);
	must(addr_connect(&place.address, &in_progress) < 0 && errno == EAGAIN);
	must_have(&place.address, 2, limit_of(source, 1), 0);
	for (i = 0; i < 2; i++)
		close(clients[i]);
	close(fd);
	place_remove(&place);
}

EITHER_WAY(shows_a_full_queue, fill_queue)

/* Many at once: each gets its own answer, in its place. */
static void
read_many(enum source source)
{
	struct addr_socket first = resolve("127.0.0.1:0"), second = resolve("127.0.0.1:0"), other;
	struct queue_place places[6];
	struct place one, two, missing;
	int fds[4], clients[2], i;

	place_make(&one);
	place_make(&two);
	place_make(&missing);
	fds[0] = listen_at(&one.address, 1, 0);
	fds[1] = listen_at(&two.address, 2, 0);
	fds[2] = listen_at(&first, 3, 0);
	fds[3] = listen_at(&second, 4, 0);
	clients[0] = connection(&two.address);
	clients[1] = connection(&second);
	/* The same port, at an address where nobody listens. */
	other = ipv4(INADDR_LOOPBACK + 1, port_of(&second));
	places[0] = (struct queue_place){ .address = &first };
	places[1] = (struct queue_place){ .address = &one.address };
	places[2] = (struct queue_place){ .address = &second };
	places[3] = (struct queue_place){ .address = &other };
	places[4] = (struct queue_place){ .address = &missing.address };
	places[5] = (struct queue_place){ .address = &two.address };
	queue_read_all(places, 6);
	must(places[0].result == 0 && places[0].queue.limit == limit_of(source, 3));
	must(places[1].result == 0 && places[1].queue.limit == limit_of(source, 1));
	must(places[2].result == 0 && places[2].queue.limit == limit_of(source, 4));
	must(places[3].result == -FCGI_E_ELSEWHERE);
	must(places[4].result < 0 && places[4].queue.len == -1);
	must(source == PROC || places[4].error == ENOENT);
	must(places[5].result == 0 && places[5].queue.limit == limit_of(source, 2));
	must(places[0].queue.len == 0 && places[1].queue.len == 0);
	must(places[2].queue.len == 1 && places[5].queue.len == 1);
	for (i = 0; i < 2; i++)
		close(clients[i]);
	for (i = 0; i < 4; i++)
		close(fds[i]);
	place_remove(&one);
	place_remove(&two);
	place_remove(&missing);
}

EITHER_WAY(reads_many_at_once, read_many)

/* More sockets than the kernel tells of in one piece. */
static void
count_hundreds(enum source source)
{
	enum { HUNDREDS = 450 };
	static int clients[HUNDREDS], accepted[HUNDREDS];
	struct place place;
	int fd, i;

	place_make(&place);
	fd = listen_at(&place.address, BACKLOG, 0);
	for (i = 0; i < HUNDREDS; i++) {
		clients[i] = connection(&place.address);
		accepted[i] = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		must(accepted[i] >= 0);
	}
	must_have(&place.address, 0, limit_of(source, BACKLOG), HUNDREDS);
	for (i = 0; i < HUNDREDS; i++) {
		close(clients[i]);
		close(accepted[i]);
	}
	close(fd);
	place_remove(&place);
}

EITHER_WAY(counts_hundreds, count_hundreds)

/* A listener whose file was removed has still the name that another was made under. */
static void
tells_a_stale_listener(void **state)
{
	struct place place;
	int stale, fd, to_stale, to_new;

	(void)state;
	place_make(&place);
	stale = listen_at(&place.address, BACKLOG, 0);
	to_stale = connection(&place.address);
	assert_int_equal(unlink(place_path(&place)), 0);
	fd = listen_at(&place.address, BACKLOG + 1, 0);
	must_have(&place.address, 0, BACKLOG + 1, 0);
	to_new = connection(&place.address);
	must_have(&place.address, 1, BACKLOG + 1, 0);
	close(fd);
	close(to_new);
	/* The one that is left is not reached there. */
	assert_int_equal(queue_holds(to_stale), 1);
	assert_int_equal(queue_read_at(&place.address, &(struct queue){ 0 }), -FCGI_E_ELSEWHERE);
	close(to_stale);
	close(stale);
	place_remove(&place);
}

/* It is known by its file, which may have got another name since, and has two with a link. */
static void
knows_a_renamed_listener(void **state)
{
	struct place place;
	char path[64];
	struct addr_socket address;
	int fd;

	(void)state;
	place_make(&place);
	fd = listen_at(&place.address, BACKLOG, 0);
	snprintf(path, sizeof path, "%s/renamed", place.directory);
	assert_int_equal(rename(place_path(&place), path), 0);
	assert_int_equal(symlink("renamed", place_path(&place)), 0);
	address = resolve(path);
	must_have(&address, 0, BACKLOG, 0);
	must_have(&place.address, 0, BACKLOG, 0);
	close(fd);
	assert_int_equal(unlink(path), 0);
	place_remove(&place);
}

/* --- a file system of layers ---------------------------------------------------------------- */

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		_exit(SKIPPED);
	close(fd);
}

/* Mounts of our own, which end with us. */
static void
allow_mounts(void)
{
	char map[40];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0)
		_exit(SKIPPED);
	if (uid == 0) {
		must(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0);
		return;
	}
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
	write_file("/proc/self/gid_map", map);
}

/*
 * The file systems of containers: what they tell of a file's device is not what the kernel has, and
 * the listener has got another name since.
 */
static void
follow_overlay(enum source source)
{
	struct addr_socket address;
	int fd;

	(void)source;
	allow_mounts();
	/* Layers of one file system would tell its device. */
	if (mount("low", "low", "tmpfs", 0, NULL) < 0 ||
	    mount("all", "all", "overlay", 0, "lowerdir=low,upperdir=up,workdir=work") < 0)
		_exit(SKIPPED);
	address = resolve("./all/new");
	fd = listen_at(&address, BACKLOG, 0);
	must(rename("all/new", "all/socket") == 0);
	address = resolve("./all/socket");
	follows(fd, &address, BACKLOG, KERNEL);
	must(unlink("all/socket") == 0);
}

static void
follows_a_file_of_layers(void **state)
{
	static const char *const parts[] = { "low", "up", "work", "all", "work/work" };
	struct place place;
	int i, could;

	(void)state;
	place_make(&place);
	assert_int_equal(chdir(place.directory), 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(mkdir(parts[i], 0700), 0);
	could = ran_apart(follow_overlay, KERNEL);
	/* The last was made by the file system, if it was mounted. */
	(void)rmdir(parts[4]);
	for (i = 0; i < 4; i++)
		assert_int_equal(rmdir(parts[i]), 0);
	assert_int_equal(chdir("/"), 0);
	place_remove(&place);
	if (!could)
		skip();
}

/* --- another network namespace -------------------------------------------------------------- */

/* As with a socket in a folder that two containers share. */
static void
ask_from_another_namespace(const struct place *place)
{
	struct queue queue;
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		_exit(SKIPPED);
	must(queue_read_at(&place->address, &queue) == -FCGI_E_ELSEWHERE);
	/* Yet it can be connected to, and our own end is known here. */
	fd = connection(&place->address);
	must(queue_holds(fd) == 1);
	close(fd);
}

static void
knows_no_queue_of_another_namespace(void **state)
{
	struct place place;
	int status, fd;
	pid_t pid;

	(void)state;
	place_make(&place);
	fd = listen_at(&place.address, BACKLOG, 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		ask_from_another_namespace(&place);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	place_remove(&place);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(status, 0);
}

#define BOTH(name) cmocka_unit_test(name), cmocka_unit_test(name##_in_proc)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(follows_a_path),
		BOTH(follows_an_abstract_name),
		BOTH(follows_ipv4),
		BOTH(follows_ipv6),
		BOTH(follows_ipv4_of_a_socket_for_both),
		BOTH(sums_a_group),
		BOTH(tells_an_address_from_the_wildcard),
		BOTH(takes_no_address_for_loopback),
		BOTH(knows_no_queue_of_another_host),
		BOTH(knows_no_queue_of_who_is_gone),
		BOTH(shows_a_full_queue),
		BOTH(reads_many_at_once),
		BOTH(counts_hundreds),
		cmocka_unit_test(tells_a_stale_listener),
		cmocka_unit_test(knows_a_renamed_listener),
		cmocka_unit_test(follows_a_file_of_layers),
		cmocka_unit_test(knows_no_queue_of_another_namespace),
	};

	return cmocka_run_group_tests_name("queue_at", tests, NULL, NULL);
}
