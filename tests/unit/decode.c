#include "decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pieces.h"
#include "transcript.h"
#include "wire.h"

#define BODY_LEN "\0\10"
#define BEGIN(id) WIRE(WIRE_BEGIN, id, BODY_LEN, "\0") "\0\1\0\0\0\0\0\0"
#define PARAMS(id) WIRE(WIRE_PARAMS, id, "\0\4", "\4") "\1\1A1####"
#define END_OF(type, id) WIRE(type, id, "\0\0", "\0")
#define END(id) WIRE(WIRE_END, id, BODY_LEN, "\0") "\0\0\0\7\0\0\0\0"

struct reading {
	struct decode *decode;
	struct transcript transcript;
};

static void
say(struct reading *reading, const struct decode_event *event)
{
	struct transcript *transcript = &reading->transcript;
	const struct fcgi_record *record = &event->record;
	char text[DECODE_TEXT_MAX], label[32];

	snprintf(label, sizeof label, "%u.%u.%u", record->request_id, event->use, record->type);
	switch (event->what) {
	case DECODE_BEGIN:
		transcript_say(transcript, "%s:begin=%u,%u", label, event->begin.role,
		    event->begin.flags);
		break;
	case DECODE_STREAM:
		transcript_content(transcript, label, event->slice.data, event->slice.len);
		break;
	case DECODE_STREAM_END:
		transcript_say(transcript, "%s:closed", label);
		break;
	case DECODE_END:
		transcript_say(transcript, "%s:end=%u,%u", label, event->end.app_status,
		    event->end.protocol_status);
		break;
	case DECODE_ABORT:
		transcript_say(transcript, "%s:abort", label);
		break;
	case DECODE_OTHER:
		transcript_say(transcript, "%s:other", label);
		break;
	default:
		transcript_say(transcript, "[%llu %s]", (unsigned long long)event->offset,
		    decode_describe(text, sizeof text, event));
	}
}

static void
feed(void *self, const unsigned char *p, const unsigned char *end)
{
	struct reading *reading = self;
	struct decode_event event;
	int what;

	while ((what = decode_next(reading->decode, &p, end, &event)) > 0) {
		assert_int_equal(what, event.what);
		say(reading, &event);
	}
	assert_int_equal(what, DECODE_MORE);
	assert_ptr_equal(p, end);
}

static void
assert_decodes(const unsigned char *wire, size_t len, size_t first, size_t rest,
    const char *expected)
{
	struct reading reading = { .decode = calloc(1, sizeof *reading.decode) };
	struct decode_event event;

	assert_non_null(reading.decode);
	transcript_start(&reading.transcript);
	pieces_feed(wire, len, first, rest, feed, &reading);
	while (decode_finish(reading.decode, &event) > 0)
		say(&reading, &event);
	assert_string_equal(transcript_end(&reading.transcript), expected);
	transcript_free(&reading.transcript);
	free(reading.decode);
}

