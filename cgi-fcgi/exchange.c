#include "exchange.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_writer.h"
#include "interrupt.h"

/* Where the descriptors that are polled beside the connection stand. */
enum { ALSO_INTERRUPT, ALSO_STDIN, ALSO_COUNT };

/* So many large records are moved before the loop looks after signals and the body again. */
enum { MOVES_MAX = 16 };

/* Slices of STDOUT up to this length are moved together. */
enum { SMALL_MAX = 2048 };

/* An application that never stops sending is reset after so many parts. */
enum { DISCARDS_MAX = 64 };

/* --- time ---------------------------------------------------------------------------------- */

static void
limit(struct exchange *exchange, int64_t deadline_ns, enum limit which)
{
	if (deadline_ns >= exchange->conn.deadline_ns)
		return;
	exchange->conn.deadline_ns = deadline_ns;
	exchange->limit = which;
}

/* Until when the connection may take, and why not longer. */
static void
set_deadline(struct exchange *exchange)
{
	const struct options *options = exchange->options;
	struct conn *conn = &exchange->conn;

	conn->deadline_ns = exchange->deadline_ns;
	exchange->limit = LIMIT_TOTAL;
	limit(exchange, exchange->abort_ns, LIMIT_ABORT);
	if (exchange->times.first_byte_ns == 0)
		limit(exchange, clock_after(exchange->begin_ns, options->first_byte_timeout_ns),
		    LIMIT_FIRST_BYTE);
	if (options->idle_timeout_ns == CLOCK_NEVER)
		return;
	if (exchange->moved != conn->sent + conn->received) {
		exchange->moved = conn->sent + conn->received;
		exchange->moved_ns = clock_now_ns();
	}
	limit(exchange, clock_after(exchange->moved_ns, options->idle_timeout_ns), LIMIT_IDLE);
}

/* --- receiving ----------------------------------------------------------------------------- */

/* Both return 0, with the ending set: the exchange is over. */
static int
output_failed(struct exchange *exchange)
{
	int error = exchange->output.error;

	exchange->ending = error == EINTR ? ENDED_SIGNAL : ENDED_OUTPUT;
	exchange->limit = LIMIT_TOTAL;
	if (error == ETIMEDOUT && exchange->abort_ns < exchange->deadline_ns) {
		exchange->ending = ENDED_ABORTED;
		exchange->limit = LIMIT_ABORT;
	}
	return 0;
}

static int
conn_failed(struct exchange *exchange, int error)
{
	exchange->ending = ENDED_PEER;
	exchange->error = error;
	if (error == -FCGI_E_TIMEOUT && exchange->limit == LIMIT_ABORT)
		exchange->ending = ENDED_ABORTED;
	return 0;
}

/*
 * Takes what was found of a record, for the answer that is passed on.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
take(struct exchange *exchange, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	int event = fcgi_request_feed(&exchange->reply, record, what, slice);

	switch (event) {
	case FCGI_REQUEST_STDOUT:
		if (exchange->times.first_byte_ns == 0)
			exchange->times.first_byte_ns = clock_now_ns();
		if (output_stdout(&exchange->output, slice) < 0)
			return output_failed(exchange);
		return 1;
	case FCGI_REQUEST_STDERR:
		if (output_stderr(&exchange->output, slice) < 0)
			return output_failed(exchange);
		return 1;
	case FCGI_REQUEST_END:
		exchange->ending = ENDED_COMPLETE;
		return 0;
	default:
		return event < 0 ? conn_failed(exchange, event) : 1;
	}
}

/* The same for whichever answer the record belongs to. */
static int
take_any(struct exchange *exchange, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	struct multiplex *multiplex = exchange->multiplex;
	int r;

	if (multiplex == NULL || !multiplex_owns(multiplex, record))
		return take(exchange, record, what, slice);
	r = multiplex_keep(multiplex, record, what, slice);
	if (r != -FCGI_E_SYSTEM)
		return r < 0 ? conn_failed(exchange, r) : 1;
	exchange->ending = ENDED_KEEP;
	exchange->keep_error = errno;
	return 0;
}

