#include "options_pool.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "clock.h"
#include "print_config.h"

enum {
	OPT_USER = 0x100,
	OPT_GROUP,
	OPT_CHROOT,
	OPT_NO_NEW_PRIVS,
	OPT_WRAPPER,
	OPT_SUPERVISE,
	OPT_FOREGROUND,
	OPT_RESTART,
	OPT_RESTART_DELAY,
	OPT_RESTART_MAX_DELAY,
	OPT_MIN_LIFE,
	OPT_MAX_FAILURES,
	OPT_STOP_SIGNAL,
	OPT_STOP_TIMEOUT,
	OPT_LOG,
	OPT_LOG_PREFIX,
	OPT_MAX_LIFETIME,
	OPT_MAX_RSS,
	OPT_DRAIN_DELAY,
	OPT_WATCH,
	OPT_WATCH_FILE,
	OPT_STATUS,
	OPT_JSON,
	OPT_RELOAD,
	OPT_STOP,
	OPT_CONTROL,
	OPT_CHECK,
	OPT_PRINT_CONFIG,
};

const struct poptOption options_who[] = {
	{ .longName = "user", .shortName = 'u', .argInfo = POPT_ARG_STRING, .val = OPT_USER,
	    .descrip = "run the instances as this user", .argDescrip = "USER" },
	{ .longName = "group", .shortName = 'g', .argInfo = POPT_ARG_STRING, .val = OPT_GROUP,
	    .descrip = "and as this group (the user's)", .argDescrip = "GROUP" },
	{ .longName = "chroot", .argInfo = POPT_ARG_STRING, .val = OPT_CHROOT,
	    .descrip = "with this root directory, in which CMD is looked for",
	    .argDescrip = "DIR" },
	{ .longName = "no-new-privs", .argInfo = POPT_ARG_NONE, .val = OPT_NO_NEW_PRIVS,
	    .descrip = "let no setuid program give them rights (implied by -u)" },
	{ .longName = "wrapper", .argInfo = POPT_ARG_STRING, .val = OPT_WRAPPER,
	    .descrip = "start them through PROG, called as suexec is", .argDescrip = "PROG" },
	POPT_TABLEEND,
};

