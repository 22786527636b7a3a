#include "conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_writer.h"

/* A peer is the other end of a socket pair, or a listening socket on loopback. */
struct fixture {
	struct conn conn;
	int peer;
	unsigned char in[256];
};

static int
connect_pair(void **state)
{
	/* Not test_calloc(): a test that frees its fixture would pull cmocka's list from under it. */
	struct fixture *fixture = calloc(1, sizeof *fixture);
	int fds[2];

	assert_non_null(fixture);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	conn_init(&fixture->conn, fixture->in, sizeof fixture->in);
	assert_int_equal(conn_attach(&fixture->conn, fds[0]), 0);
	fixture->peer = fds[1];
	*state = fixture;
	return 0;
}

static int
disconnect_pair(void **state)
{
	struct fixture *fixture = *state;

	conn_close(&fixture->conn);
	if (fixture->peer >= 0)
		close(fixture->peer);
	free(fixture);
	return 0;
}

/* A loopback socket that listens, or after close(*fd) one that refuses. */
static struct addr_socket
listen_loopback(int *fd)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct addr_socket socket_address = { .len = sizeof sin };

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*fd >= 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&sin, sizeof sin), 0);
	assert_int_equal(listen(*fd, 4), 0);
	assert_int_equal(
	    getsockname(*fd, (struct sockaddr *)&socket_address.sa, &socket_address.len), 0);
	return socket_address;
}

/* Steps until there is progress or an error; the deadline of a test is its guard. */
static int
run(struct conn *conn)
{
	int r;

	do
		r = conn_run(conn, NULL, 0);
	while (r == CONN_WAIT);
	return r;
}

static void
guard(struct conn *conn)
{
	conn->deadline_ns = clock_after(clock_now_ns(), 20 * CLOCK_NS_PER_S);
}

static void
an_end_request(unsigned char record[16])
{
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, record, 16, 1);
	assert_int_equal(fcgi_writer_end_request(&writer, 3, FCGI_REQUEST_COMPLETE), 0);
}

static void
records_are_received_and_then_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	unsigned char record[16];
	struct fcgi_slice slice;

	guard(conn);
	an_end_request(record);
	assert_int_equal(write(fixture->peer, record, sizeof record), sizeof record);
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_RECORD);
	assert_int_equal(conn->reader.record.type, FCGI_END_REQUEST);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_CONTENT);
	assert_int_equal(slice.len, FCGI_BODY_LEN);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_END);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_MORE);
	close(fixture->peer);
	fixture->peer = -1;
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn->state, CONN_CLOSED);
	assert_int_equal(conn_next(conn, &slice), -FCGI_E_CLOSED);
	assert_int_equal(conn->received, sizeof record);
}

/* Whoever moves content himself (splice) receives but the headers, or nothing. */
static void
as_much_is_received_as_the_owner_wants(void **state)
{
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	unsigned char record[16], content[FCGI_BODY_LEN];
	struct fcgi_slice slice;

	guard(conn);
	an_end_request(record);
	assert_int_equal(write(fixture->peer, record, sizeof record), sizeof record);
	conn->receive_max = fcgi_reader_until_header(&conn->reader);
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_RECORD);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_MORE);
	assert_int_equal(conn->received, FCGI_HEADER_LEN);

	conn->receive_max = 0;
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_MORE);
	assert_int_equal(conn->received, FCGI_HEADER_LEN);
	assert_int_equal(read(conn->fd, content, sizeof content), sizeof content);
	fcgi_reader_skip(&conn->reader, sizeof content);

	/* That the peer has closed is not seen before something is received. */
	close(fixture->peer);
	fixture->peer = -1;
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn->state, CONN_OPEN);
	conn->receive_max = sizeof fixture->in;
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn->state, CONN_CLOSED);
	assert_int_equal(conn_next(conn, &slice), FCGI_READ_END);
	assert_int_equal(conn_next(conn, &slice), -FCGI_E_CLOSED);
}

