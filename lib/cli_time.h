/* The option group "time", the same in every program that talks to an application. */
#ifndef CLI_TIME_H
#define CLI_TIME_H

#include <stdint.h>

#include "cli.h"

/* CLOCK_NEVER where there is no limit. */
struct cli_time {
	int64_t connect_timeout_ns;	/* until there is a connection */
	int64_t timeout_ns;		/* for all of it */
};

/* For CLI_GROUP. */
extern const struct poptOption cli_time_options[];

/* No limits. */
void cli_time_init(struct cli_time *time);

/* Takes what cli_next() returned.  Returns 1, or 0 when the option is not of this group. */
int cli_time_take(const struct cli *cli, struct cli_time *time, int option, const char *value);

#endif