/*
 * The answer is over for us.  A web server that reads records with other eyes may see more of it.
 * seen: what output_wire() returned.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
settle(struct exchange *exchange, int seen)
{
	if (seen || exchange->conn.state != CONN_OPEN)
		return 0;
	exchange->settled = 1;
	exchange->settled_ending = exchange->ending;
	exchange->settled_error = exchange->error;
	conn_discard(&exchange->conn);
	return 1;
}

/*
 * Moves a small slice up to the end of the one before it, over a header that is of no more use:
 * copying it costs less than one piece more for writev(2).
 */
static void
close_gap(unsigned char **end, struct fcgi_slice *slice)
{
	/* It is in our own buffer. */
	unsigned char *data = (unsigned char *)(uintptr_t)slice->data;

	if (*end != NULL && slice->len <= SMALL_MAX) {
		data = memmove(*end, data, slice->len);
		slice->data = data;
	}
	*end = data + slice->len;
}

/*
 * Takes all that was received.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
take_received(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	int what = FCGI_READ_MORE, going_on = 1, seen;
	unsigned char *end = NULL;
	const unsigned char *p;
	struct fcgi_slice slice;
	size_t len = conn_pending(conn, &p);

	seen = output_wire(&exchange->output, p, p + len);
	if (seen < 0)
		return output_failed(exchange);
	if (exchange->settled)
		return settle(exchange, seen);
	while (going_on && (what = conn_next(conn, &slice)) > 0) {
		if (what == FCGI_READ_CONTENT)
			close_gap(&end, &slice);
		going_on = take_any(exchange, &conn->reader.record, what, &slice);
	}
	if (!going_on && exchange->ending != ENDED_COMPLETE && exchange->ending != ENDED_PEER)
		return 0;
	if (output_flush(&exchange->output) < 0)
		return output_failed(exchange);
	if (what < 0)
		going_on = conn_failed(exchange, what);
	if (!going_on)
		return settle(exchange, seen);
	mover_plan(&exchange->mover, conn, &exchange->reply, &exchange->output);
	return 1;
}

/*
 * Moves large records and takes the headers between them, as long as there are any.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
move_records(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	enum mover_result result;
	int i, r;

	for (i = 0; i < MOVES_MAX && conn->receive_max == 0; i++) {
		result = mover_move(&exchange->mover, conn, &exchange->reply, &exchange->output);
		if (result == MOVER_WAIT)
			return 1;
		if (result == MOVER_OUTPUT_FAILED)
			return output_failed(exchange);
		r = -FCGI_E_SYSTEM;
		if (result == MOVER_DONE) {
			mover_plan(&exchange->mover, conn, &exchange->reply, &exchange->output);
			set_deadline(exchange);
			r = conn_step(conn, POLLIN, clock_now_ns());
		}
		if (r < 0)
			return conn_failed(exchange, r);
		if (!take_received(exchange))
			return 0;
	}
	return 1;
}

/* --- sending ------------------------------------------------------------------------------- */

static int
can_send(const struct exchange *exchange)
{
	const struct conn *conn = &exchange->conn;

	return conn->state == CONN_OPEN && conn->write_error == 0 && !conn_sending(conn);
}

/* That answer is complete, so that nobody wants the rest of its request. */
static int
is_answered(const struct exchange *exchange, int which)
{
	return exchange->multiplex != NULL && multiplex_is_over(exchange->multiplex, which);
}

/* Whose portion is next: requests take turns.  NULL: all is sent. */
static struct sender *
next_sender(struct exchange *exchange)
{
	int i, which;

	for (i = 0; i < exchange->sender_count; i++) {
		which = exchange->sender_turn;
		exchange->sender_turn = (which + 1) % exchange->sender_count;
		if (!sender_is_done(&exchange->senders[which]) && !is_answered(exchange, which))
			return &exchange->senders[which];
	}
	return NULL;
}

