#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_fault.h"
#include "fcgi_writer.h"

/* How long an authorizer that has waited for the end of STDIN may take once it has come. */
#define STDIN_GRACE_NS (3 * CLOCK_NS_PER_S)

void
exchange_init(struct exchange *exchange, const struct exchange_plan *plan, struct buffer *wire)
{
	memset(exchange, 0, offsetof(struct exchange, in));
	exchange->plan = *plan;
	exchange->wire = *wire;
	*wire = (struct buffer){ 0 };
	reply_init(&exchange->reply, plan->request_id);
	conn_init(&exchange->conn, exchange->in, sizeof exchange->in);
	exchange->conn.trace = plan->trace;
}

/* --- the end ------------------------------------------------------------------------------- */

static void
finish(struct exchange *exchange, enum reply_ending ending)
{
	if (reply_finish(&exchange->reply, ending) < 0)
		snprintf(exchange->why, sizeof exchange->why, "out of memory");
	if (exchange->conn.fd >= 0)
		conn_close(&exchange->conn);
	exchange->state = EXCHANGE_DONE;
}

static void
finish_unconnected(struct exchange *exchange, const char *name)
{
	char explanation[EXCHANGE_WHY_MAX / 2];
	struct conn *conn = &exchange->conn;

	addr_explain_connect(explanation, sizeof explanation, &conn->peer, conn->error);
	snprintf(exchange->why, sizeof exchange->why, "%s: %s%s%s%s", name, strerror(conn->error),
	    *explanation != '\0' ? " (" : "", explanation, *explanation != '\0' ? ")" : "");
	finish(exchange, REPLY_NOT_CONNECTED);
}

/*
 * What came until time was up is the answer that a server has seen: what came later shows only what
 * the authorizer was waiting for.
 */
static void
finish_late(struct exchange *exchange)
{
	struct reply late = exchange->reply;

	reply_init(&exchange->reply, exchange->plan.request_id);
	if (exchange->in_time > 0)
		(void)reply_feed(&exchange->reply, late.wire.data, exchange->in_time);
	reply_reset(&late);
	finish(exchange, REPLY_TIMED_OUT);
}

/* The connection, or what came over it, has ended the exchange. */
static void
finish_by(struct exchange *exchange, enum reply_ending ending)
{
	exchange->end_ns = clock_now_ns();
	if (exchange->state == EXCHANGE_STDIN_SENT) {
		exchange->end_ns = exchange->conn.deadline_ns;
		finish_late(exchange);
	} else {
		finish(exchange, ending);
	}
}

/* --- time ---------------------------------------------------------------------------------- */

static void
send_stdin_end(struct exchange *exchange, int64_t now_ns)
{
	struct fcgi_writer writer;
	struct iovec iov = { exchange->stdin_end, sizeof exchange->stdin_end };

	fcgi_writer_init(&writer, exchange->stdin_end, sizeof exchange->stdin_end,
	    exchange->plan.request_id);
	(void)fcgi_writer_stream_end(&writer, FCGI_STDIN);
	exchange->state = EXCHANGE_STDIN_SENT;
	exchange->in_time = exchange->reply.wire.len;
	exchange->conn.deadline_ns = clock_after(now_ns,
	    clock_earlier(exchange->plan.timeout_ns, STDIN_GRACE_NS));
	conn_queue(&exchange->conn, &iov, 1);
}

static void
time_is_up(struct exchange *exchange, int64_t now_ns)
{
	switch (exchange->state) {
	case EXCHANGE_ASKING:
		exchange->end_ns = now_ns;
		if (exchange->conn.state == CONN_OPEN && !exchange->plan.has_stdin &&
		    !conn_sending(&exchange->conn)) {
			send_stdin_end(exchange, now_ns);
			return;
		}
		if (exchange->conn.state != CONN_OPEN)
			snprintf(exchange->why, sizeof exchange->why,
			    "%s: it does not accept the connection", exchange->authorizer->name);
		finish(exchange, exchange->conn.state == CONN_OPEN ? REPLY_TIMED_OUT
								   : REPLY_NOT_CONNECTED);
		break;
	case EXCHANGE_STDIN_SENT:
		finish_late(exchange);
		break;
	default:
		/* It has been answered long ago. */
		finish(exchange, REPLY_CLOSED);
	}
}

/* --- what comes ---------------------------------------------------------------------------- */

static void
linger(struct exchange *exchange, int64_t now_ns)
{
	exchange->end_ns = now_ns;
	exchange->state = EXCHANGE_LINGERING;
	exchange->conn.deadline_ns = clock_after(now_ns, exchange->plan.linger_ns);
}

