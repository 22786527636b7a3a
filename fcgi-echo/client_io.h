/* The bytes of one connection, in both directions. */
#ifndef CLIENT_IO_H
#define CLIENT_IO_H

#include "client.h"

/* Sets up its events, none of them started. */
void client_io_init(struct client *client, int fd);

/*
 * Goes on with whatever can be done: takes input, writes answers, sends them, and chooses the
 * events to wait for.  The client may be gone after it.
 */
void client_io_turn(struct client *client);

/* Receives once, if there is something, and goes on.  The client may be gone after it. */
void client_io_read(struct client *client);

#endif