/*
 * Queues the next portion once the last one is gone.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
send_portion(struct exchange *exchange)
{
	struct iovec iov[SENDER_PIECES];
	struct sender *sender;
	int count;

	if (!can_send(exchange) || exchange->times.sent_ns != 0)
		return 1;
	sender = next_sender(exchange);
	if (sender == NULL) {
		exchange->times.sent_ns = clock_now_ns();
		return 1;
	}
	if (sender_waits(sender) && !exchange->stdin_ready)
		return 1;
	count = sender_next(sender, &exchange->portion, iov);
	exchange->stdin_ready = 0;
	exchange->input_missing = sender->missing;
	if (count > 0)
		conn_queue(&exchange->conn, iov, count);
	if (count >= 0 || errno == EINTR || errno == EAGAIN)
		return 1;
	exchange->ending = ENDED_INPUT;
	exchange->input_error = errno;
	return 0;
}

/*
 * There is room for the first portion of a request, or of several, so nothing is asked before it is
 * sent.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
send_first(struct exchange *exchange)
{
	int i;

	for (i = 0; i < exchange->sender_count && can_send(exchange); i++) {
		if (!send_portion(exchange))
			return 0;
		(void)conn_step(&exchange->conn, 0, clock_now_ns());
	}
	return 1;
}

static int
wants_stdin(const struct exchange *exchange)
{
	/* No more than one request can have standard input as its body. */
	return exchange->sender_count == 1 && sender_waits(exchange->senders) &&
	    can_send(exchange);
}

/*
 * Takes what came and nobody wants: with it unread, close(2) would reset a TCP connection, and the
 * application might never read our last word.
 */
static void
discard_received(struct exchange *exchange)
{
	int i;

	for (i = 0; i < DISCARDS_MAX; i++)
		if (recv(exchange->conn.fd, exchange->in, sizeof exchange->in, MSG_DONTWAIT) <= 0)
			return;
}

/* Tells the application that nobody waits any more, if that can be said without waiting. */
static void
abort_requests(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	unsigned char records[OPTIONS_MULTIPLEX_MAX * FCGI_HEADER_LEN];
	struct fcgi_writer writer;
	struct iovec iov = { .iov_base = records };
	int i;

	conn->deadline_ns = CLOCK_NEVER;
	/* What is queued may not have been tried yet. */
	if (conn_sending(conn))
		(void)conn_step(conn, 0, clock_now_ns());
	/* Who has gone need not be told. */
	exchange->abort_sent = conn->write_error != 0;
	/* A record that is half sent would swallow it. */
	if (!can_send(exchange))
		return;
	for (i = 0; i < exchange->sender_count; i++) {
		if (is_answered(exchange, i))
			continue;
		fcgi_writer_init(&writer, records + iov.iov_len, sizeof records - iov.iov_len,
		    (uint16_t)(exchange->options->request_id + i));
		fcgi_writer_abort(&writer);
		iov.iov_len += FCGI_HEADER_LEN;
	}
	conn_queue(conn, &iov, 1);
	(void)conn_step(conn, 0, clock_now_ns());
	exchange->abort_sent = conn->write_error != 0 || can_send(exchange);
	discard_received(exchange);
}

/* --- the whole ----------------------------------------------------------------------------- */

