/*
 * Connections off a listening socket, into the loop.
 *
 * A socket of our own, and one that is nonblocking already, is accepted from as usual; for a
 * blocking one that others share there is accept_shared.h.
 */
#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include <ev.h>
#include <stddef.h>

#include "accept_shared.h"
#include "timer.h"

struct server;

/* All private. */
struct acceptor {
	struct server *server;
	int listen_fd;			/* the server's */
	int own;
	int shared;			/* it is blocking and not ours alone */
	int running;			/* the listening socket is in use */
	int complained;
	struct ev_io io;		/* of the listening socket */
	struct timer retry;
	struct accept_shared accept_shared;
};

/*
 * Begins to accept.
 * own: 1 for a socket of our own, which is made nonblocking.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int acceptor_init(struct acceptor *acceptor, struct server *server, int listen_fd, int own);

/* A connection has been closed: there is room for one more. */
void acceptor_room(struct acceptor *acceptor);

/* Accepts no more.  What waits on a socket of our own is still taken, since nobody else will. */
void acceptor_stop(struct acceptor *acceptor);

int acceptor_running(const struct acceptor *acceptor);

#endif
