/* All options of fcgi-auth-test, for popt and for --help. */
#ifndef FCGI_AUTH_TEST_OPTIONS_TABLE_H
#define FCGI_AUTH_TEST_OPTIONS_TABLE_H

#include <popt.h>

/* What cli_next() returns for those that are not shared with other programs. */
enum option {
	OPT_DIALECT = 1,
	OPT_LIST_DIALECTS,
	OPT_PHASE,
	OPT_REQUEST_LINE,
	OPT_METHOD,
	OPT_HEADER,
	OPT_HEADER_FILE,
	OPT_VERDICT,
	OPT_AUTHORITATIVE,
	OPT_REQUIRE_BASIC,
	OPT_USER_EXPR,
	OPT_DEFAULT_USER,
	OPT_TRUSTED_HEADER,
	OPT_STRICT,
	OPT_RAISE,
	OPT_IGNORE,
	OPT_NO_PROBES,
	OPT_LIST_CHECKS,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_SHOW_SECRETS,
	OPT_JOBS,
	OPT_TAGS,
};

extern const struct poptOption options_table[];

#endif
