#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "line.h"
#include "lists.h"
#include "options_table.h"

static const struct cli_about about = {
	.name = "fcgi-auth-test",
	.usage = "[OPTION...] ADDR [FILE...]\n"
		 "       fcgi-auth-test [OPTION...] [FILE...] -- COMMAND [ARGUMENT...]",
	.purpose = "Asks a FastCGI authorizer as a web server does, and judges its answers.",
	.usage_status = EXIT_USAGE,
};

/* The limit of mod_authnz_fcgi and its like: httpd's Timeout is 60, its module waits for 30. */
#define TIMEOUT_NS (30 * CLOCK_NS_PER_S)

enum { JOBS_MAX = 1000 };

static void
set(struct options *options, const char *field, const char *value, const char *option)
{
	if (settings_add(&options->settings, field, value, strlen(value), option, 0) < 0)
		cli_die(&options->cli, EXIT_USAGE, "out of memory");
}

static void
add_line(const struct cli *cli, struct auth_lines *lines, const char *text, size_t len)
{
	if (auth_lines_add(lines, text, len) < 0)
		cli_die(cli, EXIT_USAGE, "out of memory");
}

/* Takes the next word of a list with commas.  Returns 1, or 0 when there are no more. */
static int
next_word(const char **list, const char **word, size_t *len)
{
	while (**list == ',')
		(*list)++;
	*word = *list;
	*len = strcspn(*list, ",");
	*list += *len;
	return *len > 0;
}

/* A list without a word is a variable of a script that is not set. */
static void
refuse_empty(const struct cli *cli, const char *option, const char *list)
{
	const char *rest = list, *word;
	size_t len;

	if (!next_word(&rest, &word, &len))
		cli_usage_error(cli, "%s '%s': there is nothing in it", option, list);
}

static void
read_header_file(struct options *options, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	size_t left = LINE_FILE_MAX, number = 0;
	struct buffer line = { 0 };
	char *text;
	int r;

	if (file == NULL)
		cli_die(&options->cli, EXIT_USAGE, "--header-file %s: %s", path, strerror(errno));
	while ((r = line_read(&line, file, '\n', &left)) > 0) {
		number++;
		text = (char *)line.data;
		while (line.len > 0 && text[line.len - 1] == '\r')
			text[--line.len] = '\0';
		if (strlen(text) != line.len)
			cli_die(&options->cli, EXIT_USAGE, "%s:%zu: there is a NUL in it", path,
			    number);
		if (line.len > 0 && *text != '#')
			set(options, "Headers", text, "--header-file");
	}
	if (r < 0)
		cli_die(&options->cli, EXIT_USAGE, "--header-file %s: %s", path, strerror(errno));
	if (line.data != NULL)
		explicit_bzero(line.data, line.len);
	buffer_free(&line);
	if (file != stdin)
		fclose(file);
}

static void
read_checks(const struct cli *cli, const char *option, const char *list, uint64_t *checks)
{
	const char *rest = list, *word;
	char *name;
	size_t len;
	int check;

	refuse_empty(cli, option, list);
	while (next_word(&rest, &word, &len)) {
		name = strndup(word, len);
		if (name == NULL)
			cli_die(cli, EXIT_USAGE, "out of memory");
		check = check_find(name);
		if (check < 0)
			cli_usage_error(cli, "%s %s: no such check; --list-checks tells them",
			    option, name);
		free(name);
		*checks |= check_bit((enum check_id)check);
	}
}

static void
read_verdicts(struct options *options, const char *list)
{
	const struct cli *cli = &options->cli;
	const char *rest = list, *word;
	char *name;
	size_t len;
	int server;

	refuse_empty(cli, "--verdict", list);
	while (next_word(&rest, &word, &len)) {
		name = strndup(word, len);
		if (name == NULL)
			cli_die(cli, EXIT_USAGE, "out of memory");
		if (strcmp(name, "all") == 0) {
			options->verdicts = (1U << VERDICT_SERVERS) - 1;
		} else {
			server = verdict_find(name);
			if (server < 0)
				lists_refuse_server(cli, name);
			options->verdicts |= 1U << server;
		}
		free(name);
	}
}

/* Something was asked of us alone, and is told. */
static _Noreturn void
finish(struct cli *cli)
{
	cli_close_stdout(cli, EXIT_USAGE);
	cli_reset(cli);
	exit(0);
}

