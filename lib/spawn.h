/*
 * Starting a FastCGI application: find it, fork and exec it with the listening socket on descriptor
 * 0, and become a daemon; each a call of its own.  A failed exec comes back as an error, through a
 * close-on-exec pipe, not as a child that exits.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * Finds the program that a command names: a name with a slash is that file, another is looked for
 * in search_path.
 * cwd-relative names become absolute, so that a later chdir(2) does not lose them.
 * search_path: the value of PATH, NULL for the system's default.
 * dst, size: PATH_MAX bytes hold any result.
 * Returns 0, or -FCGI_E_SYSTEM with errno: ENOENT not found, EACCES not executable, EISDIR a
 * directory, ENAMETOOLONG; dst then holds the file that is not executable, else the command.
 */
int spawn_find(char *dst, size_t size, const char *command, const char *search_path);

/* The exit status a shell would give for a failed find or exec: 127 for ENOENT, else 126. */
int spawn_exit_status(int error);

/* Whom the child becomes.  Looked up before: after a fork(2) it is too late to ask for names. */
struct spawn_identity {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;	/* all supplementary ones; the caller's */
	size_t group_count;
};

/*
 * What the child is to be.  All strings, arrays and structures stay the caller's.
 * Whatever is below the descriptors is left as it is with us where it is 0 or NULL.
 */
struct spawn {
	const char *path;	/* the program, absolute; below root, if there is one */
	char *const *argv;
	char *const *envp;
	int listen_fd;		/* becomes descriptor 0, made blocking, for all who share it */
	int stdout_fd;		/* becomes descriptor 1; -1: /dev/null */
	int stderr_fd;		/* becomes descriptor 2; -1: /dev/null */

	int new_group;		/* 1: a process group of its own */
	const struct rlimit *open_files; /* soft and hard limit */
	int nice;		/* added to ours */
	int set_umask;		/* 1: umask is the child's */
	mode_t umask;
	const char *root;	/* its root directory */
	const struct spawn_identity *identity;
	const char *directory;	/* its working directory, entered as whom it becomes; without one
				   it is "/" where there is a root */
	int no_new_privs;	/* 1: neither it nor a child of its gains rights by an exec */
	int death_signal;	/* what it gets when we die.  Gone by an exec of a setuid program;
				   children of its do not get it */
	int ignore_sigpipe;	/* 1: starts with SIGPIPE ignored */
	int timeout_ms;		/* for all this, exec included, after which it is killed: who becomes
				   another can be held up by that other */
};

/* Which step failed in the child; they are taken in this order. */
enum spawn_step {
	SPAWN_FORK = 1,
	SPAWN_FDS,
	SPAWN_OPEN_FILES,
	SPAWN_NICE,
	SPAWN_ROOT,
	SPAWN_GROUPS,
	SPAWN_USER,
	SPAWN_DIRECTORY,
	SPAWN_NO_NEW_PRIVS,
	SPAWN_DEATH_SIGNAL,
	SPAWN_EXEC,
};

struct spawn_failure {
	int step;		/* enum spawn_step */
	int error;		/* errno; ENOEXEC also where exec says ENOENT of a file that is
				   there: it is the interpreter that is not; ETIMEDOUT, of
				   SPAWN_EXEC, when timeout_ms have passed */
};

/*
 * Forks and execs.  The child has descriptors 0 to 2 and no other, an empty signal mask, every
 * disposition at its default (but SIGPIPE's where asked for).  Who becomes a user other than root
 * has no capability left, and no way back.
 * Returns the pid once exec has succeeded; -FCGI_E_SYSTEM with failure filled in otherwise, and no
 * process left.
 */
pid_t spawn_start(const struct spawn *spawn, struct spawn_failure *failure);

/*
 * The steps SPAWN_ROOT to SPAWN_USER in the calling process, which cannot go back: for one that is
 * forked to see what such a child sees.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int spawn_become(const struct spawn *spawn);

/* Words for a step, to follow "cannot": "change directory", "change user", "execute". */
const char *spawn_step_name(int step);

/*
 * The signals that ask a process to end (HUP, INT, QUIT, TERM), but for those that were ignored
 * when it was started, as nohup(1) and a shell's & do.
 */
void spawn_stop_signals(sigset_t *set);

/*
 * Forks into the background.  The caller's process does not return from it: it waits until the
 * daemon calls spawn_daemon_ready(), and exits with the status given there; if the daemon ends
 * before, with the daemon's, or 1 if a signal ended it.  A signal of spawn_stop_signals() that it
 * gets meanwhile it passes on to the daemon, and dies of it when the daemon has failed; at a second
 * one it does not wait any longer.
 * The daemon leads a session of its own; its directory, descriptors and signal mask are unchanged,
 * so that it can still say what goes wrong.
 * Returns, in the daemon, a descriptor for spawn_daemon_ready(), readable once nobody waits for it
 * any more; or -FCGI_E_SYSTEM with errno in the caller's process.
 */
int spawn_daemonize(void);

/* Lets the process that called spawn_daemonize() exit with status, and closes fd. */
void spawn_daemon_ready(int fd, int status);

/*
 * Opens /dev/null on each of the descriptors 0 to 2 that is closed, so that no socket of ours lands
 * there.  Standard output is opened so that a write to it fails: what is printed there is lost.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int spawn_fill_standard_fds(void);

#endif
