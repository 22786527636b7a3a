#include "spawn.h"

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
#include <limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fcgi_error.h"
#include "spawn_explain.h"
#include "spawn_run.h"
#include "valgrind.h"

enum { GUARD_MS = 20000 };

extern char **environ;

/* A directory of the test's own; it is also the working directory. */
struct scene {
	char directory[PATH_MAX];
	int home;
};

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	char directory[] = "/tmp/spawn.XXXXXX";

	scene->home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdtemp(directory) == NULL || chdir(directory) < 0 ||
	    getcwd(scene->directory, sizeof scene->directory) == NULL)
		return -1;
	*state = scene;
	return 0;
}

static void
remove_tree(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[PATH_MAX];

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < 0)
			continue;
		if (entry->d_type == DT_DIR)
			remove_tree(name);
		unlink(name);
	}
	closedir(directory);
	rmdir(path);
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;
	int r = fchdir(scene->home);

	close(scene->home);
	remove_tree(scene->directory);
	free(scene);
	return r;
}

static void
put_file(const char *name, const char *content, size_t len, mode_t mode)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, len), len);
	close(fd);
	assert_int_equal(chmod(name, mode), 0);
}

static void
put_script(const char *name, const char *content)
{
	put_file(name, content, strlen(content), 0755);
}

/* What spawn_find() says: 0 or errno; the result is compared with DIRECTORY/want. */
static int
find(const struct scene *scene, const char *command, const char *search_path, const char *want)
{
	char path[PATH_MAX];
	char wanted[2 * PATH_MAX];
	int error = spawn_find(path, sizeof path, command, search_path) < 0 ? errno : 0;

	snprintf(wanted, sizeof wanted, "%s/%s", scene->directory, want);
	if (want[0] == '/')
		assert_string_equal(path, want);
	else
		assert_string_equal(path, wanted);
	return error;
}

static void
finds_programs(void **state)
{
	const struct scene *scene = *state;
	char path[PATH_MAX];
	char absolute[PATH_MAX + 8];

	put_script("app", "#!/bin/sh\n");
	put_file("plain", "", 0, 0644);
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("e", 0755), 0);
	assert_int_equal(mkdir("d/app", 0755), 0);
	put_file("d/plain", "", 0, 0644);
	put_script("e/plain", "#!/bin/sh\n");

	assert_int_equal(find(scene, "./app", NULL, "app"), 0);
	assert_int_equal(find(scene, ".//./app", NULL, "app"), 0);
	assert_int_equal(find(scene, "e/plain", "/nowhere", "e/plain"), 0);
	snprintf(absolute, sizeof absolute, "%s/app", scene->directory);
	assert_int_equal(find(scene, absolute, NULL, absolute), 0);
	assert_int_equal(find(scene, "./no", NULL, "no"), ENOENT);
	assert_int_equal(find(scene, "./plain", NULL, "plain"), EACCES);
	assert_int_equal(find(scene, "./d", NULL, "d"), EISDIR);
	assert_int_equal(find(scene, "./app/x", NULL, "app/x"), ENOTDIR);
	assert_int_equal(find(scene, "/dev/null", NULL, "/dev/null"), EACCES);

	/* In a search path a relative directory, and an empty one, are the working directory's. */
	assert_int_equal(find(scene, "app", "/nowhere::e", "app"), 0);
	assert_int_equal(find(scene, "app", "", "app"), 0);
	assert_int_equal(find(scene, "plain", "d:e", "e/plain"), 0);
	/* What cannot be executed is passed over, and is the reason if nothing else is there. */
	assert_int_equal(find(scene, "app", "d:.", "./app"), 0);
	assert_int_equal(find(scene, "plain", "d", "d/plain"), EACCES);
	assert_int_equal(find(scene, "app", "d", "d/app"), EISDIR);
	assert_int_equal(find(scene, "sh", NULL, "/bin/sh"), 0);

	/* Nor is a directory that we may not enter: it does not matter to root. */
	assert_int_equal(mkdir("f", 0), 0);
	assert_true(spawn_find(path, sizeof path, "no-such-program", "f:/nowhere") < 0);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(path, "no-such-program");
	assert_true(spawn_find(path, sizeof path, "", "/bin") < 0);
	assert_int_equal(errno, ENOENT);
	assert_true(spawn_find(path, 8, "./app", NULL) < 0);
	assert_int_equal(errno, ENAMETOOLONG);

	assert_int_equal(spawn_exit_status(ENOENT), 127);
	assert_int_equal(spawn_exit_status(EACCES), 126);
	assert_int_equal(spawn_exit_status(EISDIR), 126);
	assert_int_equal(spawn_exit_status(ENOEXEC), 126);
}

