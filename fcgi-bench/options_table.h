/* All options of fcgi-bench, for popt and for --help. */
#ifndef FCGI_BENCH_OPTIONS_TABLE_H
#define FCGI_BENCH_OPTIONS_TABLE_H

#include <popt.h>

/* What cli_next() returns for those that are not shared with other programs. */
enum option {
	OPT_CONNECTIONS = 1,
	OPT_THREADS,
	OPT_DURATION,
	OPT_REQUESTS,
	OPT_RATE,
	OPT_ARRIVAL,
	OPT_SEED,
	OPT_STAGES,
	OPT_WARMUP,
	OPT_FIND_MAX,
	OPT_KEEP_ALIVE,
	OPT_REQUESTS_PER_CONNECTION,
	OPT_STREAMS,
	OPT_SPIN,
	OPT_SELF_TEST,
	OPT_INPUT,
	OPT_ROLE,
	OPT_FILTER_DATA,
	OPT_CREDENTIALS,
	OPT_EXPECT_STATUS,
	OPT_EXPECT_LENGTH,
	OPT_EXPECT_BODY,
	OPT_EXPECT_SHA256,
	OPT_EXPECT_APP_STATUS,
	OPT_PID,
	OPT_CGROUP,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_INTERVAL,
	OPT_FAIL_IF,
	OPT_ALLOW_ERRORS,
};

extern const struct poptOption options_table[];

#endif
