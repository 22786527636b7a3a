#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_proto.h"
#include "pieces.h"
#include "wire.h"

/* A trace that writes into memory. */
struct paper {
	struct trace *trace;
	FILE *file;
	char *text;
	size_t size;
};

static void
paper_open(struct paper *paper, struct trace_style style)
{
	paper->file = open_memstream(&paper->text, &paper->size);
	must(paper->file != NULL);
	paper->trace = trace_new(paper->file, &style);
	must(paper->trace != NULL);
}

/* Records and pairs alone. */
static const struct trace_style plain;

static const char *
paper_close(struct paper *paper)
{
	trace_free(paper->trace);
	must(fclose(paper->file) == 0);
	return paper->text;
}

static void
send_piece(void *self, const unsigned char *p, const unsigned char *end)
{
	trace_bytes(self, '>', p, (size_t)(end - p));
}

static void
assert_traces(const unsigned char *wire, size_t len, size_t first, size_t rest,
    const char *expected)
{
	struct paper paper;

	paper_open(&paper, plain);
	pieces_feed(wire, len, first, rest, send_piece, paper.trace);
	assert_string_equal(paper_close(&paper), expected);
	free(paper.text);
}

#define BODY_LEN "\0\10"

static const struct {
	const unsigned char *wire;
	size_t len;
	const char *expected;
} wires[] = {
	{ BYTES(""), "" },
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\0\1\1\0\0\0\0\0"),
	    "> BEGIN_REQUEST id=1 len=8 pad=0 role=RESPONDER flags=KEEP_CONN\n" },
	{ BYTES(WIRE(WIRE_BEGIN, "\377\377", BODY_LEN, "\2") "\0\2\0\0\0\0\0\0##"),
	    "> BEGIN_REQUEST id=65535 len=8 pad=2 role=AUTHORIZER flags=0\n" },
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\0\3\3\1\2\3\4\5"),
	    "> BEGIN_REQUEST id=1 len=8 pad=0 role=FILTER flags=0x3\n" },
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\1\0\2\0\0\0\0\0"),
	    "> BEGIN_REQUEST id=1 len=8 pad=0 role=256 flags=0x2\n" },
	{ BYTES(WIRE(WIRE_END, "\0\1", BODY_LEN, "\0") "\0\0\0\0\0\0\0\0"),
	    "> END_REQUEST id=1 len=8 pad=0 appStatus=0 protocolStatus=REQUEST_COMPLETE\n" },
	{ BYTES(WIRE(WIRE_END, "\0\1", BODY_LEN, "\0") "\377\377\377\377\2\0\0\0"),
	    "> END_REQUEST id=1 len=8 pad=0 appStatus=4294967295 protocolStatus=OVERLOADED\n" },
	{ BYTES(WIRE(WIRE_END, "\0\1", BODY_LEN, "\0") "\0\0\1\2\11\0\0\0"),
	    "> END_REQUEST id=1 len=8 pad=0 appStatus=258 protocolStatus=9\n" },
	{ BYTES(WIRE(WIRE_UNKNOWN_TYPE, "\0\0", BODY_LEN, "\0") "\52\0\0\0\0\0\0\0"),
	    "> UNKNOWN_TYPE id=0 len=8 pad=0 type=42\n" },
	{ BYTES(WIRE(WIRE_ABORT, "\0\1", "\0\0", "\0")), "> ABORT_REQUEST id=1 len=0 pad=0\n" },
	/* A body that looks like another's is none. */
	{ BYTES(WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\0\1\0\0\0\0\0\0"
		WIRE(WIRE_STDIN, "\0\1", "\0\20", "\0") "0123456789abcdef"),
	    "> BEGIN_REQUEST id=1 len=8 pad=0 role=RESPONDER flags=0\n"
	    "> STDIN id=1 len=16 pad=0\n" },
	/* Discrete records whose body is none. */
	{ BYTES(WIRE(WIRE_END, "\0\1", "\0\0", "\0")
		WIRE(WIRE_BEGIN, "\0\1", "\0\11", "\1") "123456789#"),
	    "> END_REQUEST id=1 len=0 pad=0 (len must be 8)\n"
	    "> BEGIN_REQUEST id=1 len=9 pad=1 (len must be 8)\n" },
	/* Streams: their content is not shown. */
	{ BYTES(WIRE(WIRE_STDIN, "\0\1", "\0\5", "\3") "hello###"
		WIRE(WIRE_STDIN, "\0\1", "\0\0", "\0")
		WIRE(WIRE_DATA, "\0\1", "\0\0", "\0")
		WIRE(WIRE_STDOUT, "\0\1", "\0\10", "\0") "\1\3\0\1\0\0\0\0"
		WIRE(WIRE_STDERR, "\1\0", "\0\0", "\1") "#"),
	    "> STDIN id=1 len=5 pad=3\n"
	    "> STDIN id=1 len=0 pad=0 (end)\n"
	    "> DATA id=1 len=0 pad=0 (end)\n"
	    "> STDOUT id=1 len=8 pad=0\n"
	    "> STDERR id=256 len=0 pad=1 (end)\n" },
	{ BYTES(WIRE("\52", "\0\1", "\0\3", "\0") "\1\1\1" WIRE("\0", "\0\0", "\0\0", "\0")),
	    "> type 42 id=1 len=3 pad=0\n> type 0 id=0 len=0 pad=0\n" },
	/* Pairs, escaped; a name may be empty, a long form short. */
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\33", "\1") "\1\1A1\0\0\1\3B\033\n\303"
		"\200\0\0\2\1CCx\2\0\nD\0\1E#"
		WIRE(WIRE_PARAMS, "\0\1", "\0\0", "\0")),
	    "> PARAMS id=1 len=27 pad=1\n"
	    ">   A=1\n"
	    ">   =\n"
	    ">   B=\\033\\n\\303\n"
	    ">   CC=x\n"
	    ">   \\nD=\n"
	    ">   =E\n"
	    "> PARAMS id=1 len=0 pad=0 (end)\n" },
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\34", "\0")
		"\13\3HTTP_COOKIEs3c\7\3X_TOKENs3c"),
	    "> PARAMS id=1 len=28 pad=0\n"
	    ">   HTTP_COOKIE=***\n"
	    ">   X_TOKEN=***\n" },
	{ BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\20", "\0") "\16\0FCGI_MAX_CONNS"),
	    "> GET_VALUES id=0 len=16 pad=0\n>   FCGI_MAX_CONNS=\n" },
	{ BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\22", "\0") "\17\1FCGI_MPXS_CONNS1"),
	    "> GET_VALUES_RESULT id=0 len=18 pad=0\n>   FCGI_MPXS_CONNS=1\n" },
	/* Management pairs do not run on into the next record. */
	{ BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\5", "\0") "\1\1A1\1"
		WIRE(WIRE_GET_VALUES, "\0\0", "\0\4", "\0") "\1\1B2"),
	    "> GET_VALUES id=0 len=5 pad=0\n"
	    ">   A=1\n"
	    ">   (a pair runs past the end of the record)\n"
	    "> GET_VALUES id=0 len=4 pad=0\n"
	    ">   B=2\n" },
	/* Those of PARAMS do: split inside the lengths, the name and the value. */
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\1", "\0") "\4"
		WIRE(WIRE_PARAMS, "\0\1", "\0\3", "\2") "\4NA##"
		WIRE(WIRE_PARAMS, "\0\1", "\0\4", "\0") "MEva"
		WIRE(WIRE_PARAMS, "\0\1", "\0\6", "\0") "lu\1\1B2"),
	    "> PARAMS id=1 len=1 pad=0\n"
	    "> PARAMS id=1 len=3 pad=2\n"
	    "> PARAMS id=1 len=4 pad=0\n"
	    "> PARAMS id=1 len=6 pad=0\n"
	    ">   NAME=valu\n"
	    ">   B=2\n" },
	/* Two requests at once, each in the midst of a pair. */
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\3", "\0") "\1\2A"
		WIRE(WIRE_PARAMS, "\0\2", "\0\3", "\0") "\1\2B"
		WIRE(WIRE_STDIN, "\0\3", "\0\1", "\0") "x"
		WIRE(WIRE_PARAMS, "\0\2", "\0\2", "\0") "22"
		WIRE(WIRE_PARAMS, "\0\1", "\0\2", "\0") "11"),
	    "> PARAMS id=1 len=3 pad=0\n"
	    "> PARAMS id=2 len=3 pad=0\n"
	    "> STDIN id=3 len=1 pad=0\n"
	    "> PARAMS id=2 len=2 pad=0\n"
	    ">   B=22\n"
	    "> PARAMS id=1 len=2 pad=0\n"
	    ">   A=11\n" },
	/* A stream that ends inside a pair, and one that a new request cuts off. */
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\3", "\0") "\1\2A"
		WIRE(WIRE_PARAMS, "\0\1", "\0\0", "\0")
		WIRE(WIRE_PARAMS, "\0\1", "\0\4", "\0") "\1\1B1"
		WIRE(WIRE_PARAMS, "\0\2", "\0\3", "\0") "\1\2C"
		WIRE(WIRE_BEGIN, "\0\2", BODY_LEN, "\0") "\0\1\0\0\0\0\0\0"
		WIRE(WIRE_PARAMS, "\0\2", "\0\4", "\0") "\1\1D1"),
	    "> PARAMS id=1 len=3 pad=0\n"
	    "> PARAMS id=1 len=0 pad=0 (end)\n"
	    ">   (a pair runs past the end of the stream)\n"
	    "> PARAMS id=1 len=4 pad=0\n"
	    ">   B=1\n"
	    "> PARAMS id=2 len=3 pad=0\n"
	    "> BEGIN_REQUEST id=2 len=8 pad=0 role=RESPONDER flags=0\n"
	    "> PARAMS id=2 len=4 pad=0\n"
	    ">   D=1\n" },
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\1", "\0") "\1"
		WIRE(WIRE_PARAMS, "\0\1", "\0\0", "\0")),
	    "> PARAMS id=1 len=1 pad=0\n"
	    "> PARAMS id=1 len=0 pad=0 (end)\n"
	    ">   (a pair runs past the end of the stream)\n" },
	/* Cut in the header, in a body, in content, in padding. */
	{ BYTES("\1"), "> (cut inside a header: \"\\001\")\n" },
	{ BYTES("\1\6\0"), "> (cut inside a header: \"\\001\\006\\000\")\n" },
	{ BYTES(WIRE(WIRE_END, "\0\1", BODY_LEN, "\0") "\0\0\0"),
	    "> END_REQUEST id=1 len=8 pad=0 (cut inside the body)\n" },
	{ BYTES(WIRE(WIRE_END, "\0\1", BODY_LEN, "\0")),
	    "> END_REQUEST id=1 len=8 pad=0 (cut inside the body)\n" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\1\0", "\0") "abc"),
	    "> STDOUT id=1 len=256 pad=0\n"
	    "> (cut: 253 bytes of the last record are missing)\n" },
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\5", "\0") "\1\7A1"),
	    "> PARAMS id=1 len=5 pad=0\n"
	    ">   A=1... (cut: name of 1 bytes, value of 7)\n"
	    "> (cut: 1 bytes of the last record are missing)\n" },
	/* Whether the whole name is a secret's cannot be known. */
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\20", "\0") "\5\3TOK"),
	    "> PARAMS id=1 len=16 pad=0\n"
	    ">   TOK=***... (cut: name of 5 bytes, value of 3)\n"
	    "> (cut: 11 bytes of the last record are missing)\n" },
	{ BYTES(WIRE(WIRE_PARAMS, "\0\1", "\0\20", "\0") "\5\3"),
	    "> PARAMS id=1 len=16 pad=0\n"
	    "> (cut: 14 bytes of the last record are missing)\n" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\3", "\5") "abc##"),
	    "> STDOUT id=1 len=3 pad=5\n"
	    "> (cut inside the padding of the last record)\n" },
};

