/*
 * Finding out whether somebody serves connections: one connection that is held until it has been
 * accepted, or until what was asked over it has been answered, and looked at from time to time.
 */
#ifndef FCGISTARTER_PROBE_H
#define FCGISTARTER_PROBE_H

#include "conn.h"
#include "fcgi_request.h"
#include "listeners.h"

enum probe_state {
	PROBE_IDLE,
	PROBE_CONNECTING,
	PROBE_WAITING,		/* to be accepted, or for the answer */
	PROBE_CONTENT,		/* all is as it should be */
};

enum { PROBE_IN_SIZE = 1024 };

/* Set up with probe_init(). */
struct probe {
	const struct listener *listener;
	enum probe_state state;	/* public to read */
	enum ready kind;	/* private, as all below */
	int fd;			/* unless idle */
	struct conn *conn;	/* of values and request */
	struct fcgi_request reply;
	unsigned char in[PROBE_IN_SIZE];
};

/* kind: READY_CONNECT, READY_VALUES or READY_REQUEST.  listener: alive as long as the probe. */
void probe_init(struct probe *probe, const struct listener *listener, enum ready kind);

/*
 * Does what can be done without waiting.  Call it again a little later.
 * Returns 1 once it is content, 0 if not yet, -FCGI_E_SYSTEM with errno.
 */
int probe_step(struct probe *probe);

/* Closes the connection, which whoever has accepted it sees as one that has ended. */
void probe_close(struct probe *probe);

#endif
