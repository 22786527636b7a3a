/* The child's half of spawn_start(), after the fork(2): only async-signal-safe calls. */
#include "spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fcgi_error.h"

/*
 * Descriptors 0 to 2 are what the application is to have, 3 is the report, and no other is open.
 * Everything is copied out of the way first: any of the originals may be where another has to go.
 */
static int
set_up_fds(struct spawn_child *child)
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
limit_open_files(struct spawn_child *child)
{
	const struct rlimit *limit = child->spawn->open_files;

	return limit == NULL ? 0 : setrlimit(RLIMIT_NOFILE, limit);
}

static int
change_priority(struct spawn_child *child)
{
	if (child->spawn->nice == 0)
		return 0;
	/* -1 may be the new priority. */
	errno = 0;
	return nice(child->spawn->nice) == -1 && errno != 0 ? -1 : 0;
}

static int
change_root(struct spawn_child *child)
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
change_groups(struct spawn_child *child)
{
	const struct spawn_identity *who = child->spawn->identity;
	gid_t real, effective, saved;

	if (who == NULL)
		return 0;
	if (setgroups(who->group_count, who->groups) < 0 ||
	    setresgid(who->gid, who->gid, who->gid) < 0 || getresgid(&real, &effective, &saved) < 0)
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
change_user(struct spawn_child *child)
{
	const struct spawn_identity *who = child->spawn->identity;
	uid_t real, effective, saved;

	if (who == NULL)
		return 0;
	if (setresuid(who->uid, who->uid, who->uid) < 0 || getresuid(&real, &effective, &saved) < 0)
		return -1;
	if (must_be(real == who->uid && effective == who->uid && saved == who->uid) < 0)
		return -1;
	if (who->uid == 0)
		return 0;
	return drop_capabilities() < 0 ? -1 : must_be(setuid(0) < 0);
}

static int
change_directory(struct spawn_child *child)
{
	const char *directory = child->spawn->directory;

	return directory == NULL ? 0 : chdir(directory);
}

static int
renounce_new_privileges(struct spawn_child *child)
{
	return child->spawn->no_new_privs ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
}

static int
die_with_parent(struct spawn_child *child)
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
	int (*take)(struct spawn_child *child);
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
	struct spawn_child child = { .spawn = spawn };
	int step;

	for (step = SPAWN_ROOT; step <= SPAWN_USER; step++)
		if (steps[step].take(&child) < 0)
			return -FCGI_E_SYSTEM;
	return 0;
}

void
spawn_child_run(struct spawn_child *child)
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

const char *
spawn_step_name(int step)
{
	if (step < SPAWN_FORK || step > SPAWN_EXEC)
		return "start";
	return steps[step].name;
}
