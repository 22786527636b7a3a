#include "application.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "addr_listen.h"
#include "clock.h"
#include "fcgi_error.h"
#include "spawn.h"
#include "spawn_explain.h"
#include "spool.h"

enum { BACKLOG = 1024 };

/* How long it may take to end when it is asked to. */
#define STOP_NS (2 * CLOCK_NS_PER_S)
/* How often to look whether it has. */
#define LOOK_NS (10 * CLOCK_NS_PER_MS)

static const char socket_name[] = "/authorizer.sock";

static int
make_place(struct application *application, char *why)
{
	char path[APPLICATION_FOLDER_MAX + sizeof socket_name];

	if (snprintf(application->folder, sizeof application->folder, "%s/fcgi-auth-test.XXXXXX",
		spool_directory()) >= (int)sizeof application->folder) {
		snprintf(why, APPLICATION_WHY_MAX, "TMPDIR: %s", strerror(ENAMETOOLONG));
		return -FCGI_E_SYSTEM;
	}
	if (mkdtemp(application->folder) == NULL) {
		snprintf(why, APPLICATION_WHY_MAX, "cannot make a folder in %s: %s",
		    spool_directory(), strerror(errno));
		*application->folder = '\0';
		return -FCGI_E_SYSTEM;
	}
	snprintf(path, sizeof path, "%s%s", application->folder, socket_name);
	if (addr_parse(&application->addr, path) < 0) {
		snprintf(why, APPLICATION_WHY_MAX, "%s: not the name of a socket", path);
		return -FCGI_E_SYSTEM;
	}
	return 0;
}

static void
remove_place(struct application *application)
{
	if (*application->folder == '\0')
		return;
	(void)unlink(application->addr.name);
	(void)rmdir(application->folder);
	*application->folder = '\0';
}

static int
listen_there(const struct application *application, char *why)
{
	struct addr_listen_options how = {
		.backlog = BACKLOG, .mode = 0600, .owner = (uid_t)-1, .group = (gid_t)-1 };
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int gai, fd = -FCGI_E_PATH_LENGTH, r;

	r = addr_resolve(&application->addr, 1, sockets, &gai);
	if (r > 0)
		fd = addr_listen(&sockets[0], &how, NULL);
	if (fd < 0)
		snprintf(why, APPLICATION_WHY_MAX, "cannot listen at %s: %s",
		    application->addr.name,
		    fd == -FCGI_E_SYSTEM ? strerror(errno) : fcgi_strerror(fd));
	return fd;
}

static int
start_in_place(struct application *application, const char *path, char *const *command, char *why)
{
	struct spawn spawn = {
		.path = path,
		.argv = command,
		.envp = environ,
		.stdout_fd = -1,
		.stderr_fd = STDERR_FILENO,
		.new_group = 1,
		.death_signal = SIGTERM,
	};
	struct spawn_failure failure;
	char explanation[APPLICATION_WHY_MAX / 2];

	spawn.listen_fd = listen_there(application, why);
	if (spawn.listen_fd < 0)
		return -FCGI_E_SYSTEM;
	application->pid = spawn_start(&spawn, &failure);
	/* The application alone keeps the socket: if it dies, we are refused. */
	close(spawn.listen_fd);
	if (application->pid >= 0)
		return 0;
	snprintf(why, APPLICATION_WHY_MAX, "%s: cannot %s: %s", command[0],
	    spawn_step_name(failure.step),
	    spawn_explain(explanation, sizeof explanation, path, failure.error));
	application->pid = 0;
	return -FCGI_E_SYSTEM;
}

int
application_start(struct application *application, char *const *command,
    char why[APPLICATION_WHY_MAX])
{
	char path[PATH_MAX], explanation[APPLICATION_WHY_MAX / 2];
	int r;

	if (spawn_find(path, sizeof path, command[0], getenv("PATH")) < 0) {
		snprintf(why, APPLICATION_WHY_MAX, "%s: %s", command[0],
		    spawn_explain(explanation, sizeof explanation, path, errno));
		return -FCGI_E_SYSTEM;
	}
	r = make_place(application, why);
	if (r == 0)
		r = start_in_place(application, path, command, why);
	if (r < 0)
		remove_place(application);
	return r;
}

int
application_has_ended(struct application *application, int64_t patience_ns, int *status)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	int64_t deadline_ns = clock_after(clock_now_ns(), patience_ns);
	pid_t pid;

	if (application->pid == 0)
		return 0;
	while ((pid = waitpid(application->pid, status, WNOHANG)) == 0 &&
	    clock_now_ns() < deadline_ns)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	return pid == application->pid;
}

void
application_stop(struct application *application)
{
	int status;

	if (application->pid > 0) {
		kill(-application->pid, SIGTERM);
		(void)application_has_ended(application, STOP_NS, &status);
		/* Also those it has left behind. */
		kill(-application->pid, SIGKILL);
		waitpid(application->pid, &status, 0);
	}
	application->pid = 0;
	remove_place(application);
}
