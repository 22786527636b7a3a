/*
 * Addresses: every spelling a user or a server configuration has for one, to socket addresses and
 * back; and connecting to them.  Listening is in addr_listen.h.
 */
#ifndef ADDR_H
#define ADDR_H

#include <netdb.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum addr_kind {
	ADDR_UNIX,	/* name is a path */
	ADDR_ABSTRACT,	/* name is what follows '@' */
	ADDR_INET,	/* name is a host, "" for loopback, "*" for every interface; port is set */
	ADDR_FD,	/* port is the number of an open descriptor */
};

enum { ADDR_NAME_MAX = 1025, ADDR_TEXT_MAX = ADDR_NAME_MAX + 16 };

/* An address as it was spelled, nothing resolved yet. */
struct addr {
	enum addr_kind kind;
	int port;
	char name[ADDR_NAME_MAX];
};

/* One socket address. */
struct addr_socket {
	struct sockaddr_storage sa;
	socklen_t len;
};

enum { ADDR_SOCKETS_MAX = 16 };

/*
 * Reads an address: /path, unix:/path, ./relative, name.sock (no colon: a path), @abstract,
 * host:port, [v6]:port, :port (loopback), *:port, tcp://h:p, fcgi://h:p/ (what follows the slash is
 * a URL's path and left out), fd:N, Apache's unix:/p|fcgi://h/ and nginx's unix:/p: .  A relative
 * path with a colon before its first slash is written ./a:b .
 * The port may be 0 (any free one) for listening.
 * Returns 0, -FCGI_E_ADDRESS (also for text that begins with '-', an empty one, a port above 65535,
 * a v6 address without brackets, a path that ends in '/'), or -FCGI_E_PATH_LENGTH.
 */
int addr_parse(struct addr *addr, const char *text);

/*
 * Writes the address in its shortest spelling that addr_parse() reads, for messages; a path is not
 * escaped.
 * dst, size: ADDR_TEXT_MAX holds any.  Returns dst.
 */
char *addr_format(char *dst, size_t size, const struct addr *addr);

/*
 * The same for a socket address as the kernel has it (numeric host); "unix:" for a UNIX socket
 * without a name.  Returns dst.
 */
char *addr_format_socket(char *dst, size_t size, const struct addr_socket *socket);

/*
 * Finds the socket addresses: one, or what getaddrinfo(3) lists for a host name, in its order.
 * Numeric and UNIX addresses do not touch the resolver.
 * listening: 1 for addresses to bind ("*" is :: and 0.0.0.0, in this order), 0 to connect to
 * ("*" is loopback).
 * sockets: ADDR_SOCKETS_MAX of them.
 * gai: on -FCGI_E_RESOLVE the code for gai_strerror(3), else 0.
 * Returns how many (> 0), -FCGI_E_RESOLVE, or -FCGI_E_PATH_LENGTH.  Not for ADDR_FD.
 */
int addr_resolve(const struct addr *addr, int listening, struct addr_socket *sockets, int *gai);

/*
 * The same without the resolver, and so without waiting: where there is a name to look up, it is
 * -FCGI_E_RESOLVE with EAI_NONAME.
 */
int addr_resolve_numeric(const struct addr *addr, int listening, struct addr_socket *sockets,
    int *gai);

/*
 * Starts to connect; a TCP connection has TCP_NODELAY.
 * Returns a nonblocking, close-on-exec descriptor: connected if *in_progress is 0, else wait for
 * POLLOUT and call addr_connected();  or -FCGI_E_SYSTEM with errno.  EAGAIN means that a UNIX
 * socket's queue is full: try again later.
 */
int addr_connect(const struct addr_socket *socket, int *in_progress);

/* The outcome once POLLOUT has come.  Returns 0, or -FCGI_E_SYSTEM with errno. */
int addr_connected(int fd);

/*
 * Says why something at a path was denied (EACCES): "socket is www-data:www-data 0660, we are uid
 * 1000"; or what the directory is, where that is in the way or nothing can be made in it.
 * Returns dst, "" when nothing can be found out.
 */
char *addr_explain_denied(char *dst, size_t size, const char *path);

/*
 * Says more about connect(2) having failed with this errno.  At a path: the above for EACCES, and
 * for ENOENT that what looks like a host was taken for a path.  Over TCP: EINVAL, EACCES and EPERM
 * are what routes and firewalls say.
 * Returns dst, "" when there is no more to say.
 */
char *addr_explain_connect(char *dst, size_t size, const struct addr_socket *socket, int error);

#endif
