/* One connection of a web server: reads, lets the requests be answered, writes, and closes. */
#ifndef CLIENT_H
#define CLIENT_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "buffer.h"
#include "damage.h"
#include "fault.h"
#include "fcgi_serve.h"
#include "output.h"
#include "request.h"
#include "timer.h"

struct server;

enum {
	CLIENT_SLOTS = 256,	/* requests on one connection at a time */
	CLIENT_INPUT = 64 * 1024,
	CLIENT_BLOCK = CLIENT_INPUT + OUTPUT_SIZE, /* what it borrows of server->blocks */
};

/* Whether a connection goes on, or ends once its output is sent, whatever is open on it. */
enum client_ending { CLIENT_GOES_ON, CLIENT_CUT, CLIENT_RESET };

/* All private but what is marked; client_io.c and dispatch.c share all of it. */
struct client {
	struct server *server;		/* public to read */
	uint64_t faults;		/* public to read: bits of enum fault */
	TAILQ_ENTRY(client) entry;
	struct ev_io readable;
	struct ev_io writable;
	struct timer timer;		/* ends a connection that waits in vain */
	struct timer pause;		/* between two writes, for faults */
	struct damage_pace pace;
	struct fcgi_serve serve;
	struct output output;		/* public */
	unsigned char *in;		/* CLIENT_INPUT bytes of a block, NULL while idle */
	size_t in_start;
	size_t in_end;
	size_t peeked;			/* bytes of in that are still in the socket, for faults */
	size_t active;			/* requests begun and not ended */
	struct request *borrower;	/* the request whose PARAMS are in the input, or NULL */
	struct buffer values;		/* body of a GET_VALUES */
	struct request_list producers;
	uint8_t used;			/* a byte has come */
	uint8_t parsed;			/* all input is taken */
	uint8_t deaf;			/* input is read and thrown away */
	uint8_t eof;			/* the client sends no more */
	uint8_t blocked;		/* the socket takes no more for now */
	uint8_t closing;		/* to be closed when everything is answered */
	uint8_t unread;			/* a request was answered before its input had ended */
	uint8_t lingering;		/* our side is shut, the client's is awaited */
	uint8_t ending;			/* enum client_ending */
	/* What follows is empty whenever no request is open. */
	struct fcgi_serve_slot slots[CLIENT_SLOTS];
	struct request *requests[CLIENT_SLOTS];
};

TAILQ_HEAD(client_list, client);

/* Takes a connection over.  When memory is short it is closed. */
void client_open(struct server *server, int fd);

/* Something has happened outside of its own events, a timer for example: go on. */
void client_wake(struct client *client);

/* The application is to end: closes the connection if it is idle, else as soon as it is. */
void client_stop(struct client *client);

/* Closes at once, whatever is open on it. */
void client_close(struct client *client);

/* Frees what client_close() keeps for client_open(). */
void client_drop_spare(struct server *server);

/*
 * Ends a connection whose output is sent: one that was cut, or on which nothing is open any more.
 * The client may be gone after it.
 */
void client_end(struct client *client);

/* Lets request->more be called when there is room, and takes that back. */
void client_produce(struct request *request, request_step *more);
void client_unproduce(struct request *request);

/* Drops the requests whose input has not come to its end and never will. */
void client_drop_incomplete(struct client *client);

/* Borrows a block, unless there is one, and gives it back.  Returns 0, or -1 without memory. */
int client_borrow(struct client *client);
void client_return(struct client *client);

/* What client_record_done() leaves to it. */
void client_spoil_record(struct client *client, struct request *request, size_t start);

/*
 * The record that begins at start of client->output is complete.
 * request: whose it is; NULL for a management record.
 */
static inline void
client_record_done(struct client *client, struct request *request, size_t start)
{
	if (client->faults != 0)
		client_spoil_record(client, request, start);
}

static inline int
client_has_fault(const struct client *client, enum fault fault)
{
	return (client->faults & fault_bit(fault)) != 0;
}

/* The request has been answered; it is gone then. */
void client_request_done(struct request *request);

/* The request is of no interest any more and leaves without a word. */
void client_request_drop(struct request *request);

#endif
