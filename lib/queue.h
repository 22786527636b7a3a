/* The accept queue of a listening socket: connections that no application has accepted yet. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdint.h>

/* What a listening socket tells of its queue; -1 for what it does not tell. */
struct queue {
	int64_t len;		/* connections that wait now */
	int64_t limit;		/* as given to listen(2), capped by the system; one more fits in */
	int64_t drops;		/* connections turned away for want of room, since it listens */
	int64_t busy;		/* connections that were accepted and are not closed yet */
};

/*
 * Reads the queue of a listening socket, ours or shared, UNIX or TCP, without waiting.
 * UNIX sockets count no drops; on a kernel without their question (or where no netlink socket may
 * be made) neither do they tell the limit.
 * Returns 0, or -FCGI_E_SYSTEM with errno (EINVAL: it does not listen).
 */
int queue_read(int listen_fd, struct queue *queue);

/*
 * Tells whether a connection still waits in the queue.
 * listen_fd: the listening socket, UNIX or TCP, ours or shared with those who accept on it.
 * connection_fd: our end of a connection to it.
 * Returns 1 while it waits, 0 once it has been accepted (also when it has been closed since), or
 * -FCGI_E_SYSTEM with errno when this system does not tell.
 */
int queue_holds(int listen_fd, int connection_fd);

#endif
