#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "number.h"
#include "options_check.h"
#include "options_table.h"

static const struct cli_about about = {
	.name = "fcgi-bench",
	.usage = "[OPTION...] TARGET... | [OPTION...] -- COMMAND [ARGUMENT...]",
	.purpose = "Loads FastCGI applications and tells how fast they answer, and whether well.",
	.usage_status = STATUS_USAGE,
};

#define DURATION_NS (10 * CLOCK_NS_PER_S)
#define WARMUP_NS CLOCK_NS_PER_S
#define INTERVAL_NS CLOCK_NS_PER_S
/* All threads are asked for a copy of what they have counted. */
#define INTERVAL_MIN_NS (10 * CLOCK_NS_PER_MS)
#define TIMEOUT_NS (30 * CLOCK_NS_PER_S)

/* Rates beyond it are a slip: no machine sends so many. */
#define RATE_MAX 1e9

/* A copy that lives as long as the options, for those that point into texts. */
static const char *
keep(struct options *options, const char *text)
{
	char **kept = reallocarray(options->kept, options->kept_count + 1, sizeof *kept);

	if (kept == NULL)
		cli_die(&options->cli, STATUS_USAGE, "out of memory");
	options->kept = kept;
	kept[options->kept_count] = cli_keep(&options->cli, text);
	return kept[options->kept_count++];
}

/* One more item of an array that options_reset() frees. */
static void *
grow(const struct options *options, void *items, size_t count, size_t size)
{
	items = reallocarray(items, count + 1, size);
	if (items == NULL)
		cli_die(&options->cli, STATUS_USAGE, "out of memory");
	return items;
}

static int64_t
read_positive_duration(const struct cli *cli, const char *option, const char *value)
{
	int64_t ns = cli_duration(cli, option, value);

	if (ns <= 0)
		cli_usage_error(cli, "%s %s: has to be longer than nothing", option, value);
	return ns;
}

static double
read_rate(const struct cli *cli, const char *option, const char *value, size_t len)
{
	double rate;

	if (number_decimal(&rate, value, len) < 0 || rate <= 0 || rate > RATE_MAX)
		cli_usage_error(cli, "%s %.*s: not a number of requests a second (above 0, up to "
		    "%.0f)", option, (int)len, value, RATE_MAX);
	return rate;
}

/* "10s:1000,30s:5000" */
static void
read_stages(struct options *options, const char *list)
{
	char *copy = cli_keep(&options->cli, list), *rest = copy, *item, *colon;
	struct schedule_stage *stage;

	if (options->stage_count > 0)
		cli_usage_error(&options->cli, "--stages %s: there is a list of them already",
		    list);
	while ((item = strsep(&rest, ",")) != NULL) {
		colon = strchr(item, ':');
		if (colon == NULL)
			cli_usage_error(&options->cli,
			    "--stages %s: not DURATION:RATE, such as 10s:1000,30s:5000", list);
		*colon++ = '\0';
		options->stages = grow(options, options->stages, options->stage_count,
		    sizeof *options->stages);
		stage = &options->stages[options->stage_count++];
		stage->duration_ns = read_positive_duration(&options->cli, "--stages", item);
		stage->rate = read_rate(&options->cli, "--stages", colon, strlen(colon));
	}
	free(copy);
}

static void
read_condition(struct options *options, const char *option, struct gate *gate, const char *value)
{
	char why[256];

	if (gate_parse(gate, keep(options, value), why, sizeof why) < 0)
		cli_usage_error(&options->cli, "%s %s: %s", option, value, why);
}

static void
read_gate(struct options *options, const char *value)
{
	options->gates = grow(options, options->gates, options->gate_count,
	    sizeof *options->gates);
	read_condition(options, "--fail-if", &options->gates[options->gate_count], value);
	options->gate_count++;
}

