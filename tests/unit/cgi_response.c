#include "cgi_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "guard.h"
#include "pieces.h"
#include "transcript.h"
#include "wire.h"

/* A parser, what it told last, and what it left over as the body. */
struct reply {
	struct cgi_response response;
	struct transcript transcript;
	int result;
};

static void
say_headers(struct reply *reply)
{
	struct cgi_header header;
	size_t at = 0;

	transcript_say(&reply->transcript, "%d", reply->response.status);
	while (cgi_response_next(&reply->response, &at, &header))
		transcript_say(&reply->transcript, "[%.*s|%.*s]", (int)header.name_len,
		    header.name, (int)header.value_len, header.value);
	assert_false(cgi_response_next(&reply->response, &at, &header));
}

static void
hear(void *self, const unsigned char *p, const unsigned char *end)
{
	struct reply *reply = self;

	if (reply->result < 0 && reply->result != -FCGI_E_MORE)
		return;
	if (reply->result != 1) {
		reply->result = cgi_response_feed(&reply->response, &p, end);
		if (reply->result == 1)
			say_headers(reply);
		else if (reply->result != -FCGI_E_MORE)
			transcript_say(&reply->transcript, "%s at %zu",
			    fcgi_strerror(reply->result), reply->response.block_len);
		else
			assert_ptr_equal(p, end);
	}
	if (reply->result == 1 && p < end)
		transcript_content(&reply->transcript, "body", p, (size_t)(end - p));
}

static void
assert_hears(const unsigned char *wire, size_t len, size_t first, size_t rest, size_t size,
    const char *expected)
{
	struct reply reply = { .result = -FCGI_E_MORE };
	char *block = guard_copy(NULL, size);

	cgi_response_init(&reply.response, block, size);
	transcript_start(&reply.transcript);
	pieces_feed(wire, len, first, rest, hear, &reply);
	if (reply.result == -FCGI_E_MORE)
		transcript_say(&reply.transcript, "more");
	if (reply.result == 1)
		assert_memory_equal(block, wire, reply.response.block_len);
	assert_int_equal(reply.response.complete, reply.result == 1);
	assert_string_equal(transcript_end(&reply.transcript), expected);
	transcript_free(&reply.transcript);
	guard_free(block, size);
}

#define MALFORMED "malformed CGI header line at "
#define BAD_STATUS "malformed CGI Status header at "

