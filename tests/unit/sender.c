#include "sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_reader.h"
#include "fcgi_request.h"
#include "guard.h"
#include "wire.h"

#define ID1 "\0\1"

/* BEGIN_REQUEST and the end of PARAMS are head enough. */
static const unsigned char head[] = WIRE(WIRE_BEGIN, ID1, "\0\10", "\0") "\0\1\0\0\0\0\0\0"
    WIRE(WIRE_PARAMS, ID1, "\0\0", "\0");
static const unsigned char body_end[] = WIRE(WIRE_STDIN, ID1, "\0\0", "\0");
static const unsigned char data_end[] = WIRE(WIRE_DATA, ID1, "\0\0", "\0");

struct fixture {
	struct request request;
	struct sender_buffer buffer;
	unsigned char head[sizeof head];
};

static int
prepare(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct request *request;

	assert_non_null(fixture);
	memcpy(fixture->head, head, sizeof head);
	request = &fixture->request;
	request->head = fixture->head;
	request->head_len = sizeof head - 1;
	request->request_id = 1;
	body_init(&request->body);
	body_init(&request->data);
	memcpy(request->body_end, body_end, sizeof request->body_end);
	request->body_end_len = sizeof body_end - 1;
	memcpy(request->data_end, data_end, sizeof request->data_end);
	*state = fixture;
	return 0;
}

static int
finish(void **state)
{
	free(*state);
	return 0;
}

/* Everything that a sender has, as it would go over the wire; also counts the portions. */
static struct wire
collect(struct fixture *fixture, struct sender *sender, int *portions)
{
	struct iovec iov[SENDER_PIECES];
	struct wire wire = { 0 };
	int count, i;

	*portions = 0;
	while ((count = sender_next(sender, &fixture->buffer, iov)) > 0) {
		assert_true(count <= SENDER_PIECES);
		for (i = 0; i < count; i++)
			wire_put(&wire, iov[i].iov_base, iov[i].iov_len);
		(*portions)++;
	}
	assert_int_equal(count, 0);
	assert_true(sender_is_done(sender));
	return wire;
}

/* A nameless file with bytes in it. */
static int
make_file(size_t len)
{
	FILE *file = tmpfile();
	int fd;
	size_t i;

	assert_non_null(file);
	for (i = 0; i < len; i++)
		fputc((int)(i * 7 % 251), file);
	fflush(file);
	fd = dup(fileno(file));
	fclose(file);
	assert_true(fd > STDERR_FILENO);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The content of one stream, and how many records it came in, each of them padded to 8 bytes. */
static size_t
count_stream(const struct wire *wire, uint8_t type, uint16_t request_id, size_t *records)
{
	struct fcgi_reader reader = { 0 };
	const unsigned char *p = wire->data, *end = wire->data + wire->len;
	struct fcgi_slice slice;
	size_t total = 0, i;
	int what;

	*records = 0;
	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		assert_int_equal(reader.record.request_id, request_id);
		if (reader.record.type != type)
			continue;
		if (what == FCGI_READ_RECORD) {
			(*records)++;
			assert_int_equal((reader.record.content_length +
					     reader.record.padding_length) % 8, 0);
		}
		if (what != FCGI_READ_CONTENT)
			continue;
		for (i = 0; i < slice.len; i++)
			assert_int_equal(slice.data[i], (total + i) * 7 % 251);
		total += slice.len;
	}
	assert_int_equal(what, 0);
	assert_true(fcgi_reader_between_records(&reader));
	return total;
}

static void
a_small_request_is_one_portion(void **state)
{
	static const unsigned char whole[] = WIRE(WIRE_BEGIN, ID1, "\0\10", "\0") "\0\1\0\0\0\0\0\0"
	    WIRE(WIRE_PARAMS, ID1, "\0\0", "\0") WIRE(WIRE_STDIN, ID1, "\0\4", "\4") "text\0\0\0\0"
	    WIRE(WIRE_STDIN, ID1, "\0\0", "\0");
	struct fixture *fixture = *state;
	struct sender sender;
	struct wire wire;
	int portions;

	fixture->request.body.text = "text";
	fixture->request.body.left = 4;
	sender_init(&sender, &fixture->request, 1);
	assert_false(sender_is_done(&sender));
	wire = collect(fixture, &sender, &portions);
	assert_int_equal(portions, 1);
	assert_int_equal(wire.len, sizeof whole - 1);
	assert_memory_equal(wire.data, whole, wire.len);
	wire_free(&wire);

	/* Without a body, and without even the record that ends it. */
	body_init(&fixture->request.body);
	fixture->request.body_end_len = 0;
	sender_init(&sender, &fixture->request, 1);
	wire = collect(fixture, &sender, &portions);
	assert_int_equal(wire.len, sizeof head - 1);
	assert_memory_equal(wire.data, head, wire.len);
	wire_free(&wire);
}

/* Around what a record and a portion hold. */
static void
a_large_body_is_whole(void **state)
{
	static const size_t lens[] = { 1, SENDER_RECORD_LEN - 1, SENDER_RECORD_LEN,
		SENDER_RECORD_LEN + 1, SENDER_RECORDS * SENDER_RECORD_LEN,
		SENDER_RECORDS * SENDER_RECORD_LEN + 1, 3 * SENDER_RECORDS * SENDER_RECORD_LEN + 9 };
	struct fixture *fixture = *state;
	struct request *request = &fixture->request;
	struct sender sender;
	struct wire wire;
	size_t i, records;
	int portions;

	for (i = 0; i < sizeof lens / sizeof *lens; i++) {
		request->body.fd = make_file(lens[i]);
		request->body.left = lens[i];
		request->data.fd = make_file(lens[i] + 5);
		request->data.left = lens[i] + 5;
		request->data_end_len = sizeof data_end - 1;
		sender_init(&sender, request, 1);
		wire = collect(fixture, &sender, &portions);
		assert_int_equal(count_stream(&wire, FCGI_STDIN, 1, &records), lens[i]);
		assert_int_equal(records, (lens[i] - 1) / SENDER_RECORD_LEN + 2);
		assert_int_equal(count_stream(&wire, FCGI_DATA, 1, &records), lens[i] + 5);
		assert_int_equal(sender.missing, 0);
		wire_free(&wire);
		body_close(&request->body);
		body_close(&request->data);
	}
}