static void
records_are_traced_alike_however_they_are_cut(void **state)
{
	size_t i, cut, len;

	(void)state;
	for (i = 0; i < sizeof wires / sizeof *wires; i++) {
		len = wires[i].len;
		for (cut = 0; cut <= len; cut++)
			assert_traces(wires[i].wire, len, cut, len + 1, wires[i].expected);
		assert_traces(wires[i].wire, len, 1, 1, wires[i].expected);
	}
}

/* Either direction has a state of its own, also in the midst of a record. */
static void
directions_do_not_mix(void **state)
{
	static const unsigned char sent[] = WIRE(WIRE_PARAMS, "\0\1", "\0\4", "\0") "\1\1A1";
	static const unsigned char received[] = WIRE(WIRE_END, "\0\1", BODY_LEN, "\0")
	    "\0\0\0\7\0\0\0\0";
	struct paper paper;

	(void)state;
	paper_open(&paper, plain);
	trace_bytes(paper.trace, '>', sent, 10);
	trace_bytes(paper.trace, '<', received, 12);
	trace_note(paper.trace, "at %d of %s", 3, "five");
	trace_bytes(paper.trace, '>', sent + 10, sizeof sent - 1 - 10);
	trace_bytes(paper.trace, '<', received + 12, sizeof received - 1 - 12);
	trace_bytes(paper.trace, '<', NULL, 0);
	assert_string_equal(paper_close(&paper),
	    "> PARAMS id=1 len=4 pad=0\n"
	    "* at 3 of five\n"
	    ">   A=1\n"
	    "< END_REQUEST id=1 len=8 pad=0 appStatus=7 protocolStatus=REQUEST_COMPLETE\n");
	free(paper.text);
}

