#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "command_file.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"

enum {
	OPT_BIND = 1,
	OPT_START,
	OPT_SUPERVISE,
	OPT_CONNECT,
	OPT_FILE,
	OPT_WINDOWS,
	OPT_ENV,
	OPT_UNSET,
	OPT_ENV_FILE,
	OPT_PARAMS0,
	OPT_CLEAN_ENV,
	OPT_DATA,
	OPT_NO_STDIN,
	OPT_ROLE,
	OPT_ID,
	OPT_KEEP_CONN,
	OPT_CONNECT_TIMEOUT,
	OPT_TIMEOUT,
	OPT_FAIL,
};

#define ONEDASH POPT_ARGFLAG_ONEDASH
#define HIDDEN POPT_ARGFLAG_DOC_HIDDEN

static const struct poptOption devkit_options[] = {
	{ .longName = "bind", .argInfo = POPT_ARG_NONE | ONEDASH, .val = OPT_BIND,
	    .descrip = "send a request to the application that listens at the address" },
	{ .longName = "start", .argInfo = POPT_ARG_NONE | ONEDASH, .val = OPT_START,
	    .descrip = "start APP, listening at the address, and leave" },
	{ .longName = "supervise", .argInfo = POPT_ARG_NONE | ONEDASH, .val = OPT_SUPERVISE,
	    .descrip = "with -start: stay until APP ends" },
	{ .longName = "connect", .argInfo = POPT_ARG_STRING | ONEDASH, .val = OPT_CONNECT,
	    .descrip = "the application's address", .argDescrip = "ADDR" },
	{ .shortName = 'f', .argInfo = POPT_ARG_STRING, .val = OPT_FILE,
	    .descrip = "read the arguments from FILE and ignore the rest", .argDescrip = "FILE" },
	/* The devkit's for Windows: refused by name, or -d would swallow the one. */
	{ .longName = "dbgfcgi", .argInfo = POPT_ARG_NONE | ONEDASH | HIDDEN, .val = OPT_WINDOWS },
	{ .longName = "jitcgi", .argInfo = POPT_ARG_NONE | ONEDASH | HIDDEN, .val = OPT_WINDOWS },
	POPT_TABLEEND,
};

static const struct poptOption variable_options[] = {
	{ .longName = "env", .shortName = 'e', .argInfo = POPT_ARG_STRING, .val = OPT_ENV,
	    .descrip = "send NAME with VALUE, or with the one it has in our environment",
	    .argDescrip = "NAME[=VALUE]" },
	{ .longName = "unset", .shortName = 'U', .argInfo = POPT_ARG_STRING, .val = OPT_UNSET,
	    .descrip = "do not send NAME", .argDescrip = "NAME" },
	{ .longName = "env-file", .argInfo = POPT_ARG_STRING, .val = OPT_ENV_FILE,
	    .descrip = "send the NAME=VALUE lines of FILE too", .argDescrip = "FILE" },
	{ .longName = "params0", .argInfo = POPT_ARG_STRING, .val = OPT_PARAMS0,
	    .descrip = "send the variables of FILE, as env -0 writes them, not our environment",
	    .argDescrip = "FILE" },
	{ .longName = "clean-env", .argInfo = POPT_ARG_NONE, .val = OPT_CLEAN_ENV,
	    .descrip = "do not send our environment" },
	POPT_TABLEEND,
};

static const struct poptOption request_options[] = {
	{ .longName = "data", .shortName = 'd', .argInfo = POPT_ARG_STRING, .val = OPT_DATA,
	    .descrip = "send this body: text, the contents of @FILE, or - for standard input",
	    .argDescrip = "DATA" },
	{ .longName = "no-stdin", .argInfo = POPT_ARG_NONE, .val = OPT_NO_STDIN,
	    .descrip = "send no FCGI_STDIN record at all, not even the empty one" },
	{ .longName = "role", .argInfo = POPT_ARG_STRING, .val = OPT_ROLE,
	    .descrip = "responder (the default), authorizer, filter or a number",
	    .argDescrip = "ROLE" },
	{ .longName = "id", .argInfo = POPT_ARG_STRING, .val = OPT_ID,
	    .descrip = "the request id, 1 to 65535 (1)", .argDescrip = "N" },
	{ .longName = "keep-conn", .argInfo = POPT_ARG_NONE, .val = OPT_KEEP_CONN,
	    .descrip = "set FCGI_KEEP_CONN" },
	{ .longName = "fail", .argInfo = POPT_ARG_NONE, .val = OPT_FAIL,
	    .descrip = "exit with 22 when the HTTP status is 400 or above or there is no header" },
	POPT_TABLEEND,
};

