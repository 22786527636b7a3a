#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "number.h"
#include "text.h"

enum { OPT_HELP = CLI_OPT_COMMON, OPT_USAGE, OPT_VERSION, OPT_VERBOSE, OPT_QUIET };

const struct poptOption cli_common_options[] = {
	{ .longName = "verbose", .shortName = 'v', .argInfo = POPT_ARG_NONE, .val = OPT_VERBOSE,
	    .descrip = "say more" },
	{ .longName = "quiet", .shortName = 'q', .argInfo = POPT_ARG_NONE, .val = OPT_QUIET,
	    .descrip = "no warnings" },
	{ .longName = "version", .shortName = 'V', .argInfo = POPT_ARG_NONE, .val = OPT_VERSION,
	    .descrip = "print the version and exit" },
	{ .longName = "usage", .argInfo = POPT_ARG_NONE, .val = OPT_USAGE,
	    .descrip = "print all options in brief and exit" },
	{ .longName = "help", .shortName = 'h', .argInfo = POPT_ARG_NONE, .val = OPT_HELP,
	    .descrip = "print this help and exit" },
	{ .shortName = '?', .argInfo = POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, .val = OPT_HELP },
	POPT_TABLEEND,
};

__attribute__((format(printf, 2, 0))) static void
message(const struct cli *cli, const char *format, va_list arguments)
{
	char *text = NULL, *where = NULL, *escaped;

	if (vasprintf(&text, format, arguments) < 0) {
		fprintf(stderr, "%s: out of memory\n", cli->about->name);
		return;
	}
	escaped = text_escape_alloc(text, strlen(text), 0);
	if (cli->where != NULL)
		where = text_escape_alloc(cli->where, strlen(cli->where), 0);
	fprintf(stderr, "%s: %s%s%s\n", cli->about->name, where != NULL ? where : "",
	    where != NULL ? ": " : "", escaped != NULL ? escaped : "out of memory");
	free(escaped);
	free(where);
	free(text);
}

void
cli_error(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message(cli, format, arguments);
	va_end(arguments);
}

void
cli_warn(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	if (cli->quiet)
		return;
	va_start(arguments, format);
	message(cli, format, arguments);
	va_end(arguments);
}

void
cli_die(const struct cli *cli, int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message(cli, format, arguments);
	va_end(arguments);
	exit(status);
}

void
cli_usage_error(const struct cli *cli, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	message(cli, format, arguments);
	va_end(arguments);
	if (cli->where == NULL)
		fprintf(stderr, "Try '%s --help' for more information.\n", cli->about->name);
	exit(cli->about->usage_status);
}

static int
has_substitute(const char *word)
{
	for (; *word != '\0'; word++)
		if (word[0] == '!' && word[1] == '#' && word[2] == ':' && word[3] == '+')
			return 1;
	return 0;
}

/*
 * popt replaces the four characters by the next word that is no option; it looks for one for ever if
 * there is none.
 */
static void
refuse_endless_search(const struct cli *cli, int argc, char **argv)
{
	int i, operand_follows = 0;

	for (i = argc - 1; i > 0; i--) {
		if (has_substitute(argv[i]) && !operand_follows)
			cli_usage_error(cli, "%s: no operand follows that could replace !#:+",
			    argv[i]);
		operand_follows |= argv[i][0] != '-';
	}
}

void
cli_init(struct cli *cli, const struct cli_about *about, int argc, char **argv,
    const struct poptOption *table, int flags)
{
	const char **args;
	int i, count = 0;

	*cli = (struct cli){ .about = about };
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			cli->command = argv + i + 1;
			argc = i;
		}
	}
	refuse_endless_search(cli, argc, argv);
	/* popt shows argv[0] in --help as it is; a path tells the reader nothing. */
	args = calloc((size_t)argc + 2, sizeof *args);
	if (args == NULL)
		cli_die(cli, about->usage_status, "out of memory");
	cli->args = args;
	args[count++] = about->name;
	for (i = 1; i < argc; i++)
		args[count++] = argv[i];
	cli->context = poptGetContext(NULL, count, args, table,
	    POPT_CONTEXT_NO_EXEC |
		((flags & CLI_STOP_AT_OPERAND) ? POPT_CONTEXT_POSIXMEHARDER : 0));
	if (cli->context == NULL)
		cli_die(cli, about->usage_status, "out of memory");
}

