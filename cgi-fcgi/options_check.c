#include "options_check.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fcgi_proto.h"
#include "options_table.h"

/* --- names --------------------------------------------------------------------------------- */

/* The row of an option, which may be in one of the groups; NULL if it is not in this table. */
static const struct poptOption *
find_row(const struct poptOption *table, int option)
{
	const struct poptOption *row = NULL;

	for (; table->longName != NULL || table->shortName != 0 || table->arg != NULL; table++) {
		if (table->argInfo == POPT_ARG_INCLUDE_TABLE)
			row = find_row(table->arg, option);
		else if (table->val == option)
			row = table;
		if (row != NULL)
			return row;
	}
	return NULL;
}

enum { NAME_SIZE = 32 };

/* As the page names it: by its letter if it has one. */
static const char *
name_option(char *dst, int option)
{
	const struct poptOption *row = find_row(options_table, option);

	*dst = '\0';
	if (row != NULL && row->shortName != 0)
		snprintf(dst, NAME_SIZE, "-%c", row->shortName);
	else if (row != NULL)
		snprintf(dst, NAME_SIZE, "%s%s", row->argInfo & POPT_ARGFLAG_ONEDASH ? "-" : "--",
		    row->longName);
	return dst;
}

/* --- what says nothing --------------------------------------------------------------------- */

static int
is_of_output(int option)
{
	return option >= OPT_BODY && option <= OPT_FAIL_STDERR;
}

static int
is_of_trace(int option)
{
	return option == OPT_TRACE || option == OPT_TRACE_TIME || option == OPT_SHOW_SECRETS;
}

/* -start knows what the devkit's does. */
static int
goes_with_start(int option)
{
	return option == OPT_START || option == OPT_SUPERVISE || option == OPT_CONNECT;
}

static int
goes_with_decode(int option)
{
	return option == OPT_DECODE || option == OPT_DECODE_DIR || is_of_output(option) ||
	       is_of_trace(option);
}

static int
goes_with_decode_dir(int option)
{
	return !is_of_output(option) || option == OPT_OUTPUT;
}

static int
goes_with_get_values(int option)
{
	return option == OPT_GET_VALUES || option == OPT_CONNECT || option == OPT_BIND ||
	       option == OPT_WAIT || option == OPT_WAIT_TIMEOUT || option == OPT_OUTPUT ||
	       option == OPT_JSON || is_of_trace(option) ||
	       (option >= CLI_OPT_TIME && option < CLI_OPT_IDENTITY);
}

static void
refuse_strays(const struct options *options, const struct options_given *given, const char *why,
    int (*goes)(int option))
{
	const struct options_given_item *item = given->items, *end = item + given->count;
	char name[NAME_SIZE];

	for (; item < end; item++)
		if (!goes(item->option))
			cli_usage_error(
			    &options->cli, "%s: %s", name_option(name, item->option), why);
}

/*
 * -n and --encode take all that a request does, so that they can be added to any; the others
 * stand alone.
 */
static void
check_form(const struct options *options, const struct options_given *given)
{
	if (options->tool == TOOL_DECODE)
		refuse_strays(options, given, "--decode sends no request to an application",
		    goes_with_decode);
	else if (options->tool == TOOL_GET_VALUES)
		refuse_strays(options, given, "--get-values sends no request to an application",
		    goes_with_get_values);
	else if (given->start)
		refuse_strays(
		    options, given, "-start sends no request to an application", goes_with_start);
	if (options->tool == TOOL_DECODE && options->decode_dir != NULL)
		refuse_strays(
		    options, given, "--decode-dir passes no answer on", goes_with_decode_dir);
}

