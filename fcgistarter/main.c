/*
 * fcgistarter: starts a FastCGI application in the background with its listening socket, as Apache
 * httpd's program of that name does, and comes back when it is certain that it runs; or stays and
 * supervises it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_client.h"
#include "control_place.h"
#include "listeners.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "pid_file.h"
#include "pid_lock.h"
#include "preview.h"
#include "program.h"
#include "service.h"
#include "spawn.h"
#include "start.h"
#include "supervisor.h"
#include "upgrade.h"

/* Which process has which address. */
static void
tell_instances(const struct start *start, const struct supervisor *supervisor)
{
	const struct instance *instance;
	char text[ADDR_TEXT_MAX];
	int i;

	for (i = 0; i < start->options.instances; i++) {
		instance = supervisor->places[i].instance;
		if (instance != NULL)
			cli_error(&start->options.cli, "instance %d: process %ld on %s", i,
			    (long)instance->pid,
			    addr_format_socket(text, sizeof text,
				&listeners_of(&start->listeners, i)->address));
	}
}

/* What success leaves behind besides the instances.  Returns 0, or 1 after an error message. */
static int
conclude(struct start *start, const struct supervisor *supervisor)
{
	const struct cli *cli = &start->options.cli;
	pid_t *pids;
	int i, r;

	if (start->options.print_port)
		listeners_print_ports(&start->listeners, stdout);
	if (start->options.print_socket)
		printf("%s\n", start->listeners.items[0].path);
	if (fflush(stdout) != 0) {
		cli_error(cli, "standard output: %s", strerror(errno));
		return 1;
	}
	pids = calloc((size_t)start->options.instances, sizeof *pids);
	for (i = 0; pids != NULL && i < start->options.instances; i++)
		if (supervisor->places[i].instance != NULL)
			pids[i] = supervisor->places[i].instance->pid;
	r = pids == NULL ? -1
	    : start->options.supervise
	    ? pid_lock_write(&start->pid_lock)
	    : pid_file_commit(&start->pid_file, pids, (size_t)start->options.instances);
	free(pids);
	if (r < 0) {
		cli_error(cli, "-P %s: %s", start->options.pid_file, strerror(errno));
		return 1;
	}
	if (!start->activation.count)
		listeners_warn(&start->listeners, &start->options);
	if (cli->verbose > 0)
		tell_instances(start, supervisor);
	return 0;
}

/* Nothing of who started us is held any more: neither its directory nor its descriptors. */
static void
detach(const struct options *options, int caller_fd)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (caller_fd >= 0)
		spawn_daemon_ready(caller_fd, 0);
	if (chdir("/") < 0 || null_fd < 0)
		return;
	dup2(null_fd, STDIN_FILENO);
	dup2(null_fd, STDOUT_FILENO);
	/* Without -l, and with -l -, standard error is where errors go. */
	if (options->log != NULL && strcmp(options->log, "-") != 0)
		dup2(null_fd, STDERR_FILENO);
	close(null_fd);
}

/* Until the pool is stopped.  Returns the exit status. */
static int
supervise(struct start *start, struct supervisor *supervisor, int caller_fd, int control_fd)
{
	struct service service;
	int status;

	/* Whoever waits for the start may ask and signal us once it is over. */
	supervisor_obey(supervisor);
	service_begin(&service, supervisor, &start->notify, control_fd);
	if (!start->options.foreground)
		detach(&start->options, caller_fd);
	status = supervisor_run(supervisor);
	service_end(&service);
	listeners_unlink(&start->listeners);
	pid_lock_remove(&start->pid_lock);
	return status;
}

/* In the process that has the instances for children.  Returns the exit status. */
static int
run(struct start *start, char **argv, int caller_fd)
{
	struct supervisor *supervisor =
	    supervisor_new(&start->options, &start->program, &start->listeners);
	int status;

	if (supervisor == NULL) {
		cli_error(&start->options.cli, "cannot watch instances: %s", strerror(errno));
		return 1;
	}
	start_fill(start, supervisor, argv);
	status = supervisor_start(supervisor, caller_fd);
	if (status == 0) {
		status = conclude(start, supervisor);
		if (status != 0)
			supervisor_end(supervisor);
	}
	if (status != 0)
		listeners_unlink(&start->listeners);
	else if (start->options.supervise)
		status = supervise(start, supervisor, caller_fd, -1);
	else
		(void)notify_ready(&start->notify, "started");
	start_close_log(start);
	supervisor_free(supervisor);
	return status;
}

/* The same, by a program that has taken the place of an older one. */
static int
go_on(struct start *start, char **argv)
{
	struct supervisor *supervisor =
	    supervisor_new(&start->options, &start->program, &start->listeners);
	int status;

	if (supervisor == NULL)
		return 1;
	start_fill(start, supervisor, argv);
	upgrade_instances(&start->upgrade, supervisor);
	status = supervise(start, supervisor, -1, upgrade_fd(&start->upgrade, "control"));
	start_close_log(start);
	supervisor_free(supervisor);
	return status;
}

static int
start_all(struct start *start, char **argv)
{
	int caller_fd = -1;

	if (start->upgrade.text != NULL)
		return go_on(start, argv);
	if (!start->options.foreground) {
		caller_fd = spawn_daemonize();
		if (caller_fd < 0) {
			cli_error(&start->options.cli, "cannot fork: %s", strerror(errno));
			listeners_unlink(&start->listeners);
			return 1;
		}
	}
	return run(start, argv, caller_fd);
}

static int
ask_supervisor(const struct options *options)
{
	static const enum control_command commands[] = {
		[ACTION_STATUS] = CONTROL_STATUS,
		[ACTION_JSON] = CONTROL_JSON,
		[ACTION_RELOAD] = CONTROL_RELOAD,
		[ACTION_STOP] = CONTROL_STOP,
	};
	const struct control_client client = {
		.cli = &options->cli,
		.command = commands[options->action],
		.control = options->control,
		.pid_file = options->pid_file,
	};
	int status = control_client_run(&client);

	cli_close_stdout(&options->cli, 1);
	return status;
}

int
main(int argc, char **argv)
{
	struct start start;
	int status;

	if (spawn_fill_standard_fds() < 0)
		return 1;
	start_init(&start);
	options_read(&start.options, argc, argv);
	switch (start.options.action) {
	case ACTION_START:
		status = start_prepare(&start);
		if (status == 0)
			status = start_all(&start, argv);
		break;
	case ACTION_CHECK:
		status = start_check(&start);
		break;
	case ACTION_PRINT_CONFIG:
		status = preview_configurations(&start.options, argv);
		break;
	default:
		status = ask_supervisor(&start.options);
	}
	start_reset(&start);
	return status;
}