static void
read_allowance(struct options *options, const char *value)
{
	struct option_allowance *allowance = &options->allowance;
	size_t len = strlen(value);

	allowance->in_percent = len > 0 && value[len - 1] == '%';
	len -= allowance->in_percent != 0;
	if (number_decimal(&allowance->value, value, len) < 0 || allowance->value < 0 ||
	    (!allowance->in_percent && strchr(value, '.') != NULL) ||
	    (allowance->in_percent && allowance->value > 100))
		cli_usage_error(&options->cli, "--allow-errors %s: not a whole number, nor a share "
		    "such as 1%%", value);
	options->has_allowance = 1;
}

/* "json" or "json:FILE" */
static void
read_format(struct options *options, const char *value)
{
	static const char *const formats[] = {
		[REPORT_TEXT] = "text",
		[REPORT_JSON] = "json",
		[REPORT_CSV] = "csv",
		NULL,
	};
	char *copy = cli_keep(&options->cli, value), *file = copy;
	struct option_report *report;

	strsep(&file, ":");
	if (file != NULL && *file == '\0')
		cli_usage_error(&options->cli, "--format %s: the name of the file is missing",
		    value);
	options->reports = grow(options, options->reports, options->report_count,
	    sizeof *options->reports);
	report = &options->reports[options->report_count++];
	report->format = (enum report_format)cli_word(&options->cli, "--format", copy, formats);
	report->file = file != NULL ? cli_keep(&options->cli, file) : NULL;
	free(copy);
}

static void
read_pid(struct options *options, const char *value)
{
	options->pids = grow(options, options->pids, options->pid_count, sizeof *options->pids);
	options->pids[options->pid_count++] =
	    (pid_t)cli_number(&options->cli, "--pid", value, 1, INT32_MAX);
}

static uint16_t
read_role(const struct cli *cli, const char *value)
{
	static const char *const roles[] = { "responder", "authorizer", "filter", NULL };

	return (uint16_t)(FCGI_RESPONDER + cli_word(cli, "--role", value, roles));
}

/* How much, and how it is spread over time.  Returns 1, or 0 for another option. */
static int
read_load(struct options *options, int option, const char *value)
{
	static const char *const arrivals[] = {
		[SCHEDULE_CONSTANT] = "constant",
		[SCHEDULE_POISSON] = "poisson",
		NULL,
	};
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_DURATION:
		options->duration_ns = read_positive_duration(cli, "-z", value);
		return 1;
	case OPT_REQUESTS:
		options->request_limit = (uint64_t)cli_number(cli, "-n", value, 1, INT64_MAX);
		return 1;
	case OPT_RATE:
		options->rate = read_rate(cli, "-R", value, strlen(value));
		return 1;
	case OPT_ARRIVAL:
		options->arrival = (enum schedule_arrival)cli_word(cli, "--arrival", value,
		    arrivals);
		return 1;
	case OPT_SEED:
		options->has_seed = 1;
		options->seed = (uint64_t)cli_number(cli, "--seed", value, 0, INT64_MAX);
		return 1;
	case OPT_STAGES:
		read_stages(options, value);
		return 1;
	case OPT_FIND_MAX:
		if (options->has_find_max)
			cli_usage_error(cli, "--find-max %s: there is --find-max %s already",
			    value, options->find_max.text);
		read_condition(options, "--find-max", &options->find_max, value);
		options->has_find_max = 1;
		return 1;
	case OPT_WARMUP:
		options->warmup_ns = cli_duration(cli, "-w", value);
		return 1;
	default:
		return 0;
	}
}

