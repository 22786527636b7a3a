#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "clock.h"
#include "exchange.h"
#include "fcgi_error.h"
#include "interrupt.h"

/* How soon to look again whether somebody listens, and how that grows. */
#define LOOK_FIRST_NS (5 * CLOCK_NS_PER_MS)
#define LOOK_MOST_NS (100 * CLOCK_NS_PER_MS)

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

/* Returns 0, or -1 with the ending set. */
static int
try(struct exchange *exchange, const struct addr *addr)
{
	int r;

	exchange->ending = ENDED_CONNECT;
	r = start_connecting(exchange, addr);
	if (r < 0) {
		exchange->error = r;
		return -1;
	}
	while (exchange->conn.state != CONN_OPEN)
		if (!exchange_wait(exchange, 0))
			return -1;
	return 0;
}

/* A time has run out while nobody listened. */
static int
expire(struct exchange *exchange)
{
	exchange->ending = ENDED_CONNECT;
	exchange->error = -FCGI_E_TIMEOUT;
	return -1;
}

/* Lets some time pass.  Returns 0, or -1 with the ending set. */
static int
pause_until(struct exchange *exchange, int64_t until_ns)
{
	struct pollfd fd = { .fd = exchange->interrupt_fd, .events = POLLIN };

	(void)poll(&fd, 1, clock_poll_timeout(until_ns, clock_now_ns()));
	if (interrupt_signal() == 0)
		return 0;
	exchange->ending = ENDED_SIGNAL;
	return -1;
}

static int64_t
earliest(const struct exchange *exchange, int64_t ns)
{
	const struct conn *conn = &exchange->conn;

	return clock_earlier(ns, clock_earlier(conn->deadline_ns, conn->connect_deadline_ns));
}

/* Which of the times it is that has run out, or will first. */
static void
find_limit(struct exchange *exchange, int is_patient)
{
	const struct options *options = exchange->options;
	int64_t start_ns = exchange->times.start_ns, wait_ns;
	struct conn *conn = &exchange->conn;

	conn->deadline_ns = exchange->deadline_ns;
	conn->connect_deadline_ns = clock_after(start_ns, options->time.connect_timeout_ns);
	exchange->limit = LIMIT_CONNECT;
	wait_ns = clock_after(start_ns, options->wait_timeout_ns);
	if (is_patient && wait_ns < conn->connect_deadline_ns) {
		conn->connect_deadline_ns = wait_ns;
		exchange->limit = LIMIT_WAIT;
	}
	if (conn->deadline_ns <= conn->connect_deadline_ns)
		exchange->limit = LIMIT_TOTAL;
}

int
exchange_open(struct exchange *exchange, const struct options *options, const struct addr *addr,
    int is_patient, struct trace *trace)
{
	int64_t delay_ns = LOOK_FIRST_NS;

	exchange->options = options;
	exchange->times = (struct exchange_times){ .start_ns = clock_now_ns() };
	conn_init(&exchange->conn, exchange->in, sizeof exchange->in);
	exchange->conn.trace = trace;
	find_limit(exchange, is_patient);
	while (try(exchange, addr) < 0) {
		if (!is_patient || !exchange_is_unserved(exchange))
			return -1;
		if (pause_until(exchange,
			earliest(exchange, clock_after(clock_now_ns(), delay_ns))) < 0)
			return -1;
		if (clock_now_ns() >= earliest(exchange, CLOCK_NEVER))
			return expire(exchange);
		delay_ns = clock_earlier(2 * delay_ns, LOOK_MOST_NS);
	}
	exchange->times.connected_ns = clock_now_ns();
	return 0;
}

int
exchange_is_unserved(const struct exchange *exchange)
{
	return exchange->ending == ENDED_CONNECT && exchange->error == -FCGI_E_SYSTEM &&
	    (exchange->conn.error == ECONNREFUSED || exchange->conn.error == ENOENT);
}

int
exchange_is_kept(struct exchange *exchange)
{
	struct conn *conn = &exchange->conn;
	struct fcgi_slice slice;
	int what;
	char byte;

	/* A request that is half sent would be continued by the next one. */
	if (!(exchange->options->flags & FCGI_KEEP_CONN) || exchange->ending != ENDED_COMPLETE ||
	    conn->state != CONN_OPEN || conn->write_error != 0 || conn_sending(conn) ||
	    !sender_is_done(&exchange->sender))
		return 0;
	/* What is left of END_REQUEST is its padding. */
	while ((what = conn_next(conn, &slice)) > 0)
		;
	if (what < 0 || !fcgi_reader_between_records(&conn->reader))
		return 0;
	return recv(conn->fd, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) != 0;
}
