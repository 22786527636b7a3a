/*
 * Finding out whether somebody accepts connections: one connection that is held until it has been
 * accepted, and looked at from time to time.
 */
#ifndef FCGISTARTER_PROBE_H
#define FCGISTARTER_PROBE_H

#include "listeners.h"

enum probe_state { PROBE_IDLE, PROBE_CONNECTING, PROBE_WAITING, PROBE_ACCEPTED };

/* Zero-filled, and listener set, before use. */
struct probe {
	const struct listener *listener;
	enum probe_state state;	/* public to read */
	int fd;			/* unless idle */
};

/*
 * Does what can be done without waiting.  Call it again a little later.
 * Returns 1 once the connection has been accepted, 0 if not yet, -FCGI_E_SYSTEM with errno.
 */
int probe_step(struct probe *probe);

/* Closes the connection, which whoever has accepted it sees as one without a request. */
void probe_close(struct probe *probe);

#endif