static void
finish_broken(struct exchange *exchange, int error)
{
	exchange->end_ns = clock_now_ns();
	if (error == -FCGI_E_SPACE)
		snprintf(exchange->why, sizeof exchange->why, "more than %d bytes", REPLY_WIRE_MAX);
	else if (error == -FCGI_E_SYSTEM)
		snprintf(exchange->why, sizeof exchange->why, "out of memory");
	else
		fcgi_fault_describe(exchange->why, sizeof exchange->why, error,
		    &exchange->reply.reader);
	finish(exchange, REPLY_BROKEN);
}

static void
answered(struct exchange *exchange, int64_t now_ns)
{
	switch (exchange->state) {
	case EXCHANGE_ASKING:
		linger(exchange, now_ns);
		break;
	case EXCHANGE_STDIN_SENT:
		exchange->needed_stdin = 1;
		finish_late(exchange);
		break;
	default:
		break;
	}
}

static void
take_received(struct exchange *exchange, int64_t now_ns)
{
	const unsigned char *p;
	size_t len = conn_pending(&exchange->conn, &p);
	int r;

	if (len > 0) {
		r = reply_feed(&exchange->reply, p, len);
		conn_discard(&exchange->conn);
		if (r > 0) {
			answered(exchange, now_ns);
		} else if (r < 0) {
			finish_broken(exchange, r);
			return;
		}
	}
	if (exchange->state == EXCHANGE_DONE || exchange->conn.state != CONN_CLOSED)
		return;
	exchange->closed = 1;
	if (exchange->state == EXCHANGE_LINGERING)
		finish(exchange, REPLY_CLOSED);
	else
		finish_by(exchange, REPLY_CLOSED);
}

/* --- the loop's side ----------------------------------------------------------------------- */

void
exchange_start(struct exchange *exchange, const struct authorizer *authorizer, int64_t now_ns)
{
	struct iovec iov = { exchange->wire.data, exchange->wire.len };

	exchange->authorizer = authorizer;
	exchange->start_ns = now_ns;
	exchange->end_ns = now_ns;
	exchange->state = EXCHANGE_ASKING;
	exchange->conn.deadline_ns = clock_after(now_ns, exchange->plan.timeout_ns);
	exchange->conn.connect_deadline_ns = clock_after(now_ns,
	    exchange->plan.connect_timeout_ns);
	conn_queue(&exchange->conn, &iov, 1);
	if (conn_open(&exchange->conn, authorizer->sockets, authorizer->socket_count, now_ns) < 0)
		finish_unconnected(exchange, authorizer->name);
}

int64_t
exchange_poll(const struct exchange *exchange, struct pollfd *fd)
{
	const struct conn *conn = &exchange->conn;

	*fd = (struct pollfd){ .fd = conn->events != 0 ? conn->fd : -1, .events = conn->events };
	return clock_earlier(conn->wake_ns, conn->deadline_ns);
}

static void
failed(struct exchange *exchange, int error, int was_open, int64_t now_ns)
{
	if (error == -FCGI_E_TIMEOUT) {
		time_is_up(exchange, now_ns);
		return;
	}
	if (!was_open) {
		finish_unconnected(exchange, exchange->authorizer->name);
		return;
	}
	exchange->closed = 1;
	if (exchange->state == EXCHANGE_LINGERING) {
		finish(exchange, REPLY_RESET);
		return;
	}
	snprintf(exchange->why, sizeof exchange->why, "%s", strerror(exchange->conn.error));
	finish_by(exchange, REPLY_RESET);
}

void
exchange_step(struct exchange *exchange, short revents, int64_t now_ns)
{
	int was_open = exchange->conn.state == CONN_OPEN;
	int r = conn_step(&exchange->conn, revents, now_ns);

	if (r < 0)
		failed(exchange, r, was_open, now_ns);
	else if (exchange->plan.hang_up && exchange->conn.state == CONN_OPEN &&
	    !conn_sending(&exchange->conn))
		finish(exchange, REPLY_CLOSED);
	else if (r == CONN_READY)
		take_received(exchange, now_ns);
}

int64_t
exchange_time_ns(const struct exchange *exchange)
{
	return exchange->end_ns - exchange->start_ns;
}

void
exchange_reset(struct exchange *exchange)
{
	if (exchange->conn.fd >= 0)
		conn_close(&exchange->conn);
	reply_reset(&exchange->reply);
	if (exchange->wire.data != NULL)
		explicit_bzero(exchange->wire.data, exchange->wire.len);
	buffer_free(&exchange->wire);
	explicit_bzero(exchange->in, sizeof exchange->in);
}
