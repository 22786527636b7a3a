/*
 * One question put to the authorizer over a connection of its own.  It owns no loop: poll fd for
 * events and call exchange_step().
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "buffer.h"
#include "conn.h"
#include "reply.h"
#include "trace.h"

/* Whom to ask.  Read by all exchanges. */
struct authorizer {
	const char *name;		/* as it was given, for messages */
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int socket_count;
};

enum exchange_state {
	EXCHANGE_IDLE,
	EXCHANGE_ASKING,
	EXCHANGE_STDIN_SENT,	/* time is up without STDIN: would it have answered with it? */
	EXCHANGE_LINGERING,	/* the answer is complete: is the connection closed? */
	EXCHANGE_DONE,
};

enum { EXCHANGE_WHY_MAX = 600 };

/* How it is asked. */
struct exchange_plan {
	int keep_conn;		/* the request has FCGI_KEEP_CONN */
	int has_stdin;		/* ... and the record that ends STDIN */
	int hang_up;		/* close once all is sent, whatever comes */
	uint16_t request_id;
	struct trace *trace;	/* told what goes by, the caller's; NULL: none */
	int64_t timeout_ns;
	int64_t connect_timeout_ns;
	int64_t linger_ns;	/* how long the connection may stay open behind the answer */
};

/* exchange_init() first.  Public to read once it is done. */
struct exchange {
	enum exchange_state state;
	struct exchange_plan plan;
	struct reply reply;		/* finished */
	int64_t start_ns;
	int64_t end_ns;			/* of the answer, or of the hope for one */
	int needed_stdin;		/* it answered, but only once the empty STDIN record had
					   come behind the time-out */
	int closed;			/* the authorizer closed the connection behind its answer */
	char why[EXCHANGE_WHY_MAX];	/* of REPLY_NOT_CONNECTED, REPLY_BROKEN and REPLY_RESET:
					   what went wrong, not escaped */

	const struct authorizer *authorizer; /* private from here on */
	struct conn conn;
	struct buffer wire;		/* what is sent */
	size_t in_time;			/* bytes that came before the time-out */
	unsigned char stdin_end[8];
	unsigned char in[16384];
};

/*
 * wire: the bytes of the request; they move into the exchange, and the buffer is empty then.
 */
void exchange_init(struct exchange *exchange, const struct exchange_plan *plan,
    struct buffer *wire);

void exchange_start(struct exchange *exchange, const struct authorizer *authorizer,
    int64_t now_ns);

/* What to poll for.  Returns when to step at the latest. */
int64_t exchange_poll(const struct exchange *exchange, struct pollfd *fd);

/* Does what can be done without waiting. */
void exchange_step(struct exchange *exchange, short revents, int64_t now_ns);

/* From the first try to connect to the end of the answer. */
int64_t exchange_time_ns(const struct exchange *exchange);

/* Gives back what it holds. */
void exchange_reset(struct exchange *exchange);

#endif
