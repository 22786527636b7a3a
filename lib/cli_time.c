#include "cli_time.h"

#include "clock.h"

enum { OPT_CONNECT_TIMEOUT = CLI_OPT_TIME, OPT_TIMEOUT };

const struct poptOption cli_time_options[] = {
	{ .longName = "connect-timeout", .argInfo = POPT_ARG_STRING, .val = OPT_CONNECT_TIMEOUT,
	    .descrip = "give up connecting after that long", .argDescrip = "DURATION" },
	{ .longName = "timeout", .argInfo = POPT_ARG_STRING, .val = OPT_TIMEOUT,
	    .descrip = "give up altogether after that long", .argDescrip = "DURATION" },
	POPT_TABLEEND,
};

void
cli_time_init(struct cli_time *time)
{
	*time = (struct cli_time){ CLOCK_NEVER, CLOCK_NEVER };
}

int
cli_time_take(const struct cli *cli, struct cli_time *time, int option, const char *value)
{
	switch (option) {
	case OPT_CONNECT_TIMEOUT:
		time->connect_timeout_ns = cli_duration(cli, "--connect-timeout", value);
		return 1;
	case OPT_TIMEOUT:
		time->timeout_ns = cli_duration(cli, "--timeout", value);
		return 1;
	default:
		return 0;
	}
}
