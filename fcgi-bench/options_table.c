#include "options_table.h"

#include "cli.h"
#include "cli_identity.h"
#include "cli_request.h"
#include "cli_time.h"
#include "cli_variables.h"

static const struct poptOption load_options[] = {
	{ .longName = "connections", .shortName = 'c', .argInfo = POPT_ARG_STRING,
	    .val = OPT_CONNECTIONS, .descrip = "connections, of all threads together (1)",
	    .argDescrip = "N" },
	{ .longName = "threads", .shortName = 't', .argInfo = POPT_ARG_STRING, .val = OPT_THREADS,
	    .descrip = "threads (1)", .argDescrip = "N" },
	{ .longName = "duration", .shortName = 'z', .argInfo = POPT_ARG_STRING,
	    .val = OPT_DURATION, .descrip = "how long to measure (10s)",
	    .argDescrip = "DURATION" },
	{ .longName = "requests", .shortName = 'n', .argInfo = POPT_ARG_STRING,
	    .val = OPT_REQUESTS, .descrip = "end after N requests, without a warm-up",
	    .argDescrip = "N" },
	{ .longName = "rate", .shortName = 'R', .argInfo = POPT_ARG_STRING, .val = OPT_RATE,
	    .descrip = "open loop: N requests a second in all, ready or not",
	    .argDescrip = "N" },
	{ .longName = "arrival", .argInfo = POPT_ARG_STRING, .val = OPT_ARRIVAL,
	    .descrip = "open loop: constant (the default) or poisson", .argDescrip = "HOW" },
	{ .longName = "seed", .argInfo = POPT_ARG_STRING, .val = OPT_SEED,
	    .descrip = "of poisson arrivals: the same number, the same arrivals (1)",
	    .argDescrip = "N" },
	{ .longName = "stages", .argInfo = POPT_ARG_STRING, .val = OPT_STAGES,
	    .descrip = "open loop: one rate after the other: 10s:1000,30s:5000",
	    .argDescrip = "LIST" },
	{ .longName = "find-max", .argInfo = POPT_ARG_STRING, .val = OPT_FIND_MAX,
	    .descrip = "find the highest rate at which this holds: 'p99<20ms'",
	    .argDescrip = "CONDITION" },
	{ .longName = "warmup", .shortName = 'w', .argInfo = POPT_ARG_STRING, .val = OPT_WARMUP,
	    .descrip = "what begins in this time is not counted (1s, with -n 0)",
	    .argDescrip = "DURATION" },
	{ .longName = "keep-alive", .shortName = 'k', .argInfo = POPT_ARG_NONE,
	    .val = OPT_KEEP_ALIVE,
	    .descrip = "keep connections, in place of one for each request" },
	{ .longName = "requests-per-connection", .argInfo = POPT_ARG_STRING,
	    .val = OPT_REQUESTS_PER_CONNECTION,
	    .descrip = "close after N requests; implies -k", .argDescrip = "N" },
	{ .longName = "streams", .shortName = 'm', .argInfo = POPT_ARG_STRING, .val = OPT_STREAMS,
	    .descrip = "requests at a time on one connection (1); more imply -k",
	    .argDescrip = "N" },
	{ .longName = "spin", .argInfo = POPT_ARG_STRING, .val = OPT_SPIN,
	    .descrip = "wait awake: auto (just before a request is due), always, never",
	    .argDescrip = "WHEN" },
	{ .longName = "self-test", .argInfo = POPT_ARG_NONE, .val = OPT_SELF_TEST,
	    .descrip = "measure how fast this program can be on this machine" },
	POPT_TABLEEND,
};