static void
secrets_are_shown_on_request(void **state)
{
	static const unsigned char wire[] = WIRE(WIRE_PARAMS, "\0\1", "\0\20", "\0")
	    "\13\3HTTP_COOKIEs3c";
	struct paper paper;

	(void)state;
	paper_open(&paper, (struct trace_style){ .show_secrets = 1 });
	trace_bytes(paper.trace, '>', wire, sizeof wire - 1);
	assert_string_equal(paper_close(&paper),
	    "> PARAMS id=1 len=16 pad=0\n>   HTTP_COOKIE=s3c\n");
	free(paper.text);
	paper_open(&paper, plain);
	trace_bytes(paper.trace, '>', wire, sizeof wire - 1);
	assert_null(strstr(paper_close(&paper), "s3c"));
	free(paper.text);
}

static void
another_protocol_is_shown_once_and_counted(void **state)
{
	static const unsigned char good[] = WIRE(WIRE_STDIN, "\0\1", "\0\0", "\0");
	static const unsigned char http[] = "HTTP/1.1 400 \"Bad\"\r\n\033[2J";
	unsigned char many[300];
	struct paper paper;
	char *line;

	(void)state;
	paper_open(&paper, plain);
	trace_bytes(paper.trace, '<', good, sizeof good - 1);
	trace_bytes(paper.trace, '<', http, sizeof http - 1);
	trace_bytes(paper.trace, '<', good, sizeof good - 1);
	/* The other direction goes on. */
	trace_bytes(paper.trace, '>', good, sizeof good - 1);
	assert_string_equal(paper_close(&paper),
	    "< STDIN id=1 len=0 pad=0 (end)\n"
	    "< not FastCGI version 1: \"HTTP/1.1 400 \\\"Bad\\\"\\r\\n\\033[2J\"\n"
	    "> STDIN id=1 len=0 pad=0 (end)\n"
	    "< (32 bytes that are not FastCGI)\n");
	free(paper.text);

	/* One byte, and more than anybody wants to see. */
	paper_open(&paper, plain);
	trace_bytes(paper.trace, '<', "H", 1);
	memset(many, 2, sizeof many);
	trace_bytes(paper.trace, '>', many, sizeof many);
	paper_close(&paper);
	line = strchr(paper.text, '\n') + 1;
	assert_memory_equal(paper.text, "< not FastCGI version 1: \"H\"\n",
	    (size_t)(line - paper.text));
	assert_int_equal(strlen(strstr(line, "\\002")), 64 * 4 + strlen("\"\n"
	    "> (300 bytes that are not FastCGI)\n< (1 bytes that are not FastCGI)\n"));
	free(paper.text);
}

