#include "options_table.h"

#include "cli.h"
#include "cli_identity.h"
#include "cli_request.h"
#include "cli_time.h"
#include "cli_variables.h"

static const struct poptOption ask_options[] = {
	{ .longName = "ping", .argInfo = POPT_ARG_NONE, .val = OPT_PING,
	    .descrip = "ask php-fpm's ping page for its pong" },
	{ .longName = "ping-path", .argInfo = POPT_ARG_STRING, .val = OPT_PING_PATH,
	    .descrip = "where the ping page is (/ping)", .argDescrip = "PATH" },
	{ .longName = "fpm-status", .argInfo = POPT_ARG_NONE, .val = OPT_FPM_STATUS,
	    .descrip = "read php-fpm's status page" },
	{ .longName = "status-path", .argInfo = POPT_ARG_STRING, .val = OPT_STATUS_PATH,
	    .descrip = "where the status page is (/status)", .argDescrip = "PATH" },
	{ .longName = "max-children", .argInfo = POPT_ARG_STRING, .val = OPT_MAX_CHILDREN,
	    .descrip = "the pool's pm.max_children, which the page does not tell",
	    .argDescrip = "N" },
	{ .longName = "queue", .argInfo = POPT_ARG_NONE, .val = OPT_QUEUE,
	    .descrip = "ask the kernel who waits, and the application nothing" },
	{ .longName = "values", .argInfo = POPT_ARG_NONE, .val = OPT_VALUES,
	    .descrip = "send FCGI_GET_VALUES; some applications die of it" },
	{ .longName = "connect-only", .argInfo = POPT_ARG_NONE, .val = OPT_CONNECT_ONLY,
	    .descrip = "connect and close; some applications die of it" },
	POPT_TABLEEND,
};

static const struct poptOption when_options[] = {
	{ .shortName = 't', .argInfo = POPT_ARG_STRING, .val = OPT_SHORT_TIMEOUT,
	    .descrip = "the same as --timeout", .argDescrip = "DURATION" },
	{ .longName = "retries", .argInfo = POPT_ARG_STRING, .val = OPT_RETRIES,
	    .descrip = "ask up to N times more before it is a failure", .argDescrip = "N" },
	{ .longName = "wait", .argInfo = POPT_ARG_NONE, .val = OPT_WAIT,
	    .descrip = "ask again until all targets answer" },
	{ .longName = "wait-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_WAIT_TIMEOUT,
	    .descrip = "the same, but not longer than that", .argDescrip = "DURATION" },
	{ .longName = "watch", .argInfo = POPT_ARG_NONE, .val = OPT_WATCH,
	    .descrip = "ask again and again, and report what has changed" },
	{ .longName = "interval", .argInfo = POPT_ARG_STRING, .val = OPT_INTERVAL,
	    .descrip = "with --watch: how often (5s)", .argDescrip = "DURATION" },
	POPT_TABLEEND,
};

static const struct poptOption judge_options[] = {
	{ .longName = "liveness", .argInfo = POPT_ARG_NONE, .val = OPT_LIVENESS,
	    .descrip = "is it alive: a busy one is, and one that answers below 500" },
	{ .longName = "readiness", .argInfo = POPT_ARG_NONE, .val = OPT_READINESS,
	    .descrip = "should it get requests: not with its queue 80% full" },
	{ .longName = "warning", .shortName = 'w', .argInfo = POPT_ARG_STRING, .val = OPT_WARNING,
	    .descrip = "WARNING when METRIC is outside of RANGE", .argDescrip = "METRIC=RANGE" },
	{ .longName = "critical", .shortName = 'c', .argInfo = POPT_ARG_STRING,
	    .val = OPT_CRITICAL, .descrip = "CRITICAL when METRIC is outside of RANGE",
	    .argDescrip = "METRIC=RANGE" },
	{ .longName = "expect-status", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_STATUS,
	    .descrip = "CRITICAL unless the HTTP status is one of these: 200,3xx,400-404",
	    .argDescrip = "LIST" },
	{ .longName = "expect-body", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_BODY,
	    .descrip = "CRITICAL unless TEXT is in the body", .argDescrip = "TEXT" },
	{ .longName = "expect-header", .argInfo = POPT_ARG_STRING, .val = OPT_EXPECT_HEADER,
	    .descrip = "CRITICAL unless the answer has the header",
	    .argDescrip = "NAME[: VALUE]" },
	{ .longName = "busy", .argInfo = POPT_ARG_STRING, .val = OPT_BUSY,
	    .descrip = "what a busy application is: ok, warn or crit (crit)",
	    .argDescrip = "STATE" },
	{ .longName = "stderr", .argInfo = POPT_ARG_STRING, .val = OPT_STDERR,
	    .descrip = "what error output is (ok)", .argDescrip = "STATE" },
	{ .longName = "app-status", .argInfo = POPT_ARG_STRING, .val = OPT_APP_STATUS,
	    .descrip = "what an appStatus other than 0 is (ok)", .argDescrip = "STATE" },
	POPT_TABLEEND,
};

static const struct poptOption report_options[] = {
	{ .longName = "format", .argInfo = POPT_ARG_STRING, .val = OPT_FORMAT,
	    .descrip = "text (the default), json or openmetrics", .argDescrip = "FORMAT" },
	{ .longName = "output", .shortName = 'o', .argInfo = POPT_ARG_STRING, .val = OPT_OUTPUT,
	    .descrip = "write to FILE, which is replaced in one step", .argDescrip = "FILE" },
	{ .longName = "state", .argInfo = POPT_ARG_STRING, .val = OPT_STATE,
	    .descrip = "keep counters in FILE, to judge how much they grow from run to run",
	    .argDescrip = "FILE" },
	{ .longName = "exit", .argInfo = POPT_ARG_STRING, .val = OPT_EXIT,
	    .descrip = "plugin: 0 1 2 3 (the default), boolean: 0 for OK and WARNING, else 1",
	    .argDescrip = "HOW" },
	POPT_TABLEEND,
};

const struct poptOption options_table[] = {
	CLI_GROUP(ask_options, "What to ask (without one of these: an ordinary request):"),
	CLI_GROUP(cli_time_options, "When:"),
	CLI_GROUP(when_options, NULL),
	CLI_GROUP(judge_options, "How to judge:"),
	CLI_GROUP(report_options, "How to report:"),
	CLI_GROUP(cli_request_options, "The request that a web server received:"),
	CLI_GROUP(cli_identity_options, "Identity:"),
	CLI_GROUP(cli_variables_options, "Variables:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};
