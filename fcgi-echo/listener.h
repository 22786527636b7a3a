/* The socket that web servers connect to: made here, or inherited from a launcher. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stddef.h>

#include "addr.h"
#include "addr_listen.h"

/* All private but fd, own and delays. */
struct listener {
	int fd;			/* -1: none, or closed */
	int own;		/* 1: we have bound it, 0: a launcher has */
	int delays;		/* its connections wait for ACKs (Nagle's algorithm) */
	struct addr addr;	/* as it was asked for */
	struct addr_file file;	/* of our own UNIX socket */
	int has_file;
};

/*
 * Binds and listens on the first socket address that lets us.
 * failed: on an error the one that did not, as text of ADDR_TEXT_MAX.  gai: see addr_resolve().
 * Returns 0; -FCGI_E_SYSTEM with errno; -FCGI_E_NOT_SOCKET; or what addr_resolve() returns.
 */
int listener_open(struct listener *listener, const struct addr *addr,
    const struct addr_listen_options *options, char *failed, int *gai);

/*
 * Takes a descriptor over.
 * Returns 0, or -FCGI_E_SYSTEM with errno: ENOTSOCK, or EINVAL when it does not listen.
 */
int listener_inherit(struct listener *listener, int fd);

/* The address as it can be connected to, with the port that was found for 0.  Returns dst. */
char *listener_format(const struct listener *listener, char *dst, size_t size);

/* Unlinks the file of our own, so that nobody else comes; who is in the queue can be accepted. */
void listener_withdraw(struct listener *listener);

/* Withdraws and closes it, unless that has been done. */
void listener_close(struct listener *listener);

#endif
