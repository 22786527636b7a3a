/* The sockets that the instances are given: one for all, or one each. */
#ifndef FCGISTARTER_LISTENERS_H
#define FCGISTARTER_LISTENERS_H

#include <stddef.h>
#include <stdio.h>

#include "addr.h"
#include "addr_listen.h"
#include "options.h"

/* A name that is listened on, and all the addresses it has. */
struct interface {
	const char *name;		/* as given */
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int count;
};

/* Public to read. */
struct listener {
	int fd;				/* -1: not open */
	struct addr_socket address;	/* as bound */
	const struct interface *interface; /* of a TCP port */
	int chosen;			/* which of its addresses */
	char *path;			/* of a UNIX socket's file; NULL: none */
	struct addr_file file;
};

/* Set up with listeners_resolve(); zero-filled is none. */
struct listeners {
	struct listener *items;		/* one, or one an instance */
	size_t count;
	struct interface *interfaces;	/* private */
	size_t interface_count;
};

/*
 * Finds the addresses; nothing is bound yet.
 * Returns 0, or -1 after an error message.
 */
int listeners_resolve(struct listeners *listeners, const struct options *options);

/* Binds and listens on all.  Returns 0, or -1 after an error message and with none open. */
int listeners_open(struct listeners *listeners, const struct options *options);

/*
 * Takes over sockets that listen already, in place of resolving and opening any.
 * fds: as many as listeners are wanted, or any number when the options name no address; theirs from
 * now on.
 * Returns 0, or -1 after an error message.
 */
int listeners_adopt(struct listeners *listeners, const struct options *options, const int *fds,
    size_t count);

/* The one that an instance has on descriptor 0. */
const struct listener *listeners_of(const struct listeners *listeners, int instance);

/* Writes the address that one of them would be bound to, before any is.  Returns dst. */
char *listeners_preview(const struct listeners *listeners, const struct options *options,
    size_t index, char *dst, size_t size);

/* Warns of what somebody may not expect of the addresses. */
void listeners_warn(const struct listeners *listeners, const struct options *options);

/* Prints the ports, one a line. */
void listeners_print_ports(const struct listeners *listeners, FILE *out);

/* Removes the files of UNIX sockets, unless others have taken their place. */
void listeners_unlink(struct listeners *listeners);

/* Closes all and gives back all memory; the files stay. */
void listeners_reset(struct listeners *listeners);

#endif