static const struct poptOption role_options[] = {
	{ .longName = "input", .shortName = 'i', .argInfo = POPT_ARG_STRING, .val = OPT_INPUT,
	    .descrip = "several requests with weights, as stanzas in FILE",
	    .argDescrip = "FILE" },
	{ .longName = "role", .argInfo = POPT_ARG_STRING, .val = OPT_ROLE,
	    .descrip = "responder (the default), authorizer or filter", .argDescrip = "ROLE" },
	{ .longName = "filter-data", .argInfo = POPT_ARG_STRING, .val = OPT_FILTER_DATA,
	    .descrip = "ask a filter to filter FILE", .argDescrip = "FILE" },
	{ .longName = "credentials", .argInfo = POPT_ARG_STRING, .val = OPT_CREDENTIALS,
	    .descrip = "ask about each USER:PASSWORD line of FILE in turn",
	    .argDescrip = "FILE" },
	POPT_TABLEEND,
};

static const struct poptOption expect_options[] = {
	{ .longName = "expect-status", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_STATUS,
	    .descrip = "good is one of these: 200,3xx,400-404 (2xx)", .argDescrip = "LIST" },
	{ .longName = "expect-length", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_LENGTH,
	    .descrip = "good is a body of N bytes", .argDescrip = "N" },
	{ .longName = "expect-body", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_BODY,
	    .descrip = "good is a body that TEXT is in", .argDescrip = "TEXT" },
	{ .longName = "expect-sha256", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_SHA256,
	    .descrip = "good is a body with that hash", .argDescrip = "HEX" },
	{ .longName = "expect-app-status", .argInfo = POPT_ARG_STRING,
	    .val = OPT_EXPECT_APP_STATUS, .descrip = "good is that appStatus (0)",
	    .argDescrip = "N" },
	POPT_TABLEEND,
};

static const struct poptOption report_options[] = {
	{ .longName = "format", .argInfo = POPT_ARG_STRING, .val = OPT_FORMAT,
	    .descrip = "text (the default), json or csv; may be repeated",
	    .argDescrip = "FORMAT[:FILE]" },
	{ .longName = "output", .shortName = 'o', .argInfo = POPT_ARG_STRING, .val = OPT_OUTPUT,
	    .descrip = "write to FILE, which is replaced in one step", .argDescrip = "FILE" },
	{ .longName = "interval", .argInfo = POPT_ARG_STRING, .val = OPT_INTERVAL,
	    .descrip = "how often figures are taken, for csv, json and the live line (1s)",
	    .argDescrip = "DURATION" },
	{ .longName = "pid", .argInfo = POPT_ARG_STRING, .val = OPT_PID,
	    .descrip = "the application's process, for its processor time; may be repeated",
	    .argDescrip = "PID" },
	{ .longName = "cgroup", .argInfo = POPT_ARG_STRING, .val = OPT_CGROUP,
	    .descrip = "the application's control group, likewise", .argDescrip = "DIR" },
	POPT_TABLEEND,
};

static const struct poptOption gate_options[] = {
	{ .longName = "fail-if", .argInfo = POPT_ARG_STRING, .val = OPT_FAIL_IF,
	    .descrip = "exit 1 when this is so: 'p99>20ms', 'rps<5000'; may be repeated",
	    .argDescrip = "CONDITION" },
	{ .longName = "allow-errors", .argInfo = POPT_ARG_STRING, .val = OPT_ALLOW_ERRORS,
	    .descrip = "so many requests may fail: 10, or 1% (0)", .argDescrip = "N[%]" },
	POPT_TABLEEND,
};

const struct poptOption options_table[] = {
	CLI_GROUP(load_options, "Load:"),
	CLI_GROUP(cli_time_options, "Limits (of one request; --timeout 30s):"),
	CLI_GROUP(expect_options, "What is a good answer (without these: whole, 2xx):"),
	CLI_GROUP(report_options, "Report:"),
	CLI_GROUP(gate_options, "Gate:"),
	CLI_GROUP(role_options, "Requests:"),
	CLI_GROUP(cli_request_options, "The request that a web server received:"),
	CLI_GROUP(cli_identity_options, "Identity:"),
	CLI_GROUP(cli_variables_options, "Variables:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};
