#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "command_file.h"
#include "fcgi_proto.h"
#include "options_check.h"
#include "options_table.h"
#include "preset.h"

static const struct cli_about about = {
	.name = "cgi-fcgi",
	.usage = "[OPTION...] [-bind] -connect ADDR\n"
		 "       cgi-fcgi -start [-supervise] -connect ADDR APP [N] [-- ARG...]\n"
		 "       cgi-fcgi [OPTION...] -connect ADDR APP [N] [-- ARG...]\n"
		 "       cgi-fcgi -f FILE\n"
		 "       cgi-fcgi -n [OPTION...]\n"
		 "       cgi-fcgi --encode [OPTION...]\n"
		 "       cgi-fcgi --decode [--decode-dir DIR] [FILE]\n"
		 "       cgi-fcgi --get-values -connect ADDR [NAME...]",
	.purpose = "Sends a request to a FastCGI application, with our environment or as a web server "
		   "would, or starts one.",
	.usage_status = 1,
};

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

static void
add_rules(struct options *options, int is_file, const char *text)
{
	struct rule_source *rules =
	    reallocarray(options->rules, options->rule_count + 1, sizeof *rules);

	if (rules == NULL)
		cli_die(&options->cli, 1, "out of memory");
	options->rules = rules;
	rules[options->rule_count++] = (struct rule_source){
		.is_file = is_file,
		.text = cli_keep(&options->cli, text),
	};
}

static void
choose_tool(struct options *options, enum tool tool)
{
	if (options->tool != TOOL_NONE && options->tool != tool)
		cli_usage_error(&options->cli,
		    "-n, --get-values, --encode and --decode exclude each other");
	options->tool = tool;
}

static void
choose_parts(struct options *options, enum output_parts parts)
{
	if (options->parts != OUTPUT_ALL && options->parts != parts)
		cli_usage_error(&options->cli, "--body and --headers exclude each other");
	options->parts = parts;
}

static void
choose_stderr(struct options *options, const char *value)
{
	if (strcmp(value, "null") == 0)
		options->stderr_to = STDERR_NULL;
	else if (strcmp(value, "prefix") == 0)
		options->stderr_to = STDERR_PREFIX;
	else {
		options->stderr_to = STDERR_FILE;
		cli_replace(&options->cli, &options->stderr_file, value);
	}
}

static void read_arguments(struct options *options, struct options_given *given, int argc,
    char **argv);

/* The rest of the command line is ignored: a web server adds words to an interpreter's. */
static void
read_command_file(struct options *options, struct options_given *given, const char *path)
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

/* The devkit's, and what is done in place of a request.  Returns 1, or 0 for another option. */
static int
read_what(struct options *options, struct options_given *given, int option, const char *value)
{
	switch (option) {
	case OPT_BIND:
		given->bind = 1;
		return 1;
	case OPT_START:
		given->start = 1;
		return 1;
	case OPT_SUPERVISE:
		options->supervise = 1;
		return 1;
	case OPT_CONNECT:
		cli_replace(&options->cli, &options->connect, value);
		return 1;
	case OPT_WINDOWS:
		cli_usage_error(&options->cli, "-dbgfcgi and -jitcgi are for Windows only");
	case OPT_PRINT_PARAMS:
		choose_tool(options, TOOL_PRINT_PARAMS);
		return 1;
	case OPT_GET_VALUES:
		choose_tool(options, TOOL_GET_VALUES);
		return 1;
	case OPT_ENCODE:
		choose_tool(options, TOOL_ENCODE);
		return 1;
	case OPT_DECODE_DIR:
		cli_replace(&options->cli, &options->decode_dir, value);
		return 1;
	case OPT_DECODE:
		choose_tool(options, TOOL_DECODE);
		return 1;
	default:
		return 0;
	}
}

/* What goes over the wire.  Returns as above. */
static int
read_wire(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_SETENVIF:
	case OPT_SETENVIF_FILE:
		add_rules(options, option == OPT_SETENVIF_FILE, value);
		return 1;
	case OPT_NO_STDIN:
		options->no_stdin = 1;
		return 1;
	case OPT_STREAM:
		options->stream = 1;
		return 1;
	case OPT_CONTENT_LENGTH:
		options->content_length =
		    cli_number(cli, "--content-length", value, 0, INT64_MAX);
		return 1;
	case OPT_ROLE:
		options->role = read_role(cli, value);
		return 1;
	case OPT_FILTER_DATA:
		cli_replace(cli, &options->filter_data, value);
		return 1;
	case OPT_ID:
		options->request_id =
		    (uint16_t)cli_number(cli, "--id", value, 1, FCGI_MAX_REQUEST_ID);
		return 1;
	case OPT_KEEP_CONN:
		options->flags = FCGI_KEEP_CONN;
		return 1;
	case OPT_REPEAT:
		options->repeat = cli_number(cli, "--repeat", value, 1, INT32_MAX);
		return 1;
	case OPT_MULTIPLEX:
		options->multiplex = cli_number(cli, "--multiplex", value, 1, OPTIONS_MULTIPLEX_MAX);
		return 1;
	default:
		return 0;
	}
}

static int
read_waiting(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_FIRST_BYTE_TIMEOUT:
		options->first_byte_timeout_ns = cli_duration(cli, "--first-byte-timeout", value);
		return 1;
	case OPT_IDLE_TIMEOUT:
		options->idle_timeout_ns = cli_duration(cli, "--idle-timeout", value);
		return 1;
	case OPT_WAIT:
		options->wait = 1;
		return 1;
	case OPT_WAIT_TIMEOUT:
		options->wait = 1;
		options->wait_timeout_ns = cli_duration(cli, "--wait-timeout", value);
		return 1;
	case OPT_ABORT_AFTER:
		options->abort_after_ns = cli_duration(cli, "--abort-after", value);
		return 1;
	default:
		return 0;
	}
}

