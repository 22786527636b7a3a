#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

/* What the child needs of us besides. */
struct child {
	const struct spawn *spawn;
	int report;		/* where it says what has failed */
	pid_t parent;
};

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
 * Descriptors 0 to 2 are what the application is to have, 3 is the report, and no other is open.
 * Everything is copied out of the way first: any of the originals may be where another has to go.
 */
static int
set_up_fds(struct child *child)
{
	const struct spawn *spawn = child->spawn;
	int wanted[4] = { spawn->listen_fd, spawn->stdout_fd, spawn->stderr_fd, child->report };
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
	child->report = wanted[3];
	for (i = 0; i < 3; i++)
		if (dup2(wanted[i], i) < 0)
			return -1;
	if (dup3(wanted[3], 3, O_CLOEXEC) < 0)
		return -1;
	child->report = 3;
	closefrom(4);
	flags = fcntl(0, F_GETFL);
	return flags < 0 ? -1 : fcntl(0, F_SETFL, flags & ~O_NONBLOCK);
}

static int
limit_open_files(struct child *child)
{
	const struct rlimit *limit = child->spawn->open_files;

	return limit == NULL ? 0 : setrlimit(RLIMIT_NOFILE, limit);
}

static int
change_priority(struct child *child)
{
	if (child->spawn->nice == 0)
		return 0;
	/* -1 may be the new priority. */
	errno = 0;
	return nice(child->spawn->nice) == -1 && errno != 0 ? -1 : 0;
}

static int
change_root(struct child *child)
{
	const char *root = child->spawn->root;

	if (root == NULL)
		return 0;
	/* A working directory outside would be a way out. */
	return chroot(root) < 0 ? -1 : chdir("/");
}

/* A change that did not happen is as bad as one that was refused. */
static int
must_be(int changed)
{
	if (!changed)
		errno = EPERM;
	return changed ? 0 : -1;
}

static int
change_groups(struct child *child)
{
	const struct spawn_identity *who = child->spawn->identity;
	gid_t real, effective, saved;

	if (who == NULL)
		return 0;
	if (setgroups(who->group_count, who->groups) < 0 ||
	    setresgid(who->gid, who->gid, who->gid) < 0 ||
	    getresgid(&real, &effective, &saved) < 0)
		return -1;
	return must_be(real == who->gid && effective == who->gid && saved == who->gid);
}

/* Those too that a change of user leaves: the inheritable ones, and all under odd securebits. */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	return (int)syscall(SYS_capset, &header, none);
}

static int
change_user(struct child *child)
{
	const struct spawn_identity *who = child->spawn->identity;
	uid_t real, effective, saved;

	if (who == NULL)
		return 0;
	if (setresuid(who->uid, who->uid, who->uid) < 0 ||
	    getresuid(&real, &effective, &saved) < 0)
		return -1;
	if (must_be(real == who->uid && effective == who->uid && saved == who->uid) < 0)
		return -1;
	if (who->uid == 0)
		return 0;
	return drop_capabilities() < 0 ? -1 : must_be(setuid(0) < 0);
}

static int
change_directory(struct child *child)
{
	const char *directory = child->spawn->directory;

	return directory == NULL ? 0 : chdir(directory);
}

static int
renounce_new_privileges(struct child *child)
{
	return child->spawn->no_new_privs ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
}

static int
die_with_parent(struct child *child)
{
	if (child->spawn->death_signal == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, child->spawn->death_signal, 0, 0, 0) < 0)
		return -1;
	/* It may have died before. */
	if (getppid() != child->parent)
		_exit(127);
	return 0;
}

/* By enum spawn_step, whose order is the one that they have to be taken in. */
static const struct {
	int (*take)(struct child *child);
	const char *name;
} steps[] = {
	[SPAWN_FORK] = { NULL, "fork" },
	[SPAWN_FDS] = { set_up_fds, "set up descriptors" },
	[SPAWN_OPEN_FILES] = { limit_open_files, "limit open files" },
	[SPAWN_NICE] = { change_priority, "change priority" },
	[SPAWN_ROOT] = { change_root, "change root directory" },
	[SPAWN_GROUPS] = { change_groups, "change groups" },
	[SPAWN_USER] = { change_user, "change user" },
	[SPAWN_DIRECTORY] = { change_directory, "change directory" },
	[SPAWN_NO_NEW_PRIVS] = { renounce_new_privileges, "renounce new privileges" },
	[SPAWN_DEATH_SIGNAL] = { die_with_parent, "ask for a death signal" },
	[SPAWN_EXEC] = { NULL, "execute" },
};

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

int
spawn_become(const struct spawn *spawn)
{
	struct child child = { .spawn = spawn };
	int step;

	for (step = SPAWN_ROOT; step <= SPAWN_USER; step++)
		if (steps[step].take(&child) < 0)
			return -FCGI_E_SYSTEM;
	return 0;
}

/* The child's half: only async-signal-safe calls. */
static _Noreturn void
run_child(struct child *child)
{
	const struct spawn *spawn = child->spawn;
	struct spawn_failure failure;
	ssize_t n;

	if (spawn->new_group)
		setpgid(0, 0);
	if (spawn->set_umask)
		umask(spawn->umask);
	for (failure.step = SPAWN_FDS; failure.step < SPAWN_EXEC; failure.step++)
		if (steps[failure.step].take(child) < 0)
			break;
	if (failure.step == SPAWN_EXEC) {
		reset_signals();
		if (spawn->ignore_sigpipe)
			signal(SIGPIPE, SIG_IGN);
		execve(spawn->path, spawn->argv, spawn->envp);
		if (errno == ENOENT)
			errno = access(spawn->path, F_OK) == 0 ? ENOEXEC : ENOENT;
	}
	failure.error = errno;
	/* Less than PIPE_BUF: whole, or not at all, and then the parent sees but a death. */
	n = write(child->report, &failure, sizeof failure);
	(void)n;
	_exit(127);
}

/*
 * Waits until exec has closed the pipe or the child has said why not.
 * Returns 1 if it has failed, or if it takes too long.
 */
static int
has_failed(int fd, int timeout_ms, struct spawn_failure *failure)
{
	int64_t deadline_ns =
	    timeout_ms == 0 ? CLOCK_NEVER : clock_after(clock_now_ns(), timeout_ms * CLOCK_NS_PER_MS);
	struct pollfd end = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int r;

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
	struct child child = { .spawn = spawn, .parent = getpid() };
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
	pid = fork();
	if (pid == 0)
		run_child(&child);
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

const char *
spawn_step_name(int step)
{
	if (step < SPAWN_FORK || step > SPAWN_EXEC)
		return "start";
	return steps[step].name;
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
