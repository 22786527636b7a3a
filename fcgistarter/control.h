/*
 * The control socket of a supervisor: who runs as the same user, or as root, asks it for its
 * status, to reload or to stop.  The words that are spoken there are control_line.h's.  Nobody can
 * hold the supervisor: who is silent, or does not take the answer, is left after a while.
 */
#ifndef FCGISTARTER_CONTROL_H
#define FCGISTARTER_CONTROL_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct control;
struct control_request;

/* What is asked for.  All are needed, and none may close the control. */
struct control_handlers {
	/*
	 * Fills in what is going on.  What it points to must last until the handler's caller
	 * returns to the loop.  Returns 0, or -FCGI_E_SYSTEM with errno.
	 */
	int (*status)(void *owner, struct status *status);
	/*
	 * Begins to reload.  control_answer() says how it went, at once or later, exactly once.
	 * Returns for how long it may take, in nanoseconds, at most.
	 */
	int64_t (*reload)(void *owner, struct control_request *request);
	/*
	 * Begins to stop, or goes on to.  The end of the process is the answer.
	 * Returns for how long it may take, in nanoseconds, at most.
	 */
	int64_t (*stop)(void *owner);
	/* A line for the log: somebody was refused, or cannot be heard. */
	void (*warn)(void *owner, const char *text);
};

/*
 * Listens.  A socket that nobody serves any more is replaced.
 * path: of control_place(); its directory may have any length.
 * handlers, owner: alive as long as the control.
 * Returns it, or NULL with the reason in why, one line without path.
 */
struct control *control_open(struct ev_loop *loop, const char *path,
    const struct control_handlers *handlers, void *owner, char *why, size_t why_size);

/*
 * The same with a socket that is open already: listen_fd is the control_fd() of the program that we
 * were before exec(3).  It is ours from now on, also on failure, and close-on-exec again.
 */
struct control *control_adopt(struct ev_loop *loop, int listen_fd, const char *path,
    const struct control_handlers *handlers, void *owner, char *why, size_t why_size);

/* The listening socket, to be left open across an exec(3). */
int control_fd(const struct control *control);

/*
 * Removes the socket's file, if it is still ours, and ends the connections; but not those of who
 * waits for our end, which is the end of the process.
 * A request to reload that was not answered yet is told so; control_answer() is still to be called.
 */
void control_close(struct control *control);

/*
 * Answers a request to reload and gives it back; also when whoever asked has gone.
 * ok: 1 it is done, 0 it has failed.
 * text: one line, NULL for none.
 */
void control_answer(struct control_request *request, int ok, const char *text);

#endif