static int
read_connections(struct options *options, int option, const char *value)
{
	static const char *const spins[] = {
		[PLAN_SPIN_AUTO] = "auto",
		[PLAN_SPIN_ALWAYS] = "always",
		[PLAN_SPIN_NEVER] = "never",
		NULL,
	};
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_CONNECTIONS:
		options->connections =
		    (unsigned int)cli_number(cli, "-c", value, 1, OPTIONS_CONNECTIONS_MAX);
		return 1;
	case OPT_THREADS:
		options->threads =
		    (unsigned int)cli_number(cli, "-t", value, 1, OPTIONS_THREADS_MAX);
		return 1;
	case OPT_STREAMS:
		options->streams =
		    (unsigned int)cli_number(cli, "-m", value, 1, FCGI_MAX_REQUEST_ID);
		return 1;
	case OPT_KEEP_ALIVE:
		options->keep_alive = 1;
		return 1;
	case OPT_REQUESTS_PER_CONNECTION:
		options->requests_per_connection = (uint64_t)cli_number(cli,
		    "--requests-per-connection", value, 1, INT64_MAX);
		return 1;
	case OPT_SPIN:
		options->spin = (enum plan_spin)cli_word(cli, "--spin", value, spins);
		return 1;
	case OPT_SELF_TEST:
		options->self_test = 1;
		return 1;
	default:
		return 0;
	}
}

static int
read_role_option(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_ROLE:
		options->role = read_role(cli, value);
		return 1;
	case OPT_FILTER_DATA:
		cli_replace(cli, &options->filter_data, value);
		return 1;
	case OPT_CREDENTIALS:
		cli_replace(cli, &options->credentials, value);
		return 1;
	default:
		return 0;
	}
}

/* r: what reading the value gave; words: what it is not, when it is not. */
static void
check_expected(const struct cli *cli, int r, const char *option, const char *value,
    const char *words)
{
	if (r == -FCGI_E_SYSTEM)
		cli_die(cli, STATUS_USAGE, "out of memory");
	if (r < 0)
		cli_usage_error(cli, "%s %s: %s", option, value, words);
}

static int
read_expected(struct options *options, int option, const char *value)
{
	struct expect *expect = &options->expect;
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_EXPECT_STATUS:
		check_expected(cli, http_status_set_parse(&expect->status, value),
		    "--expect-status", value, "not statuses such as 200,3xx,400-404");
		return 1;
	case OPT_EXPECT_LENGTH:
		check_expected(cli, expect_set_length(expect, value), "--expect-length", value,
		    "not a number of bytes");
		return 1;
	case OPT_EXPECT_BODY:
		check_expected(cli, expect_set_body(expect, value, strlen(value)),
		    "--expect-body", value, "every body has an empty text");
		return 1;
	case OPT_EXPECT_SHA256:
		check_expected(cli, expect_set_sha256(expect, value), "--expect-sha256", value,
		    "not 64 hexadecimal digits");
		return 1;
	case OPT_EXPECT_APP_STATUS:
		expect->app_status =
		    (uint32_t)cli_number(cli, "--expect-app-status", value, 0, UINT32_MAX);
		return 1;
	default:
		return 0;
	}
}

int
options_take_request(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	return read_role_option(options, option, value) ||
	    read_expected(options, option, value) ||
	    cli_request_take(cli, &options->http, option, value) ||
	    cli_identity_take(cli, &options->identity, option, value) ||
	    cli_variables_take(cli, &options->variables, option, value);
}

static int
read_report(struct options *options, int option, const char *value)
{
	const struct cli *cli = &options->cli;

	switch (option) {
	case OPT_INPUT:
		cli_once(cli, "-i", &options->input_file, value);
		return 1;
	case OPT_FORMAT:
		read_format(options, value);
		return 1;
	case OPT_OUTPUT:
		cli_once(cli, "-o", &options->output_file, value);
		return 1;
	case OPT_INTERVAL:
		options->interval_ns = cli_duration(cli, "--interval", value);
		if (options->interval_ns < INTERVAL_MIN_NS)
			cli_usage_error(cli, "--interval %s: 10ms is the shortest", value);
		return 1;
	case OPT_PID:
		read_pid(options, value);
		return 1;
	case OPT_CGROUP:
		cli_once(cli, "--cgroup", &options->cgroup, value);
		return 1;
	case OPT_FAIL_IF:
		read_gate(options, value);
		return 1;
	case OPT_ALLOW_ERRORS:
		read_allowance(options, value);
		return 1;
	default:
		return 0;
	}
}