void
cli_reset(struct cli *cli)
{
	free(cli->value);
	poptFreeContext(cli->context);
	free(cli->args);
	cli->args = NULL;
	cli->value = NULL;
	cli->context = NULL;
}

static _Noreturn void
print_and_exit(struct cli *cli, int what)
{
	poptSetOtherOptionHelp(cli->context, cli->about->usage);
	switch (what) {
	case OPT_HELP:
		poptPrintHelp(cli->context, stdout, 0);
		printf("\n%s\n", cli->about->purpose);
		break;
	case OPT_USAGE:
		poptPrintUsage(cli->context, stdout, 0);
		break;
	default:
		printf("%s (%s) %s\n", cli->about->name, PACKAGE_NAME, PACKAGE_VERSION);
	}
	cli_close_stdout(cli, cli->about->usage_status);
	cli_reset(cli);
	exit(0);
}

int
cli_next(struct cli *cli, const char **value)
{
	int option;

	for (;;) {
		option = poptGetNextOpt(cli->context);
		free(cli->value);
		cli->value = option > 0 ? poptGetOptArg(cli->context) : NULL;
		*value = cli->value;
		switch (option) {
		case OPT_HELP:
		case OPT_USAGE:
		case OPT_VERSION:
			print_and_exit(cli, option);
		case OPT_VERBOSE:
			cli->verbose++;
			break;
		case OPT_QUIET:
			cli->quiet = 1;
			break;
		case -1:
			return -1;
		default:
			if (option < -1)
				cli_usage_error(cli, "%s: %s",
				    poptBadOption(cli->context, POPT_BADOPTION_NOALIAS),
				    poptStrerror(option));
			return option;
		}
	}
}

const char *
cli_operand(struct cli *cli)
{
	return poptGetArg(cli->context);
}

char *
cli_keep(const struct cli *cli, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		cli_die(cli, cli->about->usage_status, "out of memory");
	return copy;
}

void
cli_replace(const struct cli *cli, char **where, const char *value)
{
	free(*where);
	*where = cli_keep(cli, value);
}

void
cli_once(const struct cli *cli, const char *option, char **where, const char *value)
{
	if (*where != NULL)
		cli_usage_error(cli, "%s %s: there is %s %s already", option, value, option,
		    *where);
	*where = cli_keep(cli, value);
}

long long
cli_number(const struct cli *cli, const char *option, const char *value, long long min,
    long long max)
{
	long long number = 0;
	const char *why = number_parse(&number, value, min, max);

	if (why != NULL)
		cli_usage_error(cli, "%s %s: number is %s (%lld to %lld)", option, value, why, min,
		    max);
	return number;
}

int
cli_word(const struct cli *cli, const char *option, const char *value, const char *const *words)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	cli_usage_error(cli, "%s %s: not one of what --help names", option, value);
}

int64_t
cli_duration(const struct cli *cli, const char *option, const char *value)
{
	int64_t ns = 0;

	if (clock_parse_duration(value, &ns) < 0)
		cli_usage_error(cli, "%s %s: not a duration such as 250ms, 2s or 1m", option, value);
	return ns;
}

void
cli_close_stdout(const struct cli *cli, int status)
{
	int failed = ferror(stdout), error = 0;

	if (fflush(stdout) != 0)
		error = errno;
	/* Who was started without standard output, and had nothing to write, has nothing to tell. */
	if (fclose(stdout) != 0 && error == 0 && errno != EBADF)
		error = errno;
	if (error == 0 && !failed)
		return;
	if (status == CLI_STATUS_ERRNO)
		status = error != 0 ? error : EIO;
	cli_die(cli, status, "standard output: %s", error != 0 ? strerror(error) : "write error");
}
