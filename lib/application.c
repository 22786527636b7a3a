#include "application.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "children.h"
#include "clock.h"
#include "fcgi_error.h"
#include "spawn.h"
#include "spawn_explain.h"

/* How often one that is to end is looked at. */
#define LOOK_NS (5 * CLOCK_NS_PER_MS)

/* As many as may wait: the kernel caps it at net.core.somaxconn. */
enum { BACKLOG = 65535 };

void
application_init(struct application *application)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	const char *tmp = getenv("TMPDIR");
	unsigned char random[12] = { 0 };
	char name[sizeof random + 1];
	size_t i;

	*application = (struct application){ .addr = { .kind = ADDR_UNIX } };
	/* What cannot be had is met when the directory is made: such a name may be taken. */
	(void)!getrandom(random, sizeof random, 0);
	for (i = 0; i < sizeof random; i++)
		name[i] = letters[random[i] % (sizeof letters - 1)];
	name[i] = '\0';
	/* A socket's path has a hundred bytes, which a long TMPDIR does not leave. */
	if (tmp == NULL || *tmp != '/' ||
	    snprintf(application->directory, sizeof application->directory, "%s/fcgi-%s", tmp,
		name) >= (int)sizeof application->directory)
		snprintf(application->directory, sizeof application->directory, "/tmp/fcgi-%s",
		    name);
	snprintf(application->addr.name, sizeof application->addr.name, "%s/socket",
	    application->directory);
}

static void
remove_socket(struct application *application)
{
	if (!application->has_directory)
		return;
	addr_file_unlink(&application->file, application->addr.name);
	rmdir(application->directory);
	application->has_directory = 0;
}

/* Returns the listening descriptor, or -1 with why. */
static int
make_socket(struct application *application, char *why, size_t why_size)
{
	const struct addr_listen_options options = {
		.backlog = BACKLOG,
		.mode = 0600,
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int fd, gai;

	if (mkdir(application->directory, 0700) < 0) {
		snprintf(why, why_size, "%s: cannot make the directory: %s",
		    application->directory, strerror(errno));
		return -1;
	}
	application->has_directory = 1;
	fd = addr_resolve(&application->addr, 1, sockets, &gai);
	if (fd > 0)
		fd = addr_listen(&sockets[0], &options, &application->file);
	if (fd >= 0)
		return fd;
	snprintf(why, why_size, "%s: cannot listen: %s", application->addr.name,
	    fd == -FCGI_E_SYSTEM ? strerror(errno) : fcgi_strerror(fd));
	remove_socket(application);
	return -1;
}

/*
 * What the application leaves behind becomes our child, and so ours to end.  If there are children
 * before (of a shell that has become us), what they leave behind could not be told from it.
 */
static void
become_reaper(struct application *application)
{
	siginfo_t info;

	application->is_reaper =
	    waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD &&
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

int
application_start(struct application *application, char *const *argv, char *const *envp,
    char *why, size_t why_size)
{
	char path[PATH_MAX], explained[256];
	struct spawn spawn = {
		.path = path,
		.argv = argv,
		.envp = envp,
		.stdout_fd = -1,
		.stderr_fd = STDERR_FILENO,
		/* ^C at our terminal is ours: the application ends when the requests have. */
		.new_group = 1,
		.death_signal = SIGTERM,
	};
	struct spawn_failure failure;

	if (spawn_find(path, sizeof path, argv[0], getenv("PATH")) < 0) {
		snprintf(why, why_size, "%s: cannot execute: %s", argv[0],
		    spawn_explain(explained, sizeof explained, path, errno));
		return -FCGI_E_SYSTEM;
	}
	spawn.listen_fd = make_socket(application, why, why_size);
	if (spawn.listen_fd < 0)
		return -FCGI_E_SYSTEM;
	/* Who starts us may have ignored it, and then nobody would be told of an end. */
	signal(SIGCHLD, SIG_DFL);
	become_reaper(application);
	application->pid = spawn_start(&spawn, &failure);
	/* Only it listens: when it is gone, connecting fails. */
	close(spawn.listen_fd);
	if (application->pid > 0)
		return 0;
	snprintf(why, why_size, "%s: cannot %s: %s", argv[0], spawn_step_name(failure.step),
	    failure.step == SPAWN_EXEC
		? spawn_explain(explained, sizeof explained, path, failure.error)
		: strerror(failure.error));
	application->pid = 0;
	application->is_reaper = 0;
	remove_socket(application);
	return -FCGI_E_SYSTEM;
}

/* One that left children in its group has gone into the background. */
static int
group_is_gone(pid_t group)
{
	return kill(-group, 0) < 0 && errno == ESRCH;
}

/* Takes in whoever has ended.  Returns 1 when no child is left, else 0. */
static int
reap(struct application *application)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(application->is_reaper ? -1 : application->pid, &status,
		    WNOHANG)) > 0)
		if (pid == application->pid) {
			application->first_has_ended = 1;
			application->status = status;
		}
	return pid < 0;
}

/* The kernel keeps the number for as long as the group has members. */
static int
has_ended(const struct application *application)
{
	return application->first_has_ended && group_is_gone(application->pid);
}

int
application_has_ended(struct application *application, char *why, size_t why_size)
{
	int status;

	if (application->pid == 0)
		return 0;
	(void)reap(application);
	if (!has_ended(application))
		return 0;
	status = application->status;
	if (WIFEXITED(status))
		snprintf(why, why_size, "ended with status %d", WEXITSTATUS(status));
	else
		snprintf(why, why_size, "ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	application->pid = 0;
	return 1;
}

/* Returns 1 when all of it is gone, else 0. */
static int
is_gone(struct application *application)
{
	int none_left = reap(application);

	/* The number may be another's from now on. */
	if (application->pid > 0 && has_ended(application))
		application->pid = 0;
	return application->is_reaper ? none_left : application->pid == 0;
}

/* Those outside the group that have become our children since; none is told twice. */
static void
signal_left_behind(const struct application *application, struct children *told, int number)
{
	struct children children = { 0 };
	size_t i;

	if (!application->is_reaper)
		return;
	(void)children_list(&children);
	for (i = 0; i < children.count; i++)
		if (!children_has(told, children.pids[i]) &&
		    getpgid(children.pids[i]) != application->pid)
			kill(children.pids[i], number);
	children_reset(told);
	*told = children;
}

/* Returns 1 when all of it is gone, 0 when time is up. */
static int
end_all(struct application *application, int number, int64_t grace_ns)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	int64_t until_ns = clock_after(clock_now_ns(), grace_ns);
	struct children told = { 0 };
	int gone;

	if (application->pid > 0)
		kill(-application->pid, number);
	while (!(gone = is_gone(application)) && clock_now_ns() < until_ns) {
		signal_left_behind(application, &told, number);
		nanosleep(&look, NULL);
	}
	children_reset(&told);
	return gone;
}

void
application_stop(struct application *application, int64_t grace_ns)
{
	if ((application->pid > 0 || application->is_reaper) &&
	    !end_all(application, SIGTERM, grace_ns))
		(void)end_all(application, SIGKILL, CLOCK_NS_PER_S);
	application->pid = 0;
	application->is_reaper = 0;
	remove_socket(application);
}
