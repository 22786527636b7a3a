#include "fcgi_serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "pieces.h"
#include "server_side.h"
#include "wire.h"

#define ID1 "\0\1"
#define ID2 "\0\2"
#define ID3 "\0\3"
#define BEGIN(id, role, flags) WIRE(WIRE_BEGIN, id, "\0\10", "\0") "\0" role flags "\0\0\0\0\0"
#define RESPONDER "\1"
#define AUTHORIZER "\2"
#define FILTER "\3"
#define KEEP "\1"
#define CLOSE "\0"
#define EMPTY(type, id) WIRE(type, id, "\0\0", "\0")

struct row {
	const char *what;
	size_t slot_count;
	int answers;
	const unsigned char *wire;
	size_t len;
	const char *expected;
};

static const struct row rows[] = {
	{ "appendix B, 1: a simple request", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, CLOSE) WIRE(WIRE_PARAMS, ID1, "\0\21", "\0")
		"\013\004SERVER_PORT8080" EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 0 PARAMS/1 '\\013\\004SERVER_PORT8080' PARAMS_END/1 "
	    "STDIN_END/1 done/1" },
	{ "appendix B, 2: with a body, PARAMS split inside a pair, padded", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_PARAMS, ID1, "\0\7", "\1")
		"\013\002SERVE#" WIRE(WIRE_PARAMS, ID1, "\0\10", "\0") "R_PORT80"
		EMPTY(WIRE_PARAMS, ID1) WIRE(WIRE_STDIN, ID1, "\0\4", "\4") "body####"
		WIRE(WIRE_STDIN, ID1, "\0\1", "\0") "!" EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS/1 '\\013\\002SERVER_PORT80' PARAMS_END/1 "
	    "STDIN/1 'body!' STDIN_END/1 done/1" },
	{ "appendix B, 4: two requests at once", 2, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_PARAMS, ID1, "\0\2", "\0") "p1"
		EMPTY(WIRE_PARAMS, ID1) BEGIN(ID2, RESPONDER, KEEP)
		WIRE(WIRE_PARAMS, ID2, "\0\2", "\0") "p2" EMPTY(WIRE_STDIN, ID1)
		EMPTY(WIRE_PARAMS, ID2) EMPTY(WIRE_STDIN, ID2)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS/1 'p1' PARAMS_END/1 "
	    "BEGIN/2 slot 1 RESPONDER flags 1 PARAMS/2 'p2' STDIN_END/1 done/1 PARAMS_END/2 "
	    "STDIN_END/2 done/2" },
	{ "streams of two requests interleaved", 2, 1,
	    BYTES(BEGIN(ID2, RESPONDER, KEEP) BEGIN(ID1, FILTER, KEEP)
		WIRE(WIRE_PARAMS, ID1, "\0\1", "\0") "a" WIRE(WIRE_PARAMS, ID2, "\0\1", "\0") "b"
		WIRE(WIRE_PARAMS, ID1, "\0\1", "\0") "c" EMPTY(WIRE_PARAMS, ID2)
		EMPTY(WIRE_PARAMS, ID1) WIRE(WIRE_STDIN, ID1, "\0\1", "\0") "d"
		WIRE(WIRE_STDIN, ID2, "\0\1", "\0") "e" EMPTY(WIRE_STDIN, ID1)
		WIRE(WIRE_DATA, ID1, "\0\1", "\0") "f" EMPTY(WIRE_STDIN, ID2)
		EMPTY(WIRE_DATA, ID1)),
	    "BEGIN/2 slot 0 RESPONDER flags 1 BEGIN/1 slot 1 FILTER flags 1 PARAMS/1 'a' "
	    "PARAMS/2 'b' PARAMS/1 'c' PARAMS_END/2 PARAMS_END/1 STDIN/1 'd' STDIN/2 'e' "
	    "STDIN_END/1 DATA/1 'f' STDIN_END/2 done/2 DATA_END/1 done/1" },
	{ "a filter", 1, 1,
	    BYTES(BEGIN(ID1, FILTER, CLOSE) EMPTY(WIRE_PARAMS, ID1)
		WIRE(WIRE_STDIN, ID1, "\0\2", "\0") "in" EMPTY(WIRE_STDIN, ID1)
		WIRE(WIRE_DATA, ID1, "\0\4", "\0") "file" EMPTY(WIRE_DATA, ID1)),
	    "BEGIN/1 slot 0 FILTER flags 0 PARAMS_END/1 STDIN/1 'in' STDIN_END/1 DATA/1 'file' "
	    "DATA_END/1 done/1" },
	{ "an authorizer without STDIN, as Apache asks", 1, 1,
	    BYTES(BEGIN(ID1, AUTHORIZER, CLOSE) EMPTY(WIRE_PARAMS, ID1)),
	    "BEGIN/1 slot 0 AUTHORIZER flags 0 PARAMS_END/1 done/1" },
	{ "an authorizer with STDIN, as lighttpd asks: it comes when all is said", 1, 1,
	    BYTES(BEGIN(ID1, AUTHORIZER, CLOSE) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 AUTHORIZER flags 0 PARAMS_END/1 done/1" },
	{ "an authorizer with STDIN that has not answered yet", 1, 0,
	    BYTES(BEGIN(ID1, AUTHORIZER, CLOSE) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 AUTHORIZER flags 0 PARAMS_END/1 STDIN_END/1" },
	{ "an id and a slot are used again", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)
		BEGIN(ID1, AUTHORIZER, KEEP) EMPTY(WIRE_PARAMS, ID1)
		BEGIN("\377\377", RESPONDER, CLOSE) EMPTY(WIRE_PARAMS, "\377\377")
		EMPTY(WIRE_STDIN, "\377\377")),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1 STDIN_END/1 done/1 "
	    "BEGIN/1 slot 0 AUTHORIZER flags 1 PARAMS_END/1 done/1 "
	    "BEGIN/65535 slot 0 RESPONDER flags 0 PARAMS_END/65535 STDIN_END/65535 done/65535" },
	{ "the slot that is free is taken", 3, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) BEGIN(ID2, AUTHORIZER, KEEP)
		BEGIN(ID3, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID2)
		BEGIN("\0\4", RESPONDER, KEEP)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 BEGIN/2 slot 1 AUTHORIZER flags 1 "
	    "BEGIN/3 slot 2 RESPONDER flags 1 PARAMS_END/2 done/2 "
	    "BEGIN/4 slot 1 RESPONDER flags 1" },

	{ "no multiplexing: the second is rejected and skipped, the first goes on", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1)
		BEGIN(ID2, RESPONDER, CLOSE) WIRE(WIRE_PARAMS, ID2, "\0\1", "\0") "x"
		EMPTY(WIRE_PARAMS, ID2) EMPTY(WIRE_STDIN, ID2) EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1 REJECT/2 CANT_MPX_CONN flags 0 "
	    "STDIN_END/1 done/1" },
	{ "all slots taken", 2, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) BEGIN(ID2, RESPONDER, KEEP)
		BEGIN(ID3, RESPONDER, KEEP)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 BEGIN/2 slot 1 RESPONDER flags 1 "
	    "REJECT/3 OVERLOADED flags 1" },
	{ "roles nobody knows", 1, 1,
	    BYTES(BEGIN(ID1, "\0", CLOSE) BEGIN(ID2, "\4", KEEP)
		WIRE(WIRE_BEGIN, ID3, "\0\10", "\0") "\1\1\1\0\0\0\0\0"
		EMPTY(WIRE_PARAMS, ID3)),
	    "REJECT/1 UNKNOWN_ROLE flags 0 REJECT/2 UNKNOWN_ROLE flags 1 "
	    "REJECT/3 UNKNOWN_ROLE flags 1" },
	{ "an unknown role while there is no room is still an unknown role", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) BEGIN(ID2, "\7", KEEP)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 REJECT/2 UNKNOWN_ROLE flags 1" },
	{ "reserved bytes of BEGIN_REQUEST do not count", 1, 1,
	    BYTES(WIRE(WIRE_BEGIN, ID1, "\0\10", "\3") "\0\1\0php##" "###"),
	    "BEGIN/1 slot 0 RESPONDER flags 0" },

	{ "ABORT at each stage", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_ABORT, ID1)
		BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_PARAMS, ID1, "\0\1", "\0") "x"
		EMPTY(WIRE_ABORT, ID1) BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1)
		WIRE(WIRE_STDIN, ID1, "\0\1", "\0") "y" EMPTY(WIRE_ABORT, ID1)
		EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 ABORT/1 done/1 "
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS/1 'x' ABORT/1 done/1 "
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1 STDIN/1 'y' ABORT/1 done/1" },
	{ "ABORT of one of two", 2, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) BEGIN(ID2, RESPONDER, KEEP)
		EMPTY(WIRE_ABORT, ID1) EMPTY(WIRE_PARAMS, ID2) EMPTY(WIRE_STDIN, ID2)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 BEGIN/2 slot 1 RESPONDER flags 1 ABORT/1 done/1 "
	    "PARAMS_END/2 STDIN_END/2 done/2" },
	{ "ABORT of nobody", 1, 1,
	    BYTES(EMPTY(WIRE_ABORT, ID1) BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_ABORT, ID2)),
	    "BEGIN/1 slot 0 RESPONDER flags 1" },
	{ "ABORT with content, which it cannot have", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_ABORT, ID1, "\0\3", "\1") "why#"),
	    "BEGIN/1 slot 0 RESPONDER flags 1 ABORT/1 done/1" },

	{ "GET_VALUES, padded and not, in the middle of a request", 1, 1,
	    BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\4", "\4") "\2\0ab####"
		BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_GET_VALUES, "\0\0", "\0\4", "\0") "\2\0cd"
		EMPTY(WIRE_PARAMS, ID1)),
	    "VALUES '\\002\\000ab' VALUES_END BEGIN/1 slot 0 RESPONDER flags 1 "
	    "VALUES '\\002\\000cd' VALUES_END PARAMS_END/1" },
	{ "an empty GET_VALUES is answered too", 1, 1, BYTES(EMPTY(WIRE_GET_VALUES, "\0\0")),
	    "VALUES_END" },
	{ "management types nobody knows, also one that is for applications", 1, 1,
	    BYTES(WIRE("\52", "\0\0", "\0\3", "\5") "abc#####" EMPTY("\0", "\0\0")
		WIRE(WIRE_BEGIN, "\0\0", "\0\10", "\0") "\0\1\0\0\0\0\0\0"
		EMPTY(WIRE_STDIN, "\0\0")),
	    "UNKNOWN 42 UNKNOWN 0 UNKNOWN 1 UNKNOWN 5" },
	{ "records of ids nobody began", 1, 1,
	    BYTES(WIRE(WIRE_PARAMS, ID2, "\0\1", "\0") "x" EMPTY(WIRE_STDIN, ID2)
		BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_STDIN, ID2, "\0\1", "\7") "y#######"
		EMPTY(WIRE_PARAMS, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1" },
	{ "an application's types and unknown ones under the request's id", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE("\52", ID1, "\0\1", "\0") "x"
		WIRE(WIRE_STDOUT, ID1, "\0\1", "\0") "y" EMPTY(WIRE_END, ID1)
		EMPTY(WIRE_GET_VALUES, ID1) EMPTY(WIRE_PARAMS, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1" },

	{ "BEGIN_REQUEST of 7 bytes", 1, 1,
	    BYTES(WIRE(WIRE_BEGIN, ID1, "\0\7", "\1") "\0\1\0\0\0\0\0\0"),
	    "error: record body has the wrong length" },
	{ "BEGIN_REQUEST of 9 bytes", 1, 1,
	    BYTES(WIRE(WIRE_BEGIN, ID1, "\0\11", "\0") "\0\1\0\0\0\0\0\0\0"),
	    "error: record body has the wrong length" },
	{ "BEGIN_REQUEST of 264 bytes", 1, 1, BYTES(WIRE(WIRE_BEGIN, ID1, "\1\10", "\0") "\0\1"),
	    "error: record body has the wrong length" },
	{ "BEGIN_REQUEST without a body", 1, 1, BYTES(EMPTY(WIRE_BEGIN, ID1)),
	    "error: record body has the wrong length" },
	{ "an id that is begun twice", 2, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) BEGIN(ID1, RESPONDER, KEEP)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 error: record out of order" },
	{ "STDIN before PARAMS", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_STDIN, ID1, "\0\1", "\0") "x"),
	    "BEGIN/1 slot 0 RESPONDER flags 1 error: record out of order" },
	{ "STDIN before the end of PARAMS", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_PARAMS, ID1, "\0\1", "\0") "x"
		EMPTY(WIRE_STDIN, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS/1 'x' error: record out of order" },
	{ "PARAMS after their end", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_PARAMS, ID1)),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1 error: record out of order" },
	{ "STDIN after its end", 1, 0,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)
		WIRE(WIRE_STDIN, ID1, "\0\1", "\0") "x"),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1 STDIN_END/1 "
	    "error: record out of order" },
	{ "DATA before STDIN", 1, 1,
	    BYTES(BEGIN(ID1, FILTER, KEEP) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_DATA, ID1)),
	    "BEGIN/1 slot 0 FILTER flags 1 PARAMS_END/1 error: record out of order" },
	{ "DATA after its end", 1, 0,
	    BYTES(BEGIN(ID1, FILTER, KEEP) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)
		EMPTY(WIRE_DATA, ID1) EMPTY(WIRE_DATA, ID1)),
	    "BEGIN/1 slot 0 FILTER flags 1 PARAMS_END/1 STDIN_END/1 DATA_END/1 "
	    "error: record out of order" },
	{ "DATA for a responder", 1, 0,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1) EMPTY(WIRE_STDIN, ID1)
		WIRE(WIRE_DATA, ID1, "\0\1", "\0") "x"),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS_END/1 STDIN_END/1 "
	    "error: record out of order" },
	{ "another protocol", 1, 1, BYTES("GET / HTTP/1.0\r\n\r\n"),
	    "error: record version is not 1" },
	{ "a client that leaves in the middle", 1, 1,
	    BYTES(BEGIN(ID1, RESPONDER, KEEP) WIRE(WIRE_PARAMS, ID1, "\0\5", "\0") "x"),
	    "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS/1 'x' cut" },
};

