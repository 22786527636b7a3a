/* The command line of fcgi-auth-test, read into one structure. */
#ifndef FCGI_AUTH_TEST_OPTIONS_H
#define FCGI_AUTH_TEST_OPTIONS_H

#include <stddef.h>

#include "addr.h"
#include "auth_case.h"
#include "check.h"
#include "cli.h"
#include "cli_identity.h"
#include "cli_time.h"
#include "cli_variables.h"
#include "report.h"
#include "settings.h"
#include "verdict.h"

/* Beside 0, all passed. */
enum exit_status {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,		/* also a case file that is wrong */
	EXIT_UNREACHABLE = 3,
	EXIT_PROTOCOL = 4,
	EXIT_TIME = 5,
	EXIT_INTERRUPTED = 130,
};

struct options {
	const char *address;		/* NULL: cli.command is started */
	struct addr addr;
	const char **files;		/* none: the settings are the one case */
	size_t file_count;

	struct settings settings;	/* what is said of the case, or of all that do not say it
					   themselves */
	struct cli_identity identity;	/* of the settings; the password is not among them */
	struct auth_lines tags;		/* those of --tags, with their "!" */
	size_t jobs;
	struct cli_time time;		/* timeout_ns is set: of one question */

	unsigned verdicts;		/* bit of each enum verdict_server to be told */
	struct verdict_settings server;	/* how the servers are configured; the phase is a case's */
	struct check_policy policy;
	struct auth_lines trusted_headers; /* items end with NULL */
	int probes;			/* ask more than the cases, about the protocol */

	enum report_format format;
	char *output_file;		/* NULL: standard output */
	int show_secrets;

	char *method;			/* private: -X, which changes what -r says */
	char *user_expr, *default_user;	/* private: what others point to */
	struct cli_variables variables;
	struct cli cli;			/* what the strings above live in */
};

/* Reads the command line; a wrong one does not return. */
void options_read(struct options *options, int argc, char **argv);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
