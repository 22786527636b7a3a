/*
 * fcgi-auth-test: asks a FastCGI authorizer as a web server does, dialect by dialect, and judges
 * its answers.
 */
#include <errno.h>
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
#include "question.h"
#include "replace.h"
#include "report.h"
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

/* --- what came of it ----------------------------------------------------------------------- */

/* Standard output is for the answer to a question alone: why there is none, and the rest. */
static void
tell_rest(const struct options *options, const struct result *result, int several)
{
	const char *name = options->cli.about->name;
	size_t i;

	if (result->failures.count > 0 &&
	    (result->trouble != RESULT_ANSWERED || result->reply.wire.len == 0))
		fprintf(stderr, "%s: %s%s%s\n", name, several ? result->dialect->name : "",
		    several ? ": " : "", result->failures.items[0]);
	for (i = 0; i < result->finding_count; i++) {
		if (result->findings[i].severity == CHECK_WARNING && options->cli.quiet)
			continue;
		fprintf(stderr, "%s: ", name);
		report_finding(stderr, &result->findings[i]);
		putc('\n', stderr);
	}
}

static void
report(const struct options *options, const struct runner *runner, const char *name)
{
	const struct report how = {
		.format = options->format,
		.verdicts = options->verdicts,
		.show_secrets = options->show_secrets,
		.address = name,
		.output_file = options->output_file,
	};
	char *text = NULL, why[512];
	size_t len = 0, i;
	FILE *out = open_memstream(&text, &len);
	int r = -FCGI_E_SYSTEM;

	if (out == NULL)
		cli_die(&options->cli, EXIT_USAGE, "out of memory");
	r = report_write(out, &how, runner->results, runner->result_count, why, sizeof why);
	if (fclose(out) != 0 || r < 0)
		cli_die(&options->cli, EXIT_USAGE, "%s", why);
	for (i = 0; options->format == REPORT_TEXT && i < runner->result_count; i++)
		tell_rest(options, &runner->results[i], runner->result_count > 1);
	if (options->output_file == NULL)
		fwrite(text, 1, len, stdout);
	else if (replace_file(options->output_file, text, len,
		     options->format == REPORT_CASES ? 0600 : 0666) < 0)
		cli_die(&options->cli, EXIT_USAGE, "-o %s: %s", options->output_file,
		    strerror(errno));
	free(text);
}

/*
 * The worst of all; of a question what was decided, whatever else was found.
 * has_died: the authorizer that we started; whether we are refused then or reset is chance.
 */
static int
exit_status(const struct options *options, const struct runner *runner, int has_died)
{
	static const int statuses[] = {
		[RESULT_ANSWERED] = EXIT_FAILED,
		[RESULT_UNREACHABLE] = EXIT_UNREACHABLE,
		[RESULT_BROKEN] = EXIT_PROTOCOL,
		[RESULT_LATE] = EXIT_TIME,
	};
	enum result_trouble worst = RESULT_ANSWERED;
	int is_question = options->file_count == 0, failed = 0;
	const struct result *result;
	size_t i;

	for (i = 0; i < runner->result_count; i++) {
		result = &runner->results[i];
		if (is_question ? result->failures.count == 0 : result->state != RESULT_FAILED)
			continue;
		failed = 1;
		if (result->trouble != RESULT_ANSWERED &&
		    (worst == RESULT_ANSWERED || result->trouble < worst))
			worst = result->trouble;
	}
	if (has_died && worst == RESULT_BROKEN)
		worst = RESULT_UNREACHABLE;
	return failed ? statuses[worst] : 0;
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
		.jobs = options->jobs,
		.probes = options->probes && options->file_count > 0,
		.trace = options->cli.verbose > 0,
		.signal_fd = catch_signals(),
		.timeout_ns = options->time.timeout_ns,
		.connect_timeout_ns = options->time.connect_timeout_ns,
	};
}

static int
run(struct options *options, const struct case_set *cases)
{
	struct application application = { 0 };
	struct authorizer authorizer = { 0 };
	struct runner runner;
	int r, status, has_died;

	prepare(options, cases, &authorizer, &runner);
	find_authorizer(options, &authorizer, &application);
	r = runner_run(&runner);
	has_died = tell_end(options, &runner, &application);
	application_stop(&application, GRACE_NS);
	if (r == ASKER_INTERRUPTED)
		cli_die(&options->cli, EXIT_INTERRUPTED, "interrupted");
	if (r < 0)
		cli_die(&options->cli, EXIT_USAGE, "%s", fcgi_strerror(r));
	/* A tag that is misspelt must not pass for a success. */
	if (runner.result_count == 0)
		cli_die(&options->cli, EXIT_USAGE, "--tags: they leave no case to ask");
	report(options, &runner, authorizer.name);
	status = exit_status(options, &runner, has_died);
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
	options_read(&options, argc, argv);
	read_cases(&options, &cases);
	status = run(&options, &cases);
	case_set_reset(&cases);
	cli = options.cli;
	cli_close_stdout(&cli, EXIT_USAGE);
	options_reset(&options);
	return status;
}