static void
passes_words_and_directory(void **state)
{
	char *envp[] = { (char *)(uintptr_t)"A=1", (char *)(uintptr_t)"PATH=/bin:/usr/bin", NULL };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct spawn spawn = { .listen_fd = fd, .stdout_fd = -1, .stderr_fd = -1, .envp = envp };

	(void)state;
	assert_int_equal(run_shell(&spawn, "test \"$A\" = 1 && test -z \"$B$HOME\""), 0);
	spawn.directory = "/";
	assert_int_equal(run_shell(&spawn, "test \"$(pwd)\" = /"), 0);
	assert_int_equal(run_shell(&spawn, "exit 7"), 7);
	assert_int_equal(run_shell(&spawn, "kill -USR1 $$"), 1000 + SIGUSR1);
	close(fd);
}

/*
 * What a descriptor is in the child: the test makes three files and looks at what the child writes
 * into which.  Any of the parent's own 0 to 2 may be the source of any other.
 */
static void
places_descriptors(void **state)
{
	static const int orders[][3] = { { 50, 51, 52 }, { 0, 1, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
		{ 1, 0, 50 }, { 51, 50, 2 }, { 51, 50, 50 } };
	struct stat st;
	int saved[3];
	size_t i;
	int j;

	(void)state;
	for (j = 0; j < 3; j++)
		saved[j] = fcntl(j, F_DUPFD_CLOEXEC, 100);
	for (i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct spawn spawn = { .listen_fd = orders[i][0], .stdout_fd = orders[i][1],
			.stderr_fd = orders[i][2] };
		static const char *const names[] = { "in", "out", "err" };
		int parked[3];
		int status;

		put_file("in", "word\n", 5, 0600);
		put_file("out", "", 0, 0600);
		put_file("err", "", 0, 0600);
		for (j = 0; j < 3; j++) {
			int fd = open(names[j], O_RDWR | O_CLOEXEC);

			parked[j] = fcntl(fd, F_DUPFD_CLOEXEC, 200);
			close(fd);
		}
		for (j = 0; j < 3; j++)
			dup3(parked[j], orders[i][j], O_CLOEXEC);
		for (j = 0; j < 3; j++)
			close(parked[j]);
		status = run_shell(&spawn, "read w && echo $w && echo $w >&2 && "
					   "test \"$(ls /proc/self/fd | wc -l)\" = 4");
		for (j = 0; j < 3; j++)
			close(orders[i][j]);
		for (j = 0; j < 3; j++)
			dup2(saved[j], j);
		assert_int_equal(status, 0);
		/* Where 1 and 2 are the same file, it holds the word twice. */
		assert_int_equal(stat("err", &st), 0);
		assert_int_equal(st.st_size, orders[i][1] == orders[i][2] ? 10 : 5);
	}
	for (j = 0; j < 3; j++)
		close(saved[j]);
}

static void
leaks_nothing(void **state)
{
	struct spawn spawn = { .stdout_fd = -1, .stderr_fd = -1 };
	void (*hangup)(int);
	void (*broken)(int);
	sigset_t blocked;
	sigset_t before;
	sigset_t after;
	int high;
	int low;
	int i;

	(void)state;
	spawn.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	low = dup(spawn.listen_fd);
	high = fcntl(spawn.listen_fd, F_DUPFD, 900);
	/* Neither what is ignored nor what is blocked crosses; both stay as they were with us. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
	sigfillset(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	i = run_shell(&spawn, "grep -q '^SigBlk:.0*$' /proc/self/status || exit 1\n"
			      "grep -q '^SigIgn:.0*$' /proc/self/status || exit 2\n"
			      "test \"$(ls /proc/self/fd | wc -l)\" = 4 || exit 3\n"
			      "test \"$(readlink /proc/self/fd/1)\" != /dev/null || exit 0\n"
			      "test \"$(readlink /proc/$$/fd/1)\" = /dev/null || exit 4\n"
			      "test \"$(readlink /proc/$$/fd/2)\" = /dev/null || exit 5\n");
	sigprocmask(SIG_SETMASK, &before, &after);
	hangup = signal(SIGHUP, SIG_DFL);
	broken = signal(SIGPIPE, SIG_DFL);
	signal(SIGRTMAX, SIG_DFL);
	close(high);
	close(low);
	assert_int_equal(i, 0);
	assert_int_equal(sigismember(&after, SIGUSR2), 1);
	assert_ptr_equal(hangup, SIG_IGN);
	assert_ptr_equal(broken, SIG_IGN);
	/* Blocking or not is one flag of all who share the socket. */
	assert_false(fcntl(spawn.listen_fd, F_GETFL) & O_NONBLOCK);
	close(spawn.listen_fd);
}

static void
makes_a_group(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *argv[] = { (char *)(uintptr_t)"sleep", (char *)(uintptr_t)"1000", NULL };
	struct spawn spawn = { .path = "/bin/sleep", .argv = argv, .envp = environ,
		.listen_fd = fd, .stdout_fd = -1, .stderr_fd = -1, .new_group = 1 };
	struct spawn_failure failure;
	pid_t pid = spawn_start(&spawn, &failure);
	int status;

	(void)state;
	assert_true(pid > 0);
	assert_int_equal(getpgid(pid), pid);
	assert_int_equal(kill(-pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	spawn.new_group = 0;
	pid = spawn_start(&spawn, &failure);
	assert_true(pid > 0);
	assert_int_equal(getpgid(pid), getpgid(0));
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
}

static void
reports_what_fails(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"x", NULL };
	struct spawn spawn = { .path = "/bin/true", .argv = argv, .envp = environ,
		.listen_fd = 0, .stdout_fd = -1, .stderr_fd = -1 };
	struct rlimit limit;
	struct rlimit low;

	(void)state;
	spawn.directory = "/no/such";
	assert_true(fails(&spawn, SPAWN_DIRECTORY, ENOENT));
	spawn.directory = NULL;
	spawn.path = "/no/such";
	assert_true(fails(&spawn, SPAWN_EXEC, ENOENT));
	put_file("plain", "", 0, 0644);
	spawn.path = "plain";
	assert_true(fails(&spawn, SPAWN_EXEC, EACCES));
	spawn.path = "/";
	assert_true(fails(&spawn, SPAWN_EXEC, EACCES));
	spawn.path = "/bin/true";
	spawn.listen_fd = 999;
	assert_true(fails(&spawn, SPAWN_FDS, EBADF));
	spawn.listen_fd = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_true(fails(&spawn, SPAWN_FORK, EMFILE));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(run(&spawn), 0);
}

static void
reports_what_cannot_run(void **state)
{
	char *argv[] = { (char *)(uintptr_t)"x", NULL };
	struct spawn spawn = { .argv = argv, .envp = environ, .stdout_fd = -1, .stderr_fd = -1 };

	(void)state;
	/* valgrind takes an exec that the kernel refuses for the end of the world. */
	if (under_valgrind())
		skip();
	put_script("bad", "#!/no/such/interpreter\n");
	spawn.path = "bad";
	assert_true(fails(&spawn, SPAWN_EXEC, ENOEXEC));
	put_script("text", "exit 0\n");
	spawn.path = "text";
	assert_true(fails(&spawn, SPAWN_EXEC, ENOEXEC));
}

static void
assert_explains(const char *path, int error, const char *want)
{
	char text[1024];

	assert_ptr_equal(spawn_explain(text, sizeof text, path, error), text);
	if (strstr(text, want) == NULL)
		fail_msg("%s: \"%s\", not \"%s\"", path, text, want);
}

static void
explains(void **state)
{
	static const char elf[64] = "\x7f"
				    "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\xff\xff";
	char want[64];
	char self[8192];
	ssize_t len;
	int fd;

	(void)state;
	put_script("gone", "#! /no/such/interpreter -x\necho\n");
	assert_explains("gone", ENOEXEC, "its interpreter /no/such/interpreter does not exist");
	put_script("dos", "#!/bin/sh\r\necho\r\n");
	assert_explains("dos", ENOEXEC, "its #! line ends in a carriage return");
	put_script("none", "#!\n");
	assert_explains("none", ENOEXEC, "its #! line names no interpreter");
	put_script("directory", "#!/bin\n");
	assert_explains("directory", EACCES, "its interpreter /bin");
	put_file("unexecutable", "", 0, 0644);
	put_script("denied", "#!./unexecutable");
	assert_explains("denied", EACCES, "its interpreter ./unexecutable: Permission denied");
	put_script("words", "exit 0\n");
	assert_explains("words", ENOEXEC, "neither a program nor a script that begins with #!");
	put_script("empty", "");
	assert_explains("empty", ENOEXEC, "the file is empty");
	put_file("foreign", elf, sizeof elf, 0755);
	assert_explains("foreign", ENOEXEC, "a program for another kind of machine");
	put_file("short", elf, 8, 0755);
	assert_explains("short", ENOEXEC, "a program for another kind of machine");
	snprintf(want, sizeof want, " 0644, we are uid %u)", (unsigned)geteuid());
	assert_explains("unexecutable", EACCES, "Permission denied (file is ");
	assert_explains("unexecutable", EACCES, want);
	assert_explains("/", EISDIR, "Is a directory");
	assert_explains("x", ENOENT, "No such file or directory");

	/* This program with the name of its loader spoiled, if it has one. */
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	len = read(fd, self, sizeof self);
	close(fd);
	for (fd = 0; fd + 12 < (int)len; fd++) {
		if (memcmp(self + fd, "/lib64/ld-li", 12) == 0) {
			self[fd + 1] = 'X';
			put_file("loaderless", self, (size_t)len, 0755);
			assert_explains("loaderless", ENOEXEC, "its loader /Xib64/ld-li");
			break;
		}
	}
}

/* Runs what a caller's process runs, in a child.  Returns its wait status. */
static int
daemonized(void (*daemon)(int fd, int told), int told, void (*while_waiting)(pid_t pid, int told))
{
	struct rlimit none = { 0, 0 };
	int status = -1;
	int fds[2];
	pid_t pid;
	int fd;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		setrlimit(RLIMIT_CORE, &none);
		fd = spawn_daemonize();
		if (fd < 0)
			_exit(99);
		daemon(fd, told >= 0 ? told : fds[1]);
		_exit(98);
	}
	close(fds[1]);
	if (while_waiting != NULL)
		while_waiting(pid, fds[0]);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	close(fds[0]);
	return status;
}

/* Until the other side closes; bounded. */
static void
wait_end(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	char byte;

	do
		assert_int_equal(poll(&end, 1, GUARD_MS), 1);
	while (read(fd, &byte, 1) > 0);
}

static void
daemon_succeeds(int fd, int told)
{
	(void)told;
	/* A session of its own, and the way back still there. */
	spawn_daemon_ready(fd, getsid(0) == getpid() ? 0 : 55);
	_exit(0);
}

static void
daemon_fails(int fd, int told)
{
	(void)told;
	spawn_daemon_ready(fd, 127);
	_exit(0);
}

static void
daemon_exits(int fd, int told)
{
	(void)fd;
	(void)told;
	_exit(124);
}

static void
daemon_dies(int fd, int told)
{
	(void)fd;
	(void)told;
	kill(getpid(), SIGKILL);
}

/* Says that it is there, and fails when it is told to stop. */
static void
daemon_waits(int fd, int told)
{
	const struct timespec guard = { .tv_sec = GUARD_MS / 1000 };
	sigset_t stop;
	int number;

	spawn_stop_signals(&stop);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (write(told, "x", 1) != 1)
		_exit(1);
	number = sigtimedwait(&stop, NULL, &guard);
	if (number < 0 || number == SIGINT)
		_exit(1);
	spawn_daemon_ready(fd, number == SIGTERM ? 1 : 0);
	_exit(0);
}

/* Says that it is there, and does not care for signals; ends when nobody waits. */
static void
daemon_is_deaf(int fd, int told)
{
	struct pollfd alone = { .fd = fd, .events = POLLIN };
	sigset_t stop;

	spawn_stop_signals(&stop);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (write(told, "x", 1) != 1)
		_exit(1);
	_exit(poll(&alone, 1, GUARD_MS) == 1 ? 0 : 1);
}

static void
wait_told(int told)
{
	struct pollfd there = { .fd = told, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&there, 1, GUARD_MS), 1);
	assert_int_equal(read(told, &byte, 1), 1);
}

