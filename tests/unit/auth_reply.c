#include "reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "letters.h"
#include "pieces.h"

/* A reply that is fed in pieces, and what came of it. */
struct listener {
	struct reply reply;
	int result;
};

static void
hear(void *self, const unsigned char *p, const unsigned char *end)
{
	struct listener *listener = self;

	listener->result = reply_feed(&listener->reply, p, (size_t)(end - p));
}

/* Returns the last result of reply_feed(). */
static int
listen_to(struct reply *reply, const char *letters, const void *text, size_t len, size_t first,
    size_t rest, enum reply_ending ending)
{
	struct listener listener = { .result = 0 };
	struct wire wire = { 0 };

	letters_compose(&wire, letters, text, len);
	reply_init(&listener.reply, LETTERS_ID);
	if (wire.len > 0)
		pieces_feed(wire.data, wire.len, first, rest, hear, &listener);
	assert_int_equal(reply_finish(&listener.reply, ending), 0);
	*reply = listener.reply;
	wire_free(&wire);
	return listener.result;
}

static int
listen_whole(struct reply *reply, const char *letters, const char *text)
{
	return listen_to(reply, letters, text, strlen(text), 65536, 65536, REPLY_CLOSED);
}

static void
a_reply_is_the_same_however_it_is_cut(void **state)
{
	static const char answer[] = "Status: 401 No\r\nX-A :  b \nVariable-C: d\n\nbody";
	struct reply reply;
	size_t rest;

	(void)state;
	for (rest = 1; rest < 100; rest += 7) {
		assert_int_equal(listen_to(&reply, "rHeEr", BYTES(answer), rest, rest,
		    REPLY_CLOSED), 1);
		assert_int_equal(reply.ending, REPLY_ENDED);
		assert_int_equal(reply.out.len, sizeof answer - 1);
		assert_memory_equal(reply.out.data, answer, sizeof answer - 1);
		assert_int_equal(reply.err.len, 4);
		assert_memory_equal(reply.err.data, "oops", 4);
		/* The last record, with its padding, is late. */
		assert_int_equal(reply.late_len, 8 + 4 + 3);
		assert_int_equal(reply.end_at + reply.late_len, reply.wire.len);
		assert_int_equal(reply.oddities, REPLY_BLANK_BEFORE_COLON);
		assert_int_equal(reply.header_count, 3);
		assert_int_equal(reply.status, 401);
		assert_int_equal(reply.status_count, 1);
		assert_int_equal(reply.body_len, 4);
		assert_memory_equal(reply.body, "body", 4);
		reply_reset(&reply);
	}
}

static void
how_it_ended_is_told(void **state)
{
	static const struct {
		const char *letters;
		enum reply_ending ending;
		enum reply_ending expected;
		int error;
	} rows[] = {
		{ "HeE", REPLY_CLOSED, REPLY_ENDED, 0 },
		{ "HeE", REPLY_RESET, REPLY_ENDED, 0 },
		{ "He", REPLY_CLOSED, REPLY_CLOSED, 0 },
		{ "", REPLY_CLOSED, REPLY_CLOSED, 0 },
		{ "h", REPLY_CLOSED, REPLY_TRUNCATED, 0 },
		{ "Hk", REPLY_CLOSED, REPLY_TRUNCATED, 0 },
		{ "h", REPLY_RESET, REPLY_RESET, 0 },
		{ "H", REPLY_TIMED_OUT, REPLY_TIMED_OUT, 0 },
		{ "", REPLY_NOT_CONNECTED, REPLY_NOT_CONNECTED, 0 },
		{ ".", REPLY_CLOSED, REPLY_BROKEN, -FCGI_E_VERSION },
		{ "vH", REPLY_CLOSED, REPLY_BROKEN, -FCGI_E_VERSION },
		{ "Hes", REPLY_CLOSED, REPLY_BROKEN, -FCGI_E_LENGTH },
		{ "HeHE", REPLY_CLOSED, REPLY_ENDED, -FCGI_E_ORDER },
		{ "HuE", REPLY_CLOSED, REPLY_ENDED, 0 },
		{ "HiE", REPLY_CLOSED, REPLY_CLOSED, 0 },
	};
	struct reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)listen_to(&reply, rows[i].letters, "X-A: b\n\n", 8, 3, 5, rows[i].ending);
		assert_int_equal(reply.ending, rows[i].expected);
		assert_int_equal(reply.error, rows[i].error);
		reply_reset(&reply);
	}
}