static void
an_end_inside_a_record_is_truncation(void **state)
{
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	unsigned char record[16];
	struct fcgi_slice slice;
	size_t len;
	int what;

	an_end_request(record);
	for (len = 1; len < sizeof record; len++) {
		assert_int_equal(write(fixture->peer, record, len), len);
		shutdown(fixture->peer, SHUT_WR);
		guard(conn);
		do {
			assert_int_equal(run(conn), CONN_READY);
			while ((what = conn_next(conn, &slice)) > 0)
				;
		} while (what == FCGI_READ_MORE);
		assert_int_equal(what, -FCGI_E_TRUNCATED);
		disconnect_pair(state);
		connect_pair(state);
		fixture = *state;
		conn = &fixture->conn;
	}
}

static void
what_is_queued_is_sent_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	struct iovec head = { .iov_base = (void *)(uintptr_t) "head", .iov_len = 4 };
	struct iovec rest[3] = {
		{ .iov_base = (void *)(uintptr_t) "<", .iov_len = 1 },
		{ .iov_base = (void *)(uintptr_t) "body", .iov_len = 4 },
		{ .iov_base = NULL, .iov_len = 0 },
	};
	char got[16];

	guard(conn);
	conn_queue(conn, &head, 1);
	conn_queue(conn, rest, 3);
	assert_int_equal(conn_sending(conn), 1);
	assert_int_equal(run(conn), CONN_READY);
	assert_int_equal(conn_sending(conn), 0);
	assert_int_equal(read(fixture->peer, got, sizeof got), 9);
	assert_memory_equal(got, "head<body", 9);
	assert_int_equal(conn->sent, 9);
}

/* More than any socket buffer: the peer takes it piece by piece, and all of it arrives. */
static void
a_short_write_goes_on_where_it_stopped(void **state)
{
	enum { SIZE = 8 << 20 };
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	unsigned char *body = test_malloc(SIZE), got[65536];
	struct iovec iov = { .iov_base = body, .iov_len = SIZE };
	size_t taken = 0;
	ssize_t n;
	int i;

	for (i = 0; i < SIZE; i++)
		body[i] = (unsigned char)(i * 7 + i / 251);
	guard(conn);
	conn_queue(conn, &iov, 1);
	while (taken < SIZE) {
		if (conn_sending(conn))
			assert_int_equal(run(conn), CONN_READY);
		/* All of it: the kernel wakes a writer only once there is a good deal of room. */
		while ((n = recv(fixture->peer, got, sizeof got, MSG_DONTWAIT)) > 0) {
			assert_memory_equal(got, body + taken, (size_t)n);
			taken += (size_t)n;
		}
	}
	assert_int_equal(conn_sending(conn), 0);
	test_free(body);
}

/* An application may answer and close without having read what we send. */
static void
the_answer_is_read_after_writing_has_failed(void **state)
{
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	struct iovec iov = { .iov_base = (void *)(uintptr_t) "too late", .iov_len = 8 };
	unsigned char record[16];
	struct fcgi_slice slice;
	int what = FCGI_READ_MORE, seen_end = 0;

	an_end_request(record);
	assert_int_equal(write(fixture->peer, record, sizeof record), sizeof record);
	close(fixture->peer);
	fixture->peer = -1;
	guard(conn);
	conn_queue(conn, &iov, 1);
	while (what >= 0 && run(conn) == CONN_READY)
		while ((what = conn_next(conn, &slice)) > 0)
			seen_end |= what == FCGI_READ_END;
	assert_int_equal(conn->write_error, EPIPE);
	assert_int_equal(conn_sending(conn), 0);
	assert_int_equal(seen_end, 1);
	assert_int_equal(what, -FCGI_E_CLOSED);
	/* What is queued from now on is dropped, not kept for ever. */
	conn_queue(conn, &iov, 1);
	assert_int_equal(conn_sending(conn), 0);
}

static void
a_deadline_is_kept_whatever_arrives(void **state)
{
	struct fixture *fixture = *state;
	struct conn *conn = &fixture->conn;
	int64_t now_ns = clock_now_ns();

	conn->deadline_ns = now_ns;
	assert_int_equal(write(fixture->peer, "x", 1), 1);
	assert_int_equal(conn_step(conn, POLLIN, now_ns), -FCGI_E_TIMEOUT);
	assert_int_equal(conn_step(conn, POLLIN, now_ns - 1), CONN_READY);
}