static void
terminate(pid_t pid, int told)
{
	wait_told(told);
	kill(pid, SIGTERM);
}

static void
interrupt(pid_t pid, int told)
{
	wait_told(told);
	kill(pid, SIGINT);
}

static void
hang_up(pid_t pid, int told)
{
	wait_told(told);
	kill(pid, SIGHUP);
}

static void
interrupt_twice(pid_t pid, int told)
{
	siginfo_t info = { .si_pid = 0 };

	wait_told(told);
	/* Two that come before the first is read are one: ask until it has ended. */
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid == 0) {
		kill(pid, SIGINT);
		poll(NULL, 0, 1);
	}
	/* The daemon ends because nobody waits, and so closes its end. */
	wait_end(told);
}

static void
kill_caller(pid_t pid, int told)
{
	wait_told(told);
	kill(pid, SIGKILL);
	wait_end(told);
}

static void
daemonizes(void **state)
{
	int status;

	(void)state;
	status = daemonized(daemon_succeeds, -1, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	status = daemonized(daemon_fails, -1, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 127);
	status = daemonized(daemon_exits, -1, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 124);
	status = daemonized(daemon_dies, -1, NULL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
passes_signals_on(void **state)
{
	int status;

	(void)state;
	/* Failed because of it, or died of it: so does the caller. */
	status = daemonized(daemon_waits, -1, terminate);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	status = daemonized(daemon_waits, -1, interrupt);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
	/* Came too late: all was started. */
	status = daemonized(daemon_waits, -1, hang_up);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
tells_the_daemon_when_nobody_waits(void **state)
{
	int status;

	(void)state;
	status = daemonized(daemon_is_deaf, -1, interrupt_twice);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
	status = daemonized(daemon_is_deaf, -1, kill_caller);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
leaves_ignored_signals_out(void **state)
{
	sigset_t set;

	(void)state;
	spawn_stop_signals(&set);
	assert_int_equal(sigismember(&set, SIGHUP), 1);
	assert_int_equal(sigismember(&set, SIGTERM), 1);
	assert_int_equal(sigismember(&set, SIGCHLD), 0);
	signal(SIGHUP, SIG_IGN);
	spawn_stop_signals(&set);
	signal(SIGHUP, SIG_DFL);
	assert_int_equal(sigismember(&set, SIGHUP), 0);
	assert_int_equal(sigismember(&set, SIGINT), 1);
}

static void
fills_standard_descriptors(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		char byte = 'x';
		struct stat st;

		close(0);
		close(1);
		close(2);
		if (spawn_fill_standard_fds() < 0)
			_exit(1);
		if (fstat(2, &st) < 0 || !S_ISCHR(st.st_mode) || open("/", O_RDONLY) < 3)
			_exit(2);
		if (read(0, &byte, 1) != 0 || write(2, &byte, 1) != 1)
			_exit(3);
		/* An answer that goes nowhere is not taken for one that was given. */
		if (write(1, &byte, 1) != -1)
			_exit(4);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		test(finds_programs),
		test(passes_words_and_directory),
		test(places_descriptors),
		test(leaks_nothing),
		test(makes_a_group),
		test(reports_what_fails),
		test(reports_what_cannot_run),
		test(explains),
		cmocka_unit_test(daemonizes),
		cmocka_unit_test(passes_signals_on),
		cmocka_unit_test(tells_the_daemon_when_nobody_waits),
		cmocka_unit_test(leaves_ignored_signals_out),
		cmocka_unit_test(fills_standard_descriptors),
	};

	/* A shell's & or nohup(1) may have had them ignored. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