static void
oddities_of_the_header_block_are_noted(void **state)
{
	static const struct {
		const unsigned char *text;
		size_t len;
		unsigned oddities;
		int status;
		size_t header_count;
		ptrdiff_t body_len; /* -1: the block has no end */
	} rows[] = {
		{ BYTES(""), REPLY_EMPTY, 0, 0, -1 },
		{ BYTES("Status: 200\n\n"), 0, 200, 1, 0 },
		{ BYTES("Status: 200\r\n\r\nab"), 0, 200, 1, 2 },
		{ BYTES("sTATUS:599 x\n\n"), 0, 599, 1, 0 },
		{ BYTES("Status: 100\n\n"), 0, 100, 1, 0 },
		{ BYTES("Status: 99\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status: 099\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status: 600\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status: 200x\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status: 20x\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status: 2000\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status:\n\n"), 0, 0, 1, 0 },
		{ BYTES("Status: 401\nStatus: 200\n\n"), 0, 401, 2, 0 },
		{ BYTES("Status: x\nStatus: 200\n\n"), 0, 0, 2, 0 },
		{ BYTES("\nStatus: 401\n\n"), REPLY_BLANK_FIRST, 0, 0, 13 },
		{ BYTES("\r\nStatus: 401\n\n"), REPLY_BLANK_FIRST, 0, 0, 13 },
		{ BYTES("HTTP/1.1 401 No\nA: b\n\n"), REPLY_HTTP_LINE, 0, 1, 0 },
		{ BYTES("\357\273\277Status: 401\n\n"), REPLY_BOM, 0, 1, 0 },
		{ BYTES("Status : 401\n\n"), REPLY_BLANK_BEFORE_COLON, 401, 1, 0 },
		{ BYTES("A: b\n c\n\n"), REPLY_FOLDED, 0, 1, 0 },
		{ BYTES("A: b\nTraceback\n\n"), REPLY_NO_COLON, 0, 1, 0 },
		{ BYTES(": b\n\n"), REPLY_NO_NAME, 0, 0, 0 },
		{ BYTES("A: b\n"), REPLY_UNENDED, 0, 1, -1 },
		{ BYTES("Status: 200"), REPLY_UNENDED, 200, 1, -1 },
		{ BYTES("A"), REPLY_UNENDED | REPLY_NO_COLON, 0, 0, -1 },
		{ BYTES("A: b\rc\n\n"), REPLY_BARE_CR, 0, 1, 0 },
		{ BYTES("A: b\0c\n\n"), REPLY_NUL, 0, 1, 0 },
		{ BYTES("A: b\n\n\0\r: \n c"), 0, 0, 1, 7 },
	};
	struct reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(listen_to(&reply, rows[i].len > 0 ? "HeE" : "eE", rows[i].text,
		    rows[i].len, 65536, 65536, REPLY_CLOSED), 1);
		assert_int_equal(reply.oddities, rows[i].oddities);
		assert_int_equal(reply.status, rows[i].status);
		assert_int_equal(reply.header_count, rows[i].header_count);
		if (rows[i].body_len < 0)
			assert_null(reply.body);
		else
			assert_int_equal(reply.body_len, rows[i].body_len);
		reply_reset(&reply);
	}
}

static void
headers_are_found_by_name(void **state)
{
	struct reply reply;
	const struct cgi_header *header;
	const char *name;
	size_t len;

	(void)state;
	(void)listen_whole(&reply, "HeE",
	    "A: 1\na:\t2 \nVARIABLE-User: x\nVariable-: y\nVariable: z\n\n");
	header = reply_header(&reply, "a", 1);
	assert_non_null(header);
	assert_int_equal(header->value_len, 1);
	assert_memory_equal(header->value, "2", 1);
	assert_null(reply_header(&reply, "A", 2));
	assert_null(reply_header(&reply, "AB", 0));
	name = reply_variable(&reply.headers[2], &len);
	assert_non_null(name);
	assert_int_equal(len, 4);
	assert_memory_equal(name, "User", 4);
	assert_non_null(reply_variable(&reply.headers[3], &len));
	assert_int_equal(len, 0);
	assert_null(reply_variable(&reply.headers[4], &len));
	assert_null(reply_variable(&reply.headers[0], &len));
	reply_reset(&reply);
}

static void
there_is_an_end_to_what_is_kept(void **state)
{
	static unsigned char many[40 * 1024] = { 0 };
	struct wire wire = { 0 };
	struct reply reply;
	size_t i;
	int r = 0;

	(void)state;
	for (i = 0; i < sizeof many; i++)
		many[i] = (unsigned char)"A:\n"[i % 3];
	i = (size_t)3 * REPLY_HEADERS_MAX;
	assert_int_equal(listen_to(&reply, "HeE", many, i, 65536, 65536, REPLY_CLOSED), 1);
	assert_int_equal(reply.header_count, REPLY_HEADERS_MAX);
	assert_false(reply.oddities & REPLY_TOO_MANY);
	reply_reset(&reply);
	assert_int_equal(listen_to(&reply, "HeE", many, i + 3, 65536, 65536, REPLY_CLOSED), 1);
	assert_int_equal(reply.header_count, REPLY_HEADERS_MAX);
	assert_true(reply.oddities & REPLY_TOO_MANY);
	reply_reset(&reply);

	wire_record(&wire, 6, 1, many, sizeof many, 0);
	reply_init(&reply, 1);
	for (i = 0; i <= REPLY_WIRE_MAX / wire.len && r == 0; i++)
		r = reply_feed(&reply, wire.data, wire.len);
	assert_int_equal(i, REPLY_WIRE_MAX / wire.len + 1);
	assert_int_equal(r, -FCGI_E_SPACE);
	assert_int_equal(reply_finish(&reply, REPLY_CLOSED), 0);
	assert_int_equal(reply.ending, REPLY_TOO_LARGE);
	reply_reset(&reply);
	wire_free(&wire);
}

static void
a_broken_reply_takes_nothing_more(void **state)
{
	struct reply reply;

	(void)state;
	reply_init(&reply, 1);
	assert_int_equal(reply_feed(&reply, (const unsigned char *)"HTTP/1.1 200 OK", 15),
	    -FCGI_E_VERSION);
	assert_int_equal(reply_feed(&reply, (const unsigned char *)"\1\3\0\1\0\0\0\0", 8),
	    -FCGI_E_VERSION);
	assert_int_equal(reply.wire.len, 15);
	assert_int_equal(reply_finish(&reply, REPLY_CLOSED), 0);
	assert_int_equal(reply.ending, REPLY_BROKEN);
	reply_reset(&reply);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_the_same_however_it_is_cut),
		cmocka_unit_test(how_it_ended_is_told),
		cmocka_unit_test(oddities_of_the_header_block_are_noted),
		cmocka_unit_test(headers_are_found_by_name),
		cmocka_unit_test(there_is_an_end_to_what_is_kept),
		cmocka_unit_test(a_broken_reply_takes_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