static const struct {
	const unsigned char *wire;
	size_t len;
	const char *expected;
} replies[] = {
	{ BYTES(""), "more" },
	{ BYTES("A: b\n\n"), "200 [A|b]" },
	{ BYTES("A: b\n\nbody\n\n"), "200 [A|b] body 'body\\012\\012'" },
	{ BYTES("A: b\r\n\r\nbody"), "200 [A|b] body 'body'" },
	/* Line endings may differ, as those of a script under a wrapper do. */
	{ BYTES("A: b\r\nC: d\n\r\n\nx"), "200 [A|b] [C|d] body '\\012x'" },
	{ BYTES("A: b\nC: d\r\n\n"), "200 [A|b] [C|d]" },
	/* Blanks around the value; none is needed, and the value may be empty. */
	{ BYTES("A:b\nC: \t d e\t \nF:\nG: \t\n\n"), "200 [A|b] [C|d e] [F|] [G|]" },
	{ BYTES("A: b:c: d\n\n"), "200 [A|b:c: d]" },
	{ BYTES("X-Sp3c!#$%&'*+-.^_`|~: 1\n\n"), "200 [X-Sp3c!#$%&'*+-.^_`|~|1]" },
	{ BYTES("A: \377\200\n\n"), "200 [A|\377\200]" },
	{ BYTES("A: 1\nA: 2\na: 3\n\n"), "200 [A|1] [A|2] [a|3]" },

	/* Status and Location. */
	{ BYTES("Status: 404\n\n"), "404 [Status|404]" },
	{ BYTES("Status: 404 Not Found\r\n\r\n"), "404 [Status|404 Not Found]" },
	{ BYTES("status:503\tx\n\n"), "503 [status|503\tx]" },
	{ BYTES("Status: 100\n\n"), "100 [Status|100]" },
	{ BYTES("Status: 599\n\n"), "599 [Status|599]" },
	{ BYTES("Location: /x\n\n"), "302 [Location|/x]" },
	{ BYTES("location: /x\nStatus: 301\n\n"), "301 [location|/x] [Status|301]" },
	{ BYTES("Status: 201\nLOCATION: /x\n\n"), "201 [Status|201] [LOCATION|/x]" },
	{ BYTES("StatusX: 404\nXStatus: 404\nStat: 1\n\n"),
	    "200 [StatusX|404] [XStatus|404] [Stat|1]" },
	{ BYTES("Status: 600\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 099\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 000\n\n"), BAD_STATUS "12" },
	{ BYTES("Status:\n\n"), BAD_STATUS "8" },
	{ BYTES("Status: 20\n\n"), BAD_STATUS "11" },
	{ BYTES("Status: 2000\n\n"), BAD_STATUS "13" },
	{ BYTES("Status: x00\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 1x0\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 10x\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 1:0\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 20/\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: 200junk\n\n"), BAD_STATUS "16" },
	{ BYTES("Status: 200,\n\n"), BAD_STATUS "13" },
	{ BYTES("Status: banana\n\n"), BAD_STATUS "15" },
	{ BYTES("Status: -20\n\n"), BAD_STATUS "12" },
	{ BYTES("Status: OK 200\r\n\r\n"), BAD_STATUS "16" },
	{ BYTES("Status: 401\nStatus: 200\n\n"), BAD_STATUS "24" },
	{ BYTES("Status: 200\nStatus: 200\n\n"), BAD_STATUS "24" },

	/* Lines that are no headers; the number is how far it was read. */
	{ BYTES("\nA: b\n\n"), MALFORMED "1" },
	{ BYTES("\r\nA: b\n\n"), MALFORMED "2" },
	{ BYTES("HTTP/1.1 200 OK\r\n\r\n"), MALFORMED "5" },
	{ BYTES("<html>"), MALFORMED "1" },
	{ BYTES("Traceback (most recent call last):\n"), MALFORMED "10" },
	{ BYTES("no colon\n\n"), MALFORMED "3" },
	{ BYTES("nocolon\n\n"), MALFORMED "8" },
	{ BYTES("nocolon\r\n\r\n"), MALFORMED "8" },
	{ BYTES(": value\n\n"), MALFORMED "1" },
	{ BYTES("A : b\n\n"), MALFORMED "2" },
	{ BYTES(" A: b\n\n"), MALFORMED "1" },
	{ BYTES("A: b\n c\n\n"), MALFORMED "6" },
	{ BYTES("A: b\n\tc\n\n"), MALFORMED "6" },
	{ BYTES("\357\273\277A: b\n\n"), MALFORMED "1" },
	{ BYTES("A: b\n\303\251: c\n\n"), MALFORMED "6" },
	{ BYTES("A\0: b\n\n"), MALFORMED "2" },
	{ BYTES("\0"), MALFORMED "1" },
	/* Controls and a lone CR inside a value. */
	{ BYTES("A: b\0\n\n"), MALFORMED "5" },
	{ BYTES("A: \033[2J\n\n"), MALFORMED "4" },
	{ BYTES("A: b\177\n\n"), MALFORMED "5" },
	{ BYTES("A: b\rc\n\n"), MALFORMED "6" },
	{ BYTES("A: b\r\r\n\n"), MALFORMED "6" },
	{ BYTES("A: b\n\rC: d\n\n"), MALFORMED "7" },
	/* An end that never comes. */
	{ BYTES("A"), "more" },
	{ BYTES("A: b"), "more" },
	{ BYTES("A: b\r"), "more" },
	{ BYTES("A: b\n"), "more" },
	{ BYTES("A: b\r\n\r"), "more" },
};

static void
replies_are_read_alike_however_they_are_cut(void **state)
{
	size_t i, cut, len;

	(void)state;
	for (i = 0; i < sizeof replies / sizeof *replies; i++) {
		len = replies[i].len;
		for (cut = 0; cut <= len; cut++)
			assert_hears(replies[i].wire, len, cut, len + 1, len, replies[i].expected);
		assert_hears(replies[i].wire, len, 1, 1, len, replies[i].expected);
	}
}

/* A block that fits to the byte does; one byte less is told, and nothing is written behind it. */
static void
a_block_larger_than_its_buffer_is_told(void **state)
{
	static const unsigned char wire[] = "Status: 404 Gone\r\nA: b\r\n\r\nbody";
	char expected[64];
	size_t size, len = sizeof wire - 1, block_len = len - 4;

	(void)state;
	for (size = 0; size < block_len; size++) {
		snprintf(expected, sizeof expected, "the buffer is too small at %zu", size);
		assert_hears(wire, len, len, 1, size, expected);
		assert_hears(wire, len, 1, 1, size, expected);
	}
	assert_hears(wire, len, len, 1, block_len, "404 [Status|404 Gone] [A|b] body 'body'");
	assert_hears(wire, len, 1, 1, block_len, "404 [Status|404 Gone] [A|b] body 'body'");
}

