#include "fcgi_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "client_side.h"
#include "pieces.h"
#include "wire.h"

#define END_OK(id) WIRE(WIRE_END, id, "\0\10", "\0") "\0\0\0\0\0\0\0\0"
#define ID1 "\0\1"
#define ID2 "\0\2"

struct answer {
	const char *what;
	size_t request_count;
	const unsigned char *wire;
	size_t len;
	const char *expected;
};

static void
assert_client_hears(const struct answer *answer, size_t first, size_t rest)
{
	struct client_side side;
	const char *heard;

	client_side_start(&side, answer->request_count);
	pieces_feed(answer->wire, answer->len, first, rest, client_side_feed, &side);
	heard = client_side_end(&side);
	if (strcmp(heard, answer->expected) != 0)
		print_error("# %s, in pieces of %zu and %zu\n", answer->what, first, rest);
	assert_string_equal(heard, answer->expected);
	transcript_free(&side.transcript);
}

static const struct answer answers[] = {
	{ "appendix B, 1: a simple answer", 1,
	    BYTES(WIRE(WIRE_STDOUT, ID1, "\0\31", "\0") "Content-type: text/html\r\n"
		WIRE(WIRE_STDOUT, ID1, "\0\0", "\0") END_OK(ID1)),
	    "STDOUT/1 'Content-type: text/html\\015\\012' END/1 00000000:0 stdout-closed/1" },
	{ "appendix B, 3: an error message and a non-zero status", 1,
	    BYTES(WIRE(WIRE_STDOUT, ID1, "\0\3", "\0") "out" WIRE(WIRE_STDERR, ID1, "\0\22", "\0")
		"config error: miss" WIRE(WIRE_STDOUT, ID1, "\0\0", "\0")
		WIRE(WIRE_STDERR, ID1, "\0\0", "\0")
		WIRE(WIRE_END, ID1, "\0\10", "\0") "\0\0\3\252\0\0\0\0"),
	    "STDOUT/1 'out' STDERR/1 'config error: miss' END/1 000003aa:0 stdout-closed/1 "
	    "stderr-closed/1" },
	{ "appendix B, 4: two requests on one connection", 2,
	    BYTES(WIRE(WIRE_STDOUT, ID1, "\0\2", "\0") "a1" WIRE(WIRE_STDOUT, ID2, "\0\2", "\0")
		"b1" WIRE(WIRE_STDOUT, ID1, "\0\2", "\0") "a2"
		WIRE(WIRE_STDOUT, ID2, "\0\0", "\0") END_OK(ID2)
		WIRE(WIRE_STDOUT, ID1, "\0\0", "\0") END_OK(ID1)),
	    "STDOUT/1 'a1' STDOUT/2 'b1' STDOUT/1 'a2' END/2 00000000:0 END/1 00000000:0 "
	    "stdout-closed/1 foreign/1: 3, first type 6 id 2 "
	    "stdout-closed/2 foreign/2: 4, first type 6 id 1" },
	{ "php-fpm: no empty STDOUT, one record, padded", 1,
	    BYTES(WIRE(WIRE_STDOUT, ID1, "\0\5", "\3") "hello###"
		WIRE(WIRE_END, ID1, "\0\10", "\0") "\0\0\0\0\0php"),
	    "STDOUT/1 'hello' END/1 00000000:0" },
	{ "no output at all", 1, BYTES(END_OK(ID1)), "END/1 00000000:0" },
	{ "output before and after the error output's end", 1,
	    BYTES(WIRE(WIRE_STDERR, ID1, "\0\0", "\0") WIRE(WIRE_STDOUT, ID1, "\0\1", "\0") "x"
		END_OK(ID1)),
	    "STDOUT/1 'x' END/1 00000000:0 stderr-closed/1" },
	{ "the empty record comes twice", 1,
	    BYTES(WIRE(WIRE_STDOUT, ID1, "\0\0", "\0") WIRE(WIRE_STDOUT, ID1, "\0\0", "\10")
		"########" END_OK(ID1)),
	    "END/1 00000000:0 stdout-closed/1" },
	{ "the end is known before its padding has come", 1,
	    BYTES(WIRE(WIRE_END, ID1, "\0\10", "\10") "\0\0\0\1\0\0\0\0"),
	    "END/1 00000001:0 cut" },
	{ "OVERLOADED", 1, BYTES(WIRE(WIRE_END, ID1, "\0\10", "\0") "\0\0\0\0\2\0\0\0"),
	    "END/1 00000000:2" },
	{ "a protocolStatus nobody defined", 1,
	    BYTES(WIRE(WIRE_END, ID1, "\0\10", "\0") "\377\377\377\377\377\0\0\0"),
	    "END/1 ffffffff:255" },

	{ "records of another id", 1,
	    BYTES(WIRE(WIRE_STDOUT, ID2, "\0\1", "\0") "x" WIRE(WIRE_STDOUT, "\1\1", "\0\1", "\0")
		"y" WIRE(WIRE_END, ID2, "\0\2", "\0") "zz" END_OK(ID1)),
	    "END/1 00000000:0 foreign/1: 3, first type 6 id 2" },
	{ "management records", 1,
	    BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\3", "\5") "\1\0A#####"
		WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\10", "\0") "\31#######" END_OK(ID1)),
	    "END/1 00000000:0 foreign/1: 2, first type 10 id 0" },
	{ "management types under an application's id", 1,
	    BYTES(WIRE(WIRE_GET_VALUES, ID1, "\0\0", "\0") WIRE(WIRE_UNKNOWN_TYPE, ID1, "\0\0",
		"\0") END_OK(ID1)),
	    "END/1 00000000:0 foreign/1: 2, first type 9 id 1" },
	{ "types nobody knows", 1,
	    BYTES(WIRE("\52", ID1, "\0\2", "\0") "??" WIRE("\0", ID1, "\0\0", "\0")
		WIRE("\377", ID1, "\0\0", "\0") WIRE(WIRE_STDOUT, ID1, "\0\1", "\0") "x"
		END_OK(ID1)),
	    "STDOUT/1 'x' END/1 00000000:0 foreign/1: 3, first type 42 id 1" },
	{ "foreign records after the end", 1,
	    BYTES(END_OK(ID1) WIRE(WIRE_STDOUT, ID2, "\0\1", "\0") "x"),
	    "END/1 00000000:0 foreign/1: 1, first type 6 id 2" },

	{ "output goes on after its end", 1,
	    BYTES(WIRE(WIRE_STDOUT, ID1, "\0\0", "\0") WIRE(WIRE_STDOUT, ID1, "\0\1", "\0") "x"),
	    "error/1: record out of order stdout-closed/1" },
	{ "error output goes on after its end", 1,
	    BYTES(WIRE(WIRE_STDERR, ID1, "\0\0", "\0") WIRE(WIRE_STDERR, ID1, "\0\1", "\0") "x"),
	    "error/1: record out of order stderr-closed/1" },
	{ "output after END_REQUEST", 1,
	    BYTES(END_OK(ID1) WIRE(WIRE_STDOUT, ID1, "\0\1", "\0") "x"),
	    "END/1 00000000:0 error/1: record out of order" },
	{ "END_REQUEST twice", 1, BYTES(END_OK(ID1) END_OK(ID1)),
	    "END/1 00000000:0 error/1: record out of order" },
	{ "a server that sends our own types back: BEGIN_REQUEST", 1,
	    BYTES(WIRE(WIRE_BEGIN, ID1, "\0\10", "\0") "\0\1\0\0\0\0\0\0"),
	    "error/1: record out of order" },
	{ "ABORT_REQUEST", 1, BYTES(WIRE(WIRE_ABORT, ID1, "\0\0", "\0")),
	    "error/1: record out of order" },
	{ "PARAMS", 1, BYTES(WIRE(WIRE_PARAMS, ID1, "\0\0", "\0")),
	    "error/1: record out of order" },
	{ "STDIN", 1, BYTES(WIRE(WIRE_STDIN, ID1, "\0\0", "\0")),
	    "error/1: record out of order" },
	{ "DATA", 1, BYTES(WIRE(WIRE_DATA, ID1, "\0\0", "\0")),
	    "error/1: record out of order" },
	{ "END_REQUEST without a body", 1, BYTES(WIRE(WIRE_END, ID1, "\0\0", "\0")),
	    "error/1: record body has the wrong length" },
	{ "END_REQUEST of 7 bytes", 1, BYTES(WIRE(WIRE_END, ID1, "\0\7", "\1") "\0\0\0\0\0\0\0\0"),
	    "error/1: record body has the wrong length" },
	{ "END_REQUEST of 9 bytes", 1,
	    BYTES(WIRE(WIRE_END, ID1, "\0\11", "\0") "\0\0\0\0\0\0\0\0\0"),
	    "error/1: record body has the wrong length" },
	{ "END_REQUEST of 264 bytes, whose low byte is 8", 1,
	    BYTES(WIRE(WIRE_END, ID1, "\1\10", "\0") "\0\0\0\0\0\0\0\0\0"),
	    "error/1: record body has the wrong length" },
	{ "a record that is cut", 1, BYTES(WIRE(WIRE_STDOUT, ID1, "\0\5", "\0") "hell"),
	    "STDOUT/1 'hell' cut" },
	{ "another protocol", 1, BYTES("HTTP/1.1 400 Bad Request\r\n"),
	    "error: record version is not 1" },
};