const struct poptOption options_supervise[] = {
	{ .longName = "supervise", .shortName = 'S', .argInfo = POPT_ARG_NONE,
	    .val = OPT_SUPERVISE, .descrip = "stay, and replace instances that end" },
	{ .longName = "foreground", .shortName = 'n', .argInfo = POPT_ARG_NONE,
	    .val = OPT_FOREGROUND, .descrip = "with -S: do not go into the background" },
	{ .longName = "restart", .argInfo = POPT_ARG_STRING, .val = OPT_RESTART,
	    .descrip = "replace instances always, on-failure or never (always)",
	    .argDescrip = "always|on-failure|no" },
	{ .longName = "restart-delay", .argInfo = POPT_ARG_STRING, .val = OPT_RESTART_DELAY,
	    .descrip = "not sooner than that after a death (1s), doubled with each failure",
	    .argDescrip = "DURATION" },
	{ .longName = "restart-max-delay", .argInfo = POPT_ARG_STRING,
	    .val = OPT_RESTART_MAX_DELAY, .descrip = "up to that (1m)",
	    .argDescrip = "DURATION" },
	{ .longName = "min-life", .argInfo = POPT_ARG_STRING, .val = OPT_MIN_LIFE,
	    .descrip = "an instance that ends sooner has failed (30s)",
	    .argDescrip = "DURATION" },
	{ .longName = "max-failures", .argInfo = POPT_ARG_STRING, .val = OPT_MAX_FAILURES,
	    .descrip = "give up after N failures in a row, with status 1 (0: never)",
	    .argDescrip = "N" },
	{ .longName = "stop-signal", .argInfo = POPT_ARG_STRING, .val = OPT_STOP_SIGNAL,
	    .descrip = "what asks an instance to end (TERM); several follow each other by a second",
	    .argDescrip = "SIGNAL,..." },
	{ .longName = "stop-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_STOP_TIMEOUT,
	    .descrip = "kill one that has not ended by then, with its group (10s)",
	    .argDescrip = "DURATION" },
	{ .longName = "log", .shortName = 'l', .argInfo = POPT_ARG_STRING, .val = OPT_LOG,
	    .descrip = "where error output goes: a file, syslog, or - for standard error",
	    .argDescrip = "FILE" },
	{ .longName = "log-prefix", .argInfo = POPT_ARG_STRING, .val = OPT_LOG_PREFIX,
	    .descrip = "begin its lines with the instance (tag) or not (none; so with -l -)",
	    .argDescrip = "tag|none" },
	{ .longName = "max-lifetime", .argInfo = POPT_ARG_STRING, .val = OPT_MAX_LIFETIME,
	    .descrip = "replace an instance that is older", .argDescrip = "DURATION" },
	{ .longName = "max-rss", .argInfo = POPT_ARG_STRING, .val = OPT_MAX_RSS,
	    .descrip = "replace an instance that has more memory, such as 200M",
	    .argDescrip = "SIZE" },
	{ .longName = "drain-delay", .argInfo = POPT_ARG_STRING, .val = OPT_DRAIN_DELAY,
	    .descrip = "let an old instance go on for that long once its successor is ready (0)",
	    .argDescrip = "DURATION" },
	{ .longName = "watch", .argInfo = POPT_ARG_NONE, .val = OPT_WATCH,
	    .descrip = "reload when the application's file has changed" },
	{ .longName = "watch-file", .argInfo = POPT_ARG_STRING, .val = OPT_WATCH_FILE,
	    .descrip = "reload when this file has changed", .argDescrip = "FILE" },
	POPT_TABLEEND,
};

const struct poptOption options_control[] = {
	{ .longName = "status", .argInfo = POPT_ARG_NONE, .val = OPT_STATUS,
	    .descrip = "print what a supervisor and its instances do" },
	{ .longName = "json", .argInfo = POPT_ARG_NONE, .val = OPT_JSON,
	    .descrip = "with --status: as JSON" },
	{ .longName = "reload", .argInfo = POPT_ARG_NONE, .val = OPT_RELOAD,
	    .descrip = "have a supervisor start new instances in place of the old ones" },
	{ .longName = "stop", .argInfo = POPT_ARG_NONE, .val = OPT_STOP,
	    .descrip = "end a supervisor and its instances" },
	{ .longName = "control", .argInfo = POPT_ARG_STRING, .val = OPT_CONTROL,
	    .descrip = "the supervisor's control socket (beside the pid file)",
	    .argDescrip = "PATH" },
	{ .longName = "check", .argInfo = POPT_ARG_NONE, .val = OPT_CHECK,
	    .descrip = "start nothing, only tell whether it could be started" },
	{ .longName = "print-config", .argInfo = POPT_ARG_STRING, .val = OPT_PRINT_CONFIG,
	    .descrip = "print configurations that fit: apache, nginx, lighttpd, systemd",
	    .argDescrip = "LIST" },
	POPT_TABLEEND,
};

/* SIGTERM, TERM, term or 15.  Returns the number, or 0. */
static int
find_signal(const char *name)
{
	const char *abbreviation;
	int number;

	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (number = 1; number < NSIG; number++) {
		abbreviation = sigabbrev_np(number);
		if (abbreviation != NULL && strcasecmp(name, abbreviation) == 0)
			return number;
	}
	if (*name < '0' || *name > '9')
		return 0;
	number = atoi(name);
	return number > 0 && number < NSIG && strspn(name, "0123456789") == strlen(name) ? number : 0;
}