static void
put_lengths(struct wire *wire, uint32_t name_len, uint32_t value_len)
{
	uint32_t lens[2] = { name_len | 0x80000000U, value_len | 0x80000000U };
	unsigned char bytes[8];
	int i;

	for (i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(lens[i / 4] >> (24 - 8 * (i % 4)));
	wire_put(wire, bytes, sizeof bytes);
}

/* Sends a PARAMS stream in records of 65535 bytes. */
static void
send_params(struct paper *paper, const struct wire *stream)
{
	struct wire wire = { 0 };
	size_t at, len;

	for (at = 0; at < stream->len; at += len) {
		len = stream->len - at < FCGI_MAX_LENGTH ? stream->len - at : FCGI_MAX_LENGTH;
		wire_record(&wire, FCGI_PARAMS, 1, stream->data + at, len, 0);
	}
	trace_bytes(paper->trace, '>', wire.data, wire.len);
	wire_free(&wire);
}

/* A pair of a megabyte is cut, with its size told, and what follows it is in step. */
static void
a_huge_pair_is_cut(void **state)
{
	enum { HUGE_LEN = 1 << 20 };
	static unsigned char filler[HUGE_LEN];
	struct wire stream = { 0 };
	struct paper paper;
	const char *text;

	(void)state;
	memset(filler, 'x', sizeof filler);
	put_lengths(&stream, 3, HUGE_LEN);
	wire_put(&stream, "BIG", 3);
	wire_put(&stream, filler, HUGE_LEN);
	put_lengths(&stream, 5, HUGE_LEN);
	wire_put(&stream, "TOKEN", 5);
	wire_put(&stream, filler, HUGE_LEN);
	/* Whether this name's value is a secret cannot be known. */
	put_lengths(&stream, HUGE_LEN, 3);
	wire_put(&stream, filler, HUGE_LEN);
	wire_put(&stream, "s3c", 3);
	wire_put(&stream, "\1\1A1", 4);
	paper_open(&paper, plain);
	send_params(&paper, &stream);
	text = paper_close(&paper);
	assert_true(paper.size < 2 * 65536 + 4096);
	assert_non_null(strstr(text, "\n>   BIG=xxx"));
	assert_non_null(strstr(text, "xxx... (cut: name of 3 bytes, value of 1048576)\n"));
	assert_non_null(strstr(text,
	    "\n>   TOKEN=***... (cut: name of 5 bytes, value of 1048576)\n"));
	assert_non_null(strstr(text, "x=***... (cut: name of 1048576 bytes, value of 3)\n"));
	assert_non_null(strstr(text, "\n>   A=1\n"));
	assert_null(strstr(text, "s3c"));
	free(paper.text);
	wire_free(&stream);
}

/* A peer that only claims to send two gigabytes gets no memory for it, and no word. */
static void
a_length_alone_costs_nothing(void **state)
{
	struct wire stream = { 0 };
	struct paper paper;

	(void)state;
	put_lengths(&stream, 0x7fffffff, 0x7fffffff);
	wire_put(&stream, "abc", 3);
	paper_open(&paper, plain);
	send_params(&paper, &stream);
	assert_string_equal(paper_close(&paper), "> PARAMS id=1 len=11 pad=0\n");
	free(paper.text);
	wire_free(&stream);
}

/* Requests that all stop in the midst of a pair: the memory for them is bounded. */
static void
too_many_split_pairs_are_told(void **state)
{
	struct paper paper;
	struct wire wire = { 0 };
	const char *text, *lost = "\n>   (too many split pairs: none are shown from here on)\n";
	uint16_t id;

	(void)state;
	for (id = 1; id <= 40; id++)
		wire_record(&wire, FCGI_PARAMS, id, "\1\2A", 3, 0);
	for (id = 1; id <= 40; id++)
		wire_record(&wire, FCGI_PARAMS, id, "11\1\1C3", 6, 0);
	/* Management pairs have nothing to do with it. */
	wire_record(&wire, FCGI_GET_VALUES, 0, "\1\1B2", 4, 0);
	paper_open(&paper, plain);
	trace_bytes(paper.trace, '>', wire.data, wire.len);
	text = paper_close(&paper);
	text = strstr(text, lost);
	assert_non_null(text);
	assert_null(strstr(text + 1, lost));
	assert_null(strstr(text, "A="));
	assert_null(strstr(text, "C="));
	assert_non_null(strstr(text, "\n> PARAMS id=40 len=6 pad=0\n"));
	assert_non_null(strstr(text, "\n>   B=2\n"));
	free(paper.text);

	/* One after the other is no trouble, however many. */
	wire.len = 0;
	for (id = 1; id <= 40; id++) {
		wire_record(&wire, FCGI_PARAMS, id, "\1\2A", 3, 0);
		wire_record(&wire, FCGI_PARAMS, id, "11", 2, 0);
	}
	paper_open(&paper, plain);
	trace_bytes(paper.trace, '>', wire.data, wire.len);
	text = paper_close(&paper);
	assert_null(strstr(text, lost));
	assert_non_null(strstr(text, "> PARAMS id=40 len=2 pad=0\n>   A=11\n"));
	free(paper.text);
	wire_free(&wire);
}

/* What a capture holds is of both directions. */
static const unsigned char capture[] =
    WIRE(WIRE_BEGIN, "\0\1", BODY_LEN, "\0") "\0\1\0\0\0\0\0\0"
    WIRE(WIRE_PARAMS, "\0\1", "\0\20", "\0") "\13\3HTTP_COOKIEs3c"
    WIRE(WIRE_STDIN, "\0\1", "\0\11", "\7") "a\033b\nc\r\n\nd#######"
    WIRE(WIRE_STDOUT, "\0\1", "\0\23", "\0") "0123456789abcdefg\377\n"
    WIRE("\52", "\0\1", "\0\1", "\0") "?"
    WIRE(WIRE_END, "\0\1", BODY_LEN, "\0") "\0\0\0\0\0\0\0\0"
    "HTTP/1.1 200";

static const struct {
	struct trace_style style;
	const char *expected;
} styles[] = {
	{ { .contents = TRACE_TEXT, .offsets = 1 },
	    "> BEGIN_REQUEST id=1 len=8 pad=0 at=0 role=RESPONDER flags=0\n"
	    "> PARAMS id=1 len=16 pad=0 at=16\n"
	    ">   HTTP_COOKIE=***\n"
	    "> STDIN id=1 len=9 pad=7 at=40\n"
	    ">   a\\033b\n"
	    ">   c\\r\n"
	    ">   \n"
	    ">   d\n"
	    "< STDOUT id=1 len=19 pad=0 at=64\n"
	    "<   0123456789abcdefg\\377\n"
	    "? type 42 id=1 len=1 pad=0 at=91\n"
	    "?   ?\n"
	    "< END_REQUEST id=1 len=8 pad=0 at=100 appStatus=0 "
	    "protocolStatus=REQUEST_COMPLETE\n"
	    "? not FastCGI version 1 at=116: \"HTTP/1.1 200\"\n"
	    "? (12 bytes that are not FastCGI)\n" },
	{ { .contents = TRACE_HEX },
	    "> BEGIN_REQUEST id=1 len=8 pad=0 role=RESPONDER flags=0\n"
	    ">   0000: 00 01 00 00 00 00 00 00                          ........\n"
	    "> PARAMS id=1 len=16 pad=0\n"
	    ">   HTTP_COOKIE=***\n"
	    ">   0000: 0b 03 48 54 54 50 5f 43 4f 4f 4b 49 45 ** ** **  ..HTTP_COOKIE***\n"
	    "> STDIN id=1 len=9 pad=7\n"
	    ">   0000: 61 1b 62 0a 63 0d 0a 0a 64                       a.b.c...d\n"
	    "< STDOUT id=1 len=19 pad=0\n"
	    "<   0000: 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n"
	    "<   0010: 67 ff 0a                                         g..\n"
	    "? type 42 id=1 len=1 pad=0\n"
	    "?   0000: 3f                                               ?\n"
	    "< END_REQUEST id=1 len=8 pad=0 appStatus=0 protocolStatus=REQUEST_COMPLETE\n"
	    "<   0000: 00 00 00 00 00 00 00 00                          ........\n"
	    "? not FastCGI version 1: \"HTTP/1.1 200\"\n"
	    "?   0000: 48 54 54 50 2f 31 2e 31                          HTTP/1.1\n"
	    "?   0000: 20 32 30 30                                       200\n"
	    "? (12 bytes that are not FastCGI)\n" },
	{ { .contents = TRACE_NO_CONTENTS, .show_secrets = 1 },
	    "> BEGIN_REQUEST id=1 len=8 pad=0 role=RESPONDER flags=0\n"
	    "> PARAMS id=1 len=16 pad=0\n"
	    ">   HTTP_COOKIE=s3c\n"
	    "> STDIN id=1 len=9 pad=7\n"
	    "< STDOUT id=1 len=19 pad=0\n"
	    "? type 42 id=1 len=1 pad=0\n"
	    "< END_REQUEST id=1 len=8 pad=0 appStatus=0 protocolStatus=REQUEST_COMPLETE\n"
	    "? not FastCGI version 1: \"HTTP/1.1 200\"\n"
	    "? (12 bytes that are not FastCGI)\n" },
};

static void
feed_capture(void *self, const unsigned char *p, const unsigned char *end)
{
	trace_bytes(self, '?', p, (size_t)(end - p));
}

static void
a_capture_is_shown_in_every_style(void **state)
{
	const size_t len = sizeof capture - 1, good = len - 12;
	struct paper paper;
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof styles / sizeof *styles; i++) {
		/* What is not FastCGI comes in one piece: how much of it is shown depends on that. */
		for (cut = 0; cut <= good; cut++) {
			paper_open(&paper, styles[i].style);
			pieces_feed(capture, cut, 1, 1, feed_capture, paper.trace);
			trace_bytes(paper.trace, '?', capture + cut, len - cut);
			assert_string_equal(paper_close(&paper), styles[i].expected);
			free(paper.text);
		}
	}
}

