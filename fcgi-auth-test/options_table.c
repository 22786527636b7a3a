#include "options_table.h"

#include "cli.h"
#include "cli_identity.h"
#include "cli_time.h"
#include "cli_variables.h"

static const struct poptOption ask_options[] = {
	{ .longName = "dialect", .shortName = 'D', .argInfo = POPT_ARG_STRING, .val = OPT_DIALECT,
	    .descrip = "ask as this web server does (mod_authnz_fcgi), as each that knows the "
		       "phase (all), or as FILE with a slash says",
	    .argDescrip = "DIALECT" },
	{ .longName = "list-dialects", .argInfo = POPT_ARG_NONE, .val = OPT_LIST_DIALECTS,
	    .descrip = "print all dialects with their phases and exit" },
	{ .longName = "phase", .shortName = 'p', .argInfo = POPT_ARG_STRING, .val = OPT_PHASE,
	    .descrip = "authenticator, authorizer, access-checker, authnz or check",
	    .argDescrip = "PHASE" },
	{ .longName = "request-line", .shortName = 'r', .argInfo = POPT_ARG_STRING,
	    .val = OPT_REQUEST_LINE,
	    .descrip = "the HTTP request: 'GET /secret', or just '/secret' (GET /)",
	    .argDescrip = "LINE" },
	{ .longName = "request", .shortName = 'X', .argInfo = POPT_ARG_STRING, .val = OPT_METHOD,
	    .descrip = "its method (GET)", .argDescrip = "METHOD" },
	{ .longName = "header", .shortName = 'H', .argInfo = POPT_ARG_STRING, .val = OPT_HEADER,
	    .descrip = "a header of the request", .argDescrip = "'NAME: VALUE'" },
	{ .longName = "header-file", .argInfo = POPT_ARG_STRING, .val = OPT_HEADER_FILE,
	    .descrip = "the headers in FILE, one a line: cookies are not for a command line",
	    .argDescrip = "FILE" },
	{ .longName = "jobs", .argInfo = POPT_ARG_STRING, .val = OPT_JOBS,
	    .descrip = "ask up to N cases at the same time (1)", .argDescrip = "N" },
	{ .longName = "tags", .argInfo = POPT_ARG_STRING, .val = OPT_TAGS,
	    .descrip = "only cases with one of these tags, and none with !TAG",
	    .argDescrip = "LIST" },
	POPT_TABLEEND,
};

static const struct poptOption judge_options[] = {
	{ .longName = "verdict", .argInfo = POPT_ARG_STRING, .val = OPT_VERDICT,
	    .descrip = "say what these servers would do with each reply, or all of them",
	    .argDescrip = "SERVER,..." },
	{ .longName = "authoritative", .argInfo = POPT_ARG_STRING, .val = OPT_AUTHORITATIVE,
	    .descrip = "off: a refusal asks the server's next module (on)",
	    .argDescrip = "on|off" },
	{ .longName = "require-basic", .argInfo = POPT_ARG_STRING, .val = OPT_REQUIRE_BASIC,
	    .descrip = "on: RequireBasicAuth of AuthnzFcgiCheckAuthnProvider is on (off)",
	    .argDescrip = "on|off" },
	{ .longName = "user-expr", .argInfo = POPT_ARG_STRING, .val = OPT_USER_EXPR,
	    .descrip = "UserExpr of AuthnzFcgiCheckAuthnProvider", .argDescrip = "EXPR" },
	{ .longName = "default-user", .argInfo = POPT_ARG_STRING, .val = OPT_DEFAULT_USER,
	    .descrip = "DefaultUser of AuthnzFcgiCheckAuthnProvider", .argDescrip = "USER" },
	{ .longName = "trusted-header", .argInfo = POPT_ARG_STRING, .val = OPT_TRUSTED_HEADER,
	    .descrip = "a header that the front end sets itself, and no client can",
	    .argDescrip = "NAME" },
	{ .longName = "strict", .argInfo = POPT_ARG_NONE, .val = OPT_STRICT,
	    .descrip = "a warning is a failure" },
	{ .shortName = 'W', .argInfo = POPT_ARG_STRING, .val = OPT_RAISE,
	    .descrip = "what this check warns of is a failure", .argDescrip = "ID" },
	{ .longName = "ignore", .argInfo = POPT_ARG_STRING, .val = OPT_IGNORE,
	    .descrip = "do not tell what this check finds", .argDescrip = "ID" },
	{ .longName = "no-probes", .argInfo = POPT_ARG_NONE, .val = OPT_NO_PROBES,
	    .descrip = "ask nothing but the cases" },
	{ .longName = "list-checks", .argInfo = POPT_ARG_NONE, .val = OPT_LIST_CHECKS,
	    .descrip = "print all checks with their severities and exit" },
	POPT_TABLEEND,
};

static const struct poptOption report_options[] = {
	{ .longName = "format", .argInfo = POPT_ARG_STRING, .val = OPT_FORMAT,
	    .descrip = "tap (the default of case files), text (of a question), junit, jsonl, "
		       "cases or table",
	    .argDescrip = "FORMAT" },
	{ .longName = "output", .shortName = 'o', .argInfo = POPT_ARG_STRING, .val = OPT_OUTPUT,
	    .descrip = "write to FILE, which is replaced in one step", .argDescrip = "FILE" },
	{ .longName = "show-secrets", .argInfo = POPT_ARG_NONE, .val = OPT_SHOW_SECRETS,
	    .descrip = "show passwords and cookies as they are" },
	POPT_TABLEEND,
};

const struct poptOption options_table[] = {
	CLI_GROUP(ask_options, "What to ask:"),
	CLI_GROUP(cli_identity_options, "Identity:"),
	CLI_GROUP(cli_variables_options, "Variables:"),
	CLI_GROUP(cli_time_options, "When:"),
	CLI_GROUP(judge_options, "How to judge:"),
	CLI_GROUP(report_options, "How to report:"),
	CLI_COMMON_TABLE,
	POPT_TABLEEND,
};
