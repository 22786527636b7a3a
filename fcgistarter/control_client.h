/* The other end of a control socket: fcgistarter --status, --reload and --stop. */
#ifndef FCGISTARTER_CONTROL_CLIENT_H
#define FCGISTARTER_CONTROL_CLIENT_H

#include "cli.h"
#include "control_line.h"

/* All strings are the caller's. */
struct control_client {
	const struct cli *cli;
	enum control_command command;	/* CONTROL_STATUS, _JSON, _RELOAD or _STOP */
	const char *control;		/* of --control; NULL: not given */
	const char *pid_file;		/* of -P; NULL: not given */
};

/*
 * Asks the supervisor that --control or -P leads to, else the one that runs, else, for a status,
 * all that run.  A status goes to standard output, which is not flushed.  Waits until what was
 * asked for is done.
 * Returns the exit status: 0, or 1 after an error message.
 */
int control_client_run(const struct control_client *client);

#endif
