/* The accept queue of a listening socket: connections that no application has accepted yet. */
#ifndef QUEUE_H
#define QUEUE_H

/*
 * Tells whether a connection still waits in the queue.
 * listen_fd: the listening socket, UNIX or TCP, ours or shared with those who accept on it.
 * connection_fd: our end of a connection to it.
 * Returns 1 while it waits, 0 once it has been accepted (also when it has been closed since), or
 * -FCGI_E_SYSTEM with errno when this system does not tell.
 */
int queue_holds(int listen_fd, int connection_fd);

#endif
