#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "options_table.h"

static const struct cli_about about = {
	.name = "fcgi-probe",
	.usage = "[OPTION...] TARGET...",
	.purpose = "Asks FastCGI applications whether they are well, without doing them harm.",
	.usage_status = STATE_UNKNOWN,
};

#define TIMEOUT_NS (5 * CLOCK_NS_PER_S)
/* Below the second that Kubernetes and others wait by default: our word comes before their axe. */
#define TIMEOUT_ORCHESTRATED_NS (900 * CLOCK_NS_PER_MS)
#define INTERVAL_NS (5 * CLOCK_NS_PER_S)

static enum state
read_state(const struct cli *cli, const char *option, const char *value)
{
	static const char *const words[] = {
		[STATE_OK] = "ok",
		[STATE_WARNING] = "warn",
		[STATE_CRITICAL] = "crit",
		NULL,
	};

	return (enum state)cli_word(cli, option, value, words);
}

static void
choose(struct options *options, enum ask ask)
{
	if (options->ask != ASK_REQUEST && options->ask != ask)
		cli_usage_error(&options->cli, "--ping, --fpm-status, --queue, --values and "
		    "--connect-only exclude each other");
	options->ask = ask;
}

static void
read_path(const struct cli *cli, const char *option, char **where, const char *value)
{
	if (*value != '/')
		cli_usage_error(cli, "%s %s: does not begin with a slash", option, value);
	cli_replace(cli, where, value);
}

/* "METRIC=RANGE", for -w and -c. */
static void
read_threshold(const struct cli *cli, const char *option, const char *value, uint32_t *has,
    struct range *ranges)
{
	const char *equals = strchr(value, '=');
	int metric = equals != NULL ? metric_find(value, (size_t)(equals - value)) : -1;

	if (equals == NULL)
		cli_usage_error(cli, "%s %s: not METRIC=RANGE, such as time=2s or idle=1:", option,
		    value);
	if (metric < 0)
		cli_usage_error(cli, "%s %s: no such metric; fcgi-probe(1) lists them", option,
		    value);
	if (metric_parse_range(&ranges[metric], (enum metric)metric, equals + 1) < 0)
		cli_usage_error(cli, "%s %s: not a range such as 10, 2:, ~:5, 10:20 or @1:3",
		    option, value);
	*has |= 1U << metric;
}

static void
read_statuses(struct options *options, const char *list)
{
	if (http_status_set_parse(&options->policy.expect_status, list) < 0)
		cli_usage_error(&options->cli,
		    "--expect-status %s: not statuses such as 200,3xx,400-404", list);
}

/* What to ask.  Returns 1, or 0 for another option. */
static int
read_ask(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_PING:
		choose(options, ASK_PING);
		return 1;
	case OPT_PING_PATH:
		read_path(cli, "--ping-path", &options->ping_path, value);
		return 1;
	case OPT_FPM_STATUS:
		choose(options, ASK_FPM_STATUS);
		return 1;
	case OPT_STATUS_PATH:
		read_path(cli, "--status-path", &options->status_path, value);
		return 1;
	case OPT_MAX_CHILDREN:
		options->context.max_children =
		    cli_number(cli, "--max-children", value, 1, INT32_MAX);
		return 1;
	case OPT_QUEUE:
		choose(options, ASK_QUEUE);
		return 1;
	case OPT_VALUES:
		choose(options, ASK_VALUES);
		return 1;
	case OPT_CONNECT_ONLY:
		choose(options, ASK_CONNECT);
		return 1;
	default:
		return 0;
	}
}

static int
read_when(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_SHORT_TIMEOUT:
		options->time.timeout_ns = cli_duration(cli, "-t", value);
		return 1;
	case OPT_RETRIES:
		options->retries = cli_number(cli, "--retries", value, 0, INT32_MAX);
		return 1;
	case OPT_WAIT:
		options->wait = 1;
		return 1;
	case OPT_WAIT_TIMEOUT:
		options->wait = 1;
		options->wait_timeout_ns = cli_duration(cli, "--wait-timeout", value);
		return 1;
	case OPT_WATCH:
		options->watch = 1;
		return 1;
	case OPT_INTERVAL:
		options->interval_ns = cli_duration(cli, "--interval", value);
		return 1;
	default:
		return 0;
	}
}

