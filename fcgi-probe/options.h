/* The command line of fcgi-probe, read into one structure. */
#ifndef FCGI_PROBE_OPTIONS_H
#define FCGI_PROBE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "cli.h"
#include "cli_identity.h"
#include "cli_request.h"
#include "cli_time.h"
#include "cli_variables.h"
#include "judge.h"
#include "observation.h"
#include "report.h"

/* A target as it was given. */
struct option_target {
	const char *name;
	struct addr addr;
};

enum exit_style { EXIT_PLUGIN, EXIT_BOOLEAN };

struct options {
	enum ask ask;
	struct option_target *targets;	/* at least one */
	size_t target_count;

	const char *path;		/* of the ping or status page; else NULL */
	struct cli_request http;
	struct cli_identity identity;
	struct cli_variables variables;

	struct cli_time time;		/* timeout_ns is set: of one target, all tries together */
	long long retries;
	int wait;			/* --wait or --wait-timeout */
	int64_t wait_timeout_ns;	/* CLOCK_NEVER: none */
	int watch;
	int64_t interval_ns;

	struct judge_policy policy;
	struct metric_context context;	/* --max-children */

	enum report_format format;
	char *output_file;		/* NULL: standard output */
	char *state_file;		/* NULL: none */
	enum exit_style exit_style;

	char *ping_path, *status_path, *expect_body, *expect_header; /* private: what others
					   point to */
	struct cli cli;			/* what the strings above live in */
};

/*
 * Reads the command line; a wrong one does not return.
 */
void options_read(struct options *options, int argc, char **argv);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
