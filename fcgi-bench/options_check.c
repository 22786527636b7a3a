#include "options_check.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_proto.h"
#include "replace.h"
#include "tally.h"

static int
is_open_loop(const struct options *options)
{
	return options->rate > 0 || options->stage_count > 0 || options->has_find_max;
}

static void
check_targets(const struct options *options)
{
	const struct cli *cli = &options->cli;
	size_t i;

	if (options->command != NULL && options->target_count > 0)
		cli_usage_error(cli, "%s: a command behind -- is the target",
		    options->targets[0].name);
	if (options->command != NULL && options->command[0] == NULL)
		cli_usage_error(cli, "--: the command is missing");
	if (options->command == NULL && options->target_count == 0 && !options->self_test)
		cli_usage_error(cli, "no target: the address of an application is missing");
	for (i = 0; i < options->target_count; i++)
		if (options->targets[i].addr.kind == ADDR_FD)
			cli_usage_error(cli, "%s: is one connection, and cannot be made again",
			    options->targets[i].name);
	if ((options->pid_count > 0) + (options->cgroup != NULL) + (options->command != NULL) > 1)
		cli_usage_error(cli, "--pid, --cgroup and a command exclude each other");
}

static void
check_load(const struct options *options)
{
	const struct cli *cli = &options->cli;

	if (options->stage_count > 0 &&
	    (options->rate > 0 || options->duration_ns > 0 || options->request_limit > 0))
		cli_usage_error(cli, "--stages says it all: -R, -z and -n do not go with it");
	if (options->has_find_max &&
	    (options->rate > 0 || options->stage_count > 0 || options->request_limit > 0))
		cli_usage_error(cli, "--find-max chooses the rate: -R, --stages and -n do not go "
		    "with it");
	if (!is_open_loop(options) && options->arrival == SCHEDULE_POISSON)
		cli_usage_error(cli, "--arrival is of an open loop: -R, --stages or --find-max");
	if (options->has_seed && options->arrival != SCHEDULE_POISSON)
		cli_usage_error(cli, "--seed goes with --arrival=poisson only");
	if (options->threads > options->connections)
		cli_usage_error(cli, "-t %u: there are fewer connections (-c %u)",
		    options->threads, options->connections);
}

static int
is_text(const char *text, const char *word)
{
	return text != NULL && strcmp(text, word) == 0;
}

void
options_check_request(const struct options *options)
{
	const struct cli *cli = &options->cli;
	const char *stray = cli_request_stray(&options->http);

	if (options->filter_data != NULL && options->role != FCGI_FILTER)
		cli_usage_error(cli, "--filter-data goes with --role filter only");
	if (options->role == FCGI_FILTER && options->filter_data == NULL &&
	    options->input_file == NULL)
		cli_usage_error(cli, "--role filter: --filter-data is missing");
	if (options->credentials != NULL && options->role != FCGI_AUTHORIZER)
		cli_usage_error(cli, "--credentials goes with --role authorizer only");
	if (options->target_count > 1 &&
	    (is_text(options->http.data, "-") || is_text(options->input_file, "-")))
		cli_usage_error(cli,
		    "%s: standard input is read once, and there are several targets",
		    is_text(options->input_file, "-") ? "-i -" : "-d -");
	/* A stanza may hold the URL that they speak of. */
	if (options->input_file != NULL)
		return;
	if (stray != NULL)
		cli_usage_error(cli, "%s says nothing without --url or --as", stray);
	if (options->identity.user != NULL && !cli_request_is_web(&options->http) &&
	    options->role != FCGI_AUTHORIZER)
		cli_usage_error(cli, "-u says nothing without --url, --as or --role authorizer");
}

/* Whether both lead to one place, whatever their names; a place where nothing is kept aside. */
static int
is_same_place(const char *a, const char *b)
{
	char *place = replace_leads_to(a), *other = replace_leads_to(b);
	int is_same = place != NULL && is_text(other, place) && strcmp(place, "/dev/null") != 0;

	free(place);
	free(other);
	return is_same;
}

/* NULL is standard output, which may be a file, too. */
static int
is_same_file(const char *a, const char *b)
{
	if (a == NULL && b == NULL)
		return 1;
	if (a != NULL && is_text(b, a))
		return 1;
	return is_same_place(a != NULL ? a : "/dev/stdout", b != NULL ? b : "/dev/stdout");
}

static void
check_reports(const struct options *options)
{
	const struct cli *cli = &options->cli;
	const char *file;
	size_t i, k, unnamed = 0;

	for (i = 0; i < options->report_count; i++) {
		file = options_report_file(options, &options->reports[i]);
		unnamed += options->reports[i].file == NULL;
		for (k = 0; k < i; k++)
			if (is_same_file(file,
				options_report_file(options, &options->reports[k])))
				cli_usage_error(cli, "--format: two reports would go to %s; "
				    "--format=json:FILE gives one a file of its own",
				    file != NULL ? file : "standard output");
	}
	if (options->output_file != NULL && options->report_count > 0 && unnamed == 0)
		cli_usage_error(cli, "-o %s: every --format has a file of its own",
		    options->output_file);
}

static void
check_gates(const struct options *options)
{
	const struct cli *cli = &options->cli;
	const struct gate *gate;
	size_t i;

	for (i = 0; i < options->gate_count; i++) {
		gate = &options->gates[i];
		if (gate->metric == GATE_LATENCY && !is_open_loop(options) &&
		    (gate->span == TALLY_RESPONSE || gate->span == TALLY_LATENESS))
			cli_usage_error(cli, "--fail-if %s: a closed loop has no due times; "
			    "-R gives it some", gate->text);
	}
	if (options->command == NULL && options->target_count == 0 &&
	    (options->gate_count > 0 || options->has_allowance || options->has_find_max))
		cli_usage_error(cli, "--self-test alone has no gates");
}

void
options_check(const struct options *options)
{
	check_targets(options);
	check_load(options);
	options_check_request(options);
	check_reports(options);
	check_gates(options);
}