static void
check_look(const struct options *options, const struct options_given *given)
{
	const struct cli *cli = &options->cli;
	int traces = cli->verbose > 0 || options->trace_file != NULL;

	if (options->trace_time && !traces)
		cli_usage_error(cli, "--trace-time goes with -v or --trace only");
	if (options->show_secrets && !traces && options->tool != TOOL_DECODE &&
	    options->tool != TOOL_PRINT_PARAMS)
		cli_usage_error(cli, "--show-secrets goes with -v, --trace or --decode only");
	if (options_given_has(given, OPT_PRINT_FORMAT) && options->tool != TOOL_PRINT_PARAMS)
		cli_usage_error(cli, "--print-format goes with -n only");
	if (options->json && options->tool == TOOL_PRINT_PARAMS)
		cli_usage_error(cli, "--json is about an answer: -n --print-format json");
}

/* --- what contradicts itself --------------------------------------------------------------- */

static void
check_request(const struct options *options)
{
	const struct cli *cli = &options->cli;
	const struct cli_request *http = &options->http;
	const char *stray = cli_request_stray(http);

	if (stray != NULL)
		cli_usage_error(cli, "%s says nothing without --url or --as", stray);
	if (options->identity.user != NULL && !cli_request_is_web(http))
		cli_usage_error(cli, "-u says nothing without --url or --as");
	if (options->no_stdin && http->data != NULL)
		cli_usage_error(cli, "-d and --no-stdin exclude each other");
	if (options->no_stdin && options->stream)
		cli_usage_error(cli, "--stream and --no-stdin exclude each other");
	if (options->stream && http->data != NULL && strcmp(http->data, "-") != 0 &&
	    strcmp(http->data, "@-") != 0)
		cli_usage_error(cli, "--stream sends standard input, not -d %s", http->data);
	if (options->filter_data != NULL && options->role != FCGI_FILTER)
		cli_usage_error(cli, "--filter-data goes with --role filter only");
	if (options->wait && options->form == FORM_BIND_OR_START)
		cli_usage_error(cli, "--wait: %s is started when nobody listens", options->app);
}

static void
check_count(const struct options *options)
{
	const struct cli *cli = &options->cli;

	if (options->repeat > 1 && options->multiplex > 1)
		cli_usage_error(cli, "--repeat and --multiplex exclude each other");
	if (options->request_id + options->multiplex - 1 > FCGI_MAX_REQUEST_ID)
		cli_usage_error(cli, "--id %u --multiplex %lld: ids end at %d", options->request_id,
		    options->multiplex, FCGI_MAX_REQUEST_ID);
	if (options->stream && options->repeat + options->multiplex > 2)
		cli_usage_error(cli, "--stream: standard input can be sent but once");
	if (options->decode_dir != NULL && options->tool != TOOL_DECODE)
		cli_usage_error(cli, "--decode-dir goes with --decode only");
}

/* --- files --------------------------------------------------------------------------------- */

/*
 * The file that an option reads.
 * Returns its name, "-" for standard input; NULL if it reads none.
 */
static const char *
find_input(const struct options_given_item *item)
{
	const struct poptOption *row = find_row(options_table, item->option);
	const char *name = row != NULL && row->longName != NULL ? row->longName : "";
	const char *value = item->value;

	if (item->option == OPT_STREAM)
		return "-";
	if (strcmp(name, "data") == 0)
		return *value == '@' ? value + 1 : strcmp(value, "-") == 0 ? value : NULL;
	if (item->option == OPT_WRITE_OUT)
		return *value == '@' ? value + 1 : NULL;
	if (strcmp(name, "as") == 0)
		return strchr(value, '/') != NULL ? value : NULL;
	if (strcmp(name, "env-file") == 0 || strcmp(name, "params0") == 0 ||
	    item->option == OPT_SETENVIF_FILE)
		return value;
	/* These know no "-". */
	if (strcmp(name, "password-file") == 0 || item->option == OPT_FILTER_DATA)
		return strcmp(value, "-") != 0 ? value : "./-";
	return NULL;
}

/* Options of which the last one counts. */
static int
is_single(const struct options_given_item *item)
{
	const struct poptOption *row = find_row(options_table, item->option);

	return item->option == OPT_WRITE_OUT || item->option == OPT_STREAM ||
	       (row != NULL && row->shortName == 'd');
}

