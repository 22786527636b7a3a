#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"

/* How soon to try again when a UNIX socket's queue is full, and how that grows. */
#define RETRY_FIRST_NS (CLOCK_NS_PER_MS)
#define RETRY_MOST_NS (20 * CLOCK_NS_PER_MS)

/* What to poll for and until when follows from the state alone. */
static void
set_wants(struct conn *conn)
{
	conn->wake_ns = conn->deadline_ns;
	switch (conn->state) {
	case CONN_CONNECTING:
		conn->events = POLLOUT;
		conn->wake_ns = clock_earlier(conn->wake_ns, conn->connect_deadline_ns);
		break;
	case CONN_RETRY:
		conn->events = 0;
		conn->wake_ns = clock_earlier(conn->wake_ns,
		    clock_earlier(conn->connect_deadline_ns, conn->retry_ns));
		break;
	case CONN_OPEN:
		conn->events = (short)(POLLIN | (conn->out_count > 0 ? POLLOUT : 0));
		break;
	default:
		conn->events = 0;
	}
}

void
conn_init(struct conn *conn, unsigned char *in, size_t in_size)
{
	*conn = (struct conn){
		.fd = -1,
		.state = CONN_IDLE,
		.connect_deadline_ns = CLOCK_NEVER,
		.deadline_ns = CLOCK_NEVER,
		.in = in,
		.in_size = in_size,
		.receive_max = in_size,
		.p = in,
		.end = in,
	};
}

void
conn_close(struct conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	conn->state = CONN_IDLE;
	set_wants(conn);
}

/* Tries the addresses from socket_next on, until one is connecting or none is left. */
static int
connect_next(struct conn *conn, int64_t now_ns)
{
	int in_progress;

	while (conn->socket_next < conn->socket_count) {
		conn->peer = conn->sockets[conn->socket_next];
		conn->fd = addr_connect(&conn->peer, &in_progress);
		if (conn->fd >= 0) {
			conn->state = in_progress ? CONN_CONNECTING : CONN_OPEN;
			set_wants(conn);
			return 0;
		}
		conn->error = errno;
		conn->fd = -1;
		if (conn->error == EAGAIN && conn->peer.sa.ss_family == AF_UNIX) {
			conn->retry_delay_ns = conn->retry_delay_ns == 0
			    ? RETRY_FIRST_NS
			    : clock_earlier(2 * conn->retry_delay_ns, RETRY_MOST_NS);
			conn->retry_ns = clock_after(now_ns, conn->retry_delay_ns);
			conn->state = CONN_RETRY;
			set_wants(conn);
			return 0;
		}
		conn->socket_next++;
	}
	conn->state = CONN_IDLE;
	return -FCGI_E_SYSTEM;
}

int
conn_open(struct conn *conn, const struct addr_socket *sockets, int count, int64_t now_ns)
{
	memcpy(conn->sockets, sockets, (size_t)count * sizeof *sockets);
	conn->socket_count = count;
	conn->socket_next = 0;
	return connect_next(conn, now_ns);
}

int
conn_attach(struct conn *conn, int fd)
{
	int type, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof type;

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		conn->error = errno;
		return -FCGI_E_SYSTEM;
	}
	conn->fd = fd;
	conn->state = CONN_OPEN;
	set_wants(conn);
	return 0;
}

int
conn_sending(const struct conn *conn)
{
	return conn->out_count > 0;
}

void
conn_queue(struct conn *conn, const struct iovec *iov, int count)
{
	int i;

	/* Nobody will ever take them; the owner is told by write_error and reads on. */
	if (conn->write_error != 0)
		return;
	if (conn->out_first + conn->out_count + count > CONN_PIECES) {
		memmove(conn->out, conn->out + conn->out_first,
		    (size_t)conn->out_count * sizeof *conn->out);
		conn->out_first = 0;
	}
	for (i = 0; i < count; i++)
		if (iov[i].iov_len > 0)
			conn->out[conn->out_first + conn->out_count++] = iov[i];
	set_wants(conn);
}

static void
drop_sent(struct conn *conn, size_t len)
{
	struct iovec *iov;

	while (conn->out_count > 0) {
		iov = &conn->out[conn->out_first];
		if (len < iov->iov_len) {
			if (conn->trace != NULL)
				trace_bytes(conn->trace, '>', iov->iov_base, len);
			iov->iov_base = (char *)iov->iov_base + len;
			iov->iov_len -= len;
			return;
		}
		if (conn->trace != NULL)
			trace_bytes(conn->trace, '>', iov->iov_base, iov->iov_len);
		len -= iov->iov_len;
		conn->out_first++;
		conn->out_count--;
	}
	conn->out_first = 0;
}

