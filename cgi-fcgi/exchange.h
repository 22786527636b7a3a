/*
 * A request over one connection: sends while it receives, passes STDOUT and STDERR on as they come,
 * in constant memory, and notes how it ended.  Judging that is the verdict's part.
 */
#ifndef CGI_FCGI_EXCHANGE_H
#define CGI_FCGI_EXCHANGE_H

#include <stdint.h>

#include "conn.h"
#include "fcgi_request.h"
#include "mover.h"
#include "multiplex.h"
#include "options.h"
#include "output.h"
#include "request.h"
#include "sender.h"

/* What ended the exchange. */
enum ending {
	ENDED_COMPLETE,		/* END_REQUEST */
	ENDED_RESOLVE,		/* no address: gai_error */
	ENDED_CONNECT,		/* not connected: error, and errno in conn.error */
	ENDED_PEER,		/* the peer broke the protocol or the connection: error */
	ENDED_OUTPUT,		/* writing the answer failed: output.error */
	ENDED_INPUT,		/* reading the body failed: input_error */
	ENDED_KEEP,		/* an answer that has to wait could not be kept: keep_error */
	ENDED_SIGNAL,
	ENDED_ABORTED,		/* --abort-after: abort_sent says whether it was told */
};

/* Which time had run out, where error or output.error say that one had. */
enum limit {
	LIMIT_TOTAL,		/* --timeout */
	LIMIT_CONNECT,
	LIMIT_WAIT,
	LIMIT_FIRST_BYTE,
	LIMIT_IDLE,
	LIMIT_ABORT,
};

enum { EXCHANGE_IN_SIZE = 131072, EXCHANGE_KEPT_SIZE = 65536, EXCHANGE_FAILURE_SIZE = 800 };

/* When what happened, on the monotonic clock; 0: it did not. */
struct exchange_times {
	int64_t start_ns;
	int64_t resolved_ns;	/* not with fd:N, nor on a connection that was kept */
	int64_t connected_ns;	/* not on a connection that was kept */
	int64_t sent_ns;	/* the last byte of the request has left us */
	int64_t first_byte_ns;	/* of STDOUT */
	int64_t end_ns;
};

/*
 * Zero-filled before use, then interrupt_fd and deadline_ns set.  What follows these is public to
 * read, once exchange_run() is back.
 */
struct exchange {
	int interrupt_fd;	/* of interrupt_catch() */
	int64_t deadline_ns;	/* of --timeout */
	const char *which;	/* of several requests: "request 3 of 10"; NULL of one */
	struct multiplex *multiplex; /* NULL without: then set between begin and finish, with */
	struct sender *senders;	/* a sender for each of its requests */
	int sender_count;

	enum ending ending;
	enum limit limit;
	int error;		/* negative enum fcgi_error, of ENDED_CONNECT and ENDED_PEER */
	int gai_error;
	int input_error;	/* errno */
	int keep_error;		/* errno */
	int abort_sent;		/* ABORT_REQUEST was, unless the application had gone */
	uint64_t input_missing;	/* bytes of the body that its source did not have */
	struct fcgi_request reply; /* stdout_len and stderr_len: bytes of the answer */
	struct output output;
	struct exchange_times times;
	char failure[EXCHANGE_FAILURE_SIZE]; /* what verdict_tell() had to say; "": no failure */
	struct conn conn;	/* sent and received: bytes on the wire */
	struct mover mover;

	const struct options *options;	/* private from here on */
	int input_told;		/* that standard input is left alone */
	int settled;		/* the answer is over but for --as-seen-by */
	enum ending settled_ending; /* likewise */
	int settled_error;
	struct sender sender;
	int sender_turn;
	int stdin_ready;
	int64_t abort_ns;	/* when to abort */
	int64_t begin_ns;	/* the connection was there */
	int64_t moved_ns;	/* when a byte went either way the last time */
	uint64_t moved;		/* how many had until then */
	struct sender_buffer portion;
	unsigned char kept[EXCHANGE_KEPT_SIZE];
	unsigned char in[EXCHANGE_IN_SIZE];
};

/*
 * Connects.
 * options: stay alive as long as the exchange.
 * is_patient: with --wait, try again until somebody listens.
 * trace: NULL for none.
 * Returns 0, or -1 with the ending set: ENDED_RESOLVE, ENDED_CONNECT or ENDED_SIGNAL.
 */
int exchange_open(struct exchange *exchange, const struct options *options,
    const struct addr *addr, int is_patient, struct trace *trace);

/* 1 when exchange_open() found that nobody listens at the address, else 0. */
int exchange_is_unserved(const struct exchange *exchange);

/*
 * Sends the request and passes the answer on, until there is an ending.
 */
void exchange_run(struct exchange *exchange, struct request *request);

/*
 * The same in two steps: several requests are set up in between, of which the first answer is
 * passed on.
 */
void exchange_begin(struct exchange *exchange, struct request *request);
void exchange_finish(struct exchange *exchange);

/*
 * Passes on what was kept of the next answer.
 * Returns 1 when that is not all of it, so that exchange_finish() comes next; 0 when there is an
 * ending.
 */
int exchange_next(struct exchange *exchange, struct waiting *waiting);

/* 1 when the connection can take another request, as far as can be seen, else 0. */
int exchange_is_kept(struct exchange *exchange);

/*
 * For exchange_open(): waits until the connection, a signal or, if wanted, standard input is ready.
 * Returns 1 to go on, 0 with the ending set.
 */
int exchange_wait(struct exchange *exchange, int stdin_wanted);

/* Closes the connection.  What was noted stays. */
void exchange_close(struct exchange *exchange);

#endif
