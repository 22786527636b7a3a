#include "start.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addr_listen.h"
#include "fcgi_error.h"
#include "spawn.h"
#include "spawn_explain.h"
#include "verdict.h"

enum { BACKLOG = 1024 };

struct pool {
	const struct options *options;
	const struct addr *addr;
	int listen_fd;
	struct addr_file file;	/* of a UNIX socket */
	pid_t *pids;		/* 0: ended */
	long long count;
	sigset_t signals;	/* those that supervise() waits for */
};

static int
bind_address(struct pool *pool)
{
	struct addr_listen_options how = {
		.backlog = BACKLOG,
		.owner = (uid_t)-1,
		.group = (gid_t)-1,
	};
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	const struct cli *cli = &pool->options->cli;
	const char *name = pool->options->connect;
	mode_t mask = umask(0);
	int r, gai;

	umask(mask);
	how.mode = 0777 & ~mask;
	r = addr_resolve(pool->addr, 1, sockets, &gai);
	if (r < 0) {
		cli_error(cli, "%s: %s", name, gai != 0 ? gai_strerror(gai) : fcgi_strerror(r));
		return EXIT_RESOLVE;
	}
	pool->listen_fd = addr_listen(&sockets[0], &how, &pool->file);
	if (pool->listen_fd < 0) {
		cli_error(cli, "cannot listen at %s: %s", name,
		    pool->listen_fd == -FCGI_E_SYSTEM ? strerror(errno)
						      : fcgi_strerror(pool->listen_fd));
		return pool->listen_fd == -FCGI_E_SYSTEM ? errno : 1;
	}
	return 0;
}

static void
unbind(struct pool *pool)
{
	close(pool->listen_fd);
	if (pool->addr->kind == ADDR_UNIX)
		addr_file_unlink(&pool->file, pool->addr->name);
}

static void
signal_all(const struct pool *pool, int signal_number)
{
	long long i;

	for (i = 0; i < pool->count; i++)
		if (pool->pids[i] > 0)
			kill(pool->pids[i], signal_number);
}

static char **
make_argv(const struct options *options)
{
	size_t count = 0, i;
	char **argv;

	while (options->app_arguments != NULL && options->app_arguments[count] != NULL)
		count++;
	argv = calloc(count + 2, sizeof *argv);
	if (argv == NULL)
		cli_die(&options->cli, 1, "out of memory");
	/* exec(3) takes the words without const and leaves them alone. */
	argv[0] = (char *)(uintptr_t)options->app;
	for (i = 0; i < count; i++)
		argv[i + 1] = options->app_arguments[i];
	return argv;
}

static int
start_instances(struct pool *pool, const char *path)
{
	const struct options *options = pool->options;
	char **argv = make_argv(options);
	struct spawn spawn = {
		.path = path,
		.argv = argv,
		.envp = environ,
		.listen_fd = pool->listen_fd,
		.stdout_fd = -1,
		.stderr_fd = options->supervise ? STDERR_FILENO : -1,
		/* Neither ^C at our terminal nor our end is the application's business. */
		.new_group = 1,
	};
	struct spawn_failure failure;
	char why[1024];
	int status = 0;
	pid_t pid;

	for (pool->count = 0; pool->count < options->instances; pool->count++) {
		pid = spawn_start(&spawn, &failure);
		if (pid < 0) {
			cli_error(&options->cli, "%s: cannot %s: %s", options->app,
			    spawn_step_name(failure.step),
			    spawn_explain(why, sizeof why, path, failure.error));
			status = failure.step == SPAWN_EXEC ? spawn_exit_status(failure.error) : 1;
			signal_all(pool, SIGTERM);
			break;
		}
		pool->pids[pool->count] = pid;
	}
	free(argv);
	return status;
}

static void
tell_death(const struct pool *pool, pid_t pid, int status)
{
	const struct cli *cli = &pool->options->cli;

	if (WIFSIGNALED(status))
		cli_error(cli, "%s[%d]: ended by signal %d (%s)", pool->options->app, (int)pid,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		cli_error(cli, "%s[%d]: ended with status %d", pool->options->app, (int)pid,
		    WEXITSTATUS(status));
}

/* Reaps all that have ended.  Returns how many still run. */
static long long
reap(struct pool *pool, int tell, int *failed)
{
	long long i, running = 0;
	int status;

	for (i = 0; i < pool->count; i++) {
		if (pool->pids[i] <= 0)
			continue;
		if (waitpid(pool->pids[i], &status, WNOHANG) == 0) {
			running++;
			continue;
		}
		if (tell)
			tell_death(pool, pool->pids[i], status);
		if (tell && status != 0)
			*failed = 1;
		pool->pids[i] = 0;
	}
	return running;
}

/* Before the first instance is started, so that no death is missed. */
static void
block_signals(struct pool *pool)
{
	sigemptyset(&pool->signals);
	sigaddset(&pool->signals, SIGCHLD);
	sigaddset(&pool->signals, SIGINT);
	sigaddset(&pool->signals, SIGTERM);
	sigaddset(&pool->signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &pool->signals, NULL);
}

/* Stays until all have ended; a signal is passed on as TERM, a second one as KILL. */
static int
supervise(struct pool *pool)
{
	int stopping = 0, failed = 0, got;

	while (reap(pool, !stopping, &failed) > 0) {
		got = sigwaitinfo(&pool->signals, NULL);
		if (got <= 0 || got == SIGCHLD)
			continue;
		signal_all(pool, stopping ? SIGKILL : SIGTERM);
		stopping = 1;
	}
	unbind(pool);
	return failed;
}

int
start_application(const struct options *options, const struct addr *addr)
{
	struct pool pool = { .options = options, .addr = addr };
	char path[PATH_MAX];
	char why[1024];
	int status;

	/* Before anything is bound: a name that is wrong leaves no socket behind. */
	if (spawn_find(path, sizeof path, options->app, getenv("PATH")) < 0) {
		status = spawn_exit_status(errno);
		cli_error(&options->cli, "%s: %s", options->app,
		    spawn_explain(why, sizeof why, path, errno));
		return status;
	}
	status = bind_address(&pool);
	if (status != 0)
		return status;
	pool.pids = calloc((size_t)options->instances, sizeof *pool.pids);
	if (pool.pids == NULL)
		cli_die(&options->cli, 1, "out of memory");
	if (options->supervise)
		block_signals(&pool);
	status = start_instances(&pool, path);
	if (status != 0)
		unbind(&pool);
	else if (options->supervise)
		status = supervise(&pool);
	else
		/* The application alone keeps the socket: if it dies, clients are refused. */
		close(pool.listen_fd);
	free(pool.pids);
	return status;
}