static void
the_body_is_left_alone(void **state)
{
	static const unsigned char wire[] = "A: b\n\nbody";
	const unsigned char *p = wire, *end = wire + sizeof wire - 1;
	struct cgi_response response;
	char block[64];

	(void)state;
	cgi_response_init(&response, block, sizeof block);
	assert_int_equal(cgi_response_feed(&response, &p, end), 1);
	assert_ptr_equal(p, end - 4);
	assert_int_equal(response.block_len, 6);
	/* More bytes are all body. */
	assert_int_equal(cgi_response_feed(&response, &p, end), 1);
	assert_ptr_equal(p, end - 4);
	assert_int_equal(response.block_len, 6);
}

static void
headers_are_found_by_name(void **state)
{
	static const unsigned char wire[] = "Content-type: a/b\r\nX: 1\nx: 2\n\n";
	const unsigned char *p = wire;
	struct cgi_response response;
	struct cgi_header header;
	char block[64];

	(void)state;
	cgi_response_init(&response, block, sizeof block);
	/* Not before the block is complete. */
	assert_int_equal(cgi_response_feed(&response, &p, p + 29), -FCGI_E_MORE);
	assert_false(cgi_response_find(&response, "X", &header));
	assert_int_equal(cgi_response_feed(&response, &p, wire + sizeof wire - 1), 1);
	assert_true(cgi_response_find(&response, "CONTENT-TYPE", &header));
	assert_int_equal(header.value_len, 3);
	assert_memory_equal(header.value, "a/b", 3);
	assert_true(cgi_response_find(&response, "x", &header));
	assert_memory_equal(header.value, "1", 1);
	assert_false(cgi_response_find(&response, "Content", &header));
	assert_false(cgi_response_find(&response, "Content-type2", &header));
	assert_false(cgi_response_find(&response, "", &header));
}

/* An application may send its own 302, and a Location with another status. */
static void
what_decided_the_status_is_known(void **state)
{
	static const struct {
		const unsigned char *wire;
		size_t len;
		int has_status, has_location;
	} cases[] = {
		{ BYTES("A: b\n\n"), 0, 0 },
		{ BYTES("Status: 302\n\n"), 1, 0 },
		{ BYTES("Location: /\n\n"), 0, 1 },
		{ BYTES("Location: /\nStatus: 201\n\n"), 1, 1 },
	};
	struct cgi_response response;
	const unsigned char *p;
	char block[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		cgi_response_init(&response, block, sizeof block);
		p = cases[i].wire;
		assert_int_equal(cgi_response_feed(&response, &p, p + cases[i].len), 1);
		assert_int_equal(response.has_status, cases[i].has_status);
		assert_int_equal(response.has_location, cases[i].has_location);
	}
}

/* Every byte in each place of a line, against the grammar told independently. */
static void
every_byte_has_its_place(void **state)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	struct cgi_response response;
	unsigned char wire[16];
	const unsigned char *p;
	char block[16];
	int byte, named, valued;

	(void)state;
	for (byte = 0; byte < 256; byte++) {
		named = byte != 0 && strchr(token, byte) != NULL;
		valued = byte == '\t' || (byte >= ' ' && byte != 0x7f);

		memcpy(wire, "a?b: c\n\n", 8);
		wire[1] = (unsigned char)byte;
		cgi_response_init(&response, block, sizeof block);
		p = wire;
		assert_int_equal(cgi_response_feed(&response, &p, wire + 8),
		    named || byte == ':' ? 1 : -FCGI_E_HEADER);

		memcpy(wire, "a: b?c\n\n", 8);
		wire[4] = (unsigned char)byte;
		cgi_response_init(&response, block, sizeof block);
		p = wire;
		assert_int_equal(cgi_response_feed(&response, &p, wire + 8),
		    /* A newline there makes "c" a line without a colon. */
		    valued ? 1 : -FCGI_E_HEADER);

		memcpy(wire, "?: b\n\n", 6);
		wire[0] = (unsigned char)byte;
		cgi_response_init(&response, block, sizeof block);
		p = wire;
		assert_int_equal(cgi_response_feed(&response, &p, wire + 6),
		    named ? 1 : -FCGI_E_HEADER);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read_alike_however_they_are_cut),
		cmocka_unit_test(a_block_larger_than_its_buffer_is_told),
		cmocka_unit_test(the_body_is_left_alone),
		cmocka_unit_test(headers_are_found_by_name),
		cmocka_unit_test(what_decided_the_status_is_known),
		cmocka_unit_test(every_byte_has_its_place),
	};

	return cmocka_run_group_tests_name("cgi_response", tests, NULL, NULL);
}