static void
assert_server_hears(const struct row *row, size_t first, size_t rest, int at_once)
{
	struct server_side side;
	const char *heard;

	server_side_start(&side, row->slot_count, row->answers);
	side.at_once = at_once;
	pieces_feed(row->wire, row->len, first, rest, server_side_feed, &side);
	heard = server_side_end(&side);
	if (strcmp(heard, row->expected) != 0)
		print_error("# %s, in pieces of %zu and %zu\n", row->what, first, rest);
	assert_string_equal(heard, row->expected);
	transcript_free(&side.transcript);
}

static void
requests_are_told_alike_however_they_are_cut(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (cut = 0; cut <= rows[i].len; cut++) {
			assert_server_hears(&rows[i], cut, rows[i].len + 1, 0);
			assert_server_hears(&rows[i], cut, rows[i].len + 1, 1);
		}
		assert_server_hears(&rows[i], 1, 1, 0);
	}
}

/* Whoever takes no request at one go would pass the test above, too. */
static void
a_whole_request_without_a_body_is_taken_at_one_go(void **state)
{
	static const unsigned char wire[] = BEGIN(ID2, RESPONDER, KEEP)
	    WIRE(WIRE_PARAMS, ID2, "\0\3", "\5") "abc#####" EMPTY(WIRE_PARAMS, ID2)
	    EMPTY(WIRE_STDIN, ID2) BEGIN(ID1, RESPONDER, CLOSE);
	const unsigned char *p = wire, *end = wire + sizeof wire - 1, *last = end - 16;
	struct fcgi_serve_slot slots[2] = { { 0 } };
	struct fcgi_serve serve = { .slots = slots, .slot_count = 2 };
	struct fcgi_serve_event event;

	(void)state;
	assert_int_equal(fcgi_serve_request(&serve, &p, last - 1, &event), 0);
	assert_ptr_equal(p, wire);
	assert_int_equal(fcgi_serve_request(&serve, &p, end, &event), 1);
	assert_ptr_equal(p, last);
	assert_int_equal(event.slice.len, 3);
	assert_memory_equal(event.slice.data, "abc", 3);
	assert_int_equal(slots[event.slot].request_id, 2);
	assert_int_equal(slots[event.slot].flags, FCGI_KEEP_CONN);
	assert_int_equal(fcgi_serve_active(&serve), 1);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_BEGIN);
	assert_int_not_equal(slots[event.slot].request_id, 2);
}

