/* The authorizer that `-- COMMAND` starts, on a private socket, and stops afterwards. */
#ifndef APPLICATION_H
#define APPLICATION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "addr.h"

/* A socket's name is shorter still. */
enum { APPLICATION_FOLDER_MAX = 200, APPLICATION_WHY_MAX = 2048 };

/* Zero-filled before use. */
struct application {
	pid_t pid;		/* 0: none */
	char folder[APPLICATION_FOLDER_MAX]; /* private: where the socket is */
	struct addr addr;	/* of the socket */
};

/*
 * Starts the command with a listening socket in a folder of its own as descriptor 0, as spawn-fcgi
 * does; its standard error is ours.
 * command: ends with NULL.
 * why: on failure one line, not escaped.
 * Returns 0, or -FCGI_E_SYSTEM: nothing is left behind.
 */
int application_start(struct application *application, char *const *command,
    char why[APPLICATION_WHY_MAX]);

/*
 * Whether it has ended by itself; then how (of waitpid(2)) stands in *status.  Told once.
 * patience_ns: how long to wait for that; what resets connections may be about to end.
 * Returns 1 or 0.
 */
int application_has_ended(struct application *application, int64_t patience_ns, int *status);

/* Ends it, if there is one: with TERM, and what takes no notice of it with KILL. */
void application_stop(struct application *application);

#endif
