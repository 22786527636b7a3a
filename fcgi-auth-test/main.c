/*
 * fcgi-auth-test: asks a FastCGI authorizer as a web server does, dialect by dialect, and judges
 * its answers.
 */
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "application.h"
#include "case_set.h"
#include "clock.h"
#include "fcgi_error.h"
#include "options.h"
#include "outcome.h"
#include "question.h"
#include "runner.h"
#include "spawn.h"

/* Between the last that is heard of an application and its end. */
#define END_PATIENCE_NS (500 * CLOCK_NS_PER_MS)
#define LOOK_NS (10 * CLOCK_NS_PER_MS)
/* How long it may take to end when it is asked to. */
#define GRACE_NS (2 * CLOCK_NS_PER_S)

/* --- what to ask --------------------------------------------------------------------------- */

/*
 * The one case that the command line asks gets its password last: only if it is sent at all is there
 * a reason to ask for it.
 */
static void
read_password(struct options *options, struct case_set *cases)
{
	struct auth_case *auth_case;
	size_t i;
	int needed = options->identity.password_file != NULL || options->identity.has_password_fd;

	for (i = 0; options->file_count == 0 && !needed && i < cases->count; i++)
		needed = case_set_sends_password(cases, &cases->items[i]);
	if (options->identity.user == NULL || needed)
		cli_identity_read(&options->cli, &options->identity);
	if (options->identity.password == NULL)
		return;
	for (i = 0; i < cases->count; i++) {
		auth_case = &cases->items[i];
		if (auth_case->user.data == NULL || auth_case->password.data != NULL ||
		    strcmp(auth_case->user.data, options->identity.user) != 0)
			continue;
		if (auth_case_set_password(auth_case, options->identity.password,
			options->identity.password_file) < 0)
			cli_die(&options->cli, EXIT_USAGE, "out of memory");
	}
}

static void
read_cases(struct options *options, struct case_set *cases)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < options->file_count; i++)
		r = case_set_read(cases, options->files[i], &options->settings);
	if (options->file_count == 0)
		r = case_set_add(cases, &options->settings);
	if (r < 0)
		cli_die(&options->cli, EXIT_USAGE, "%s", cases->why);
	read_password(options, cases);
}

/* Those of our environment are no business of the authorizer's that we start. */
static void
hide_passwords(const struct case_set *cases)
{
	size_t i;

	for (i = 0; i < cases->count; i++)
		if (cases->items[i].password_source == AUTH_PASSWORD_ENV)
			unsetenv(cases->items[i].password_name);
}

/* --- whom to ask --------------------------------------------------------------------------- */

static void
find_authorizer(const struct options *options, struct authorizer *authorizer,
    struct application *application)
{
	const struct addr *addr = &options->addr;
	char why[1024];
	int gai = 0;

	authorizer->name = options->address;
	if (options->address == NULL) {
		application_init(application);
		if (application_start(application, options->cli.command, environ, why,
			sizeof why) < 0)
			cli_die(&options->cli, EXIT_UNREACHABLE, "%s", why);
		addr = &application->addr;
		authorizer->name = options->cli.command[0];
	}
	authorizer->socket_count = addr_resolve(addr, 0, authorizer->sockets, &gai);
	if (authorizer->socket_count > 0)
		return;
	application_stop(application, GRACE_NS);
	cli_die(&options->cli, EXIT_UNREACHABLE, "%s: %s", authorizer->name,
	    gai != 0 ? gai_strerror(gai) : fcgi_strerror(authorizer->socket_count));
}

/*
 * An authorizer that we started and that has died explains much.  One whose connections end is
 * about to, maybe.  Returns 1 when it has died.
 */
static int
tell_end(const struct options *options, const struct runner *runner,
    struct application *application)
{
	const struct timespec look = { .tv_nsec = LOOK_NS };
	int64_t until_ns = clock_now_ns();
	int has_ended;
	char how[128];
	size_t i;