/* Returns 1 when something was sent or sending has ended, else 0. */
static int
send_queued(struct conn *conn)
{
	struct msghdr message = {
		.msg_iov = conn->out + conn->out_first,
		.msg_iovlen = (size_t)conn->out_count,
	};
	ssize_t n;

	/* sendmsg(2) rather than writev(2): a library must not depend on SIGPIPE being ignored. */
	n = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
	if (n >= 0) {
		conn->sent += (uint64_t)n;
		drop_sent(conn, (size_t)n);
		return 1;
	}
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	conn->write_error = errno;
	conn->out_count = 0;
	conn->out_first = 0;
	return 1;
}

/*
 * Returns 1 when something came or the peer closed or the owner is to look himself, 0 when nothing
 * did, or -FCGI_E_SYSTEM.
 */
static int
receive(struct conn *conn)
{
	size_t size = conn->receive_max < conn->in_size ? conn->receive_max : conn->in_size;
	ssize_t n;

	if (size == 0)
		return 1;
	n = recv(conn->fd, conn->in, size, 0);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		conn->error = errno;
		return -FCGI_E_SYSTEM;
	}
	conn->p = conn->in;
	conn->end = conn->in + n;
	conn->received += (uint64_t)n;
	if (n == 0)
		conn->state = CONN_CLOSED;
	else if (conn->trace != NULL)
		trace_bytes(conn->trace, '<', conn->in, (size_t)n);
	return 1;
}

static int
step_open(struct conn *conn, short revents)
{
	int progress = CONN_WAIT, r;

	if (conn->out_count > 0 && send_queued(conn))
		progress = CONN_READY;
	if (revents & (POLLIN | POLLHUP | POLLERR)) {
		r = receive(conn);
		if (r < 0)
			return r;
		if (r > 0)
			progress = CONN_READY;
	}
	set_wants(conn);
	return progress;
}

int
conn_step(struct conn *conn, short revents, int64_t now_ns)
{
	int r = 0;

	/* Before anything else: a peer that drips bytes for ever must not move its deadline. */
	if (now_ns >= conn->deadline_ns)
		return -FCGI_E_TIMEOUT;
	switch (conn->state) {
	case CONN_CONNECTING:
		if (revents & (POLLOUT | POLLERR | POLLHUP)) {
			r = addr_connected(conn->fd);
			if (r == 0) {
				conn->state = CONN_OPEN;
				(void)step_open(conn, 0);
				return CONN_READY;
			}
			conn->error = errno;
			close(conn->fd);
			conn->fd = -1;
			conn->socket_next++;
			r = connect_next(conn, now_ns);
		}
		break;
	case CONN_RETRY:
		if (now_ns >= conn->retry_ns)
			r = connect_next(conn, now_ns);
		break;
	case CONN_OPEN:
		return step_open(conn, revents);
	default:
		return CONN_WAIT;
	}
	if (r < 0)
		return r;
	if (conn->state == CONN_OPEN)
		return CONN_READY;
	if (now_ns >= conn->connect_deadline_ns)
		return -FCGI_E_TIMEOUT;
	return CONN_WAIT;
}

int
conn_next(struct conn *conn, struct fcgi_slice *slice)
{
	int what = fcgi_reader_next(&conn->reader, &conn->p, conn->end, slice);

	if (what == FCGI_READ_MORE && conn->state == CONN_CLOSED)
		return fcgi_reader_between_records(&conn->reader) ? -FCGI_E_CLOSED
								  : -FCGI_E_TRUNCATED;
	return what;
}

size_t
conn_pending(const struct conn *conn, const unsigned char **p)
{
	*p = conn->p;
	return (size_t)(conn->end - conn->p);
}

void
conn_discard(struct conn *conn)
{
	conn->p = conn->end;
}

int
conn_run(struct conn *conn, struct pollfd *also, int also_count)
{
	struct pollfd fds[1 + CONN_ALSO_MAX];
	int i, ready;

	set_wants(conn);
	/* With nothing to ask for, poll(2) would still tell of a hang-up, again and again. */
	fds[0] = (struct pollfd){ .fd = conn->events != 0 ? conn->fd : -1, .events = conn->events };
	for (i = 0; i < also_count; i++)
		fds[1 + i] = also[i];
	ready = poll(fds, (nfds_t)(1 + also_count),
	    clock_poll_timeout(conn->wake_ns, clock_now_ns()));
	if (ready < 0) {
		conn->error = errno;
		return -FCGI_E_SYSTEM;
	}
	for (i = 0; i < also_count; i++)
		also[i].revents = fds[1 + i].revents;
	return conn_step(conn, fds[0].revents, clock_now_ns());
}