/*
 * An application may answer before it has read all.  The rest of the record that is under way, and
 * the records behind it, must not reach the next request in that slot.
 */
static void
what_follows_a_request_that_is_done_is_skipped(void **state)
{
	static const unsigned char wire[] = BEGIN(ID1, RESPONDER, KEEP) EMPTY(WIRE_PARAMS, ID1)
	    WIRE(WIRE_STDIN, ID1, "\0\6", "\2") "abcdef##" WIRE(WIRE_STDIN, ID1, "\0\1", "\0") "g"
	    EMPTY(WIRE_STDIN, ID1) BEGIN(ID2, RESPONDER, CLOSE) EMPTY(WIRE_PARAMS, ID2);
	const unsigned char *p = wire, *end = wire + sizeof wire - 1;
	struct fcgi_serve_slot slots[1] = { { 0 } };
	struct fcgi_serve serve = { .slots = slots, .slot_count = 1 };
	struct fcgi_serve_event event;

	(void)state;
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_BEGIN);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_PARAMS_END);
	assert_int_equal(fcgi_serve_next(&serve, &p, p + 10, &event), FCGI_SERVE_STDIN);
	assert_int_equal(event.slice.len, 2);
	assert_int_equal(fcgi_serve_active(&serve), 1);
	fcgi_serve_done(&serve, event.slot);
	assert_int_equal(fcgi_serve_active(&serve), 0);
	assert_int_equal(slots[0].request_id, 0);
	assert_int_equal(fcgi_serve_next(&serve, &p, p + 1, &event), FCGI_SERVE_MORE);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_BEGIN);
	assert_int_equal(slots[0].request_id, 2);
	assert_int_equal(slots[0].flags, 0);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_PARAMS_END);
	assert_int_equal(event.slot, 0);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_MORE);
}

