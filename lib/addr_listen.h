/*
 * Listening on an address.  The file of a UNIX socket is never there unusable, and never takes the
 * place of a socket that somebody serves, or of anything but a socket.
 */
#ifndef ADDR_LISTEN_H
#define ADDR_LISTEN_H

#include <sys/types.h>

#include "addr.h"

/* How to listen.  Zero-filled, backlog and mode set, owner and group -1 unless wanted. */
struct addr_listen_options {
	int backlog;		/* the kernel caps it at net.core.somaxconn */
	mode_t mode;		/* of a UNIX socket's file, whatever the umask */
	uid_t owner;		/* of a UNIX socket's file; (uid_t)-1: leave */
	gid_t group;
	int v6only;		/* 1: an IPv6 socket takes no IPv4 connections */
};

/* Identity of a socket file that we made, so that we unlink ours and nobody else's. */
struct addr_file {
	dev_t dev;
	ino_t ino;
};

/*
 * Binds and listens.
 * A TCP socket has SO_REUSEADDR.  A UNIX socket's file is made aside (PATH.xxxxxx), given its mode
 * and owner, and moved into place once it listens; the kernel and ss(8) go on to call the socket by
 * the name it was made under.  The file of a socket that somebody still serves is left alone
 * (EADDRINUSE), one that nobody serves is replaced, anything else in its place is left alone too
 * (-FCGI_E_NOT_SOCKET).  Of two that start at the same time one gets EADDRINUSE.
 * address: of addr_resolve() with listening set.
 * file: filled in for a UNIX path, zero-filled otherwise; NULL: not wanted.
 * Returns a blocking, close-on-exec listening descriptor, or -FCGI_E_SYSTEM with errno, or
 * -FCGI_E_NOT_SOCKET.
 */
int addr_listen(const struct addr_socket *address, const struct addr_listen_options *options,
    struct addr_file *file);

/*
 * Removes the file of a UNIX socket that nobody serves any more.
 * address: of a path.
 * Returns 0, also when there is no file; -FCGI_E_SYSTEM with errno (EADDRINUSE: somebody serves it),
 * or -FCGI_E_NOT_SOCKET.
 */
int addr_file_remove_dead(const struct addr_socket *address);

/* Unlinks path if it is still that file.  Returns 1 when it did, 0 when it is another or gone. */
int addr_file_unlink(const struct addr_file *file, const char *path);

#endif
