#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "absolute.h"
#include "allow.h"
#include "control_place.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "spawn.h"

/* For one exec: only a user who holds it up on purpose, or a file server that is gone, takes longer. */
enum { SPAWN_TIMEOUT_MS = 10000 };

void
start_init(struct start *start)
{
	memset(start, 0, sizeof *start);
	start->stderr_fd = -1;
	start->pid_file.fd = -1;
	start->pid_lock.fd = -1;
	start->notify.fd = -1;
	start->notify.ready_fd = -1;
	upgrade_find(&start->upgrade);
}

/* --- whom, what ------------------------------------------------------------------------------- */

static int
find_identity(struct start *start)
{
	const struct options *options = &start->options;
	char why[512], wrapper[PATH_MAX];
	int status;

	if (identity_find(&start->identity, options->user, options->group, why, sizeof why) < 0 ||
	    (options->wrapper == NULL &&
		identity_permitted(&start->identity, why, sizeof why) < 0)) {
		cli_error(&options->cli, "%s", why);
		return 1;
	}
	if (options->wrapper != NULL && start->identity.set == 0) {
		cli_error(&options->cli, "--wrapper needs -u, and is told of it");
		return 1;
	}
	if (options->wrapper != NULL &&
	    spawn_find(wrapper, sizeof wrapper, options->wrapper, NULL) < 0) {
		status = spawn_exit_status(errno);
		cli_error(&options->cli, "--wrapper %s: %s", options->wrapper, strerror(errno));
		return status;
	}
	if (options->root != NULL && geteuid() != 0) {
		cli_error(&options->cli, "--chroot %s: only root may change the root directory",
		    options->root);
		return 1;
	}
	return 0;
}

/* The list of web servers is one more change of the environment. */
static int
add_allow(struct options *options)
{
	char why[256], *list, **items, *change;

	if (options->allow == NULL)
		return 0;
	list = allow_parse(options->allow, why, sizeof why);
	if (list == NULL) {
		cli_error(&options->cli, "--allow %s: %s", options->allow, why);
		return 1;
	}
	items = reallocarray(options->changes.items, options->changes.count + 1, sizeof *items);
	if (items == NULL || asprintf(&change, FCGI_WEB_SERVER_ADDRS "=%s", list) < 0) {
		cli_error(&options->cli, "out of memory");
		return 1;
	}
	free(list);
	options->changes.items = items;
	items[options->changes.count++] = change;
	return 0;
}

static int
check_allow(const struct start *start)
{
	const struct options *options = &start->options;
	char why[256];
	size_t i;

	for (i = 0; options->allow != NULL && i < start->listeners.count; i++)
		if (allow_permitted(&start->listeners.items[i].address, why, sizeof why) < 0) {
			cli_error(&options->cli, "--allow %s: %s", options->allow, why);
			return 1;
		}
	return 0;
}

static int
find_program(struct start *start)
{
	char why[PATH_MAX + 1100];
	int status = program_find(&start->program, &start->options, environ, &start->identity, why,
	    sizeof why);

	if (status != 0)
		cli_error(&start->options.cli, "%s", why);
	return status;
}

/* --- where ------------------------------------------------------------------------------------ */

/* Sockets that were handed to us come before those that we would open. */
static int
find_activation(struct start *start)
{
	struct options *options = &start->options;
	const char *why;

	if (activation_find(&start->activation, options->fd, &why) < 0) {
		cli_error(&options->cli, "%s", why);
		return 1;
	}
	if (start->upgrade.text != NULL)
		start->activation.count = upgrade_activated(&start->upgrade);
	else if (start->activation.count == 0 && options->socket == NULL && options->port < 0)
		cli_usage_error(&options->cli, "-p PORT or -s PATH is missing");
	if (start->activation.count > 1) {
		if (options->instances == 1)
			options->instances = start->activation.count;
		options->per_instance = 1;
	}
	return 0;
}

static int
resolve(struct start *start)
{
	if (start->options.socket == NULL && start->options.port < 0)
		return 0;
	return listeners_resolve(&start->listeners, &start->options) < 0;
}

