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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi_error.h"

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
 * Descriptors 0 to 2 are what the application is to have, 3 is *report, and no other is open.
 * Everything is copied out of the way first: any of the originals may be where another has to go.
 */
static int
set_up_fds(const struct spawn *spawn, int *report)
{
	int wanted[4] = { spawn->listen_fd, spawn->stdout_fd, spawn->stderr_fd, *report };
	int flags;
	int i;

	for (i = 0; i < 4; i++) {
		if (wanted[i] < 0)
			wanted[i] = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (wanted[i] >= 0)
			wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 4);
		if (wanted[i] < 0)
			return -1;
	}
	*report = wanted[3];
	for (i = 0; i < 3; i++)
		if (dup2(wanted[i], i) < 0)
			return -1;
	if (dup3(wanted[3], 3, O_CLOEXEC) < 0)
		return -1;
	*report = 3;
	closefrom(4);
	flags = fcntl(0, F_GETFL);
	return flags < 0 ? -1 : fcntl(0, F_SETFL, flags & ~O_NONBLOCK);
}

static void
reset_signals(void)
{
	/* The kernel's own struct sigaction with SIG_DFL, whatever its members are. */
	static const char standard[128];
	sigset_t none;
	int number;

	/*
	 * Not through the C library, which does not let go of its own two signals, though its
	 * posix_spawn(3), and so make(1), starts programs with both ignored.
	 */
	for (number = 1; number < NSIG; number++)
		syscall(SYS_rt_sigaction, number, standard, NULL, NSIG / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child's half: only async-signal-safe calls. */
static _Noreturn void
become(const struct spawn *spawn, int report)
{
	struct spawn_failure failure = { .step = SPAWN_FDS };
	ssize_t n;

	if (spawn->new_group)
		setpgid(0, 0);
	if (set_up_fds(spawn, &report) < 0)
		goto failed;
	failure.step = SPAWN_DIRECTORY;
	if (spawn->directory != NULL && chdir(spawn->directory) < 0)
		goto failed;
	failure.step = SPAWN_EXEC;
	reset_signals();
	execve(spawn->path, spawn->argv, spawn->envp);
failed:
	failure.error = errno;
	/* Less than PIPE_BUF: whole, or not at all, and then the parent sees but a death. */
	n = write(report, &failure, sizeof failure);
	(void)n;
	_exit(127);
}

/* Waits until exec has closed the pipe or the child has said why not.  Returns 1 if it has. */
static int
has_failed(int fd, struct spawn_failure *failure)
{
	ssize_t n;

	do
		n = read(fd, failure, sizeof *failure);
	while (n < 0 && errno == EINTR);
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
	sigset_t all;
	sigset_t before;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_fork(failure);
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(spawn, fds[1]);
	if (pid < 0)
		fail_fork(failure);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	if (pid > 0) {
		/* Here too, so that the group is there when we return. */
		if (spawn->new_group)
			setpgid(pid, pid);
		if (has_failed(fds[0], failure)) {
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			pid = -1;
			if (failure->step == SPAWN_EXEC && failure->error == ENOENT &&
			    access(spawn->path, F_OK) == 0)
				failure->error = ENOEXEC;
		}
	}
	close(fds[0]);
	if (pid > 0)
		return pid;
	errno = failure->error;
	return -FCGI_E_SYSTEM;
}

const char *
spawn_step_name(int step)
{
	static const char *const names[] = {
		[SPAWN_FORK] = "fork",
		[SPAWN_FDS] = "set up descriptors",
		[SPAWN_DIRECTORY] = "change directory",
		[SPAWN_EXEC] = "execute",
	};

	if (step < SPAWN_FORK || step > SPAWN_EXEC)
		return "start";
	return names[step];
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
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
			return -FCGI_E_SYSTEM;
	return 0;
}