int
exchange_wait(struct exchange *exchange, int stdin_wanted)
{
	struct conn *conn = &exchange->conn;
	struct pollfd also[ALSO_COUNT] = {
		[ALSO_INTERRUPT] = { .fd = exchange->interrupt_fd, .events = POLLIN },
		[ALSO_STDIN] = { .fd = stdin_wanted ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int r = conn_run(conn, also, ALSO_COUNT);

	if (interrupt_signal() != 0) {
		exchange->ending = ENDED_SIGNAL;
		return 0;
	}
	if (r == -FCGI_E_SYSTEM && conn->error == EINTR)
		return 1;
	if (r < 0 && conn->state != CONN_OPEN) {
		exchange->ending = ENDED_CONNECT;
		exchange->error = r;
		return 0;
	}
	if (r < 0)
		return conn_failed(exchange, r);
	if (also[ALSO_STDIN].revents != 0)
		exchange->stdin_ready = 1;
	return 1;
}

void
exchange_begin(struct exchange *exchange, struct request *request)
{
	const struct options *options = exchange->options;
	struct conn *conn = &exchange->conn;

	exchange->reply = (struct fcgi_request){ .request_id = options->request_id };
	exchange->mover = (struct mover){ 0 };
	exchange->settled = 0;
	exchange->abort_sent = 0;
	exchange->input_missing = 0;
	/* A connection that was kept begins to count anew. */
	conn->sent = 0;
	conn->received = 0;
	conn->receive_max = conn->in_size;
	exchange->moved = 0;
	exchange->begin_ns = clock_now_ns();
	exchange->moved_ns = exchange->begin_ns;
	exchange->abort_ns = clock_after(exchange->begin_ns, options->abort_after_ns);
	exchange->output.deadline_ns =
	    clock_earlier(exchange->abort_ns, exchange->deadline_ns);
	output_begin(&exchange->output);
	sender_init(&exchange->sender, request, options->request_id);
	exchange->senders = &exchange->sender;
	exchange->sender_count = 1;
	exchange->sender_turn = 0;
}

void
exchange_finish(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	const unsigned char *p;
	/* What came behind the answer before this one. */
	int going_on = conn_pending(conn, &p) == 0 || take_received(exchange);

	if (going_on && conn->sent == 0)
		going_on = send_first(exchange);
	while (going_on && send_portion(exchange)) {
		set_deadline(exchange);
		going_on = exchange_wait(exchange, wants_stdin(exchange));
		if (going_on)
			going_on = conn->receive_max == 0 ? move_records(exchange)
							  : take_received(exchange);
	}
	if (exchange->ending == ENDED_PEER && exchange->error == -FCGI_E_TIMEOUT)
		exchange->output.ending = SEEN_BY_TIMED_OUT;
	if (exchange->settled && exchange->ending == ENDED_PEER) {
		exchange->ending = exchange->settled_ending;
		exchange->error = exchange->settled_error;
	}
	if (exchange->ending != ENDED_COMPLETE)
		abort_requests(exchange);
	output_end(&exchange->output);
	exchange->times.end_ns = clock_now_ns();
}

void
exchange_run(struct exchange *exchange, struct request *request)
{
	exchange_begin(exchange, request);
	exchange_finish(exchange);
}

/* --- several answers ----------------------------------------------------------------------- */

/* Passes on what was kept of an answer.  Returns 1 to go on, 0 when the exchange is over. */
static int
take_kept(struct exchange *exchange, struct spool *spool)
{
	unsigned char *buffer = exchange->kept;
	struct fcgi_reader reader = { 0 };
	const unsigned char *p;
	struct fcgi_slice slice;
	int what, going_on = 1;
	ssize_t len = 0;

	while (going_on && (len = spool_read(spool, buffer, sizeof exchange->kept)) > 0) {
		p = buffer;
		while (going_on && (what = fcgi_reader_next(&reader, &p, buffer + len, &slice)) > 0)
			going_on = take(exchange, &reader.record, what, &slice);
		if (exchange->output.error == 0 && output_flush(&exchange->output) < 0)
			return output_failed(exchange);
	}
	if (len >= 0)
		return going_on;
	exchange->ending = ENDED_KEEP;
	exchange->keep_error = errno;
	return 0;
}

int
exchange_next(struct exchange *exchange, struct waiting *waiting)
{
	exchange->reply = (struct fcgi_request){ .request_id = waiting->reply.request_id };
	exchange->times.first_byte_ns = waiting->first_byte_ns;
	exchange->settled = 0;
	output_begin(&exchange->output);
	if (waiting->spool.fd < 0 || take_kept(exchange, &waiting->spool))
		return 1;
	output_end(&exchange->output);
	exchange->times.end_ns = waiting->end_ns != 0 ? waiting->end_ns : clock_now_ns();
	return 0;
}

void
exchange_close(struct exchange *exchange)
{
	conn_close(&exchange->conn);
}