static int
read_judge(struct options *options, int option, const char *value)
{
	struct judge_policy *policy = &options->policy;
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_WARNING:
		read_threshold(cli, "-w", value, &policy->has_warning, policy->warning);
		return 1;
	case OPT_CRITICAL:
		read_threshold(cli, "-c", value, &policy->has_critical, policy->critical);
		return 1;
	case OPT_EXPECT_STATUS:
		read_statuses(options, value);
		return 1;
	case OPT_EXPECT_BODY:
		if (*value == '\0')
			cli_usage_error(cli, "--expect-body: every body has an empty text");
		cli_replace(cli, &options->expect_body, value);
		return 1;
	case OPT_EXPECT_HEADER:
		if (strcspn(value, ": \t") == 0)
			cli_usage_error(cli, "--expect-header %s: no name of a header", value);
		cli_replace(cli, &options->expect_header, value);
		return 1;
	case OPT_BUSY:
		policy->busy = read_state(cli, "--busy", value);
		return 1;
	case OPT_STDERR:
		policy->error_output = read_state(cli, "--stderr", value);
		return 1;
	case OPT_APP_STATUS:
		policy->app_status = read_state(cli, "--app-status", value);
		return 1;
	default:
		return 0;
	}
}

static void
read_report(struct options *options, int option, const char *value)
{
	static const char *const formats[] = {
		[REPORT_TEXT] = "text",
		[REPORT_JSON] = "json",
		[REPORT_OPENMETRICS] = "openmetrics",
		NULL,
	};
	static const char *const styles[] = {
		[EXIT_PLUGIN] = "plugin",
		[EXIT_BOOLEAN] = "boolean",
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
	case OPT_STATE:
		cli_replace(cli, &options->state_file, value);
		break;
	case OPT_EXIT:
		options->exit_style = (enum exit_style)cli_word(cli, "--exit", value, styles);
		break;
	default:
		break;
	}
}

/*
 * --liveness and --readiness set defaults, which an option beside them may change: they are looked
 * for before all others.
 */
struct given {
	int liveness;
	int readiness;
	int busy;
	int exit_style;
	int answer;	/* something about answers to requests */
	int interval;
};

static void
read_arguments(struct options *options, struct given *given)
{
	struct cli *cli = &options->cli;
	const char *value;
	int option;

	while ((option = cli_next(cli, &value)) != -1) {
		given->liveness |= option == OPT_LIVENESS;
		given->readiness |= option == OPT_READINESS;
		given->busy |= option == OPT_BUSY;
		given->exit_style |= option == OPT_EXIT;
		given->interval |= option == OPT_INTERVAL;
		given->answer |= option == OPT_EXPECT_STATUS || option == OPT_EXPECT_BODY ||
		    option == OPT_EXPECT_HEADER || option == OPT_STDERR ||
		    option == OPT_APP_STATUS;
		if (!read_ask(options, option, value) && !read_when(options, option, value) &&
		    !read_judge(options, option, value) &&
		    !cli_request_take(cli, &options->http, option, value) &&
		    !cli_identity_take(cli, &options->identity, option, value) &&
		    !cli_variables_take(cli, &options->variables, option, value) &&
		    !cli_time_take(cli, &options->time, option, value))
			read_report(options, option, value);
	}
}

static void
read_targets(struct options *options)
{
	struct cli *cli = &options->cli;
	struct option_target *targets;
	const char *name;
	int r;

	while ((name = cli_operand(cli)) != NULL) {
		targets = reallocarray(options->targets, options->target_count + 1,
		    sizeof *targets);
		if (targets == NULL)
			cli_die(cli, STATE_UNKNOWN, "out of memory");
		options->targets = targets;
		targets[options->target_count] = (struct option_target){ .name = name };
		r = addr_parse(&targets[options->target_count++].addr, name);
		if (r < 0)
			cli_usage_error(cli, "%s: %s", name, fcgi_strerror(r));
	}
	if (options->target_count == 0)
		cli_usage_error(cli, "no target: the address of an application is missing");
	if (cli->command != NULL)
		cli_usage_error(cli, "--: a probe starts no program");
}

static void
settle_presets(struct options *options, const struct given *given)
{
	struct judge_policy *policy = &options->policy;

	if (given->liveness && given->readiness)
		cli_usage_error(&options->cli, "--liveness and --readiness exclude each other");
	if (options->time.timeout_ns == CLOCK_NEVER)
		options->time.timeout_ns = given->liveness || given->readiness
		    ? TIMEOUT_ORCHESTRATED_NS
		    : TIMEOUT_NS;
	if ((given->liveness || given->readiness) && !given->exit_style)
		options->exit_style = EXIT_BOOLEAN;
	if (given->liveness) {
		policy->alive = 1;
		if (!given->busy)
			policy->busy = STATE_OK;
	}
	if (given->readiness && !(policy->has_critical & 1U << METRIC_QUEUE_PCT)) {
		policy->has_critical |= 1U << METRIC_QUEUE_PCT;
		(void)metric_parse_range(&policy->critical[METRIC_QUEUE_PCT], METRIC_QUEUE_PCT,
		    "@80:");
		/* A queue in another namespace is nothing to be unready for. */
		policy->if_known |= 1U << METRIC_QUEUE_PCT;
	}
}