static void
answers_are_told_alike_however_they_are_cut(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof answers / sizeof *answers; i++) {
		for (cut = 0; cut <= answers[i].len; cut++)
			assert_client_hears(&answers[i], cut, answers[i].len + 1);
		assert_client_hears(&answers[i], 1, 1);
	}
}

/* Each bit of appStatus by itself, with END_REQUEST in pieces of every size. */
static void
every_bit_of_the_app_status_arrives(void **state)
{
	unsigned char wire[] = WIRE(WIRE_END, ID1, "\0\10", "\0") "\0\0\0\0\0\0\0\0";
	struct client_side side;
	uint32_t app_status;
	size_t cut;
	int bit;

	(void)state;
	for (bit = 0; bit < 32; bit++) {
		app_status = UINT32_C(1) << bit;
		wire[8] = (unsigned char)(app_status >> 24);
		wire[9] = (unsigned char)(app_status >> 16);
		wire[10] = (unsigned char)(app_status >> 8);
		wire[11] = (unsigned char)app_status;
		for (cut = 0; cut < sizeof wire - 1; cut++) {
			client_side_start(&side, 1);
			pieces_feed(wire, sizeof wire - 1, cut, cut == 1 ? 1 : sizeof wire,
			    client_side_feed, &side);
			assert_true(side.requests[0].ended);
			assert_int_equal(side.requests[0].end.app_status, app_status);
			assert_int_equal(side.requests[0].end.protocol_status, 0);
			client_side_end(&side);
			transcript_free(&side.transcript);
		}
	}
}

