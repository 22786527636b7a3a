/*
 * From the list of TCP sockets on a port to the queue of those that answer at one address.
 * Pure: no I/O, no allocation.
 */
#ifndef QUEUE_TCP_H
#define QUEUE_TCP_H

#include <netinet/in.h>
#include <stdint.h>

#include "addr.h"
#include "queue.h"

/* An address of either family; IPv4 in the form ::ffff:a.b.c.d, whatever the family is. */
struct queue_tcp_end {
	int family;		/* of the socket */
	struct in6_addr addr;
	in_port_t port;		/* network byte order */
	uint32_t device;	/* index of the interface it is bound to, 0 for any */
};

/* A socket, as the kernel lists it. */
struct queue_tcp_row {
	struct queue_tcp_end here;
	struct queue_tcp_end there;
	int state;		/* TCP_LISTEN, ... of <netinet/tcp.h> */
	int v6_only;		/* IPV6_V6ONLY, of a listener */
	int accepted;		/* a process holds it; else it waits, or is on its way out */
	uint64_t inode;
	int64_t queue;		/* of a listener, who waits */
	int64_t limit;		/* -1 unknown */
	int64_t drops;
};

enum { QUEUE_TCP_LISTENERS_MAX = 32 };

/* Zero-filled before use.  All of it is private. */
struct queue_tcp {
	struct queue_tcp_listener {
		struct queue_tcp_end at;
		int v6_only;
		struct queue queue;
	} listeners[QUEUE_TCP_LISTENERS_MAX];
	int count;
};

/* The address as connect(2) takes it: 0.0.0.0 and :: are loopback.  Of TCP only. */
void queue_tcp_end_set(struct queue_tcp_end *end, const struct addr_socket *address);

/* Takes one socket of the port asked for.  Listeners come before connections. */
void queue_tcp_take(struct queue_tcp *tcp, const struct queue_tcp_row *row);

/*
 * The queue of whoever gets connections to that address: the very address goes before the wildcard,
 * and IPv4 before an IPv6 socket that takes both.
 * any: set to 1 when it is bound to every address, of this host, that is; else to 0.
 * Returns 0, or -FCGI_E_ELSEWHERE when nobody does.
 */
int queue_tcp_choose(const struct queue_tcp *tcp, const struct queue_tcp_end *to,
    struct queue *queue, int *any);

#endif
