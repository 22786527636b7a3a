#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "spawn_child.h"

/* 0 if the file can be executed by us, else errno. */
static int
executable_error(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* DIRECTORY/NAME, absolute.  Returns 0 or errno. */
static int
join(char *dst, size_t size, const char *directory, size_t directory_len, const char *name)
{
	char cwd[PATH_MAX] = "";
	int len;

	while (directory_len == 0 && strncmp(name, "./", 2) == 0)
		name += 1 + strspn(name + 1, "/");
	if (directory_len == 0 ? name[0] != '/' : directory[0] != '/') {
		if (getcwd(cwd, sizeof cwd - 1) == NULL)
			return errno;
		if (strcmp(cwd, "/") == 0)
			cwd[0] = '\0';
		strcat(cwd, "/");
	}
	len = snprintf(dst, size, "%s%.*s%s%s", cwd, (int)directory_len, directory,
	    directory_len > 0 ? "/" : "", name);
	return len < 0 || (size_t)len >= size ? ENAMETOOLONG : 0;
}

/* Looks through the directories of a search path; what is there but not executable is a reason. */
static int
search(char *dst, size_t size, const char *command, const char *search_path)
{
	char candidate[PATH_MAX];
	const char *p = search_path;
	const char *end;
	int best = ENOENT;
	int error;

	for (;; p = end + 1) {
		end = p + strcspn(p, ":");
		error = join(candidate, sizeof candidate, p, (size_t)(end - p), command);
		/* A directory that we may not look into is one that does not have it. */
		if (error == 0)
			error = access(candidate, F_OK) < 0 ? ENOENT : executable_error(candidate);
		if (error == 0 || (best == ENOENT && (error == EACCES || error == EISDIR))) {
			if (snprintf(dst, size, "%s", candidate) >= (int)size)
				error = ENAMETOOLONG;
			best = error;
		}
		if (error == 0 || *end == '\0')
			return best;
	}
}

int
spawn_find(char *dst, size_t size, const char *command, const char *search_path)
{
	char standard[256] = "/bin:/usr/bin";
	int error;

	snprintf(dst, size, "%s", command);
	if (strchr(command, '/') != NULL) {
		error = join(dst, size, "", 0, command);
		if (error == 0)
			error = executable_error(dst);
	} else if (command[0] == '\0') {
		error = ENOENT;
	} else {
		if (search_path == NULL) {
			confstr(_CS_PATH, standard, sizeof standard);
			search_path = standard;
		}
		error = search(dst, size, command, search_path);
	}
	errno = error;
	return error != 0 ? -FCGI_E_SYSTEM : 0;
}

int
spawn_exit_status(int error)
{
	return error == ENOENT ? 127 : 126;
}

/*
 * Waits until exec has closed the pipe or the child has said why not.
 * Returns 1 if it has failed, or if it takes too long.
 */
static int
has_failed(int fd, int timeout_ms, struct spawn_failure *failure)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };
	int64_t deadline_ns = CLOCK_NEVER;
	ssize_t n;
	int r;

	if (timeout_ms > 0)
		deadline_ns = clock_after(clock_now_ns(), timeout_ms * CLOCK_NS_PER_MS);
	do
		r = poll(&end, 1, clock_poll_timeout(deadline_ns, clock_now_ns()));
	while (r < 0 && errno == EINTR);
	if (r == 0) {
		*failure = (struct spawn_failure){ .step = SPAWN_EXEC, .error = ETIMEDOUT };
		return 1;
	}
	n = read(fd, failure, sizeof *failure);
	return n == (ssize_t)sizeof *failure;
}

static pid_t
fail_fork(struct spawn_failure *failure)
{
	failure->step = SPAWN_FORK;
	failure->error = errno;
	return -FCGI_E_SYSTEM;
}

pid_t
spawn_start(const struct spawn *spawn, struct spawn_failure *failure)
{
	struct spawn_child child = { .spawn = spawn, .parent = getpid() };
	sigset_t all;
	sigset_t before;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_fork(failure);
	child.report = fds[1];
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	/* Not vfork(2): what has become another user must not be run in our memory. */
	pid = fork();
	if (pid == 0)
		spawn_child_run(&child);
	if (pid < 0)
		fail_fork(failure);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (pid > 0) {
		/* Here too, so that the group is there when we return. */
		if (spawn->new_group)
			setpgid(pid, pid);
		if (has_failed(fds[0], spawn->timeout_ms, failure)) {
			kill(pid, SIGKILL);
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			pid = -1;
		}
	}
	close(fds[0]);
	if (pid > 0)
		return pid;
	errno = failure->error;
	return -FCGI_E_SYSTEM;
}

void
spawn_stop_signals(sigset_t *set)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action;
	size_t i;

	sigemptyset(set);
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(set, numbers[i]);
}

/* Ends as the signal would have ended us. */
static _Noreturn void
die_of(int number)
{
	sigset_t set;

	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + number);
}

/* The status that the daemon told, or else that it ended with. */
static int
daemon_status(pid_t daemon, int fd)
{
	unsigned char told;
	int status;

	if (read(fd, &told, 1) == 1)
		return told;
	while (waitpid(daemon, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* What is left of the caller's process: it waits, and is the one that a ^C reaches. */
static _Noreturn void
wait_for_daemon(pid_t daemon, int fd, int signal_fd)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
		{ .fd = signal_fd, .events = POLLIN } };
	struct signalfd_siginfo info;
	int asked = 0;
	int status;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents != 0)
			break;
		if (read(signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
			continue;
		if (asked != 0)
			die_of((int)info.ssi_signo);
		asked = (int)info.ssi_signo;
		kill(daemon, asked);
	}
	status = daemon_status(daemon, fd);
	if (status != 0 && asked != 0)
		die_of(asked);
	_exit(status);
}

/* Keeps errno over closing what is no longer of use. */
static int
give_up(int a, int b, int c)
{
	int saved = errno;

	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	if (c >= 0)
		close(c);
	errno = saved;
	return -FCGI_E_SYSTEM;
}

int
spawn_daemonize(void)
{
	sigset_t stop;
	sigset_t before;
	int signal_fd;
	int fds[2];
	pid_t pid;

	spawn_stop_signals(&stop);
	signal_fd = signalfd(-1, &stop, SFD_CLOEXEC);
	if (signal_fd < 0)
		return -FCGI_E_SYSTEM;
	/* A socket, because writing to a pipe that nobody reads would raise SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return give_up(signal_fd, -1, -1);
	sigprocmask(SIG_BLOCK, &stop, &before);
	pid = fork();
	if (pid > 0) {
		close(fds[1]);
		wait_for_daemon(pid, fds[0], signal_fd);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return give_up(signal_fd, fds[0], fds[1]);
	close(signal_fd);
	close(fds[0]);
	setsid();
	return fds[1];
}

void
spawn_daemon_ready(int fd, int status)
{
	unsigned char byte = (unsigned char)status;

	/* If nobody waits any more, nobody needs to know. */
	send(fd, &byte, 1, MSG_NOSIGNAL);
	close(fd);
}

int
spawn_fill_standard_fds(void)
{
	/* A closed standard output must not swallow an answer: a write to it fails still. */
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };
	struct pollfd fds[] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };
	int fd;

	/* One call for the three of them; whatever else it tells of an open one is no matter here. */
	if (poll(fds, 3, 0) < 0)
		return -FCGI_E_SYSTEM;
	for (fd = 0; fd <= 2; fd++)
		if ((fds[fd].revents & POLLNVAL) != 0 && open("/dev/null", modes[fd]) != fd)
			return -FCGI_E_SYSTEM;
	return 0;
}