static void
other_descriptors_wake_it(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];
	struct pollfd also;

	guard(&fixture->conn);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
	also = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	assert_int_equal(conn_run(&fixture->conn, &also, 1), CONN_WAIT);
	assert_int_equal(also.revents, POLLIN);
	close(fds[0]);
	close(fds[1]);
}

static void
the_next_address_is_tried(void **state)
{
	struct addr_socket sockets[2];
	unsigned char in[64];
	struct conn conn;
	int refusing, listening;

	(void)state;
	sockets[0] = listen_loopback(&refusing);
	sockets[1] = listen_loopback(&listening);
	close(refusing);
	conn_init(&conn, in, sizeof in);
	guard(&conn);
	assert_int_equal(conn_open(&conn, sockets, 2, clock_now_ns()), 0);
	while (conn.state != CONN_OPEN)
		assert_true(conn_run(&conn, NULL, 0) >= 0);
	assert_memory_equal(&conn.peer.sa, &sockets[1].sa, sockets[1].len);
	conn_close(&conn);
	close(listening);
	/* And when nobody listens any more, the last one's reason is told. */
	conn_init(&conn, in, sizeof in);
	guard(&conn);
	if (conn_open(&conn, sockets, 2, clock_now_ns()) == 0)
		assert_int_equal(run(&conn), -FCGI_E_SYSTEM);
	assert_int_equal(conn.error, ECONNREFUSED);
	assert_int_equal(conn.fd, -1);
}

/* A UNIX socket with a full queue says EAGAIN, not "wait": it is tried again until there is room. */
static void
a_full_queue_is_waited_for(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct addr_socket address = { .len = sizeof(sa_family_t) };
	unsigned char in[64];
	int listening, waiting[8], count = 0, in_progress, accepted;
	struct conn conn;

	(void)state;
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Binding to no name at all lets the kernel choose an abstract one. */
	assert_int_equal(bind(listening, (struct sockaddr *)&sun, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listening, 0), 0);
	address.len = sizeof address.sa;
	assert_int_equal(getsockname(listening, (struct sockaddr *)&address.sa, &address.len), 0);
	while (count < 8 && (waiting[count] = addr_connect(&address, &in_progress)) >= 0)
		count++;
	assert_true(count > 0 && count < 8);
	assert_int_equal(errno, EAGAIN);

	conn_init(&conn, in, sizeof in);
	conn.deadline_ns = clock_after(clock_now_ns(), 20 * CLOCK_NS_PER_MS);
	assert_int_equal(conn_open(&conn, &address, 1, clock_now_ns()), 0);
	assert_int_equal(conn.state, CONN_RETRY);
	assert_int_equal(run(&conn), -FCGI_E_TIMEOUT);
	guard(&conn);
	accepted = accept(listening, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(run(&conn), CONN_READY);
	assert_int_equal(conn.state, CONN_OPEN);
	conn_close(&conn);
	close(accepted);
	while (count > 0)
		close(waiting[--count]);
	close(listening);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(records_are_received_and_then_the_end, connect_pair,
		    disconnect_pair),
		cmocka_unit_test_setup_teardown(as_much_is_received_as_the_owner_wants, connect_pair,
		    disconnect_pair),
		cmocka_unit_test_setup_teardown(an_end_inside_a_record_is_truncation, connect_pair,
		    disconnect_pair),
		cmocka_unit_test_setup_teardown(what_is_queued_is_sent_in_order, connect_pair,
		    disconnect_pair),
		cmocka_unit_test_setup_teardown(a_short_write_goes_on_where_it_stopped,
		    connect_pair, disconnect_pair),
		cmocka_unit_test_setup_teardown(the_answer_is_read_after_writing_has_failed,
		    connect_pair, disconnect_pair),
		cmocka_unit_test_setup_teardown(a_deadline_is_kept_whatever_arrives, connect_pair,
		    disconnect_pair),
		cmocka_unit_test_setup_teardown(other_descriptors_wake_it, connect_pair,
		    disconnect_pair),
		cmocka_unit_test(the_next_address_is_tried),
		cmocka_unit_test(a_full_queue_is_waited_for),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
