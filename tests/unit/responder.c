#include "responder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client_side.h"
#include "fcgi_writer.h"

enum { GUARD_MS = 60000, STREAMS = 2 };

static int
connect_to(const struct addr_socket *address)
{
	int in_progress;
	int fd = addr_connect(address, &in_progress);
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	assert_true(fd >= 0);
	assert_int_equal(poll(&ready, 1, GUARD_MS), 1);
	assert_int_equal(addr_connected(fd), 0);
	return fd;
}

static void
ask(int fd, uint16_t id, uint16_t role, uint8_t flags)
{
	unsigned char bytes[256];
	struct fcgi_writer writer;
	const struct fcgi_nv nv = { (const unsigned char *)"A", 1, (const unsigned char *)"b", 1 };

	fcgi_writer_init(&writer, bytes, sizeof bytes, id);
	fcgi_writer_begin(&writer, role, flags);
	fcgi_writer_param(&writer, &nv);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	/* Servers differ in whether an authorizer is sent the end of an input. */
	if (role != FCGI_AUTHORIZER || flags != 0)
		fcgi_writer_stream_end(&writer, FCGI_STDIN);
	if (role == FCGI_FILTER) {
		fcgi_writer_stream(&writer, FCGI_DATA, "file", 4);
		assert_int_equal(fcgi_writer_stream_end(&writer, FCGI_DATA), 0);
	}
	assert_int_equal(send(fd, bytes, (size_t)(writer.p - bytes), MSG_NOSIGNAL),
	    writer.p - bytes);
}

/* Receives until so many of the requests have ended.  Returns 0 when the connection ends before. */
static int
read_answers(int fd, struct client_side *side, size_t count)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	unsigned char bytes[4096];
	size_t i, ended = 0;
	ssize_t len;

	while (ended < count) {
		assert_int_equal(poll(&ready, 1, GUARD_MS), 1);
		len = recv(fd, bytes, sizeof bytes, 0);
		if (len <= 0)
			return 0;
		client_side_feed(side, bytes, bytes + len);
		for (i = 0, ended = 0; i < side->request_count; i++)
			ended += side->requests[i].ended;
	}
	return 1;
}

static void
must_be_answered(int fd, size_t count)
{
	static const char *const ends[] = { "", "END/1 00000000:0", "END/2 00000000:0" };
	struct client_side side;
	const char *transcript;
	size_t i;

	client_side_start(&side, count);
	assert_int_equal(read_answers(fd, &side, count), 1);
	transcript = client_side_end(&side);
	for (i = 1; i <= count; i++)
		assert_non_null(strstr(transcript, ends[i]));
	assert_non_null(strstr(transcript, "Content-Type: text/plain"));
	assert_null(strstr(transcript, "error"));
	transcript_free(&side.transcript);
}

static void
must_be_closed(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	assert_int_equal(poll(&ready, 1, GUARD_MS), 1);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

static void
every_role_is_answered_on_every_kind_of_socket(void **state)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
	static const uint16_t roles[] = { FCGI_RESPONDER, FCGI_AUTHORIZER, FCGI_FILTER };
	struct responder *responder;
	struct addr_socket address;
	size_t i, k;
	int fd;

	(void)state;
	for (i = 0; i < sizeof families / sizeof *families; i++) {
		responder = responder_start(families[i], STREAMS, &address);
		/* A machine may lack IPv6. */
		if (responder == NULL && families[i] == AF_INET6)
			break;
		assert_non_null(responder);
		fd = connect_to(&address);
		for (k = 0; k < sizeof roles / sizeof *roles; k++) {
			ask(fd, 1, roles[k], FCGI_KEEP_CONN);
			must_be_answered(fd, 1);
		}
		for (k = 0; k < sizeof roles / sizeof *roles; k++) {
			ask(fd, 1, roles[k], 0);
			must_be_answered(fd, 1);
			must_be_closed(fd);
			fd = connect_to(&address);
		}
		responder_stop(responder);
		must_be_closed(fd);
	}
}

static void
several_are_answered_on_one_connection(void **state)
{
	struct addr_socket address;
	struct responder *responder = responder_start(AF_UNIX, STREAMS, &address);
	int fd;

	(void)state;
	assert_non_null(responder);
	fd = connect_to(&address);
	ask(fd, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
	ask(fd, 2, FCGI_RESPONDER, FCGI_KEEP_CONN);
	must_be_answered(fd, 2);
	responder_stop(responder);
	close(fd);
}

static void
what_is_no_request_ends_the_connection_alone(void **state)
{
	struct addr_socket address;
	struct responder *responder = responder_start(AF_UNIX, STREAMS, &address);
	int other, fd;

	(void)state;
	assert_non_null(responder);
	other = connect_to(&address);
	fd = connect_to(&address);
	assert_int_equal(send(fd, "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL), 16);
	must_be_closed(fd);
	close(connect_to(&address));
	ask(other, 1, FCGI_RESPONDER, FCGI_KEEP_CONN);
	must_be_answered(other, 1);
	responder_stop(responder);
	must_be_closed(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_is_answered_on_every_kind_of_socket),
		cmocka_unit_test(several_are_answered_on_one_connection),
		cmocka_unit_test(what_is_no_request_ends_the_connection_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