static const struct {
	const unsigned char *wire;
	size_t len;
	const char *expected;
} wires[] = {
	{ BYTES(""), "" },
	/* A request, and its answer. */
	{ BYTES(BEGIN("\0\1") PARAMS("\0\1") END_OF(WIRE_PARAMS, "\0\1")
		WIRE(WIRE_STDIN, "\0\1", "\0\2", "\0") "hi" END_OF(WIRE_STDIN, "\0\1")),
	    "1.1.1:begin=1,0 1.1.4 '\\001\\001A1' 1.1.4:closed 1.1.5 'hi' 1.1.5:closed" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\2", "\0") "ok"
		WIRE(WIRE_STDERR, "\0\1", "\0\1", "\1") "e#" END_OF(WIRE_STDOUT, "\0\1")
		END("\0\1")),
	    "1.1.6 'ok' 1.1.7 'e' 1.1.6:closed 1.1.3:end=7,0" },
	/* An authorizer may get no STDIN; an application need not close its streams. */
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\0\2\1\0\0\0\0\0"
		END_OF(WIRE_PARAMS, "\0\1") END("\0\1")),
	    "1.1.1:begin=2,1 1.1.4:closed 1.1.3:end=7,0" },
	/* The same id again, and two at once. */
	{ BYTES(BEGIN("\0\1") END_OF(WIRE_PARAMS, "\0\1") END_OF(WIRE_STDIN, "\0\1") END("\0\1")
		BEGIN("\0\1") END_OF(WIRE_PARAMS, "\0\1") END_OF(WIRE_STDIN, "\0\1") END("\0\1")),
	    "1.1.1:begin=1,0 1.1.4:closed 1.1.5:closed 1.1.3:end=7,0 "
	    "1.2.1:begin=1,0 1.2.4:closed 1.2.5:closed 1.2.3:end=7,0" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\1", "\0") "a" WIRE(WIRE_STDOUT, "\0\2", "\0\1", "\0") "b"
		WIRE(WIRE_STDOUT, "\0\1", "\0\1", "\0") "c" END("\0\2") END("\0\1")),
	    "1.1.6 'a' 2.1.6 'b' 1.1.6 'c' 2.1.3:end=7,0 1.1.3:end=7,0" },
	/* Management, other types, an aborted request. */
	{ BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\3", "\0") "\1\0A"
		WIRE(WIRE_UNKNOWN_TYPE, "\0\0", BODY_LEN, "\0") "\52\0\0\0\0\0\0\0"
		WIRE("\52", "\0\1", "\0\1", "\0") "x"),
	    "0.0.9:other 0.0.11:other 1.0.42:other" },
	{ BYTES(BEGIN("\0\1") PARAMS("\0\1") WIRE(WIRE_ABORT, "\0\1", "\0\0", "\0")),
	    "1.1.1:begin=1,0 1.1.4 '\\001\\001A1' 1.1.2:abort" },
	/* What is wrong, and where. */
	{ BYTES("HTTP/1.1 400 Bad"),
	    "[0 not a record of FastCGI version 1: 48 54 54 50 2f 31 2e 31 (HTTP/1.1)]" },
	{ BYTES("\324\303\262\241\2\0\4\0"),
	    "[0 not a record of FastCGI version 1 but of packets (pcap)]" },
	{ BYTES("\324\303\262"), "[0 not a record of FastCGI version 1: d4 c3 b2 (...)]" },
	{ BYTES(END("\0\1") "\2\6\0\1"), "1.1.3:end=7,0 "
	    "[16 not a record of FastCGI version 1: 02 06 00 01 (....)]" },
	{ BYTES("\1\6\0"),
	    "[0 the capture ends inside a record header, 3 of its 8 bytes there]" },
	{ BYTES(WIRE(WIRE_STDOUT, "\1\0", "\0\5", "\3") "abc"),
	    "256.1.6 'abc' [11 the capture ends inside a record (STDOUT of request 256), "
	    "2 of its 5 bytes missing]" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\3", "\5") "abc##"),
	    "1.1.6 'abc' [13 the capture ends inside the padding of a record "
	    "(STDOUT of request 1)]" },
	{ BYTES(WIRE(WIRE_END, "\0\1", "\0\4", "\4") "\0\0\0\0####"),
	    "[0 END_REQUEST has a body of 4 bytes, not 8]" },
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", "\0\11", "\0") "\0\1\0\0\0\0\0\0\0"
		WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\0", "\0")),
	    "[0 BEGIN_REQUEST has a body of 9 bytes, not 8] "
	    "[17 UNKNOWN_TYPE has a body of 0 bytes, not 8] 0.0.11:other" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\0", "\0\1", "\0") "x"
		WIRE(WIRE_GET_VALUES, "\0\7", "\0\0", "\0")),
	    "[0 STDOUT has id 0, which only management records have] 0.0.6:other "
	    "[9 GET_VALUES has id 7, but management records have 0] 7.0.9:other" },
	{ BYTES(END_OF(WIRE_STDOUT, "\0\1") WIRE(WIRE_STDOUT, "\0\1", "\0\1", "\0") "x" END("\0\1")),
	    "1.1.6:closed [8 STDOUT of request 1 goes on after its end] 1.1.6 'x' 1.1.3:end=7,0" },
	{ BYTES(WIRE(WIRE_STDIN, "\0\1", "\0\1", "\0") "x" END_OF(WIRE_STDIN, "\0\1")),
	    "[0 STDIN of request 1, which BEGIN_REQUEST has not begun] 1.1.5 'x' 1.1.5:closed" },
	{ BYTES(BEGIN("\0\1") PARAMS("\0\1") BEGIN("\0\1") WIRE(WIRE_ABORT, "\0\1", "\0\0", "\0")),
	    "1.1.1:begin=1,0 1.1.4 '\\001\\001A1' "
	    "[32 BEGIN_REQUEST of request 1, which is still being sent] 1.2.1:begin=1,0 "
	    "1.2.2:abort" },
	{ BYTES(BEGIN("\0\1") WIRE(WIRE_PARAMS, "\0\1", "\0\3", "\0") "\1\7A"
		END_OF(WIRE_PARAMS, "\0\1") END_OF(WIRE_STDIN, "\0\1")),
	    "1.1.1:begin=1,0 1.1.4 '\\001\\007A' "
	    "[27 a name-value pair runs past the end of PARAMS of request 1] 1.1.4:closed "
	    "1.1.5:closed" },
	{ BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\1", "\0") "\1"),
	    "[0 a name-value pair runs past the end of GET_VALUES of request 0]" },
	/* A pair may go on in the next record of the same stream, whatever lies between. */
	{ BYTES(BEGIN("\0\1") WIRE(WIRE_PARAMS, "\0\1", "\0\2", "\0") "\1\2"
		BEGIN("\0\2") WIRE(WIRE_PARAMS, "\0\2", "\0\1", "\0") "\1"
		WIRE(WIRE_PARAMS, "\0\1", "\0\3", "\0") "A11" END_OF(WIRE_PARAMS, "\0\1")
		WIRE(WIRE_PARAMS, "\0\2", "\0\3", "\0") "\1B2" END_OF(WIRE_PARAMS, "\0\2")
		END_OF(WIRE_STDIN, "\0\2") END_OF(WIRE_STDIN, "\0\1")),
	    "1.1.1:begin=1,0 1.1.4 '\\001\\002' 2.1.1:begin=1,0 2.1.4 '\\001' 1.1.4 'A11' 1.1.4:closed "
	    "2.1.4 '\\001B2' 2.1.4:closed 2.1.5:closed 1.1.5:closed" },
	/* A capture that ends between two records. */
	{ BYTES(BEGIN("\0\1") PARAMS("\0\1")),
	    "1.1.1:begin=1,0 1.1.4 '\\001\\001A1' "
	    "[32 the capture ends before PARAMS of request 1 does]" },
	{ BYTES(BEGIN("\0\2") END_OF(WIRE_PARAMS, "\0\2") BEGIN("\0\1") END_OF(WIRE_PARAMS, "\0\1")),
	    "2.1.1:begin=1,0 2.1.4:closed 1.1.1:begin=1,0 1.1.4:closed "
	    "[48 the capture ends before STDIN of request 1 does] "
	    "[48 the capture ends before STDIN of request 2 does]" },
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\0\3\0\0\0\0\0\0"
		END_OF(WIRE_PARAMS, "\0\1") END_OF(WIRE_STDIN, "\0\1")),
	    "1.1.1:begin=3,0 1.1.4:closed 1.1.5:closed "
	    "[32 the capture ends before DATA of request 1 does]" },
	{ BYTES(END_OF(WIRE_STDOUT, "\0\1")),
	    "1.1.6:closed [8 the capture ends before END_REQUEST of request 1]" },
};

static void
captures_are_read_alike_however_they_are_cut(void **state)
{
	size_t i, cut, len;

	(void)state;
	for (i = 0; i < sizeof wires / sizeof *wires; i++) {
		len = wires[i].len;
		/* Bytes that are no record are told as far as they are there. */
		if (strstr(wires[i].expected, "not a record") == NULL)
			for (cut = 1; cut < len; cut++)
				assert_decodes(wires[i].wire, len, cut, len, wires[i].expected);
		assert_decodes(wires[i].wire, len, len, 1, wires[i].expected);
		if (strstr(wires[i].expected, "not a record") == NULL)
			assert_decodes(wires[i].wire, len, 1, 1, wires[i].expected);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_are_read_alike_however_they_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