static const struct poptOption time_options[] = {
	{ .longName = "connect-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_CONNECT_TIMEOUT,
	    .descrip = "give up connecting after that long", .argDescrip = "DURATION" },
	{ .longName = "timeout", .argInfo = POPT_ARG_STRING, .val = OPT_TIMEOUT,
	    .descrip = "give up altogether after that long, with 110", .argDescrip = "DURATION" },
	POPT_TABLEEND,
};

static const struct poptOption options_table[] = {
	CLI_GROUP(devkit_options, "As the devkit's cgi-fcgi:"),
	CLI_GROUP(variable_options, "Variables:"),
	CLI_GROUP(request_options, "Request:"),
	CLI_GROUP(time_options, "Time:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};

static const struct cli_about about = {
	.name = "cgi-fcgi",
	.usage = "[OPTION...] [-bind] -connect ADDR\n"
		 "       cgi-fcgi -start [-supervise] -connect ADDR APP [N] [-- ARG...]\n"
		 "       cgi-fcgi [OPTION...] -connect ADDR APP [N] [-- ARG...]\n"
		 "       cgi-fcgi -f FILE",
	.purpose = "Sends one request with our environment to a FastCGI application, or starts one.",
	.usage_status = 1,
};

/* An option about variables, kept until all are known: their order is fixed, not the user's. */
struct change {
	int option;
	char *value;
};

struct changes {
	struct change *items;
	size_t count;
};

/* What was given, before it is made sense of. */
struct given {
	int bind;
	int start;
	int clean_env;
	struct changes changes;
};

static void
add_change(const struct cli *cli, struct changes *changes, int option, const char *value)
{
	struct change *items = reallocarray(changes->items, changes->count + 1, sizeof *items);

	if (items == NULL)
		cli_die(cli, 1, "out of memory");
	changes->items = items;
	items[changes->count++] = (struct change){ option, cli_keep(cli, value) };
}

static uint16_t
read_role(const struct cli *cli, const char *value)
{
	static const struct {
		const char *name;
		uint16_t role;
	} roles[] = {
		{ "responder", FCGI_RESPONDER },
		{ "authorizer", FCGI_AUTHORIZER },
		{ "filter", FCGI_FILTER },
	};
	size_t i;

	for (i = 0; i < sizeof roles / sizeof *roles; i++)
		if (strcmp(value, roles[i].name) == 0)
			return roles[i].role;
	if (*value < '0' || *value > '9')
		cli_usage_error(cli, "--role %s: not responder, authorizer, filter or a number",
		    value);
	return (uint16_t)cli_number(cli, "--role", value, 0, UINT16_MAX);
}

static void read_arguments(struct options *options, struct given *given, int argc, char **argv);

/* The rest of the command line is ignored: a web server adds words to an interpreter's. */
static void
read_command_file(struct options *options, struct given *given, const char *path)
{
	char **argv;
	int argc;

	if (options->file_argv != NULL)
		cli_usage_error(&options->cli, "-f %s: a command file cannot name another", path);
	argv = command_file_read(path, about.name, &argc);
	if (argv == NULL)
		cli_die(&options->cli, 1, "-f %s: %s", path,
		    errno == EINVAL ? "a quote is not closed" : strerror(errno));
	options->file_argv = argv;
	cli_reset(&options->cli);
	read_arguments(options, given, argc, argv);
}

static void
read_option(struct options *options, struct given *given, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_BIND:
		given->bind = 1;
		break;
	case OPT_START:
		given->start = 1;
		break;
	case OPT_SUPERVISE:
		options->supervise = 1;
		break;
	case OPT_CONNECT:
		cli_replace(cli, &options->connect, value);
		break;
	case OPT_WINDOWS:
		cli_usage_error(cli, "-dbgfcgi and -jitcgi are for Windows only");
	case OPT_CLEAN_ENV:
		given->clean_env = 1;
		break;
	case OPT_PARAMS0:
		given->clean_env = 1;
		add_change(cli, &given->changes, option, value);
		break;
	case OPT_DATA:
		cli_replace(cli, &options->data, value);
		break;
	case OPT_NO_STDIN:
		options->no_stdin = 1;
		break;
	case OPT_ROLE:
		options->role = read_role(cli, value);
		break;
	case OPT_ID:
		options->request_id =
		    (uint16_t)cli_number(cli, "--id", value, 1, FCGI_MAX_REQUEST_ID);
		break;
	case OPT_KEEP_CONN:
		options->flags = FCGI_KEEP_CONN;
		break;
	case OPT_CONNECT_TIMEOUT:
		options->connect_timeout_ns = cli_duration(cli, "--connect-timeout", value);
		break;
	case OPT_TIMEOUT:
		options->timeout_ns = cli_duration(cli, "--timeout", value);
		break;
	case OPT_FAIL:
		options->fail = 1;
		break;
	default:
		add_change(cli, &given->changes, option, value);
	}
}

static void
read_arguments(struct options *options, struct given *given, int argc, char **argv)
{
	int verbose = options->cli.verbose, quiet = options->cli.quiet, option;
	const char *value;

	cli_init(&options->cli, &about, argc, argv, options_table, 0);
	options->cli.verbose = verbose;
	options->cli.quiet = quiet;
	while ((option = cli_next(&options->cli, &value)) != -1) {
		if (option == OPT_FILE) {
			read_command_file(options, given, value);
			return;
		}
		read_option(options, given, option, value);
	}
}

/* The operands are APP and how many of it; which of the forms is meant follows from all. */
static void
read_form(struct options *options, const struct given *given)
{
	struct cli *cli = &options->cli;
	const char *app = cli_operand(cli), *count = cli_operand(cli), *extra = cli_operand(cli);

	if (extra != NULL)
		cli_usage_error(cli, "%s: one operand too many", extra);
	if (given->bind && given->start)
		cli_usage_error(cli, "-bind and -start exclude each other");
	if (options->connect == NULL)
		cli_usage_error(cli, "-connect ADDR is missing");
	if (given->bind && app != NULL)
		cli_usage_error(cli, "%s: -bind starts no application", app);
	if (given->start && app == NULL)
		cli_usage_error(cli, "-start: the application's path is missing");
	if (options->supervise && !given->start)
		cli_usage_error(cli, "-supervise goes with -start only");
	if (cli->command != NULL && app == NULL)
		cli_usage_error(cli, "--: there is no application to take arguments");
	options->form = given->start ? FORM_START : app != NULL ? FORM_BIND_OR_START : FORM_BIND;
	options->app = app;
	options->app_arguments = cli->command;
	options->instances = count != NULL ? cli_number(cli, "N", count, 1, 10000) : 1;
	if (options->no_stdin && options->data != NULL)
		cli_usage_error(cli, "-d and --no-stdin exclude each other");
}

static void
apply_file(struct options *options, const struct change *change)
{
	size_t where = 0;
	int r;

	r = change->option == OPT_PARAMS0
	    ? params_read_env0_file(&options->params, change->value, &where)
	    : params_read_env_file(&options->params, change->value, &where);
	if (r == -FCGI_E_SYNTAX)
		cli_die(&options->cli, 1, "%s:%zu: not NAME=VALUE", change->value, where);
	if (r < 0)
		cli_die(&options->cli, 1, "%s: %s", change->value, strerror(errno));
}

static void
apply_env(struct options *options, const char *pair)
{
	const char *value;
	int r;

	if (strchr(pair, '=') != NULL) {
		r = params_set_pair(&options->params, pair);
		if (r == -FCGI_E_SYNTAX)
			cli_usage_error(&options->cli, "-e %s: the name is empty", pair);
	} else {
		value = getenv(pair);
		if (value == NULL) {
			cli_warn(&options->cli, "-e %s: not in our environment, not sent", pair);
			return;
		}
		r = params_set(&options->params, pair, strlen(pair), value, strlen(value));
	}
	if (r < 0)
		cli_die(&options->cli, 1, "-e %s: %s", pair, strerror(errno));
}

static void
apply_changes(struct options *options, const struct changes *changes)
{
	size_t i;

	for (i = 0; i < changes->count; i++)
		if (changes->items[i].option == OPT_ENV_FILE ||
		    changes->items[i].option == OPT_PARAMS0)
			apply_file(options, &changes->items[i]);
	for (i = 0; i < changes->count; i++)
		if (changes->items[i].option == OPT_ENV)
			apply_env(options, changes->items[i].value);
	for (i = 0; i < changes->count; i++)
		if (changes->items[i].option == OPT_UNSET)
			params_unset(&options->params, changes->items[i].value);
}

void
options_read(struct options *options, int argc, char **argv, char *const *envp)
{
	struct given given = { 0 };
	size_t i;

	*options = (struct options){
		.role = FCGI_RESPONDER,
		.request_id = 1,
		.connect_timeout_ns = CLOCK_NEVER,
		.timeout_ns = CLOCK_NEVER,
	};
	read_arguments(options, &given, argc, argv);
	read_form(options, &given);
	if (!given.clean_env && params_add_environ(&options->params, envp) < 0)
		cli_die(&options->cli, 1, "%s", strerror(errno));
	apply_changes(options, &given.changes);
	for (i = 0; i < given.changes.count; i++)
		free(given.changes.items[i].value);
	free(given.changes.items);
}

void
options_reset(struct options *options)
{
	params_reset(&options->params);
	cli_reset(&options->cli);
	free(options->connect);
	free(options->data);
	free(options->file_argv);
}
