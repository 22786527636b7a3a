/*
 * Exchanging fcgistarter itself for a newer one (SIGUSR2): the process executes its own program
 * again and hands on its sockets and instances, so that the pid stays, no client is refused and no
 * instance is restarted.
 */
#ifndef FCGISTARTER_UPGRADE_H
#define FCGISTARTER_UPGRADE_H

#include <stddef.h>

#include "listeners.h"
#include "supervisor.h"

/* What the program before us has handed on. */
struct upgrade {
	char *text;		/* private; NULL: nothing */
};

/*
 * Takes what is in our environment, out of it, and returns to the directory that the program was
 * started in.
 * Returns 1 if there is something, else 0.
 */
int upgrade_find(struct upgrade *upgrade);

/*
 * Takes over the listening sockets.
 * Returns 0, or -1 with a message: what was handed on does not fit the options.
 */
int upgrade_listeners(const struct upgrade *upgrade, struct listeners *listeners,
    const struct options *options);

/* How many of the listening sockets had been handed to the program before us; 0: it opened them. */
int upgrade_activated(const struct upgrade *upgrade);

/* A descriptor that was handed on under a name ("pid-file", "control"); -1: none. */
int upgrade_fd(const struct upgrade *upgrade, const char *name);

/* Takes over the instances and the counters; the supervisor is running then. */
void upgrade_instances(const struct upgrade *upgrade, struct supervisor *supervisor);

void upgrade_reset(struct upgrade *upgrade);

/* Notes what is needed to execute this program again.  argv: as given to main(), stays unmoved. */
void upgrade_prepare(struct supervisor *supervisor, char **argv);

/*
 * Executes the program again.  Comes back, after a message, only if that is not possible: the new
 * program must accept the command line (it is asked with --check first).
 */
void upgrade(struct supervisor *supervisor);

#endif