/* A record that is cut shows what there was of it. */
static void
what_came_of_a_cut_record_is_shown(void **state)
{
	static const unsigned char wire[] = WIRE(WIRE_STDOUT, "\0\1", "\1\0", "\0") "abc";
	struct paper paper;

	(void)state;
	paper_open(&paper, (struct trace_style){ .contents = TRACE_TEXT });
	trace_bytes(paper.trace, '<', wire, sizeof wire - 1);
	assert_string_equal(paper_close(&paper),
	    "< STDOUT id=1 len=256 pad=0\n<   abc\n"
	    "< (cut: 253 bytes of the last record are missing)\n");
	free(paper.text);
}

/* The bytes of a secret are hidden wherever the pair is cut, those of its neighbours are not. */
static void
secrets_are_hidden_among_the_bytes(void **state)
{
	static const unsigned char wire[] =
	    WIRE(WIRE_PARAMS, "\0\1", "\0\10", "\0") "\1\1A1\5\4TO"
	    WIRE(WIRE_PARAMS, "\0\1", "\0\5", "\0") "KENs3"
	    WIRE(WIRE_PARAMS, "\0\1", "\0\6", "\0") "c4\1\1B2";
	struct paper paper;
	const char *text;
	size_t cut;

	(void)state;
	for (cut = 0; cut < sizeof wire; cut++) {
		paper_open(&paper, (struct trace_style){ .contents = TRACE_HEX });
		pieces_feed(wire, sizeof wire - 1, cut, sizeof wire, send_piece, paper.trace);
		text = paper_close(&paper);
		assert_non_null(strstr(text, ": 4b 45 4e ** **  "));
		assert_non_null(strstr(text, ": ** ** 01 01 42 32  "));
		assert_null(strstr(text, "s3"));
		assert_null(strstr(text, "c4"));
		free(paper.text);
	}
}