static int
open_listeners(struct start *start)
{
	const struct activation *activation = &start->activation;
	int fds[INSTANCES_MAX], i;

	if (activation->count == 0 && start->upgrade.text == NULL)
		return listeners_open(&start->listeners, &start->options) < 0;
	/* What is bound already is not bound again: -p and -s only say what the user thinks it is. */
	if (activation->count > 0)
		listeners_reset(&start->listeners);
	if (start->upgrade.text != NULL)
		return upgrade_listeners(&start->upgrade, &start->listeners, &start->options) < 0;
	for (i = 0; i < activation->count && i < INSTANCES_MAX; i++)
		fds[i] = activation->first_fd + i;
	return listeners_adopt(&start->listeners, &start->options, fds, (size_t)i) < 0;
}

/* --- what goes with it ------------------------------------------------------------------------ */

/*
 * A signal must not end us between making a socket's file and being able to remove it; looking up a
 * host name before that may take long and may be interrupted.
 */
static void
hold_signals(const struct options *options)
{
	sigset_t stop;

	spawn_stop_signals(&stop);
	/* These would end it until the supervisor takes them. */
	if (options->supervise) {
		sigaddset(&stop, SIGUSR1);
		sigaddset(&stop, SIGUSR2);
	}
	sigprocmask(SIG_BLOCK, &stop, NULL);
	/* A pipe that nobody reads is told as an error of standard output. */
	signal(SIGPIPE, SIG_IGN);
	/* And a log that has grown to its limit (ulimit -f) as one that cannot be written. */
	signal(SIGXFSZ, SIG_IGN);
}

static int
open_pid_file(struct start *start)
{
	const struct options *options = &start->options;
	pid_t holder = 0;
	int r;

	if (start->upgrade.text != NULL)
		r = pid_lock_adopt(&start->pid_lock, options->pid_file,
		    upgrade_fd(&start->upgrade, "pid-file"));
	else if (options->supervise)
		r = pid_lock_open(&start->pid_lock, options->pid_file, &holder);
	else
		r = pid_file_open(&start->pid_file, options->pid_file);
	if (r >= 0)
		return 0;
	if (errno == EWOULDBLOCK)
		cli_error(&options->cli, "-P %s: supervised already, by process %ld",
		    options->pid_file, (long)holder);
	else
		cli_error(&options->cli, "-P %s: %s", options->pid_file,
		    errno == EEXIST ? "not a regular file" : strerror(errno));
	return 1;
}

/* Without a supervisor nobody reads what instances write, so the file is theirs. */
static int
open_plain_log(struct start *start)
{
	const struct options *options = &start->options;

	if (strcmp(options->log, "-") == 0) {
		start->stderr_fd = STDERR_FILENO;
		return 0;
	}
	start->stderr_fd = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (start->stderr_fd >= 0)
		return 0;
	cli_error(&options->cli, "-l %s: %s", options->log, strerror(errno));
	return 1;
}

static int
open_log(struct start *start)
{
	const struct options *options = &start->options;
	const char *slash = strrchr(start->program.path, '/');
	enum log_target target = LOG_TO_FILE;
	char why[512];

	if (options->log == NULL && !options->supervise)
		return 0;
	if (!options->supervise)
		return open_plain_log(start);
	/* Without -l standard error is inherited, and our own lines go there too. */
	if (options->log == NULL || strcmp(options->log, "-") == 0)
		target = LOG_TO_STDERR;
	else if (strcmp(options->log, "syslog") == 0)
		target = LOG_TO_SYSLOG;
	start->log = log_open(target, target == LOG_TO_FILE ? options->log : NULL,
	    options->log_tagged, slash != NULL ? slash + 1 : start->program.path, why, sizeof why);
	if (start->log != NULL)
		return 0;
	cli_error(&options->cli, "-l %s: %s", options->log != NULL ? options->log : "-", why);
	return 1;
}

static int
open_notify(struct start *start)
{
	const char *why;

	/* The program before us has told whoever waits there, and closed it. */
	int ready_fd = start->upgrade.text != NULL ? -1 : start->options.notify_fd;

	/* A service manager that cannot be told is no reason not to serve. */
	if (notify_open(&start->notify, ready_fd, &why) < 0)
		cli_warn(&start->options.cli, "%s", why);
	return 0;
}

