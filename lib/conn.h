/*
 * One nonblocking connection to an application: connects, sends what is queued, receives, and keeps
 * a deadline.  It owns no loop: poll fd for events and call conn_step(), for one connection or two
 * hundred; conn_run() is that loop for a program that has but one.
 *
 *	conn_init(), then conn_queue() what to send; conn_open()
 *	while ((r = conn_run(...)) ...)
 *		while ((what = conn_next(&conn, &slice)) > 0)
 *			feed conn.reader.record, what, slice to the fcgi_request it belongs to
 */
#ifndef CONN_H
#define CONN_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "addr.h"
#include "fcgi_reader.h"
#include "trace.h"

enum conn_state {
	CONN_IDLE,		/* no descriptor */
	CONN_CONNECTING,
	CONN_RETRY,		/* a UNIX socket's queue is full: connect again at retry_ns */
	CONN_OPEN,
	CONN_CLOSED,		/* the peer has sent its last byte */
};

enum { CONN_PIECES = 16 };	/* that can be queued at most */

/* Set up with conn_init().  Public to read unless it says private. */
struct conn {
	int fd;				/* -1 when there is none */
	short events;			/* what to poll(2) for; 0: nothing but the clock */
	enum conn_state state;
	int error;			/* errno of the last -FCGI_E_SYSTEM, of the connection's
					   or of writing to it */
	int write_error;		/* errno that ended sending, 0: none.  Receiving goes on: the
					   answer may be there already */
	int64_t connect_deadline_ns;	/* set by the owner; CLOCK_NEVER: none */
	int64_t deadline_ns;		/* set by the owner, for all of it */
	int64_t wake_ns;		/* call conn_step() then at the latest */
	size_t receive_max;		/* set by the owner: the most bytes that one step receives;
					   0: none, the owner takes them from fd himself once
					   CONN_READY tells that there are some.  All that fit into
					   the buffer by default */
	uint64_t sent;			/* bytes */
	uint64_t received;
	struct fcgi_reader reader;
	struct addr_socket peer;	/* the address in use */
	struct trace *trace;		/* set by the owner; NULL: none */

	struct addr_socket sockets[ADDR_SOCKETS_MAX]; /* private from here on */
	int socket_count;
	int socket_next;
	int64_t retry_ns;
	int64_t retry_delay_ns;
	const unsigned char *p;		/* received bytes that conn_next() has not taken */
	const unsigned char *end;
	unsigned char *in;
	size_t in_size;
	struct iovec out[CONN_PIECES];
	int out_first;
	int out_count;
};

enum conn_progress {
	CONN_WAIT = 0,		/* nothing for the owner: poll again */
	CONN_READY = 1,		/* connected, sent, received or closed: look */
};

/* in, in_size: receive buffer, the caller's, alive as long as the connection. */
void conn_init(struct conn *conn, unsigned char *in, size_t in_size);

/*
 * Starts to connect to the first address that takes it, in order.
 * sockets: copied.  count: 1 to ADDR_SOCKETS_MAX.
 * Returns 0, or -FCGI_E_SYSTEM with conn->error when the last one has failed at once.
 */
int conn_open(struct conn *conn, const struct addr_socket *sockets, int count, int64_t now_ns);

/*
 * Takes over a connected socket and makes it nonblocking.
 * Returns 0, or -FCGI_E_SYSTEM with conn->error (ENOTSOCK, EBADF): then it stays the caller's.
 */
int conn_attach(struct conn *conn, int fd);

/*
 * Queues bytes to be sent, at most CONN_PIECES until all are gone.  They stay the caller's and must
 * live until conn_sending() is 0.
 */
void conn_queue(struct conn *conn, const struct iovec *iov, int count);
int conn_sending(const struct conn *conn);	/* 1 when queued bytes are not all sent */

/*
 * Does what can be done without waiting.
 * revents: poll(2)'s word, 0 if only the clock has moved.
 * Call conn_next() until it returns 0 before the next step: the receive buffer is one.
 * Returns an enum conn_progress, or
 * -FCGI_E_SYSTEM with conn->error: not connected, or reset;  -FCGI_E_TIMEOUT: a deadline passed
 * (state says in which phase).
 */
int conn_step(struct conn *conn, short revents, int64_t now_ns);

/*
 * What the received bytes hold, as fcgi_reader_next().
 * Returns an enum fcgi_read (0: all taken), -FCGI_E_VERSION, and once the peer has closed:
 * -FCGI_E_CLOSED between two records, -FCGI_E_TRUNCATED inside one.
 */
int conn_next(struct conn *conn, struct fcgi_slice *slice);

/*
 * The received bytes that conn_next() has not taken yet, for who reads them himself: *p is set.
 * Returns their number.
 * discard: none of them is to be taken any more.
 */
size_t conn_pending(const struct conn *conn, const unsigned char **p);
void conn_discard(struct conn *conn);

/*
 * Waits until the connection or one of the other descriptors is ready or a deadline passes, and
 * steps the connection.
 * also: polled too, revents filled in; may be NULL with also_count 0, at most CONN_ALSO_MAX.
 * Returns as conn_step(); also -FCGI_E_SYSTEM with EINTR in conn->error when a signal came.
 */
enum { CONN_ALSO_MAX = 4 };
int conn_run(struct conn *conn, struct pollfd *also, int also_count);

/* Closes the descriptor, if any. */
void conn_close(struct conn *conn);

#endif
