#include "options_table.h"

#include "cli.h"
#include "cli_identity.h"
#include "cli_request.h"
#include "cli_time.h"
#include "cli_variables.h"

#define ONEDASH POPT_ARGFLAG_ONEDASH
#define HIDDEN POPT_ARGFLAG_DOC_HIDDEN

/* No short option may share its letter with one of these: a typo such as -conn would find it. */
static const struct poptOption devkit_options[] = {
	{ .longName = "bind", .argInfo = POPT_ARG_NONE | ONEDASH, .val = OPT_BIND,
	    .descrip = "send a request to the application that listens at the address" },
	{ .longName = "start", .argInfo = POPT_ARG_NONE | ONEDASH, .val = OPT_START,
	    .descrip = "start APP, listening at the address, and leave" },
	{ .longName = "supervise", .argInfo = POPT_ARG_NONE | ONEDASH, .val = OPT_SUPERVISE,
	    .descrip = "with -start: stay until APP ends" },
	{ .longName = "connect", .argInfo = POPT_ARG_STRING | ONEDASH, .val = OPT_CONNECT,
	    .descrip = "the application's address", .argDescrip = "ADDR" },
	{ .shortName = 'f', .argInfo = POPT_ARG_STRING, .val = OPT_FILE,
	    .descrip = "read the arguments from FILE and ignore the rest", .argDescrip = "FILE" },
	/* The devkit's for Windows: refused by name, or -d would swallow the one. */
	{ .longName = "dbgfcgi", .argInfo = POPT_ARG_NONE | ONEDASH | HIDDEN, .val = OPT_WINDOWS },
	{ .longName = "jitcgi", .argInfo = POPT_ARG_NONE | ONEDASH | HIDDEN, .val = OPT_WINDOWS },
	POPT_TABLEEND,
};

static const struct poptOption rule_options[] = {
	{ .longName = "setenvif", .argInfo = POPT_ARG_STRING, .val = OPT_SETENVIF,
	    .descrip = "change the variables as Apache's ProxyFCGISetEnvIf does",
	    .argDescrip = "RULE" },
	{ .longName = "setenvif-file", .argInfo = POPT_ARG_STRING, .val = OPT_SETENVIF_FILE,
	    .descrip = "the same with the ProxyFCGISetEnvIf lines of FILE", .argDescrip = "FILE" },
	POPT_TABLEEND,
};

static const struct poptOption wire_options[] = {
	{ .longName = "no-stdin", .argInfo = POPT_ARG_NONE, .val = OPT_NO_STDIN,
	    .descrip = "send no FCGI_STDIN record at all, not even the empty one" },
	{ .longName = "stream", .argInfo = POPT_ARG_NONE, .val = OPT_STREAM,
	    .descrip = "send standard input as it comes, its length not told" },
	{ .longName = "content-length", .argInfo = POPT_ARG_STRING, .val = OPT_CONTENT_LENGTH,
	    .descrip = "say that the body has N bytes, true or not", .argDescrip = "N" },
	{ .longName = "role", .argInfo = POPT_ARG_STRING, .val = OPT_ROLE,
	    .descrip = "responder (the default), authorizer, filter or a number",
	    .argDescrip = "ROLE" },
	{ .longName = "filter-data", .argInfo = POPT_ARG_STRING, .val = OPT_FILTER_DATA,
	    .descrip = "ask a filter to filter FILE", .argDescrip = "FILE" },
	{ .longName = "id", .argInfo = POPT_ARG_STRING, .val = OPT_ID,
	    .descrip = "the request id, 1 to 65535 (1)", .argDescrip = "N" },
	{ .longName = "keep-conn", .argInfo = POPT_ARG_NONE, .val = OPT_KEEP_CONN,
	    .descrip = "set FCGI_KEEP_CONN" },
	{ .longName = "repeat", .argInfo = POPT_ARG_STRING, .val = OPT_REPEAT,
	    .descrip = "send the request N times, one after the other", .argDescrip = "N" },
	{ .longName = "multiplex", .argInfo = POPT_ARG_STRING, .val = OPT_MULTIPLEX,
	    .descrip = "send the request N times at once over one connection",
	    .argDescrip = "N" },
	POPT_TABLEEND,
};

static const struct poptOption waiting_options[] = {
	{ .longName = "first-byte-timeout", .argInfo = POPT_ARG_STRING,
	    .val = OPT_FIRST_BYTE_TIMEOUT,
	    .descrip = "give up when no output has come after that long",
	    .argDescrip = "DURATION" },
	{ .longName = "idle-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_IDLE_TIMEOUT,
	    .descrip = "give up when nothing has moved for that long", .argDescrip = "DURATION" },
	{ .longName = "wait", .argInfo = POPT_ARG_NONE, .val = OPT_WAIT,
	    .descrip = "wait until somebody listens at the address" },
	{ .longName = "wait-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_WAIT_TIMEOUT,
	    .descrip = "the same, but not longer than that", .argDescrip = "DURATION" },
	{ .longName = "abort-after", .argInfo = POPT_ARG_STRING, .val = OPT_ABORT_AFTER,
	    .descrip = "abort the request after that long, as a client that goes away",
	    .argDescrip = "DURATION" },
	POPT_TABLEEND,
};

