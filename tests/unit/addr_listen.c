#include "addr_listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"

static const struct addr_listen_options plain = {
	.backlog = 8,
	.mode = 0660,
	.owner = (uid_t)-1,
	.group = (gid_t)-1,
};

/* A directory of the test's own, made before and removed after each. */
struct scene {
	char directory[32];
	struct addr_socket address;	/* of "s" in it */
	char path[128];
};

static void
set_path(struct scene *scene, const char *name)
{
	struct addr addr;
	int gai;

	snprintf(scene->path, sizeof scene->path, "%s/%s", scene->directory, name);
	assert_int_equal(addr_parse(&addr, scene->path), 0);
	assert_int_equal(addr_resolve(&addr, 1, &scene->address, &gai), 1);
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	strcpy(scene->directory, "/tmp/listen.XXXXXX");
	if (mkdtemp(scene->directory) == NULL)
		return -1;
	set_path(scene, "s");
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;
	DIR *directory = opendir(scene->directory);
	struct dirent *entry;
	char path[512];

	while ((entry = readdir(directory)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", scene->directory, entry->d_name);
		remove(path);
	}
	closedir(directory);
	rmdir(scene->directory);
	free(scene);
	return 0;
}

/* How many files the directory holds: nothing made aside may stay. */
static int
count_files(const struct scene *scene)
{
	DIR *directory = opendir(scene->directory);
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			count++;
	closedir(directory);
	return count;
}

/* 0 if somebody serves the address, else why not. */
static int
connect_error(const struct addr_socket *address)
{
	int in_progress;
	int fd = addr_connect(address, &in_progress);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void
listens_on_a_path(void **state)
{
	struct scene *scene = *state;
	struct addr_listen_options options = plain;
	struct addr_file file;
	mode_t umask_before;
	int fd;

	umask_before = umask(0077);
	fd = addr_listen(&scene->address, &options, &file);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(scene->path), S_IFSOCK | 0660);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(count_files(scene), 1);
	assert_int_equal(connect_error(&scene->address), 0);
	assert_int_equal(addr_file_unlink(&file, scene->path), 1);
	close(fd);

	umask(0777);
	options.mode = 0606;
	fd = addr_listen(&scene->address, &options, NULL);
	umask(umask_before);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(scene->path), S_IFSOCK | 0606);
	close(fd);
}

static void
gives_it_an_owner(void **state)
{
	struct scene *scene = *state;
	struct addr_listen_options options = plain;
	struct stat st;
	int fd;

	options.mode = 0600;
	if (geteuid() == 0) {
		options.owner = 12345;
		options.group = 23456;
		fd = addr_listen(&scene->address, &options, NULL);
		assert_true(fd >= 0);
		assert_int_equal(lstat(scene->path, &st), 0);
		assert_int_equal(st.st_uid, 12345);
		assert_int_equal(st.st_gid, 23456);
		assert_int_equal(st.st_mode, S_IFSOCK | 0600);
		close(fd);
	} else {
		options.owner = 0;
		assert_int_equal(addr_listen(&scene->address, &options, NULL), -FCGI_E_SYSTEM);
		assert_int_equal(errno, EPERM);
		assert_int_equal(count_files(scene), 0);
	}
}

static void
leaves_a_served_socket_alone(void **state)
{
	struct scene *scene = *state;
	struct addr_listen_options options = plain;
	struct addr_file file;
	struct stat before;
	struct stat after;
	int waiting;
	int in_progress;
	int fd;

	options.backlog = 0;
	fd = addr_listen(&scene->address, &options, &file);
	assert_true(fd >= 0);
	assert_int_equal(lstat(scene->path, &before), 0);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	/* The connect test has filled the queue; an owner with a full queue is one all the same. */
	waiting = addr_connect(&scene->address, &in_progress);
	assert_int_equal(waiting, -FCGI_E_SYSTEM);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(lstat(scene->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(count_files(scene), 1);
	assert_int_equal(addr_file_unlink(&file, scene->path), 1);
	close(fd);
}

static void
leaves_a_datagram_socket_alone(void **state)
{
	struct scene *scene = *state;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&scene->address.sa, scene->address.len), 0);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(count_files(scene), 1);
	close(fd);
}

