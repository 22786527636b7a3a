#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_writer.h"
#include "queue.h"

/* Where a listener can be reached; one on every interface is on loopback too. */
static struct addr_socket
reachable(const struct listener *listener)
{
	struct addr_socket address = listener->address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&listener->address.sa;
	struct sockaddr_in *in = (struct sockaddr_in *)&address.sa;
	in_port_t port;

	if (address.sa.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)) {
		/* It takes IPv4 as well, and 127.0.0.1 is there where ::1 may not be. */
		port = in6->sin6_port;
		address = (struct addr_socket){ .len = sizeof *in };
		in->sin_family = AF_INET;
		in->sin_port = port;
	}
	if (address.sa.ss_family == AF_INET && in->sin_addr.s_addr == htonl(INADDR_ANY))
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int
open_connection(struct probe *probe)
{
	struct addr_socket address = reachable(probe->listener);
	int in_progress;
	int fd = addr_connect(&address, &in_progress);

	/* Others fill the queue: there is room again when somebody accepts. */
	if (fd < 0)
		return errno == EAGAIN ? 0 : fd;
	probe->fd = fd;
	probe->state = in_progress ? PROBE_CONNECTING : PROBE_WAITING;
	return 0;
}

static int
finish_connection(struct probe *probe)
{
	struct pollfd ready = { .fd = probe->fd, .events = POLLOUT };

	if (poll(&ready, 1, 0) <= 0)
		return 0;
	if (addr_connected(probe->fd) == 0) {
		probe->state = PROBE_WAITING;
		return 0;
	}
	probe_close(probe);
	/* A full queue again, this time TCP's way. */
	return errno == ETIMEDOUT ? 0 : -FCGI_E_SYSTEM;
}

/* The request that goes out, whole: it fits into any socket's buffer. */
static size_t
encode(struct probe *probe, unsigned char *dst, size_t size)
{
	static const char *const variables[][2] = {
		{ "REQUEST_METHOD", "GET" },
		{ "SCRIPT_NAME", "/" },
		{ "REQUEST_URI", "/" },
		{ "QUERY_STRING", "" },
		{ "CONTENT_LENGTH", "0" },
		{ "SERVER_PROTOCOL", "HTTP/1.1" },
		{ "GATEWAY_INTERFACE", "CGI/1.1" },
		{ "SERVER_NAME", "localhost" },
		{ "SERVER_PORT", "80" },
		{ "SERVER_SOFTWARE", "fcgistarter" },
		{ "REMOTE_ADDR", "127.0.0.1" },
	};
	struct fcgi_writer writer;
	struct fcgi_nv nv = { 0 };
	size_t i;

	fcgi_writer_init(&writer, dst, size, probe->reply.request_id);
	if (probe->kind == READY_VALUES) {
		fcgi_writer_get_values(&writer, fcgi_writer_standard_values);
	} else {
		fcgi_writer_begin(&writer, FCGI_RESPONDER, 0);
		for (i = 0; i < sizeof variables / sizeof *variables; i++) {
			nv.name = (const unsigned char *)variables[i][0];
			nv.name_len = strlen(variables[i][0]);
			nv.value = (const unsigned char *)variables[i][1];
			nv.value_len = strlen(variables[i][1]);
			fcgi_writer_param(&writer, &nv);
		}
		fcgi_writer_stream_end(&writer, FCGI_PARAMS);
		fcgi_writer_stream_end(&writer, FCGI_STDIN);
	}
	return (size_t)(writer.p - dst);
}

static int
ask(struct probe *probe)
{
	unsigned char request[1024];
	size_t len;

	probe->reply = (struct fcgi_request){ .request_id = 1 };
	probe->conn = malloc(sizeof *probe->conn);
	if (probe->conn == NULL)
		return -FCGI_E_SYSTEM;
	conn_init(probe->conn, probe->in, sizeof probe->in);
	len = encode(probe, request, sizeof request);
	if (conn_attach(probe->conn, probe->fd) < 0 ||
	    send(probe->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		return -FCGI_E_SYSTEM;
	return 0;
}

/* 1 when the answer is there, 0 if not yet, -1 when this connection will not bring one. */
static int
read_answer(struct probe *probe)
{
	struct conn *conn = probe->conn;
	struct fcgi_slice slice;
	int what, event, r = conn_step(conn, POLLIN, clock_now_ns());

	while (r >= 0 && (what = conn_next(conn, &slice)) != FCGI_READ_MORE) {
		if (what < 0)
			return -1;
		if (probe->kind == READY_VALUES) {
			if (conn->reader.record.request_id == FCGI_NULL_REQUEST_ID)
				return 1;
			continue;
		}
		event = fcgi_request_feed(&probe->reply, &conn->reader.record, what, &slice);
		if (event < 0)
			return -1;
		if (event == FCGI_REQUEST_END)
			return probe->reply.end.protocol_status == FCGI_REQUEST_COMPLETE ? 1 : -1;
	}
	return r < 0 ? -1 : 0;
}

static int
look(struct probe *probe)
{
	int r;

	if (probe->kind == READY_CONNECT) {
		r = queue_holds(probe->fd);
		/* With its queue full TCP may forget a client, who has to come again. */
		if (r == -FCGI_E_ELSEWHERE) {
			probe_close(probe);
			return 0;
		}
		return r < 0 ? r : r == 0;
	}
	if (probe->conn == NULL && ask(probe) < 0) {
		probe_close(probe);
		return 0;
	}
	r = read_answer(probe);
	/* It may be another instance's turn the next time. */
	if (r < 0)
		probe_close(probe);
	return r > 0;
}

void
probe_init(struct probe *probe, const struct listener *listener, enum ready kind)
{
	probe->listener = listener;
	probe->kind = kind;
	probe->state = PROBE_IDLE;
	probe->conn = NULL;
}

int
probe_step(struct probe *probe)
{
	int r = 0;

	if (probe->state == PROBE_IDLE)
		r = open_connection(probe);
	if (r == 0 && probe->state == PROBE_CONNECTING)
		r = finish_connection(probe);
	if (r == 0 && probe->state == PROBE_WAITING) {
		r = look(probe);
		if (r > 0)
			probe->state = PROBE_CONTENT;
	}
	if (r < 0)
		return r;
	return probe->state == PROBE_CONTENT;
}

void
probe_close(struct probe *probe)
{
	int saved = errno;

	if (probe->state != PROBE_IDLE)
		close(probe->fd);
	free(probe->conn);
	probe->conn = NULL;
	probe->state = PROBE_IDLE;
	errno = saved;
}
