/*
 * A FastCGI application in a thread of our own that answers everything at once with the same few
 * bytes: for --self-test.
 */
#ifndef FCGI_BENCH_RESPONDER_H
#define FCGI_BENCH_RESPONDER_H

#include <stddef.h>

#include "addr.h"

struct responder;

/*
 * Listens on an address of the kernel's choice and begins to answer.
 * family: AF_UNIX (an abstract address), AF_INET or AF_INET6 (loopback).
 * streams: requests at a time on one connection.
 * address: set to where it listens.
 * Returns NULL with errno when sockets, memory or threads do not suffice.
 */
struct responder *responder_start(int family, unsigned int streams, struct addr_socket *address);

/* Ends it, whatever is open. */
void responder_stop(struct responder *responder);

#endif