static void
replaces_a_dead_socket(void **state)
{
	struct scene *scene = *state;
	struct addr_file first;
	struct addr_file second;
	int fd = addr_listen(&scene->address, &plain, &first);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(connect_error(&scene->address), ECONNREFUSED);
	fd = addr_listen(&scene->address, &plain, &second);
	assert_true(fd >= 0);
	assert_int_equal(connect_error(&scene->address), 0);
	assert_int_equal(count_files(scene), 1);
	/* The first one's identity does not unlink the second's file. */
	assert_int_equal(addr_file_unlink(&first, scene->path), 0);
	assert_int_equal(count_files(scene), 1);
	assert_int_equal(addr_file_unlink(&second, scene->path), 1);
	assert_int_equal(addr_file_unlink(&second, scene->path), 0);
	close(fd);
}

static void
deletes_nothing_but_sockets(void **state)
{
	struct scene *scene = *state;
	char target[128];
	char word[8] = "";
	int fd;

	fd = open(scene->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "kept", 4), 4);
	close(fd);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_NOT_SOCKET);
	fd = open(scene->path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, word, sizeof word), 4);
	assert_string_equal(word, "kept");
	close(fd);

	/* A link to a dead socket is not a socket either: it may lead anywhere by now. */
	unlink(scene->path);
	snprintf(target, sizeof target, "%s/target", scene->directory);
	set_path(scene, "target");
	close(addr_listen(&scene->address, &plain, NULL));
	set_path(scene, "s");
	assert_int_equal(symlink(target, scene->path), 0);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_NOT_SOCKET);
	assert_true(S_ISLNK(mode_of(scene->path)));
	assert_true(S_ISSOCK(mode_of(target)));

	unlink(scene->path);
	assert_int_equal(mkfifo(scene->path, 0600), 0);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_NOT_SOCKET);
	assert_true(S_ISFIFO(mode_of(scene->path)));

	unlink(scene->path);
	assert_int_equal(mkdir(scene->path, 0700), 0);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_NOT_SOCKET);
	assert_true(S_ISDIR(mode_of(scene->path)));
	assert_int_equal(count_files(scene), 2);
}

static void
reports_what_fails(void **state)
{
	struct scene *scene = *state;

	set_path(scene, "missing/s");
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, ENOENT);
	if (geteuid() == 0)
		return;
	set_path(scene, "s");
	assert_int_equal(chmod(scene->directory, 0500), 0);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EACCES);
	assert_int_equal(chmod(scene->directory, 0700), 0);
}