static void
read_time(struct options *options, int option, const char *value)
{
	struct cli_time *time = &options->time;
	const struct cli *cli = &options->cli;

	cli_time_take(cli, time, option, value);
	if (time->timeout_ns <= 0)
		cli_usage_error(cli, "--timeout %s: has to be longer than nothing", value);
	if (time->connect_timeout_ns <= 0)
		cli_usage_error(cli, "--connect-timeout %s: has to be longer than nothing", value);
}

static void
read_arguments(struct options *options)
{
	struct cli *cli = &options->cli;
	const char *value;
	int option;

	while ((option = cli_next(cli, &value)) >= 0)
		if (!read_load(options, option, value) &&
		    !read_connections(options, option, value) &&
		    !read_report(options, option, value) &&
		    !options_take_request(options, option, value))
			read_time(options, option, value);
}

static void
read_targets(struct options *options)
{
	struct cli *cli = &options->cli;
	struct option_target *target;
	const char *name;
	int r;

	while ((name = cli_operand(cli)) != NULL) {
		options->targets = grow(options, options->targets, options->target_count,
		    sizeof *options->targets);
		target = &options->targets[options->target_count++];
		*target = (struct option_target){ .name = name };
		r = addr_parse(&target->addr, name);
		if (r < 0)
			cli_usage_error(cli, "%s: %s", name, fcgi_strerror(r));
	}
	options->command = cli->command;
}

/* What was not said. */
static void
settle(struct options *options)
{
	if (options->time.timeout_ns == CLOCK_NEVER)
		options->time.timeout_ns = TIMEOUT_NS;
	/* Who says how many means so many, and not those of a warm-up besides. */
	if (options->warmup_ns < 0)
		options->warmup_ns =
		    options->request_limit > 0 && options->duration_ns == 0 ? 0 : WARMUP_NS;
	if (options->duration_ns == 0)
		options->duration_ns = options->request_limit > 0 ? CLOCK_NEVER : DURATION_NS;
	if (options->streams > 1 || options->requests_per_connection > 0)
		options->keep_alive = 1;
	if (options->report_count == 0)
		read_format(options, "text");
}

void
options_read(struct options *options, int argc, char **argv)
{
	*options = (struct options){
		.connections = 1,
		.threads = 1,
		.streams = 1,
		.warmup_ns = -1,
		.interval_ns = INTERVAL_NS,
		.seed = 1,
		.role = FCGI_RESPONDER,
	};
	cli_time_init(&options->time);
	cli_init(&options->cli, &about, argc, argv, options_table, 0);
	read_arguments(options);
	read_targets(options);
	options_check(options);
	settle(options);
	cli_identity_read(&options->cli, &options->identity);
}

const char *
options_report_file(const struct options *options, const struct option_report *report)
{
	const char *file = report->file != NULL ? report->file : options->output_file;

	return file != NULL && strcmp(file, "-") != 0 ? file : NULL;
}

void
options_reset(struct options *options)
{
	size_t i;

	for (i = 0; i < options->report_count; i++)
		free(options->reports[i].file);
	for (i = 0; i < options->kept_count; i++)
		free(options->kept[i]);
	free(options->kept);
	free(options->reports);
	free(options->gates);
	free(options->targets);
	free(options->stages);
	free(options->pids);
	free(options->cgroup);
	free(options->output_file);
	free(options->input_file);
	free(options->filter_data);
	free(options->credentials);
	expect_reset(&options->expect);
	cli_request_reset(&options->http);
	cli_identity_reset(&options->identity);
	cli_variables_reset(&options->variables);
	cli_reset(&options->cli);
}
