#include "exchange.h"

#include <errno.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_writer.h"
#include "interrupt.h"

/* Where the descriptors that are polled beside the connection stand. */
enum { ALSO_INTERRUPT, ALSO_STDIN, ALSO_COUNT };

/* So many large records are moved before the loop looks after signals and the body again. */
enum { MOVES_MAX = 16 };

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

static void
note_output_failure(struct exchange *exchange)
{
	int error = exchange->output.error;

	exchange->ending = error == EINTR ? ENDED_SIGNAL : ENDED_OUTPUT;
	exchange->limit = LIMIT_TOTAL;
	if (error == ETIMEDOUT && exchange->abort_ns < exchange->deadline_ns)
		exchange->ending = ENDED_ABORTED;
}

static void
note_conn_failure(struct exchange *exchange, int error)
{
	exchange->ending = ENDED_PEER;
	exchange->error = error;
	if (error == -FCGI_E_TIMEOUT && exchange->limit == LIMIT_ABORT)
		exchange->ending = ENDED_ABORTED;
}

/* Passes a slice of the answer on.  Returns 0, or -1 with the ending set. */
static int
take(struct exchange *exchange, int event, const struct fcgi_slice *slice)
{
	struct output *output = &exchange->output;
	int r = 0;

	if (event == FCGI_REQUEST_STDOUT) {
		if (exchange->times.first_byte_ns == 0)
			exchange->times.first_byte_ns = clock_now_ns();
		r = output_stdout(output, slice);
	} else if (event == FCGI_REQUEST_STDERR) {
		r = output_stderr(output, slice);
	}
	if (r < 0)
		note_output_failure(exchange);
	return r;
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
 * Takes all that was received.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
take_received(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	const unsigned char *p;
	struct fcgi_slice slice;
	int what, event, seen;
	size_t len = conn_pending(conn, &p);

	seen = output_wire(&exchange->output, p, p + len);
	if (seen < 0) {
		note_output_failure(exchange);
		return 0;
	}
	if (exchange->settled)
		return settle(exchange, seen);
	while ((what = conn_next(conn, &slice)) > 0) {
		event = fcgi_request_feed(&exchange->reply, &conn->reader.record, what, &slice);
		if (take(exchange, event, &slice) < 0)
			return 0;
		if (event == FCGI_REQUEST_END || event < 0) {
			what = event;
			break;
		}
	}
	if (output_flush(&exchange->output) < 0) {
		note_output_failure(exchange);
		return 0;
	}
	if (exchange->reply.ended) {
		exchange->ending = ENDED_COMPLETE;
		return settle(exchange, seen);
	}
	if (what < 0) {
		note_conn_failure(exchange, what);
		return settle(exchange, seen);
	}
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
		if (result == MOVER_OUTPUT_FAILED) {
			note_output_failure(exchange);
			return 0;
		}
		r = -FCGI_E_SYSTEM;
		if (result == MOVER_DONE) {
			mover_plan(&exchange->mover, conn, &exchange->reply, &exchange->output);
			set_deadline(exchange);
			r = conn_step(conn, POLLIN, clock_now_ns());
		}
		if (r < 0) {
			note_conn_failure(exchange, r);
			return 0;
		}
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

/*
 * Queues the next part of the request once the last one is gone.
 * Returns 0, or -1 with the ending set.
 */
static int
send_portion(struct exchange *exchange)
{
	struct sender *sender = &exchange->sender;
	struct iovec iov[SENDER_PIECES];
	int count;

	if (!can_send(exchange))
		return 0;
	if (sender_is_done(sender)) {
		if (exchange->times.sent_ns == 0)
			exchange->times.sent_ns = clock_now_ns();
		return 0;
	}
	if (sender_waits(sender) && !exchange->stdin_ready)
		return 0;
	count = sender_next(sender, &exchange->portion, iov);
	exchange->stdin_ready = 0;
	exchange->input_missing = sender->missing;
	if (count > 0)
		conn_queue(&exchange->conn, iov, count);
	if (count >= 0 || errno == EINTR || errno == EAGAIN)
		return 0;
	exchange->ending = ENDED_INPUT;
	exchange->input_error = errno;
	return -1;
}

/* Tells the application that nobody waits any more, if that can be said without waiting. */
static void
abort_request(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	unsigned char record[FCGI_HEADER_LEN];
	struct fcgi_writer writer;
	struct iovec iov = { .iov_base = record, .iov_len = sizeof record };

	/* A record that is half sent would swallow it. */
	if (!can_send(exchange))
		return;
	fcgi_writer_init(&writer, record, sizeof record, exchange->reply.request_id);
	fcgi_writer_abort(&writer);
	conn->deadline_ns = CLOCK_NEVER;
	conn_queue(conn, &iov, 1);
	(void)conn_step(conn, 0, clock_now_ns());
	exchange->abort_sent = can_send(exchange);
}

/* --- the whole ----------------------------------------------------------------------------- */

/*
 * Waits until the connection, a signal or, if wanted, standard input is ready.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
wait_once(struct exchange *exchange, int stdin_wanted)
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
	if (r < 0) {
		note_conn_failure(exchange, r);
		return 0;
	}
	if (also[ALSO_STDIN].revents != 0)
		exchange->stdin_ready = 1;
	return 1;
}

static int
start_connecting(struct exchange *exchange, const struct addr *addr)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct conn *conn = &exchange->conn;
	int count;

	if (addr->kind == ADDR_FD)
		return conn_attach(conn, addr->port);
	count = addr_resolve(addr, 0, sockets, &exchange->gai_error);
	exchange->times.resolved_ns = clock_now_ns();
	if (count < 0) {
		exchange->ending = ENDED_RESOLVE;
		return count;
	}
	return conn_open(conn, sockets, count, clock_now_ns());
}

int
exchange_open(struct exchange *exchange, const struct options *options, const struct addr *addr)
{
	struct conn *conn = &exchange->conn;
	int r;

	exchange->options = options;
	exchange->times = (struct exchange_times){ .start_ns = clock_now_ns() };
	conn_init(conn, exchange->in, sizeof exchange->in);
	conn->deadline_ns = exchange->deadline_ns;
	conn->connect_deadline_ns =
	    clock_after(exchange->times.start_ns, options->time.connect_timeout_ns);
	exchange->ending = ENDED_CONNECT;
	r = start_connecting(exchange, addr);
	if (r < 0) {
		exchange->error = r;
		return -1;
	}
	while (conn->state != CONN_OPEN)
		if (!wait_once(exchange, 0))
			return -1;
	exchange->times.connected_ns = clock_now_ns();
	return 0;
}

static void
begin(struct exchange *exchange, struct request *request)
{
	exchange->reply = (struct fcgi_request){ .request_id = exchange->options->request_id };
	exchange->mover = (struct mover){ 0 };
	exchange->settled = 0;
	exchange->begin_ns = clock_now_ns();
	exchange->moved_ns = exchange->begin_ns;
	exchange->abort_ns = clock_after(exchange->begin_ns, exchange->options->abort_after_ns);
	exchange->output.deadline_ns = exchange->abort_ns < exchange->deadline_ns
	    ? exchange->abort_ns
	    : exchange->deadline_ns;
	output_begin(&exchange->output);
	sender_init(&exchange->sender, request, exchange->reply.request_id);
}

void
exchange_run(struct exchange *exchange, struct request *request, struct trace *trace)
{
	struct conn *conn = &exchange->conn;
	int going_on = 1;

	begin(exchange, request);
	conn->trace = trace;
	while (going_on && send_portion(exchange) == 0) {
		set_deadline(exchange);
		going_on = wait_once(exchange,
		    sender_waits(&exchange->sender) && can_send(exchange));
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
		abort_request(exchange);
	output_end(&exchange->output);
	exchange->times.end_ns = clock_now_ns();
}

void
exchange_close(struct exchange *exchange)
{
	conn_close(&exchange->conn);
}