static int
read_output(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_BODY:
		choose_parts(options, OUTPUT_BODY);
		return 1;
	case OPT_HEADERS:
		choose_parts(options, OUTPUT_HEADERS);
		return 1;
	case OPT_STATUS_LINE:
		options->status_line = 1;
		return 1;
	case OPT_OUTPUT:
		cli_replace(cli, &options->output_file, value);
		return 1;
	case OPT_DUMP_HEADER:
		cli_replace(cli, &options->header_file, value);
		return 1;
	case OPT_FLUSH:
		options->flush = 1;
		return 1;
	case OPT_STDERR:
		choose_stderr(options, value);
		return 1;
	case OPT_WRITE_OUT:
		cli_replace(cli, &options->write_out, value);
		return 1;
	case OPT_JSON:
		options->json = 1;
		return 1;
	case OPT_SEEN_BY:
		cli_replace(cli, &options->seen_by, value);
		return 1;
	case OPT_FAIL:
		options->fail = 1;
		return 1;
	case OPT_FAIL_STDERR:
		options->fail_stderr = 1;
		return 1;
	default:
		return 0;
	}
}

static _Noreturn void
list_presets(struct options *options)
{
	size_t i;

	for (i = 0; preset_name(i) != NULL; i++)
		puts(preset_name(i));
	cli_close_stdout(&options->cli, CLI_STATUS_ERRNO);
	options_reset(options);
	exit(0);
}

static void
read_look(struct options *options, int option, const char *value)
{
	static const char *const formats[] = {
		[PRINT_ENV] = "env",
		[PRINT_ENV0] = "env0",
		[PRINT_JSON] = "json",
		NULL,
	};
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_PRINT_FORMAT:
		options->print_format =
		    (enum print_format)cli_word(cli, "--print-format", value, formats);
		break;
	case OPT_TRACE:
		cli_replace(cli, &options->trace_file, value);
		break;
	case OPT_TRACE_TIME:
		options->trace_time = 1;
		break;
	case OPT_SHOW_SECRETS:
		options->show_secrets = 1;
		break;
	case OPT_LIST_PRESETS:
		list_presets(options);
	default:
		break;
	}
}

static void
read_option(struct options *options, struct options_given *given, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	if (!read_what(options, given, option, value) && !read_wire(options, option, value) &&
	    !read_waiting(options, option, value) && !read_output(options, option, value) &&
	    !cli_request_take(cli, &options->http, option, value) &&
	    !cli_identity_take(cli, &options->identity, option, value) &&
	    !cli_variables_take(cli, &options->variables, option, value) &&
	    !cli_time_take(cli, &options->time, option, value))
		read_look(options, option, value);
}

static void
read_arguments(struct options *options, struct options_given *given, int argc, char **argv)
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
		options_given_add(given, &options->cli, option, value);
		read_option(options, given, option, value);
	}
}

/* A tool's operands are files or names, and it starts no application. */
static void
read_tool_form(struct options *options, const struct options_given *given)
{
	struct cli *cli = &options->cli;
	const char *operand;
	size_t count = 0, most = options->tool == TOOL_DECODE ? 1 : SIZE_MAX;

	if (given->start)
		cli_usage_error(cli, "-start goes with no tool");
	if (options->tool == TOOL_GET_VALUES && options->connect == NULL)
		cli_usage_error(cli, "-connect ADDR is missing");
	if (options->tool == TOOL_ENCODE || options->tool == TOOL_PRINT_PARAMS)
		most = 0;
	do {
		const char **operands =
		    reallocarray(options->operands, count + 1, sizeof *operands);

		if (operands == NULL)
			cli_die(cli, 1, "out of memory");
		options->operands = operands;
		operands[count++] = operand = cli_operand(cli);
		if (operand != NULL && count > most)
			cli_usage_error(cli, "%s: one operand too many", operand);
	} while (operand != NULL);
}

/* The operands are APP and how many of it; which of the forms is meant follows from all. */
static void
read_form(struct options *options, const struct options_given *given)
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
}

void
options_read(struct options *options, int argc, char **argv)
{
	struct options_given given = { 0 };

	*options = (struct options){
		.role = FCGI_RESPONDER,
		.request_id = 1,
		.content_length = -1,
		.repeat = 1,
		.multiplex = 1,
		.first_byte_timeout_ns = CLOCK_NEVER,
		.idle_timeout_ns = CLOCK_NEVER,
		.wait_timeout_ns = CLOCK_NEVER,
		.abort_after_ns = CLOCK_NEVER,
	};
	cli_time_init(&options->time);
	read_arguments(options, &given, argc, argv);
	if (options->tool != TOOL_NONE)
		read_tool_form(options, &given);
	else
		read_form(options, &given);
	options_check(options, &given);
	options_given_reset(&given);
	cli_identity_read(&options->cli, &options->identity);
}

void
options_reset(struct options *options)
{
	size_t i;

	for (i = 0; i < options->rule_count; i++)
		free(options->rules[i].text);
	free(options->rules);
	params_reset(&options->params);
	cli_request_reset(&options->http);
	cli_identity_reset(&options->identity);
	cli_variables_reset(&options->variables);
	cli_reset(&options->cli);
	free(options->connect);
	free(options->filter_data);
	free(options->output_file);
	free(options->header_file);
	free(options->stderr_file);
	free(options->write_out);
	free(options->seen_by);
	free(options->trace_file);
	free(options->decode_dir);
	free(options->operands);
	free(options->file_argv);
}
