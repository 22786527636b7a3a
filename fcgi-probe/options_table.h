/* All options of fcgi-probe, for popt and for --help. */
#ifndef FCGI_PROBE_OPTIONS_TABLE_H
#define FCGI_PROBE_OPTIONS_TABLE_H

#include <popt.h>

/* What cli_next() returns for those that are not shared with other programs. */
enum option {
	OPT_PING = 1,
	OPT_PING_PATH,
	OPT_FPM_STATUS,
	OPT_STATUS_PATH,
	OPT_MAX_CHILDREN,
	OPT_QUEUE,
	OPT_VALUES,
	OPT_CONNECT_ONLY,
	OPT_SHORT_TIMEOUT,
	OPT_RETRIES,
	OPT_WAIT,
	OPT_WAIT_TIMEOUT,
	OPT_WATCH,
	OPT_INTERVAL,
	OPT_LIVENESS,
	OPT_READINESS,
	OPT_WARNING,
	OPT_CRITICAL,
	OPT_EXPECT_STATUS,
	OPT_EXPECT_BODY,
	OPT_EXPECT_HEADER,
	OPT_BUSY,
	OPT_STDERR,
	OPT_APP_STATUS,
	OPT_FORMAT,
	OPT_OUTPUT,
	OPT_STATE,
	OPT_EXIT,
};

extern const struct poptOption options_table[];

#endif
