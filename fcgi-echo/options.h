/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>
#include <sys/types.h>

#include "addr.h"
#include "addr_listen.h"
#include "buffer.h"
#include "cli.h"
#include "users.h"

struct options {
	struct cli cli;
	int listens;			/* --listen was given */
	struct addr addr;		/* ... with this */
	struct addr_listen_options listen;
	struct users users;
	struct buffer answer;		/* of --answer; data NULL without */
	uint64_t faults;		/* bits of enum fault */
	size_t max_conns;
	size_t max_reqs;
	int print_addr;
	int show_secrets;
	int env_log_fd;			/* of --log-env; -1 without */
	int delay_log_fd;		/* of --delay-log; -1 without */
};

/* Reads it.  A wrong one does not return, nor do --list-faults and --plan. */
void options_read(struct options *options, int argc, char **argv);

void options_reset(struct options *options);

#endif