static int
read_on_off(const struct cli *cli, const char *option, const char *value)
{
	static const char *const words[] = { "off", "on", NULL };

	return cli_word(cli, option, value, words);
}

/* What to ask.  Returns 1, or 0 for another option. */
static int
read_ask(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;
	const char *word;
	size_t len;

	switch (option) {
	case OPT_DIALECT:
		set(options, "Dialect", value, "-D");
		return 1;
	case OPT_LIST_DIALECTS:
		lists_dialects(cli);
		finish(&options->cli);
	case OPT_PHASE:
		set(options, "Phase", value, "-p");
		return 1;
	case OPT_REQUEST_LINE:
		set(options, "Request", value, "-r");
		return 1;
	case OPT_METHOD:
		cli_replace(cli, &options->method, value);
		return 1;
	case OPT_HEADER:
		set(options, "Headers", value, "-H");
		return 1;
	case OPT_HEADER_FILE:
		read_header_file(options, value);
		return 1;
	case OPT_JOBS:
		options->jobs = (size_t)cli_number(cli, "--jobs", value, 1, JOBS_MAX);
		return 1;
	case OPT_TAGS:
		refuse_empty(cli, "--tags", value);
		while (next_word(&value, &word, &len))
			add_line(cli, &options->tags, word, len);
		return 1;
	default:
		return 0;
	}
}

static int
read_judge(struct options *options, int option, const char *value)
{
	struct cli *cli = &options->cli;

	switch (option) {
	case OPT_VERDICT:
		read_verdicts(options, value);
		return 1;
	case OPT_AUTHORITATIVE:
		options->server.authoritative = read_on_off(cli, "--authoritative", value);
		return 1;
	case OPT_REQUIRE_BASIC:
		options->server.require_basic = read_on_off(cli, "--require-basic", value);
		return 1;
	case OPT_USER_EXPR:
		if (verdict_user_expr_check(value) < 0)
			cli_usage_error(cli, "--user-expr %s: only text with %%{reqenv:NAME} and "
			    "%%{REMOTE_USER} in it can be evaluated here", value);
		cli_replace(cli, &options->user_expr, value);
		return 1;
	case OPT_DEFAULT_USER:
		cli_replace(cli, &options->default_user, value);
		return 1;
	case OPT_TRUSTED_HEADER:
		if (*value == '\0' || value[strcspn(value, ": \t")] != '\0')
			cli_usage_error(cli, "--trusted-header %s: not the name of a header",
			    value);
		add_line(cli, &options->trusted_headers, value, strlen(value));
		return 1;
	case OPT_STRICT:
		options->policy.strict = 1;
		return 1;
	case OPT_RAISE:
		read_checks(cli, "-W", value, &options->policy.raised);
		return 1;
	case OPT_IGNORE:
		read_checks(cli, "--ignore", value, &options->policy.ignored);
		return 1;
	case OPT_NO_PROBES:
		options->probes = 0;
		return 1;
	case OPT_LIST_CHECKS:
		lists_checks();
		finish(cli);
	default:
		return 0;
	}
}

static void
read_report(struct options *options, int option, const char *value)
{
	static const char *const formats[] = {
		[REPORT_TAP] = "tap",
		[REPORT_TEXT] = "text",
		[REPORT_JUNIT] = "junit",
		[REPORT_JSONL] = "jsonl",
		[REPORT_CASES] = "cases",
		[REPORT_TABLE] = "table",
		NULL,
	};
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_FORMAT:
		options->format = (enum report_format)cli_word(cli, "--format", value, formats);
		break;
	case OPT_OUTPUT:
		cli_replace(cli, &options->output_file, value);
		break;
	case OPT_SHOW_SECRETS:
		options->show_secrets = 1;
		break;
	default:
		break;
	}
}

/* Returns 1 when a format was named. */
static int
read_arguments(struct options *options)
{
	struct cli *cli = &options->cli;
	int option, has_format = 0;
	const char *value;

	while ((option = cli_next(cli, &value)) != -1) {
		has_format |= option == OPT_FORMAT;
		if (!read_ask(options, option, value) && !read_judge(options, option, value) &&
		    !cli_identity_take(cli, &options->identity, option, value) &&
		    !cli_variables_take(cli, &options->variables, option, value) &&
		    !cli_time_take(cli, &options->time, option, value))
			read_report(options, option, value);
	}
	return has_format;
}

