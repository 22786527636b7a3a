/* The command line of fcgi-bench, read into one structure. */
#ifndef FCGI_BENCH_OPTIONS_H
#define FCGI_BENCH_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "addr.h"
#include "cli.h"
#include "cli_identity.h"
#include "cli_request.h"
#include "cli_time.h"
#include "cli_variables.h"
#include "expect.h"
#include "gate.h"
#include "plan.h"
#include "schedule.h"

/* What an exit status says. */
enum status {
	STATUS_GOOD,
	STATUS_FAILED,		/* a gate, or more requests than are allowed */
	STATUS_USAGE,		/* also what keeps us from running at all */
	STATUS_NO_ANSWER,	/* not one valid answer */
	STATUS_INCONCLUSIVE,
	STATUS_INTERRUPTED = 130,
};

enum { OPTIONS_CONNECTIONS_MAX = 1 << 20, OPTIONS_THREADS_MAX = 1024 };

/* A target as it was given. */
struct option_target {
	const char *name;
	struct addr addr;
};

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_CSV };

/* One --format. */
struct option_report {
	enum report_format format;
	char *file;			/* NULL: -o's, or standard output */
};

/* Share of the requests, or how many of them, that may fail: --allow-errors. */
struct option_allowance {
	double value;
	int in_percent;
};

struct options {
	struct option_target *targets;	/* none with a command, or with --self-test alone */
	size_t target_count;
	char **command;			/* what follows "--", NULL-terminated; or NULL */

	unsigned int connections;
	unsigned int threads;
	unsigned int streams;
	int keep_alive;			/* -k, or implied by -m and --requests-per-connection */
	uint64_t requests_per_connection; /* 0: no limit */
	int64_t duration_ns;		/* behind the warm-up; CLOCK_NEVER: until request_limit */
	uint64_t request_limit;		/* 0: none */
	int64_t warmup_ns;
	double rate;			/* 0: closed loop, or stages */
	enum schedule_arrival arrival;
	int has_seed;
	uint64_t seed;
	struct schedule_stage *stages;	/* of --stages */
	size_t stage_count;
	enum plan_spin spin;
	struct cli_time time;
	int has_find_max;
	struct gate find_max;		/* what a good rate holds to */
	int self_test;

	struct cli_request http;
	struct cli_identity identity;
	struct cli_variables variables;
	uint16_t role;
	char *filter_data;		/* file for FCGI_DATA, or NULL */
	char *credentials;		/* file of USER:PASSWORD lines for an authorizer, or NULL */
	char *input_file;		/* -i: stanzas, "-" is standard input; or NULL */
	struct expect expect;		/* of what -i does not say otherwise */

	pid_t *pids;			/* --pid */
	size_t pid_count;
	char *cgroup;			/* NULL: none */

	struct option_report *reports;	/* at least one */
	size_t report_count;
	char *output_file;		/* -o; NULL: standard output */
	int64_t interval_ns;

	struct gate *gates;		/* --fail-if */
	size_t gate_count;
	int has_allowance;
	struct option_allowance allowance; /* without: 0 */

	char **kept;			/* private: texts that others point to */
	size_t kept_count;		/* private */
	struct cli cli;			/* what the strings above live in */
};

/* Reads the command line; a wrong one does not return. */
void options_read(struct options *options, int argc, char **argv);

/*
 * Takes an option that says what is requested, as whom, or what is expected: those that a stanza of
 * -i may hold as fields.  Returns 1, or 0 for another one.
 */
int options_take_request(struct options *options, int option, const char *value);

/* Gives back all it holds. */
void options_reset(struct options *options);

#endif