static void
read_stop_signals(struct options *options, const char *value)
{
	char *list = NULL, *rest, *name;

	cli_replace(&options->cli, &list, value);
	options->stop_signal_count = 0;
	for (rest = list; (name = strsep(&rest, ",")) != NULL;) {
		if (options->stop_signal_count == STOP_SIGNALS_MAX)
			cli_usage_error(&options->cli, "--stop-signal %s: more than %d signals",
			    value, STOP_SIGNALS_MAX);
		options->stop_signals[options->stop_signal_count] = find_signal(name);
		if (options->stop_signals[options->stop_signal_count++] == 0)
			cli_usage_error(&options->cli, "--stop-signal %s: no such signal", name);
	}
	free(list);
}

static int
read_restart(const struct cli *cli, const char *value)
{
	static const struct {
		const char *name;
		enum policy_restart restart;
	} policies[] = {
		{ "always", POLICY_ALWAYS },
		{ "on-failure", POLICY_ON_FAILURE },
		{ "no", POLICY_NO },
	};
	size_t i;

	for (i = 0; i < sizeof policies / sizeof *policies; i++)
		if (strcmp(value, policies[i].name) == 0)
			return (int)policies[i].restart;
	cli_usage_error(cli, "--restart %s: not always, on-failure or no", value);
}

static int
read_log_prefix(const struct cli *cli, const char *value)
{
	if (strcmp(value, "tag") == 0)
		return 1;
	if (strcmp(value, "none") != 0)
		cli_usage_error(cli, "--log-prefix %s: not tag or none", value);
	return 0;
}

static void
set_action(struct options *options, enum action action)
{
	if (options->action != ACTION_START)
		cli_usage_error(&options->cli, "--status, --reload, --stop, --check and "
					       "--print-config exclude each other");
	options->action = action;
}

static void
take_who(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_USER:
		cli_replace(cli, &options->user, value);
		break;
	case OPT_GROUP:
		cli_replace(cli, &options->group, value);
		break;
	case OPT_CHROOT:
		cli_replace(cli, &options->root, value);
		break;
	case OPT_NO_NEW_PRIVS:
		options->no_new_privs = 1;
		break;
	default:
		cli_replace(cli, &options->wrapper, value);
	}
}

static void
take_control(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_STATUS:
		set_action(options, ACTION_STATUS);
		break;
	case OPT_JSON:
		options->json = 1;
		break;
	case OPT_RELOAD:
		set_action(options, ACTION_RELOAD);
		break;
	case OPT_STOP:
		set_action(options, ACTION_STOP);
		break;
	case OPT_CONTROL:
		cli_replace(cli, &options->control, value);
		break;
	case OPT_CHECK:
		set_action(options, ACTION_CHECK);
		break;
	default:
		set_action(options, ACTION_PRINT_CONFIG);
		if (print_config_parse(value, &options->print_config) < 0)
			cli_usage_error(cli,
			    "--print-config %s: not of apache, nginx, lighttpd, systemd", value);
	}
}

static void
take_supervise(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_SUPERVISE:
		options->supervise = 1;
		break;
	case OPT_FOREGROUND:
		options->foreground = 1;
		break;
	case OPT_RESTART:
		options->policy.restart = read_restart(cli, value);
		break;
	case OPT_RESTART_DELAY:
		options->policy.restart_delay_ns = cli_duration(cli, "--restart-delay", value);
		break;
	case OPT_RESTART_MAX_DELAY:
		options->policy.restart_max_delay_ns =
		    cli_duration(cli, "--restart-max-delay", value);
		break;
	case OPT_MIN_LIFE:
		options->policy.min_life_ns = cli_duration(cli, "--min-life", value);
		break;
	case OPT_MAX_FAILURES:
		options->policy.max_failures =
		    (unsigned)cli_number(cli, "--max-failures", value, 0, INT_MAX);
		break;
	case OPT_STOP_SIGNAL:
		read_stop_signals(options, value);
		break;
	case OPT_STOP_TIMEOUT:
		options->stop_timeout_ns = cli_duration(cli, "--stop-timeout", value);
		break;
	case OPT_LOG:
		cli_replace(cli, &options->log, value);
		break;
	case OPT_LOG_PREFIX:
		options->log_tagged = read_log_prefix(cli, value);
		break;
	case OPT_MAX_LIFETIME:
		options->max_lifetime_ns = cli_duration(cli, "--max-lifetime", value);
		break;
	case OPT_MAX_RSS:
		options->max_rss = cli_size(cli, "--max-rss", value);
		break;
	case OPT_DRAIN_DELAY:
		options->drain_delay_ns = cli_duration(cli, "--drain-delay", value);
		break;
	case OPT_WATCH:
		options->watch = 1;
		break;
	default:
		cli_replace(cli, &options->watch_file, value);
	}
}