/* Another request's end leaves the record under way alone. */
static void
what_belongs_to_the_others_goes_on(void **state)
{
	static const unsigned char wire[] = BEGIN(ID1, RESPONDER, KEEP) BEGIN(ID2, RESPONDER, KEEP)
	    WIRE(WIRE_PARAMS, ID2, "\0\4", "\0") "abcd";
	const unsigned char *p = wire, *end = wire + sizeof wire - 1;
	struct fcgi_serve_slot slots[2] = { { 0 } };
	struct fcgi_serve serve = { .slots = slots, .slot_count = 2 };
	struct fcgi_serve_event event;

	(void)state;
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_BEGIN);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_BEGIN);
	assert_int_equal(fcgi_serve_next(&serve, &p, end - 2, &event), FCGI_SERVE_PARAMS);
	fcgi_serve_done(&serve, 0);
	assert_int_equal(fcgi_serve_next(&serve, &p, end, &event), FCGI_SERVE_PARAMS);
	assert_int_equal(event.slot, 1);
	assert_int_equal(event.slice.len, 2);
}

static void
the_largest_records_arrive_in_full(void **state)
{
	static unsigned char content[FCGI_MAX_LENGTH];
	static const unsigned char begin[FCGI_BODY_LEN] = { 0, FCGI_RESPONDER, FCGI_KEEP_CONN };
	struct wire wire = { 0 };
	struct server_side side;
	char *expected;
	size_t len;

	(void)state;
	memset(content, 'c', sizeof content);
	wire_record(&wire, FCGI_BEGIN_REQUEST, 65535, begin, sizeof begin, 255);
	wire_record(&wire, FCGI_PARAMS, 65535, content, sizeof content, 1);
	wire_record(&wire, FCGI_PARAMS, 65535, NULL, 0, 255);
	wire_record(&wire, FCGI_STDIN, 65535, content, sizeof content, 254);
	wire_record(&wire, FCGI_STDIN, 65535, NULL, 0, 0);
	len = 2 * sizeof content + 256;
	expected = malloc(len);
	assert_non_null(expected);
	snprintf(expected, len,
	    "BEGIN/65535 slot 0 RESPONDER flags 1 PARAMS/65535 '%.*s' PARAMS_END/65535 "
	    "STDIN/65535 '%.*s' STDIN_END/65535 done/65535",
	    FCGI_MAX_LENGTH, (const char *)content, FCGI_MAX_LENGTH, (const char *)content);
	server_side_start(&side, 1, 1);
	pieces_feed(wire.data, wire.len, 7, 4093, server_side_feed, &side);
	assert_true(strcmp(server_side_end(&side), expected) == 0);
	transcript_free(&side.transcript);
	free(expected);
	wire_free(&wire);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_told_alike_however_they_are_cut),
		cmocka_unit_test(a_whole_request_without_a_body_is_taken_at_one_go),
		cmocka_unit_test(what_follows_a_request_that_is_done_is_skipped),
		cmocka_unit_test(what_belongs_to_the_others_goes_on),
		cmocka_unit_test(the_largest_records_arrive_in_full),
	};

	return cmocka_run_group_tests_name("fcgi_serve", tests, NULL, NULL);
}