/* "12:34:56.789012 " before each line, ours too. */
static void
lines_begin_with_the_time(void **state)
{
	static const char form[] = "dd:dd:dd.dddddd ";
	static const unsigned char wire[] = WIRE(WIRE_STDIN, "\0\1", "\0\0", "\0");
	struct paper paper;
	const char *line;
	int i, count = 0;

	(void)state;
	paper_open(&paper, (struct trace_style){ .times = 1 });
	trace_bytes(paper.trace, '>', wire, sizeof wire - 1);
	trace_note(paper.trace, "note");
	for (line = paper_close(&paper); *line != '\0'; line = strchr(line, '\n') + 1) {
		for (i = 0; form[i] != '\0'; i++)
			assert_true(form[i] == 'd' ? line[i] >= '0' && line[i] <= '9'
						   : line[i] == form[i]);
		assert_true(line[i] == (count++ == 0 ? '>' : '*'));
	}
	assert_int_equal(count, 2);
	free(paper.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_traced_alike_however_they_are_cut),
		cmocka_unit_test(directions_do_not_mix),
		cmocka_unit_test(secrets_are_shown_on_request),
		cmocka_unit_test(another_protocol_is_shown_once_and_counted),
		cmocka_unit_test(a_huge_pair_is_cut),
		cmocka_unit_test(a_length_alone_costs_nothing),
		cmocka_unit_test(too_many_split_pairs_are_told),
		cmocka_unit_test(a_capture_is_shown_in_every_style),
		cmocka_unit_test(what_came_of_a_cut_record_is_shown),
		cmocka_unit_test(secrets_are_hidden_among_the_bytes),
		cmocka_unit_test(lines_begin_with_the_time),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
