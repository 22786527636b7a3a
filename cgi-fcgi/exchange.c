#include "exchange.h"

#include <errno.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "interrupt.h"

/* Where the descriptors that are polled beside the connection stand. */
enum { ALSO_INTERRUPT, ALSO_STDIN, ALSO_COUNT };

/* --- receiving ----------------------------------------------------------------------------- */

static void
note_output_failure(struct exchange *exchange)
{
	exchange->ending = exchange->output.error == EINTR ? ENDED_SIGNAL : ENDED_OUTPUT;
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
 * Takes all that was received.
 * Returns 1 to go on, 0 when the exchange is over.
 */
static int
take_received(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	struct fcgi_slice slice;
	int what, event;

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
		return 0;
	}
	if (what < 0) {
		exchange->ending = ENDED_PEER;
		exchange->error = what;
		return 0;
	}
	return 1;
}

/* --- sending ------------------------------------------------------------------------------- */

static void
queue_tail(struct exchange *exchange)
{
	struct iovec iov = {
		.iov_base = exchange->request->tail,
		.iov_len = exchange->request->tail_len,
	};

	conn_queue(&exchange->conn, &iov, 1);
	exchange->tail_queued = 1;
}

/*
 * Queues the next part of the body once the last one is gone, and what follows the body with its
 * last part, so that a small request is one write.
 * Returns 0, or -1 with the ending set.
 */
static int
send_body(struct exchange *exchange)
{
	struct body *body = &exchange->request->body;
	struct iovec iov[3];
	ssize_t n;

	if (exchange->tail_queued || exchange->chunk_queued ||
	    exchange->conn.write_error != 0 || (body->waits && !exchange->stdin_ready))
		return 0;
	n = body_read(body, exchange->chunk, sizeof exchange->chunk);
	exchange->stdin_ready = 0;
	if (n < 0) {
		if (errno == EINTR || errno == EAGAIN)
			return 0;
		exchange->ending = ENDED_INPUT;
		exchange->input_error = errno;
		return -1;
	}
	if (n > 0) {
		fcgi_writer_chunk(iov, exchange->chunk_header, exchange->reply.request_id,
		    FCGI_STDIN, exchange->chunk, (size_t)n);
		conn_queue(&exchange->conn, iov, 3);
		exchange->chunk_queued = 1;
	} else {
		exchange->input_missing = body->left;
		body->left = 0;
	}
	if (body->left == 0)
		queue_tail(exchange);
	return 0;
}

/* What was queued is gone. */
static void
note_sent(struct exchange *exchange)
{
	exchange->chunk_queued = 0;
	if (exchange->tail_queued && exchange->times.sent_ns == 0)
		exchange->times.sent_ns = clock_now_ns();
}

static int
wants_stdin(const struct exchange *exchange)
{
	return exchange->request->body.waits && !exchange->tail_queued &&
	    exchange->conn.state == CONN_OPEN && exchange->conn.write_error == 0 &&
	    !conn_sending(&exchange->conn);
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
	if (conn->state != CONN_OPEN || conn_sending(conn) || conn->write_error != 0)
		return;
	fcgi_writer_init(&writer, record, sizeof record, exchange->reply.request_id);
	fcgi_writer_abort(&writer);
	conn->deadline_ns = CLOCK_NEVER;
	conn_queue(conn, &iov, 1);
	(void)conn_step(conn, 0, clock_now_ns());
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
	if (r < 0) {
		exchange->ending = conn->state == CONN_OPEN ? ENDED_PEER : ENDED_CONNECT;
		exchange->error = r;
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

void
exchange_run(struct exchange *exchange, struct request *request, struct trace *trace)
{
	struct iovec head = { .iov_base = request->head, .iov_len = request->head_len };
	struct conn *conn = &exchange->conn;

	exchange->request = request;
	exchange->reply.request_id = exchange->options->request_id;
	exchange->tail_queued = request->body.left == 0;
	output_begin(&exchange->output);
	exchange->output.deadline_ns = conn->deadline_ns;
	conn->trace = trace;
	conn_queue(conn, &head, 1);
	while (send_body(exchange) == 0 && wait_once(exchange, wants_stdin(exchange))) {
		if (!conn_sending(conn))
			note_sent(exchange);
		if (!take_received(exchange))
			break;
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