static void
read_operands(struct options *options)
{
	struct cli *cli = &options->cli;
	const char *name, **files;
	int r;

	if (cli->command == NULL) {
		options->address = cli_operand(cli);
		if (options->address == NULL)
			cli_usage_error(cli, "no authorizer: its address is missing, or -- and "
			    "the command that starts it");
		r = addr_parse(&options->addr, options->address);
		if (r < 0)
			cli_usage_error(cli, "%s: %s", options->address, fcgi_strerror(r));
		if (options->addr.kind == ADDR_FD)
			cli_usage_error(cli, "%s: a descriptor can be asked but once",
			    options->address);
	} else if (cli->command[0] == NULL) {
		cli_usage_error(cli, "--: no command follows");
	}
	while ((name = cli_operand(cli)) != NULL) {
		files = reallocarray(options->files, options->file_count + 1, sizeof *files);
		if (files == NULL)
			cli_die(cli, EXIT_USAGE, "out of memory");
		options->files = files;
		files[options->file_count++] = name;
	}
}

/* -u, -e, -U and their like join the settings. */
static void
settle_settings(struct options *options)
{
	const struct cli *cli = &options->cli;
	struct params params = { 0 };
	const char *name;
	char *pair;
	size_t i;

	if (options->method != NULL)
		set(options, "Method", options->method, "-X");
	if (options->identity.user != NULL)
		set(options, "User", options->identity.user, "-u");
	cli_variables_apply(cli, &options->variables, &params, environ, 0);
	for (i = 0; i < params.count; i++) {
		if (asprintf(&pair, "%s=%s", (const char *)params.items[i].name,
			(const char *)params.items[i].value) < 0)
			cli_die(cli, EXIT_USAGE, "out of memory");
		set(options, "Params", pair, "-e");
		free(pair);
	}
	params_reset(&params);
	for (i = 0; (name = cli_variables_unset(&options->variables, i)) != NULL; i++)
		set(options, "Unset", name, "-U");
}

static void
check(const struct options *options, int has_format)
{
	const struct cli *cli = &options->cli;

	if (options->time.timeout_ns <= 0)
		cli_usage_error(cli, "--timeout: has to be longer than nothing");
	if (options->time.connect_timeout_ns <= 0)
		cli_usage_error(cli, "--connect-timeout: has to be longer than nothing");
	if (options->file_count == 0) {
		if (options->settings.count == 0)
			cli_usage_error(cli, "nothing to ask: name a case file, or ask with -u and "
			    "-r");
		if (options->tags.count > 0)
			cli_usage_error(cli, "--tags: goes with case files only");
	} else if (has_format && options->format == REPORT_TEXT) {
		cli_usage_error(cli, "--format text: is for one question, not for case files");
	}
}

void
options_read(struct options *options, int argc, char **argv)
{
	int has_format;

	*options = (struct options){ .jobs = 1, .probes = 1 };
	cli_time_init(&options->time);
	verdict_defaults(&options->server, AUTH_AUTHENTICATOR);
	cli_init(&options->cli, &about, argc, argv, options_table, 0);
	has_format = read_arguments(options);
	read_operands(options);
	settle_settings(options);
	if (options->time.timeout_ns == CLOCK_NEVER)
		options->time.timeout_ns = TIMEOUT_NS;
	if (!has_format)
		options->format = options->file_count > 0 ? REPORT_TAP : REPORT_TEXT;
	if (options->format == REPORT_TABLE && options->verdicts == 0)
		options->verdicts = (1U << VERDICT_SERVERS) - 1;
	options->server.user_expr = options->user_expr;
	options->server.default_user = options->default_user;
	check(options, has_format);
}

void
options_reset(struct options *options)
{
	auth_lines_reset(&options->tags);
	auth_lines_reset(&options->trusted_headers);
	free(options->files);
	free(options->output_file);
	free(options->method);
	free(options->user_expr);
	free(options->default_user);
	settings_reset(&options->settings);
	cli_identity_reset(&options->identity);
	cli_variables_reset(&options->variables);
	cli_reset(&options->cli);
}