/* A source that has less than it said ends the stream all the same. */
static void
what_the_source_lacks_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct request *request = &fixture->request;
	struct sender sender;
	struct wire wire;
	size_t records;
	int portions;

	request->body.fd = make_file(1000);
	request->body.left = 1234;
	sender_init(&sender, request, 1);
	wire = collect(fixture, &sender, &portions);
	assert_int_equal(sender.missing, 234);
	assert_int_equal(count_stream(&wire, FCGI_STDIN, 1, &records), 1000);
	assert_int_equal(records, 2);
	wire_free(&wire);

	/* Unless it never said how much it has. */
	assert_int_equal(lseek(request->body.fd, 0, SEEK_SET), 0);
	request->body.left = BODY_UNTIL_END;
	request->body.is_open_ended = 1;
	sender_init(&sender, request, 1);
	wire = collect(fixture, &sender, &portions);
	assert_int_equal(sender.missing, 0);
	assert_int_equal(count_stream(&wire, FCGI_STDIN, 1, &records), 1000);
	wire_free(&wire);
	body_close(&request->body);
}

/* Several requests take turns with one buffer and one body. */
static void
requests_of_several_ids_are_each_whole(void **state)
{
	enum { COUNT = 3, LEN = 2 * SENDER_RECORDS * SENDER_RECORD_LEN + 77 };
	struct fixture *fixture = *state;
	struct request *request = &fixture->request;
	struct iovec iov[SENDER_PIECES];
	struct wire wires[COUNT] = { 0 };
	struct sender senders[COUNT];
	const char *directory;
	size_t records;
	int i, j, count, left = COUNT;

	request->body.fd = make_file(LEN);
	request->body.left = LEN;
	assert_int_equal(body_make_repeatable(&request->body, &directory), 0);
	for (i = 0; i < COUNT; i++)
		sender_init(&senders[i], request, (uint16_t)(i + 1000));
	for (i = 0; left > 0; i = (i + 1) % COUNT) {
		if (sender_is_done(&senders[i]))
			continue;
		count = sender_next(&senders[i], &fixture->buffer, iov);
		assert_true(count > 0);
		for (j = 0; j < count; j++)
			wire_put(&wires[i], iov[j].iov_base, iov[j].iov_len);
		left -= sender_is_done(&senders[i]);
	}
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(count_stream(&wires[i], FCGI_STDIN, (uint16_t)(i + 1000),
				     &records), LEN);
		wire_free(&wires[i]);
	}
	body_close(&request->body);
}

static void
a_body_that_cannot_be_read_is_told_once_the_head_is_gone(void **state)
{
	struct fixture *fixture = *state;
	struct iovec iov[SENDER_PIECES];
	struct sender sender;
	int fds[2];

	/* The end to write to cannot be read. */
	assert_int_equal(pipe(fds), 0);
	fixture->request.body.fd = fds[1];
	fixture->request.body.left = 10;
	sender_init(&sender, &fixture->request, 1);
	assert_int_equal(sender_next(&sender, &fixture->buffer, iov), 1);
	assert_int_equal(iov[0].iov_len, sizeof head - 1);
	assert_int_equal(sender_next(&sender, &fixture->buffer, iov), -FCGI_E_SYSTEM);
	assert_false(sender_is_done(&sender));
	close(fds[0]);
	close(fds[1]);
}

static void
a_pipe_is_waited_for_and_sent_as_it_comes(void **state)
{
	struct fixture *fixture = *state;
	struct body *body = &fixture->request.body;
	struct iovec iov[SENDER_PIECES];
	struct sender sender;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	body->fd = fds[0];
	body->waits = 1;
	body->left = BODY_UNTIL_END;
	body->is_open_ended = 1;
	sender_init(&sender, &fixture->request, 1);
	assert_int_equal(sender_next(&sender, &fixture->buffer, iov), 1);
	assert_true(sender_waits(&sender));
	assert_int_equal(write(fds[1], "ab", 2), 2);
	assert_int_equal(sender_next(&sender, &fixture->buffer, iov), 3);
	assert_int_equal(iov[1].iov_len, 2);
	assert_memory_equal(iov[1].iov_base, "ab", 2);
	assert_true(sender_waits(&sender));
	close(fds[1]);
	assert_int_equal(sender_next(&sender, &fixture->buffer, iov), 1);
	assert_memory_equal(iov[0].iov_base, body_end, iov[0].iov_len);
	assert_false(sender_waits(&sender));
	assert_true(sender_is_done(&sender));
	close(fds[0]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, prepare, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_small_request_is_one_portion),
		TEST(a_large_body_is_whole),
		TEST(what_the_source_lacks_is_counted),
		TEST(requests_of_several_ids_are_each_whole),
		TEST(a_body_that_cannot_be_read_is_told_once_the_head_is_gone),
		TEST(a_pipe_is_waited_for_and_sent_as_it_comes),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