static const struct poptOption output_options[] = {
	{ .longName = "body", .argInfo = POPT_ARG_NONE, .val = OPT_BODY,
	    .descrip = "write the body only" },
	{ .longName = "headers", .argInfo = POPT_ARG_NONE, .val = OPT_HEADERS,
	    .descrip = "write the headers only" },
	{ .longName = "status-line", .argInfo = POPT_ARG_NONE, .val = OPT_STATUS_LINE,
	    .descrip = "write an HTTP status line first" },
	{ .longName = "output", .shortName = 'o', .argInfo = POPT_ARG_STRING, .val = OPT_OUTPUT,
	    .descrip = "write to FILE, not to standard output", .argDescrip = "FILE" },
	{ .longName = "dump-header", .shortName = 'D', .argInfo = POPT_ARG_STRING,
	    .val = OPT_DUMP_HEADER, .descrip = "write the headers to FILE too",
	    .argDescrip = "FILE" },
	{ .longName = "flush", .argInfo = POPT_ARG_NONE, .val = OPT_FLUSH,
	    .descrip = "write each record as soon as it is there" },
	{ .longName = "stderr", .argInfo = POPT_ARG_STRING, .val = OPT_STDERR,
	    .descrip = "the application's error output: to a FILE, null, or prefix",
	    .argDescrip = "FILE|null|prefix" },
	{ .longName = "write-out", .shortName = 'w', .argInfo = POPT_ARG_STRING,
	    .val = OPT_WRITE_OUT, .descrip = "write FORMAT at the end, as curl's %{http_code}",
	    .argDescrip = "FORMAT" },
	{ .longName = "json", .argInfo = POPT_ARG_NONE, .val = OPT_JSON,
	    .descrip = "write all about the answer as one JSON object, the body only with "
		"--body" },
	{ .longName = "as-seen-by", .argInfo = POPT_ARG_STRING, .val = OPT_SEEN_BY,
	    .descrip = "write what the user of that web server would get",
	    .argDescrip = "SERVER" },
	{ .longName = "fail", .argInfo = POPT_ARG_NONE, .val = OPT_FAIL,
	    .descrip = "exit with 22 when the HTTP status is 400 or above or there is no header" },
	{ .longName = "fail-stderr", .argInfo = POPT_ARG_NONE, .val = OPT_FAIL_STDERR,
	    .descrip = "exit with 23 when there was error output" },
	POPT_TABLEEND,
};

static const struct poptOption look_options[] = {
	{ .longName = "print-params", .shortName = 'n', .argInfo = POPT_ARG_NONE,
	    .val = OPT_PRINT_PARAMS, .descrip = "print the variables and send nothing" },
	{ .longName = "print-format", .argInfo = POPT_ARG_STRING, .val = OPT_PRINT_FORMAT,
	    .descrip = "how: env (the default), env0 or json", .argDescrip = "FORMAT" },
	{ .longName = "list-presets", .argInfo = POPT_ARG_NONE, .val = OPT_LIST_PRESETS,
	    .descrip = "print the names that --as knows, one a line, and exit" },
	{ .longName = "trace", .argInfo = POPT_ARG_STRING, .val = OPT_TRACE,
	    .descrip = "write every record to FILE, with its bytes", .argDescrip = "FILE" },
	{ .longName = "trace-time", .argInfo = POPT_ARG_NONE, .val = OPT_TRACE_TIME,
	    .descrip = "begin each line of -v and --trace with the time" },
	{ .longName = "show-secrets", .argInfo = POPT_ARG_NONE, .val = OPT_SHOW_SECRETS,
	    .descrip = "show passwords and cookies there" },
	POPT_TABLEEND,
};

static const struct poptOption tool_options[] = {
	{ .longName = "get-values", .argInfo = POPT_ARG_NONE, .val = OPT_GET_VALUES,
	    .descrip = "ask the application for its limits, or the values NAME..." },
	{ .longName = "encode", .argInfo = POPT_ARG_NONE, .val = OPT_ENCODE,
	    .descrip = "write the request's records to standard output" },
	{ .longName = "decode", .argInfo = POPT_ARG_NONE, .val = OPT_DECODE,
	    .descrip = "say what the records in FILE, or standard input, hold" },
	{ .longName = "decode-dir", .argInfo = POPT_ARG_STRING, .val = OPT_DECODE_DIR,
	    .descrip = "with --decode: write every stream to a file in DIR", .argDescrip = "DIR" },
	POPT_TABLEEND,
};

const struct poptOption options_table[] = {
	CLI_GROUP(devkit_options, "As the devkit's cgi-fcgi:"),
	CLI_GROUP(cli_request_options, "The request that a web server received:"),
	CLI_GROUP(cli_identity_options, "Identity:"),
	CLI_GROUP(cli_variables_options, "Variables:"),
	CLI_GROUP(rule_options, NULL),
	CLI_GROUP(wire_options, "What goes over the wire:"),
	CLI_GROUP(cli_time_options, "Time:"),
	CLI_GROUP(waiting_options, NULL),
	CLI_GROUP(output_options, "Output:"),
	CLI_GROUP(look_options, "To look at it:"),
	CLI_GROUP(tool_options, "Tools:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};