static void
check_time(const struct options *options, const struct given *given)
{
	const struct cli *cli = &options->cli;
	size_t i;

	if (options->wait && options->watch)
		cli_usage_error(cli, "--wait and --watch exclude each other");
	if (given->interval && !options->watch)
		cli_usage_error(cli, "--interval goes with --watch only");
	if (options->interval_ns <= 0)
		cli_usage_error(cli, "--interval: has to be longer than nothing");
	if (options->time.timeout_ns <= 0)
		cli_usage_error(cli, "--timeout: has to be longer than nothing");
	if (options->time.connect_timeout_ns <= 0)
		cli_usage_error(cli, "--connect-timeout: has to be longer than nothing");
	if (options->wait_timeout_ns <= 0)
		cli_usage_error(cli, "--wait-timeout: has to be longer than nothing");
	if (!options->watch || options->ask == ASK_QUEUE)
		return;
	for (i = 0; i < options->target_count; i++)
		if (options->targets[i].addr.kind == ADDR_FD)
			cli_usage_error(cli, "%s: is closed when it was asked, and --watch asks "
			    "again", options->targets[i].name);
}

/* What contradicts itself, or would be ignored without a word. */
static void
check(const struct options *options, const struct given *given)
{
	const struct cli *cli = &options->cli;
	const char *stray = cli_request_stray(&options->http);
	int is_page = options->ask == ASK_PING || options->ask == ASK_FPM_STATUS;

	if (options->ask != ASK_REQUEST && cli_request_is_web(&options->http))
		cli_usage_error(cli, "--url and --as are of an ordinary request");
	if (stray != NULL)
		cli_usage_error(cli, "%s says nothing without --url or --as", stray);
	if (options->identity.user != NULL && !cli_request_is_web(&options->http))
		cli_usage_error(cli, "-u says nothing without --url or --as");
	if (options->ask != ASK_REQUEST && options->http.data != NULL)
		cli_usage_error(cli, "-d is of an ordinary request");
	if (options->ask != ASK_REQUEST && !is_page && options->variables.count > 0)
		cli_usage_error(cli, "variables are sent with a request only");
	if (options->ping_path != NULL && options->ask != ASK_PING)
		cli_usage_error(cli, "--ping-path goes with --ping only");
	if (options->status_path != NULL && options->ask != ASK_FPM_STATUS)
		cli_usage_error(cli, "--status-path goes with --fpm-status only");
	if (options->context.max_children > 0 && options->ask != ASK_FPM_STATUS)
		cli_usage_error(cli, "--max-children goes with --fpm-status only");
	if (options->ask != ASK_REQUEST && !is_page && given->answer)
		cli_usage_error(cli, "--expect-status, --expect-body, --expect-header, --stderr "
		    "and --app-status are of answers to requests");
	if (options->ask == ASK_QUEUE && given->busy)
		cli_usage_error(cli, "--busy says nothing with --queue");
}

void
options_read(struct options *options, int argc, char **argv)
{
	struct given given = { 0 };

	*options = (struct options){
		.wait_timeout_ns = CLOCK_NEVER,
		.interval_ns = INTERVAL_NS,
	};
	cli_time_init(&options->time);
	judge_policy_init(&options->policy);
	cli_init(&options->cli, &about, argc, argv, options_table, 0);
	read_arguments(options, &given);
	read_targets(options);
	settle_presets(options, &given);
	check_time(options, &given);
	check(options, &given);
	cli_identity_read(&options->cli, &options->identity);
	options->policy.timeout_ns = options->time.timeout_ns;
	options->policy.growth = options->watch || options->state_file != NULL;
	options->policy.expect_body = options->expect_body;
	options->policy.expect_header = options->expect_header;
	if (options->ask == ASK_PING)
		options->path = options->ping_path != NULL ? options->ping_path : "/ping";
	if (options->ask == ASK_FPM_STATUS)
		options->path = options->status_path != NULL ? options->status_path : "/status";
}

void
options_reset(struct options *options)
{
	cli_request_reset(&options->http);
	cli_identity_reset(&options->identity);
	cli_variables_reset(&options->variables);
	cli_reset(&options->cli);
	free(options->targets);
	free(options->ping_path);
	free(options->status_path);
	free(options->expect_body);
	free(options->expect_header);
	free(options->output_file);
	free(options->state_file);
}