void
options_pool_take(struct options *options, int option, const char *value)
{
	if (option <= OPT_WRAPPER)
		take_who(options, option, value);
	else if (option < OPT_STATUS)
		take_supervise(options, option, value);
	else
		take_control(options, option, value);
}

void
options_pool_defaults(struct options *options)
{
	options->no_new_privs = -1;
	options->log_tagged = -1;
	options->policy = (struct policy_config){
		.restart = POLICY_ALWAYS,
		.restart_delay_ns = CLOCK_NS_PER_S,
		.restart_max_delay_ns = 60 * CLOCK_NS_PER_S,
		.min_life_ns = 30 * CLOCK_NS_PER_S,
	};
	options->stop_signals[0] = SIGTERM;
	options->stop_signal_count = 1;
	options->stop_timeout_ns = 10 * CLOCK_NS_PER_S;
}

/* What makes no sense without a supervisor is refused, not ignored. */
static void
require_supervisor(const struct options *options)
{
	const struct cli *cli = &options->cli;

	if (options->supervise)
		return;
	if (options->foreground)
		cli_usage_error(cli, "-n goes with -S");
	if (options->max_lifetime_ns > 0 || options->max_rss > 0)
		cli_usage_error(cli, "--max-lifetime and --max-rss go with -S");
	if (options->watch || options->watch_file != NULL)
		cli_usage_error(cli, "--watch and --watch-file go with -S");
	if (options->log != NULL && strcmp(options->log, "syslog") == 0)
		cli_usage_error(cli, "-l syslog goes with -S");
	if (options->log_tagged == 1)
		cli_usage_error(cli, "--log-prefix=tag goes with -S");
}

void
options_pool_settle(struct options *options)
{
	const struct cli *cli = &options->cli;

	/* As the first process of a container there is nobody to come back to. */
	if (getpid() == 1 && options->action == ACTION_START)
		options->supervise = options->foreground = 1;
	if (options->json) {
		if (options->action != ACTION_STATUS)
			cli_usage_error(cli, "--json goes with --status");
		options->action = ACTION_JSON;
	}
	require_supervisor(options);
	options->policy.start_delay_ns = options->start_delay_ns;
	/* One that ends because we have it end has not failed. */
	if (options->max_lifetime_ns > 0 &&
	    options->policy.min_life_ns > options->max_lifetime_ns)
		options->policy.min_life_ns = options->max_lifetime_ns;
	if (options->policy.restart_max_delay_ns < options->policy.restart_delay_ns)
		options->policy.restart_max_delay_ns = options->policy.restart_delay_ns;
	if (options->log_tagged < 0)
		options->log_tagged = options->log != NULL && strcmp(options->log, "-") != 0;
	if (options->wrapper != NULL && options->no_new_privs > 0)
		cli_usage_error(cli, "--wrapper needs the rights that --no-new-privs takes");
	if (options->wrapper != NULL && options->root != NULL)
		cli_usage_error(cli, "--wrapper and --chroot exclude each other");
	if (options->no_new_privs < 0)
		options->no_new_privs = options->user != NULL && options->wrapper == NULL;
}

void
options_pool_reset(struct options *options)
{
	free(options->user);
	free(options->group);
	free(options->root);
	free(options->wrapper);
	free(options->log);
	free(options->watch_file);
	free(options->control);
}
