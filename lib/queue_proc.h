/*
 * Queues as /proc/net lists them, for kernels that answer no questions and programs that may not
 * ask.  The limit and the drops stand nowhere there.
 */
#ifndef QUEUE_PROC_H
#define QUEUE_PROC_H

#include <sys/socket.h>
#include <sys/un.h>

#include "queue.h"
#include "queue_tcp.h"

/*
 * Of the UNIX listener of that name; len: of the address.  One that shares the name with another,
 * as a path is shared whose file was removed and made anew, is counted with it.
 * Returns 0; -FCGI_E_ELSEWHERE when nobody of that name listens; -FCGI_E_SYSTEM with errno:
 * EOPNOTSUPP for a name that the list does not show.
 */
int queue_proc_unix(const struct sockaddr_un *name, socklen_t len, struct queue *queue);

/* Takes all TCP sockets on a port.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int queue_proc_tcp(struct queue_tcp *tcp, in_port_t port);

/*
 * Whether a TCP connection still waits.
 * here, there: its ends, as the listening side sees it.
 * Returns 1 or 0; -FCGI_E_ELSEWHERE when it is not listed; -FCGI_E_SYSTEM with errno.
 */
int queue_proc_tcp_holds(const struct queue_tcp_end *here, const struct queue_tcp_end *there);

#endif