static void
listens_on_the_longest_path(void **state)
{
	struct scene *scene = *state;
	char name[108];
	size_t len = 107 - strlen(scene->directory) - 1;
	int fd;
	int again;

	memset(name, 'n', len);
	name[len] = '\0';
	set_path(scene, name);
	assert_int_equal(strlen(scene->path), 107);
	fd = addr_listen(&scene->address, &plain, NULL);
	assert_true(fd >= 0);
	assert_int_equal(mode_of(scene->path), S_IFSOCK | 0660);
	assert_int_equal(connect_error(&scene->address), 0);
	assert_int_equal(count_files(scene), 1);
	assert_int_equal(addr_listen(&scene->address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	again = addr_listen(&scene->address, &plain, NULL);
	assert_true(again >= 0);
	assert_int_equal(count_files(scene), 1);
	close(again);
}

static void
listens_on_a_relative_path(void **state)
{
	struct scene *scene = *state;
	int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct addr_socket address;
	struct addr addr;
	int gai;
	int fd;

	assert_int_equal(chdir(scene->directory), 0);
	assert_int_equal(addr_parse(&addr, "s"), 0);
	assert_int_equal(addr_resolve(&addr, 1, &address, &gai), 1);
	fd = addr_listen(&address, &plain, NULL);
	assert_int_equal(fchdir(home), 0);
	close(home);
	assert_true(fd >= 0);
	assert_int_equal(connect_error(&scene->address), 0);
	close(fd);
}

static void
listens_on_an_abstract_name(void **state)
{
	struct addr_file file = { .ino = 1 };
	struct addr_socket address;
	struct addr addr = { .kind = ADDR_ABSTRACT };
	int gai;
	int fd;

	(void)state;
	snprintf(addr.name, sizeof addr.name, "fcgi-utils-unit-%ld", (long)getpid());
	assert_int_equal(addr_resolve(&addr, 1, &address, &gai), 1);
	fd = addr_listen(&address, &plain, &file);
	assert_true(fd >= 0);
	assert_int_equal(file.ino, 0);
	assert_int_equal(connect_error(&address), 0);
	assert_int_equal(addr_listen(&address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void
listens_on_tcp(void **state)
{
	struct addr_file file = { .ino = 1 };
	struct addr_socket address;
	struct addr addr;
	int on = 0;
	socklen_t len = sizeof on;
	int gai;
	int fd;

	(void)state;
	assert_int_equal(addr_parse(&addr, ":0"), 0);
	assert_int_equal(addr_resolve(&addr, 1, &address, &gai), 1);
	fd = addr_listen(&address, &plain, &file);
	assert_true(fd >= 0);
	assert_int_equal(file.ino, 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_false(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, &len), 0);
	assert_true(on);
	address.len = sizeof address.sa;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address.sa, &address.len), 0);
	assert_int_equal(addr_listen(&address, &plain, NULL), -FCGI_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void
lets_ipv6_take_ipv4(void **state)
{
	struct addr_listen_options options = plain;
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct addr addr;
	socklen_t len = sizeof(int);
	int v6only = -1;
	int gai;
	int fd;
	int i;

	(void)state;
	assert_int_equal(addr_parse(&addr, "*:0"), 0);
	assert_int_equal(addr_resolve(&addr, 1, sockets, &gai), 2);
	for (i = 0; i < 2; i++) {
		options.v6only = i;
		fd = addr_listen(&sockets[0], &options, NULL);
		if (fd < 0 && errno == EAFNOSUPPORT)
			skip();
		assert_true(fd >= 0);
		assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &len), 0);
		assert_int_equal(v6only, i);
		close(fd);
	}
}

/*
 * Many starters at once, over a dead socket: one has it in the end, the others are told so, and
 * nobody's socket was thrown out.
 */
static void
one_of_many_wins(void **state)
{
	enum { STARTERS = 8, ROUNDS = 20 };
	struct scene *scene = *state;
	pid_t pids[STARTERS];
	int round;
	int status;
	int gate[2];
	int hold[2];
	int told[2];
	char byte;
	int won;
	int i;

	close(addr_listen(&scene->address, &plain, NULL));
	for (round = 0; round < ROUNDS; round++) {
		assert_int_equal(pipe(gate), 0);
		assert_int_equal(pipe(hold), 0);
		assert_int_equal(pipe(told), 0);
		for (i = 0; i < STARTERS; i++) {
			pids[i] = fork();
			assert_true(pids[i] >= 0);
			if (pids[i] == 0) {
				close(gate[1]);
				close(hold[1]);
				if (read(gate[0], &byte, 1) < 0)
					_exit(9);
				status = addr_listen(&scene->address, &plain, NULL);
				if (status < 0)
					status = errno == EADDRINUSE ? 1 : 2;
				else
					status = 0;
				if (write(told[1], "x", 1) < 0 || read(hold[0], &byte, 1) < 0)
					_exit(9);
				/* The winner still has its name when all have tried. */
				if (status == 0 && connect_error(&scene->address) != 0)
					_exit(3);
				_exit(status);
			}
		}
		close(gate[0]);
		close(hold[0]);
		close(told[1]);
		close(gate[1]);
		for (i = 0; i < STARTERS; i++)
			assert_int_equal(read(told[0], &byte, 1), 1);
		close(hold[1]);
		close(told[0]);
		won = 0;
		for (i = 0; i < STARTERS; i++) {
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			assert_true(WIFEXITED(status));
			assert_in_range(WEXITSTATUS(status), 0, 1);
			won += WEXITSTATUS(status) == 0;
		}
		assert_int_equal(won, 1);
		assert_int_equal(count_files(scene), 1);
	}
}

int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		test(listens_on_a_path),
		test(gives_it_an_owner),
		test(leaves_a_served_socket_alone),
		test(leaves_a_datagram_socket_alone),
		test(replaces_a_dead_socket),
		test(deletes_nothing_but_sockets),
		test(reports_what_fails),
		test(listens_on_the_longest_path),
		test(listens_on_a_relative_path),
		test(listens_on_an_abstract_name),
		test(listens_on_tcp),
		test(lets_ipv6_take_ipv4),
		test(one_of_many_wins),
	};

	return cmocka_run_group_tests_name("addr_listen", tests, NULL, NULL);
}
