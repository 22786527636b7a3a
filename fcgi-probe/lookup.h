/*
 * A host name that is looked up by a process of its own, since getaddrinfo(3) cannot be told how
 * long it may take: when time is up the process is ended.
 *
 *	lookup_start(); poll lookup->fd for POLLIN; lookup_take() when it has come, lookup_cancel()
 *	    when that took too long; and lookup_reap() in the end
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <sys/types.h>

#include "addr.h"

/* Begins as LOOKUP_NONE. */
struct lookup {
	int fd;		/* where the result comes from; -1: nothing is looked up */
	pid_t pid;	/* 0: no process is left */
};

#define LOOKUP_NONE ((struct lookup){ .fd = -1 })

/*
 * Begins to look up the name of an address to connect to.  The process has no descriptor of ours
 * but the standard ones, so that it keeps no connection open, and does not outlive us.
 * SIGCHLD gets its default disposition, without which there is no waiting for a process.
 * addr: not needed after the call.
 * Returns 0, or -FCGI_E_SYSTEM with errno: EMFILE, ENFILE, or EAGAIN and ENOMEM when there cannot be
 * more processes.
 */
int lookup_start(struct lookup *lookup, const struct addr *addr);

/*
 * Takes the result, and waits for it if it has not come yet; nothing is looked up then.
 * sockets, gai: as addr_resolve() fills them in; ADDR_SOCKETS_MAX of them.
 * Returns what addr_resolve() does, with its errno when gai is EAI_SYSTEM; EAI_FAIL when the process
 * has ended without a result.
 */
int lookup_take(struct lookup *lookup, struct addr_socket *sockets, int *gai);

/* Ends it without a result, and does not wait for that: of many each would take its time. */
void lookup_cancel(struct lookup *lookup);

/* Waits for the end of a process that was cancelled, if there was one. */
void lookup_reap(struct lookup *lookup);

#endif