/* 1 when the second reads what is there for the first, else 0.  --stream -d - is one reader. */
static int
is_one_reader(const struct options_given_item *first, const struct options_given_item *second)
{
	if (first->option == OPT_STREAM || second->option == OPT_STREAM)
		return is_single(first) && is_single(second) && first->option != OPT_WRITE_OUT &&
		       second->option != OPT_WRITE_OUT;
	return first->option == second->option && is_single(first);
}

/* What is read twice has nothing left the second time. */
static void
check_stdin(const struct options *options, const struct options_given *given)
{
	const struct options_given_item *item = given->items, *end = item + given->count;
	const struct options_given_item *first = NULL;
	char name[NAME_SIZE], first_name[NAME_SIZE];
	const char *path;

	for (; item < end; item++) {
		path = find_input(item);
		if (path == NULL || strcmp(path, "-") != 0)
			continue;
		if (first != NULL && !is_one_reader(first, item))
			cli_usage_error(&options->cli, "%s and %s both read standard input",
			    name_option(first_name, first->option),
			    name_option(name, item->option));
		first = item;
	}
}

/* 1 when both are one regular file, else 0. */
static int
is_same(const struct stat *one, const struct stat *other)
{
	return S_ISREG(one->st_mode) && one->st_dev == other->st_dev &&
	       one->st_ino == other->st_ino;
}

static int
is_same_file(const char *one, const char *other)
{
	struct stat st, other_st;

	if (strcmp(one, "-") == 0 || strcmp(other, "-") == 0)
		return 0;
	if (stat(one, &st) < 0 || stat(other, &other_st) < 0)
		return strcmp(one, other) == 0;
	return is_same(&st, &other_st);
}

/* A file that is written to is emptied before it is read. */
static void
check_inputs(const struct options *options, const struct options_given *given, const char *name,
    const char *path)
{
	const struct options_given_item *item = given->items, *end = item + given->count;
	const char *capture = options->tool == TOOL_DECODE ? options->operands[0] : NULL, *input;
	struct stat st, stdin_st;
	char input_name[NAME_SIZE];

	for (; item < end; item++) {
		input = find_input(item);
		if (input != NULL && is_same_file(path, input))
			cli_usage_error(&options->cli, "%s and %s name the same file, %s",
			    name_option(input_name, item->option), name, path);
	}
	if (capture != NULL && is_same_file(path, capture))
		cli_usage_error(&options->cli, "%s names the capture, %s", name, path);
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && fstat(STDIN_FILENO, &stdin_st) == 0 &&
	    is_same(&st, &stdin_st))
		cli_usage_error(
		    &options->cli, "%s names the file that is standard input, %s", name, path);
}

static void
check_files(const struct options *options, const struct options_given *given)
{
	const struct {
		const char *name, *path;
	} outputs[] = {
		{ "-o", options->output_file },
		{ "-D", options->header_file },
		{ "--stderr", options->stderr_to == STDERR_FILE ? options->stderr_file : NULL },
		{ "--trace", options->trace_file },
	};
	size_t count = sizeof outputs / sizeof *outputs, i, k;

	for (i = 0; i < count; i++) {
		if (outputs[i].path == NULL)
			continue;
		for (k = 0; k < i; k++)
			if (outputs[k].path != NULL &&
			    is_same_file(outputs[k].path, outputs[i].path))
				cli_usage_error(&options->cli, "%s and %s name the same file, %s",
				    outputs[k].name, outputs[i].name, outputs[i].path);
		check_inputs(options, given, outputs[i].name, outputs[i].path);
	}
}

void
options_check(const struct options *options, const struct options_given *given)
{
	check_form(options, given);
	check_request(options);
	check_count(options);
	check_look(options, given);
	check_stdin(options, given);
	check_files(options, given);
}