static void
the_largest_records_are_counted_in_full(void **state)
{
	static unsigned char content[FCGI_MAX_LENGTH];
	struct wire wire = { 0 };
	struct client_side side;
	int i;

	(void)state;
	memset(content, 'o', sizeof content);
	for (i = 0; i < 3; i++)
		wire_record(&wire, FCGI_STDOUT, 1, content, sizeof content, (uint8_t)(i * 127));
	wire_record(&wire, FCGI_STDERR, 1, content, sizeof content, 255);
	client_side_start(&side, 1);
	pieces_feed(wire.data, wire.len, 5, 4096, client_side_feed, &side);
	assert_int_equal(side.error, 0);
	assert_true(side.requests[0].stdout_len == 3 * sizeof content);
	assert_true(side.requests[0].stderr_len == sizeof content);
	client_side_end(&side);
	transcript_free(&side.transcript);
	wire_free(&wire);
}

/* One connection, kept: the same id again is a new request. */
static void
an_id_is_used_again_with_a_fresh_request(void **state)
{
	static const unsigned char wire[] = WIRE(WIRE_STDOUT, ID1, "\0\1", "\0") "x" END_OK(ID1);
	struct client_side side;
	int i;

	(void)state;
	client_side_start(&side, 1);
	for (i = 0; i < 3; i++) {
		client_side_feed(&side, wire, wire + sizeof wire - 1);
		assert_int_equal(side.error, 0);
		assert_true(side.requests[0].ended);
		side.requests[0] = (struct fcgi_request){ .request_id = 1 };
		side.stdout_len[0] = 0;
	}
	assert_string_equal(client_side_end(&side),
	    "STDOUT/1 'x' END/1 00000000:0 STDOUT/1 'x' END/1 00000000:0 STDOUT/1 'x' "
	    "END/1 00000000:0");
	transcript_free(&side.transcript);
}

/* A caller that reads on after an error must not be able to overrun the body that is kept. */
static void
an_oversized_end_request_overruns_nothing(void **state)
{
	static const size_t pieces[][2] = { { 9, 1 }, { 4096, 1 }, { 7, 2 }, { 1, 8 },
		{ 7, 4096 } };
	static const struct fcgi_record record = { FCGI_VERSION_1, FCGI_END_REQUEST, 1, 4096, 0 };
	static const unsigned char content[4096], untouched[64];
	struct {
		struct fcgi_request request;
		unsigned char behind[64];
	} held;
	struct fcgi_slice slice = { .data = content };
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		memset(&held, 0, sizeof held);
		held.request.request_id = 1;
		assert_int_equal(fcgi_request_feed(&held.request, &record, FCGI_READ_RECORD, NULL),
		    -FCGI_E_LENGTH);
		slice.len = pieces[i][0];
		r = fcgi_request_feed(&held.request, &record, FCGI_READ_CONTENT, &slice);
		assert_int_equal(r,
		    slice.len > FCGI_BODY_LEN ? -FCGI_E_LENGTH : FCGI_REQUEST_NOTHING);
		slice.len = pieces[i][1];
		r = fcgi_request_feed(&held.request, &record, FCGI_READ_CONTENT, &slice);
		if (pieces[i][0] <= FCGI_BODY_LEN)
			assert_int_equal(r, -FCGI_E_LENGTH);
		assert_false(held.request.ended);
		assert_true(held.request.body_len <= FCGI_BODY_LEN);
		assert_memory_equal(held.behind, untouched, sizeof untouched);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_told_alike_however_they_are_cut),
		cmocka_unit_test(every_bit_of_the_app_status_arrives),
		cmocka_unit_test(the_largest_records_are_counted_in_full),
		cmocka_unit_test(an_id_is_used_again_with_a_fresh_request),
		cmocka_unit_test(an_oversized_end_request_overruns_nothing),
	};

	return cmocka_run_group_tests_name("fcgi_request", tests, NULL, NULL);
}
