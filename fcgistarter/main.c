/*
 * fcgistarter: starts a FastCGI application in the background with its listening socket, as Apache
 * httpd's program of that name does, and comes back when it is certain that it runs.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listeners.h"
#include "options.h"
#include "pid_file.h"
#include "pool.h"
#include "program.h"
#include "spawn.h"

/* All that is made before anything runs. */
struct start {
	struct options options;
	struct program program;
	struct listeners listeners;
	struct pid_file pid_file;
};

/*
 * A signal must not end us between making a socket's file and being able to remove it; looking up a
 * host name before that may take long and may be interrupted.
 */
static void
hold_signals(void)
{
	sigset_t stop;

	spawn_stop_signals(&stop);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	/* A pipe that nobody reads is told as an error of standard output. */
	signal(SIGPIPE, SIG_IGN);
}

/* Returns 0, or the exit status after an error message. */
static int
prepare(struct start *start, int argc, char **argv)
{
	const struct options *options = &start->options;
	int status;

	options_read(&start->options, argc, argv);
	status = program_find(&start->program, options, environ);
	if (status != 0)
		return status;
	if (listeners_resolve(&start->listeners, options) < 0)
		return 1;
	hold_signals();
	if (pid_file_open(&start->pid_file, options->pid_file) < 0) {
		cli_error(&options->cli, "-P %s: %s", options->pid_file,
		    errno == EEXIST ? "not a regular file" : strerror(errno));
		return 1;
	}
	return listeners_open(&start->listeners, options) < 0 ? 1 : 0;
}

/* Which process has which address. */
static void
tell_instances(const struct start *start, const struct pool *pool)
{
	const struct listener *listener;
	char text[ADDR_TEXT_MAX];
	int i;

	for (i = 0; i < start->options.instances; i++) {
		listener = listeners_of(&start->listeners, i);
		cli_error(&start->options.cli, "instance %d: process %ld on %s", i,
		    (long)pool_pids(pool)[i],
		    addr_format_socket(text, sizeof text, &listener->address));
	}
}

/* What success leaves behind besides the instances.  Returns 0, or 1 after an error message. */
static int
conclude(struct start *start, const struct pool *pool)
{
	const struct cli *cli = &start->options.cli;

	if (start->options.print_port) {
		listeners_print_ports(&start->listeners, stdout);
		if (fflush(stdout) != 0) {
			cli_error(cli, "standard output: %s", strerror(errno));
			return 1;
		}
	}
	if (pid_file_commit(&start->pid_file, pool_pids(pool),
		(size_t)start->options.instances) < 0) {
		cli_error(cli, "-P %s: %s", start->options.pid_file, strerror(errno));
		return 1;
	}
	listeners_warn(&start->listeners, &start->options);
	if (cli->verbose > 0)
		tell_instances(start, pool);
	return 0;
}

/* In the daemon: its end, and with it our exit status, is what the caller waits for. */
static int
run(struct start *start, int caller_fd)
{
	struct pool *pool = pool_new(&start->options, &start->program, &start->listeners);
	int status;

	if (pool == NULL) {
		cli_error(&start->options.cli, "cannot watch instances: %s", strerror(errno));
		return 1;
	}
	status = pool_start(pool, caller_fd);
	if (status == 0)
		status = conclude(start, pool);
	if (status != 0)
		pool_stop(pool);
	pool_free(pool);
	return status;
}

static void
reset(struct start *start)
{
	pid_file_reset(&start->pid_file);
	listeners_reset(&start->listeners);
	program_reset(&start->program);
	options_reset(&start->options);
}

int
main(int argc, char **argv)
{
	struct start start = { .pid_file.fd = -1 };
	int caller_fd;
	int status;

	if (spawn_fill_standard_fds() < 0)
		return 1;
	status = prepare(&start, argc, argv);
	if (status == 0) {
		caller_fd = spawn_daemonize();
		if (caller_fd >= 0) {
			status = run(&start, caller_fd);
		} else {
			cli_error(&start.options.cli, "cannot fork: %s", strerror(errno));
			status = 1;
		}
		if (status != 0)
			listeners_unlink(&start.listeners);
	}
	reset(&start);
	return status;
}