	for (i = 0; i < runner->result_count; i++)
		if (runner->results[i].trouble == RESULT_UNREACHABLE ||
		    runner->results[i].trouble == RESULT_BROKEN)
			until_ns = clock_after(clock_now_ns(), END_PATIENCE_NS);
	while (!(has_ended = application_has_ended(application, how, sizeof how)) &&
	    clock_now_ns() < until_ns)
		nanosleep(&look, NULL);
	if (has_ended)
		cli_error(&options->cli, "%s: %s", options->cli.command[0], how);
	return has_ended;
}

/* A descriptor that tells of what asks us to end; or -1: then the signals just end us. */
static int
catch_signals(void)
{
	sigset_t signals;
	int fd;

	spawn_stop_signals(&signals);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		sigprocmask(SIG_BLOCK, &signals, NULL);
	return fd;
}

/* --- all of it ----------------------------------------------------------------------------- */

static void
prepare(const struct options *options, const struct case_set *cases,
    const struct authorizer *authorizer, struct runner *runner)
{
	*runner = (struct runner){
		.cases = cases,
		.authorizer = authorizer,
		.judge = {
			.server = options->server,
			.policy = options->policy,
			.trusted_headers =
			    (const char *const *)(uintptr_t)options->trusted_headers.items,
			.show_secrets = options->show_secrets,
			.timeout_ns = options->time.timeout_ns,
		},
		.tags = &options->tags,
		.tell = outcome_tell,
		.probes = options->probes && options->file_count > 0,
		.trace = options->cli.verbose > 0,
		.signal_fd = catch_signals(),
		.timeout_ns = options->time.timeout_ns,
		.connect_timeout_ns = options->time.connect_timeout_ns,
	};
}

/* More at a time than can be open would only be more that cannot be asked. */
static void
fit_jobs(struct options *options, const struct case_set *cases)
{
	size_t wanted = options->jobs < cases->count ? options->jobs : cases->count;
	size_t most = asker_most(wanted);

	if (most >= wanted)
		return;
	options->jobs = most;
	cli_warn(&options->cli, "--jobs %zu: only %zu at a time, for no more files may be open "
	    "(ulimit -n)", wanted, most);
}

static int
run(struct options *options, const struct case_set *cases)
{
	struct application application = { 0 };
	struct authorizer authorizer = { 0 };
	struct runner runner;
	struct outcome outcome;
	const char *why;
	int r, status, has_died;

	prepare(options, cases, &authorizer, &runner);
	hide_passwords(cases);
	find_authorizer(options, &authorizer, &application);
	fit_jobs(options, cases);
	runner.jobs = options->jobs;
	outcome_open(&outcome, options, authorizer.name);
	runner.tell_to = &outcome;
	r = runner_run(&runner);
	has_died = tell_end(options, &runner, &application);
	application_stop(&application, GRACE_NS);
	/* Nobody reads on: that is what is wrong. */
	if (ferror(stdout))
		cli_close_stdout(&options->cli, EXIT_USAGE);
	/* A tag that is misspelt must not pass for a success. */
	if (r == 0 && runner.result_count == 0)
		cli_die(&options->cli, EXIT_USAGE, "--tags: they leave no case to ask");
	why = r == 0 ? NULL : r == ASKER_INTERRUPTED ? "interrupted" : fcgi_strerror(r);
	outcome_close(&outcome, &runner, why);
	status = outcome_status(options, &runner, has_died);
	if (why != NULL) {
		cli_error(&options->cli, "%s", why);
		status = r == ASKER_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_USAGE;
	}
	runner_reset(&runner);
	return status;
}

int
main(int argc, char **argv)
{
	struct case_set cases = { 0 };
	struct options options;
	struct cli cli;
	int status;

	if (spawn_fill_standard_fds() < 0)
		return EXIT_USAGE;
	/* The authorizer that we have started is to be stopped also when nobody reads on. */
	signal(SIGPIPE, SIG_IGN);
	options_read(&options, argc, argv);
	read_cases(&options, &cases);
	status = run(&options, &cases);
	case_set_reset(&cases);
	cli = options.cli;
	cli_close_stdout(&cli, EXIT_USAGE);
	options_reset(&options);
	return status;
}
