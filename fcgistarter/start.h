/* All that is found, checked and opened before anything runs. */
#ifndef FCGISTARTER_START_H
#define FCGISTARTER_START_H

#include "activation.h"
#include "identity.h"
#include "listeners.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "pid_file.h"
#include "pid_lock.h"
#include "program.h"
#include "supervisor.h"
#include "upgrade.h"

struct start {
	struct options options;
	struct upgrade upgrade;
	struct activation activation;
	struct identity identity;
	struct notify notify;
	struct program program;
	struct listeners listeners;
	struct log *log;		/* NULL: none */
	int stderr_fd;			/* of the instances without a log; -1: /dev/null */
	struct pid_file pid_file;	/* without -S */
	struct pid_lock pid_lock;	/* with -S */
};

/* Before the options are read: takes what a program before us has left in the environment. */
void start_init(struct start *start);

/* Returns 0 with all at hand, or the exit status after an error message. */
int start_prepare(struct start *start);

/* As much of it as leaves no trace (--check).  Returns as start_prepare(). */
int start_check(struct start *start);

/* Hands what was prepared to the supervisor.  argv: of main(). */
void start_fill(struct start *start, struct supervisor *supervisor, char **argv);

void start_reset(struct start *start);

/* Before supervisor_free(), in whose loop the log reads. */
void start_close_log(struct start *start);

#endif
