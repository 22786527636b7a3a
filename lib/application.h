/*
 * A FastCGI application of our own: started on a socket that nobody else can reach, watched, and
 * ended with all that it has started.
 */
#ifndef APPLICATION_H
#define APPLICATION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "addr.h"
#include "addr_listen.h"

struct application {
	struct addr addr;	/* where it listens, or will */
	pid_t pid;		/* of its first process, which leads a group; 0: there is none */
	int is_reaper;		/* private from here on: orphans become our children */
	struct addr_file file;
	char directory[64];
	int has_directory;
	int first_has_ended;	/* the first process, and so: */
	int status;
};

/*
 * Chooses the address, a name in TMPDIR or /tmp that nobody can guess.  Nothing is made yet, so
 * there is nothing to be undone when it is not started after all.
 */
void application_init(struct application *application);

/*
 * Makes the socket and starts the command on it, as descriptor 0.  What it prints is lost, what it
 * says on standard error is not.  It gets SIGTERM should we die.
 * We become the reaper of all that it will start, unless we have children already; so there can be
 * one at a time, and no other children of ours until it is stopped.  SIGCHLD is not ignored then.
 * argv: [0] is looked for in PATH.  envp: its environment.
 * why: on failure, one line: what cannot be done, and why; not escaped.
 * Returns 0, or -FCGI_E_SYSTEM with nothing left behind.
 */
int application_start(struct application *application, char *const *argv, char *const *envp,
    char *why, size_t why_size);

/*
 * Looks whether it has ended: its first process, and no other of its group is left.
 * why: when it has, how: "ended by signal 11 (Segmentation fault)", "ended with status 1".
 * Returns 1 when it has, once; else 0.
 */
int application_has_ended(struct application *application, char *why, size_t why_size);

/*
 * Asks it to end (SIGTERM), and when it has not after grace_ns makes it (SIGKILL); removes the
 * socket.  Harmless when there is none.
 * It: its first process's group and, if we are the reaper, all that it has started, in whatever
 * session; also what is left of one that has ended.
 */
void application_stop(struct application *application, int64_t grace_ns);

#endif
