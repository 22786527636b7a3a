/*
 * The accept queue of a listening socket: connections that no application has accepted yet.  Of one
 * that we hold, or of one that others serve: the kernel tells anybody.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

/* What a listening socket tells of its queue; -1 for what it does not tell. */
struct queue {
	int64_t len;		/* connections that wait now */
	int64_t limit;		/* as given to listen(2), capped by the system; one more fits in */
	int64_t drops;		/* connections turned away for want of room, since it listens */
	int64_t busy;		/* connections that were accepted and are not closed yet */
	uint64_t inode;		/* of the listening socket, by which its holders are known in /proc;
				   of several, of one of them; 0 where it is not told */
};

/* Nothing is known. */
#define QUEUE_UNKNOWN ((struct queue){ .len = -1, .limit = -1, .drops = -1, .busy = -1 })

/*
 * Reads the queue of a listening socket, ours or shared, UNIX or TCP, without waiting.
 * UNIX sockets count no drops; on a kernel without their question (or where no netlink socket may
 * be made) neither do they tell the limit.  busy is left at -1, inode at 0.
 * Returns 0, or -FCGI_E_SYSTEM with errno (EINVAL: it does not listen).
 */
int queue_read(int listen_fd, struct queue *queue);

/*
 * Finds who listens at an address that one connects to, and reads that queue: as queue_read(), and
 * busy.  Sockets that share a TCP port (SO_REUSEPORT) count as one.
 * A UNIX listener is known by the file it is bound to: one whose file was removed, and who has left
 * its name behind, is not taken for it.  Where the kernel answers no questions /proc/net is read;
 * it knows UNIX sockets but by their name, and no limits.
 * Returns 0; -FCGI_E_SYSTEM with errno (ENOENT: there is no such file; EACCES);
 * -FCGI_E_ELSEWHERE: nobody listens there in our network namespace.  Another one is on the other
 * host, or in the other container that a socket's file is shared with; of a UNIX socket and of an
 * address of ours it can also mean that there is nobody at all.
 */
int queue_read_at(const struct addr_socket *address, struct queue *queue);

/* One of several listeners that are looked for. */
struct queue_place {
	const struct addr_socket *address;
	int result;		/* what queue_read_at() would return */
	int error;		/* errno, with -FCGI_E_SYSTEM */
	struct queue queue;
};

/*
 * The same for many: the kernel lists its UNIX sockets once, and those of each TCP port once.
 * places: address is set; the rest is filled in.
 */
void queue_read_all(struct queue_place *places, size_t count);

/*
 * Tells whether a connection still waits in the queue of the listener that it was made to.
 * connection_fd: our end, UNIX or TCP; nothing has to be known of the listener.
 * Returns 1 while it waits; 0 once it has been accepted (also when it has been closed since);
 * -FCGI_E_ELSEWHERE: a TCP connection whose other end is not in our network namespace, or that a
 * listener with a full queue has answered with a SYN cookie and knows nothing of;
 * -FCGI_E_SYSTEM with errno when this system does not tell.
 */
int queue_holds(int connection_fd);

#endif
