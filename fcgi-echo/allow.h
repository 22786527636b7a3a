/* FCGI_WEB_SERVER_ADDRS: who may connect (FastCGI 1.0, section 3.2), for IPv4 and IPv6. */
#ifndef ALLOW_H
#define ALLOW_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

enum { ALLOW_MAX = 256 };

struct allow {
	int listed;			/* 0: everybody may; 1: the addresses, no UNIX peer */
	size_t count;
	struct in6_addr addrs[ALLOW_MAX]; /* IPv4 ones mapped */
};

/*
 * Reads a list of addresses, separated by commas; NULL and "" list nobody and let everybody in.
 * bad, bad_size: gets the item that is no address.
 * Returns 0, -FCGI_E_SYNTAX, or -FCGI_E_SPACE for more than ALLOW_MAX.
 */
int allow_parse(struct allow *allow, const char *list, char *bad, size_t bad_size);

/* 1 when the peer of a connection may stay, else 0. */
int allow_permits(const struct allow *allow, int fd);

#endif