/* A supervisor leaves the directory that relative names begin at.  Returns 0, or -1 with errno. */
static int
replace(char **path)
{
	char *absolute;

	if (*path == NULL)
		return 0;
	absolute = absolute_path(*path);
	if (absolute == NULL)
		return -1;
	free(*path);
	*path = absolute;
	return 0;
}

static int
make_absolute(struct start *start)
{
	struct options *options = &start->options;
	size_t i;
	int r;

	if (!options->supervise)
		return 0;
	r = replace(&options->watch_file);
	if (r == 0)
		r = replace(&options->wrapper);
	/* In a root directory of its own there is but one place that it can begin at. */
	if (r == 0)
		r = replace(options->root != NULL ? &options->root : &options->directory);
	for (i = 0; i < start->listeners.count && r == 0; i++)
		r = replace(&start->listeners.items[i].path);
	if (r < 0)
		cli_error(&options->cli, "cannot find the way here: %s", strerror(errno));
	return r < 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

int
start_check(struct start *start)
{
	int status = find_activation(start);

	if (status == 0)
		status = find_identity(start);
	if (status == 0)
		status = add_allow(&start->options);
	if (status == 0)
		status = find_program(start);
	if (status == 0)
		status = resolve(start);
	return status;
}

int
start_prepare(struct start *start)
{
	int (*const steps[])(struct start *) = {
		/* Notification and activation take their variables out of the environment first. */
		open_notify, start_check, NULL, open_pid_file, open_log, make_absolute,
		open_listeners,
	};
	size_t i;
	int status = 0;

	for (i = 0; i < sizeof steps / sizeof *steps && status == 0; i++) {
		if (steps[i] == NULL)
			hold_signals(&start->options);
		else
			status = steps[i](start);
	}
	if (status == 0)
		status = check_allow(start);
	return status;
}

/* What all instances have in common. */
static void
fill_pattern(const struct start *start, struct spawn *pattern)
{
	const struct options *options = &start->options;

	*pattern = (struct spawn){
		.directory = options->directory != NULL ? options->directory : "/",
		.stdout_fd = -1,
		.stderr_fd = options->supervise ? STDERR_FILENO : start->stderr_fd,
		.new_group = 1,
		.open_files = options->open_files.rlim_max > 0 ? &options->open_files : NULL,
		.nice = options->nice,
		.set_umask = options->set_umask,
		.umask = options->umask,
		.root = options->root,
		.identity = start->identity.set != 0 && options->wrapper == NULL
		    ? &start->identity.spawn : NULL,
		.no_new_privs = options->no_new_privs,
		.death_signal = options->supervise ? SIGTERM : 0,
		.ignore_sigpipe = options->ignore_sigpipe,
		.timeout_ms = SPAWN_TIMEOUT_MS,
	};
}

static void
fill_paths(const struct start *start, struct supervisor *supervisor)
{
	const struct options *options = &start->options;
	char why[512];

	if (control_place(supervisor->control_path, sizeof supervisor->control_path,
		options->control, options->pid_file, why, sizeof why) < 0) {
		supervisor->control_path[0] = '\0';
		cli_warn(&options->cli, "no control socket: %s", why);
	}
}

void
start_fill(struct start *start, struct supervisor *supervisor, char **argv)
{
	supervisor->identity = &start->identity;
	fill_pattern(start, &supervisor->pattern);
	if (!start->options.supervise)
		return;
	/* Without -l the instances have standard error itself, and no pipe. */
	supervisor->own_log = start->log;
	supervisor->log = start->options.log != NULL ? start->log : NULL;
	upgrade_prepare(supervisor, argv);
	fill_paths(start, supervisor);
	supervisor->notify_socket = start->notify.socket;
	supervisor->activated = start->activation.count;
	supervisor_keep(supervisor, "pid-file", start->pid_lock.fd);
}

void
start_close_log(struct start *start)
{
	if (start->log != NULL)
		log_close(start->log);
	start->log = NULL;
}

void
start_reset(struct start *start)
{
	start_close_log(start);
	pid_file_reset(&start->pid_file);
	/* That of a start that has failed: it holds nobody. */
	pid_lock_remove(&start->pid_lock);
	notify_reset(&start->notify);
	listeners_reset(&start->listeners);
	program_reset(&start->program);
	identity_reset(&start->identity);
	upgrade_reset(&start->upgrade);
	options_reset(&start->options);
}
