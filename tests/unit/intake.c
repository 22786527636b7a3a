#include "intake.h"

#include <setjmp.h>
#include <sha2.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "must.h"
#include "pieces.h"
#include "transcript.h"
#include "wire.h"

/* The wire, in short: "\1" is the id's low byte, the content is no longer than 255 bytes. */
#define OUT(id, len, content) WIRE(WIRE_STDOUT, "\0" id, "\0" len, "\0") content
#define ERR(id, len, content) WIRE(WIRE_STDERR, "\0" id, "\0" len, "\0") content
#define END(id) WIRE(WIRE_END, "\0" id, "\0\10", "\0") "\0\0\0\0\0\0\0\0"
#define END_STATUS(id, app, protocol) \
	WIRE(WIRE_END, "\0" id, "\0\10", "\0") app protocol "\0\0\0"
#define HELLO(id) OUT(id, "\11", "A: b\n\nhi\n")

/* The owner of a connection: who finishes is begun again. */
struct owner {
	struct intake intake;
	struct intake_memory memory;
	struct payloads payloads;
	struct payload items[2];
	int begins_again;
	int tells_first;
	int error;
	unsigned int begun, done;	/* of this connection */
	struct transcript transcript;
};

static void
owner_begin(struct owner *owner, uint16_t id)
{
	intake_begin(&owner->intake, id, id % 2 == 0);
	owner->begun++;
}

static void
owner_connect(struct owner *owner)
{
	intake_connected(&owner->intake);
	assert_int_equal(owner->intake.in_flight, 0);
	owner->begun = owner->done = 0;
	owner->error = 0;
}

/* Ids of an even number are of the second payload. */
static void
owner_start(struct owner *owner, const struct expect *expect, unsigned int streams)
{
	unsigned int i;

	*owner = (struct owner){ .begins_again = 1 };
	owner->payloads = (struct payloads){ .items = owner->items, .count = 2 };
	for (i = 0; i < 2; i++)
		must(expect_copy(&owner->items[i].expect, expect) == 0);
	must(intake_memory_init(&owner->memory, &owner->payloads) == 0);
	must(intake_init(&owner->intake, &owner->memory, streams) == 0);
	owner_connect(owner);
	for (i = 1; i <= streams; i++)
		owner_begin(owner, (uint16_t)i);
	transcript_start(&owner->transcript);
}

static void
owner_tell(struct owner *owner, int what, const struct intake_event *event)
{
	static const char *const kinds[] = {
		[FAILURE_PROTOCOL_STATUS] = "protocol-status",
		[FAILURE_APP_STATUS] = "app-status",
		[FAILURE_HEADER] = "header",
		[FAILURE_STATUS] = "status",
		[FAILURE_LENGTH] = "length",
		[FAILURE_CONTENT_LENGTH] = "content-length",
		[FAILURE_BAD_LENGTH] = "bad-length",
		[FAILURE_BODY] = "body",
		[FAILURE_SHA256] = "sha256",
	};

	assert_in_range(event->request_id, 1, owner->intake.stream_count);
	assert_int_equal(event->payload, event->request_id % 2 == 0);
	if (what == INTAKE_FIRST) {
		if (owner->tells_first)
			transcript_say(&owner->transcript, "first/%d", event->request_id);
	} else if (event->failure.kind == 0) {
		transcript_say(&owner->transcript, "good/%d %d", event->request_id,
		    (int)event->body_len);
	} else {
		assert_int_equal(event->failure.phase,
		    event->failure.kind == FAILURE_PROTOCOL_STATUS ? FAILURE_ANSWER
								   : FAILURE_VALID);
		transcript_say(&owner->transcript, "%s/%d %d", kinds[event->failure.kind],
		    event->request_id, (int)event->failure.number);
	}
}

static void
owner_feed(void *self, const unsigned char *p, const unsigned char *end)
{
	struct owner *owner = self;
	struct intake_event event;
	uint16_t done[64];
	size_t count = 0, i;
	int what;

	if (owner->error < 0)
		return;
	while ((what = intake_next(&owner->intake, &p, end, &event)) > 0) {
		owner_tell(owner, what, &event);
		if (what == INTAKE_DONE)
			done[count++] = event.request_id;
		must(count < 64);
	}
	owner->done += (unsigned int)count;
	if (what < 0) {
		transcript_say(&owner->transcript, "error: %s", fcgi_strerror(what));
		owner->error = what;
		return;
	}
	assert_ptr_equal(p, end);
	assert_int_equal(owner->intake.in_flight, owner->begun - owner->done);
	for (i = 0; owner->begins_again && i < count; i++)
		owner_begin(owner, done[i]);
}

static char *
owner_end(struct owner *owner)
{
	size_t i;

	for (i = 0; i < 2; i++)
		expect_reset(&owner->items[i].expect);
	intake_reset(&owner->intake);
	intake_memory_reset(&owner->memory);
	transcript_end(&owner->transcript);
	return owner->transcript.text;
}

static void
tells(const unsigned char *wire, size_t len, size_t first, size_t rest,
    const struct expect *expect, unsigned int streams, const char *expected)
{
	struct owner owner;

	owner_start(&owner, expect, streams);
	owner.begins_again = 0;
	pieces_feed(wire, len, first, rest, owner_feed, &owner);
	assert_string_equal(owner_end(&owner), expected);
	transcript_free(&owner.transcript);
}

/* However it is cut it is the same. */
static void
always_tells(const unsigned char *wire, size_t len, const struct expect *expect,
    unsigned int streams, const char *expected)
{
	size_t cut;

	for (cut = 0; cut <= len; cut++)
		tells(wire, len, cut, len + 1, expect, streams, expected);
	tells(wire, len, 1, 1, expect, streams, expected);
}

static void
test_one_answer(void **state)
{
	static const struct {
		const unsigned char *wire;
		size_t len;
		const char *told;
	} rows[] = {
		{ BYTES(HELLO("\1") END("\1")), "good/1 3" },
		{ BYTES(HELLO("\1") OUT("\1", "\0", "") END("\1")), "good/1 3" },
		{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\11", "\7") "A: b\n\nhi\n#######"
			WIRE(WIRE_STDOUT, "\0\1", "\0\0", "\10") "########"
			WIRE(WIRE_END, "\0\1", "\0\10", "\3") "\0\0\0\0\0\0\0\0###"), "good/1 3" },
		{ BYTES(OUT("\1", "\3", "A: ") ERR("\1", "\2", "oh") OUT("\1", "\10", "b\r\n\r\nhi\n")
			ERR("\1", "\0", "") OUT("\1", "\2", "!\n") OUT("\1", "\0", "") END("\1")),
		    "good/1 5" },
		{ BYTES(OUT("\1", "\6", "A: b\n\n") END("\1")), "good/1 0" },
		{ BYTES(OUT("\1", "\23", "Status: 201 Made\n\nx") END("\1")), "good/1 1" },
		/* The text behind the digits does not matter, nor does the case. */
		{ BYTES(OUT("\1", "\15", "sTATUS:299\n\nx") END("\1")), "good/1 1" },
		/* Not those of ours, management, unknown types: passed over. */
		{ BYTES(HELLO("\2") HELLO("\1") WIRE("\377", "\0\1", "\0\1", "\0") "x"
			WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\10", "\0") "\1\2\3\4\5\6\7\10"
			WIRE("\0", "\0\1", "\0\0", "\0") END("\2") END("\1")), "good/1 3" },
		{ BYTES(WIRE(WIRE_GET_VALUES, "\0\1", "\0\0", "\0") HELLO("\1") END("\1")),
		    "good/1 3" },
		/* What is not to be measured as an answer. */
		{ BYTES(OUT("\1", "\16", "Status: 404\n\nx") END("\1")), "status/1 404" },
		{ BYTES(OUT("\1", "\16", "Status: 503\n\nx") END("\1")), "status/1 503" },
		{ BYTES(OUT("\1", "\21", "Location: /login\n") OUT("\1", "\1", "\n") END("\1")),
		    "status/1 302" },
		{ BYTES(HELLO("\1") END_STATUS("\1", "\0\0\1\0", "\0")), "app-status/1 256" },
		{ BYTES(HELLO("\1") END_STATUS("\1", "\377\377\377\377", "\0")),
		    "app-status/1 -1" },
		{ BYTES(OUT("\1", "\16", "Status: 500\n\nx") END_STATUS("\1", "\0\0\0\377", "\0")),
		    "status/1 500" },
		{ BYTES(END_STATUS("\1", "\0\0\0\0", "\2")), "protocol-status/1 2" },
		{ BYTES(HELLO("\1") END_STATUS("\1", "\0\0\0\1", "\1")), "protocol-status/1 1" },
		{ BYTES(END("\1")), "header/1 -13" },
		{ BYTES(END_STATUS("\1", "\0\0\0\7", "\0")), "app-status/1 7" },
		{ BYTES(OUT("\1", "\0", "") END("\1")), "header/1 -13" },
		{ BYTES(OUT("\1", "\4", "A: b") END("\1")), "header/1 -13" },
		{ BYTES(OUT("\1", "\5", "hello") END("\1")), "header/1 -13" },
		{ BYTES(OUT("\1", "\6", "hello\n") OUT("\1", "\2", "\n\n") END("\1")),
		    "header/1 -11" },
		{ BYTES(OUT("\1", "\16", "Status: 20\n\nxx") END("\1")), "header/1 -12" },
		/* Its body is as long as it says. */
		{ BYTES(OUT("\1", "\25", "Content-Length: 2\n\nhi") END("\1")), "good/1 2" },
		{ BYTES(OUT("\1", "\27", "content-lengtH:\t02 \n\nhi") END("\1")), "good/1 2" },
		{ BYTES(OUT("\1", "\24", "Content-Length: 2\n\nh") END("\1")),
		    "content-length/1 0" },
		{ BYTES(OUT("\1", "\23", "Content-Length: 2\n\n") OUT("\1", "\3", "hi\n")
			END("\1")), "content-length/1 0" },
		{ BYTES(OUT("\1", "\23", "Content-Length: 2\n\n") OUT("\1", "\0", "")
			END("\1")), "content-length/1 0" },
		{ BYTES(OUT("\1", "\43", "Status: 204\nContent-Length: 22222\n\n") END("\1")),
		    "good/1 0" },
		/* What is another header says nothing. */
		{ BYTES(OUT("\1", "\25", "Content-Lengths: 2\n\nh") END("\1")), "good/1 1" },
		{ BYTES(OUT("\1", "\23", "Content-Lengt: 2\n\nh") END("\1")), "good/1 1" },
		/* It has to be a number, and the same one each time. */
		{ BYTES(OUT("\1", "\24", "Content-Length: x\n\nh") END("\1")), "bad-length/1 0" },
		{ BYTES(OUT("\1", "\23", "Content-Length: \n\nh") END("\1")), "bad-length/1 0" },
		{ BYTES(OUT("\1", "\26", "Content-Length: 2 2\n\nh") END("\1")),
		    "bad-length/1 0" },
		{ BYTES(OUT("\1", "\25", "Content-Length: -1\n\nh") END("\1")),
		    "bad-length/1 0" },
		{ BYTES(OUT("\1", "\51", "Content-Length: 99999999999999999999999\n\n")
			END("\1")), "bad-length/1 0" },
		{ BYTES(OUT("\1", "\46", "Content-Length: 2\nContent-Length: 1\n\nh")
			END("\1")), "bad-length/1 0" },
		{ BYTES(OUT("\1", "\46", "Content-Length: x\nContent-Length: 1\n\nh")
			END("\1")), "bad-length/1 0" },
		{ BYTES(OUT("\1", "\46", "Content-Length: 1\nContent-Length: 1\n\nh")
			END("\1")), "good/1 1" },
		/* What is not FastCGI. */
		{ BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), "error: record version is not 1" },
		{ BYTES(HELLO("\1") "\2"), "error: record version is not 1" },
		{ BYTES(WIRE(WIRE_END, "\0\1", "\0\7", "\0") "1234567"),
		    "error: record body has the wrong length" },
		{ BYTES(WIRE(WIRE_END, "\0\1", "\0\11", "\0") "123456789"),
		    "error: record body has the wrong length" },
		{ BYTES(OUT("\1", "\0", "") HELLO("\1")), "error: record out of order" },
		{ BYTES(ERR("\1", "\0", "") ERR("\1", "\1", "x")), "error: record out of order" },
		{ BYTES(WIRE(WIRE_BEGIN, "\0\1", "\0\10", "\0") "\0\1\0\0\0\0\0\0"),
		    "error: record out of order" },
		{ BYTES(WIRE(WIRE_DATA, "\0\1", "\0\0", "\0")), "error: record out of order" },
		/* Behind its end: a good answer, and then no more. */
		{ BYTES(HELLO("\1") END("\1") HELLO("\1")), "good/1 3 error: record out of order" },
		{ BYTES(HELLO("\1") END("\1") END("\1")), "good/1 3 error: record out of order" },
		/* Not yet. */
		{ BYTES(""), "" },
		{ BYTES("\1\6"), "" },
		{ BYTES(HELLO("\1")), "" },
		{ BYTES(HELLO("\1") WIRE(WIRE_END, "\0\1", "\0\10", "\0") "1234567"), "" },
	};
	static const struct expect any;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		always_tells(rows[i].wire, rows[i].len, &any, 1, rows[i].told);
}

static void
test_expected(void **state)
{
	static const unsigned char wire[] = OUT("\1", "\22", "Status: 404\n\nababa")
	    OUT("\1", "\4", "bac!") END_STATUS("\1", "\0\0\0\7", "\0");
	static const char *const found[] = { "ababab", "abac", "a", "c!", "abababac!" };
	static const char *const missing[] = { "ababac!!", "abc", "b!", "Status", "ababababac!" };
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char hex[SHA256_DIGEST_STRING_LENGTH];
	struct expect expect = { .app_status = 7 };
	size_t i;

	(void)state;
	always_tells(wire, sizeof wire - 1, &expect, 1, "status/1 404");
	must(http_status_set_parse(&expect.status, "200,404") == 0);
	always_tells(wire, sizeof wire - 1, &expect, 1, "good/1 9");
	expect.app_status = 8;
	always_tells(wire, sizeof wire - 1, &expect, 1, "app-status/1 7");
	expect.app_status = 7;
	must(expect_set_length(&expect, "10") == 0);
	always_tells(wire, sizeof wire - 1, &expect, 1, "length/1 0");
	must(expect_set_length(&expect, "9") == 0);
	for (i = 0; i < sizeof found / sizeof *found; i++) {
		must(expect_set_body(&expect, found[i], strlen(found[i])) == 0);
		always_tells(wire, sizeof wire - 1, &expect, 1, "good/1 9");
	}
	SHA256Data((const uint8_t *)"abababac!", 9, hex);
	must(expect_set_sha256(&expect, hex) == 0);
	always_tells(wire, sizeof wire - 1, &expect, 1, "good/1 9");
	for (i = 0; i < sizeof missing / sizeof *missing; i++) {
		must(expect_set_body(&expect, missing[i], strlen(missing[i])) == 0);
		always_tells(wire, sizeof wire - 1, &expect, 1, "body/1 0");
	}
	must(expect_set_body(&expect, "a", 1) == 0);
	memset(sum, 0, sizeof sum);
	memcpy(expect.sha256, sum, sizeof sum);
	always_tells(wire, sizeof wire - 1, &expect, 1, "sha256/1 0");
	expect_reset(&expect);
}

/* What is said of the body is not said of an answer that has none. */
static void
test_head(void **state)
{
	static const unsigned char wire[] = OUT("\1", "\6", "A: b\n\n") END("\1");
	static const unsigned char says[] = OUT("\1", "\23", "Content-Length: 7\n\n") END("\1");
	static const unsigned char bad[] = OUT("\1", "\15", "Status: 500\n\n") END("\1");
	struct expect expect = { 0 };
	struct owner owner;

	(void)state;
	must(expect_set_length(&expect, "9") == 0 && expect_set_body(&expect, "x", 1) == 0);
	expect.has_sha256 = 1;
	owner_start(&owner, &expect, 1);
	owner.items[0].head = 1;
	owner_feed(&owner, wire, wire + sizeof wire - 1);
	owner_feed(&owner, bad, bad + sizeof bad - 1);
	owner_feed(&owner, says, says + sizeof says - 1);
	assert_string_equal(owner_end(&owner), "good/1 0 status/1 500 good/1 0");
	transcript_free(&owner.transcript);
	expect_reset(&expect);
	/* Nor is it asked where nothing is expected. */
	owner_start(&owner, &expect, 1);
	owner.items[0].head = 1;
	owner_feed(&owner, says, says + sizeof says - 1);
	assert_string_equal(owner_end(&owner), "good/1 0");
	transcript_free(&owner.transcript);
}

/* Records of several ids between each other. */
static void
test_streams(void **state)
{
	static const unsigned char wire[] =
	    OUT("\2", "\7", "A: b\n\nx") OUT("\1", "\3", "A: ") END("\2") HELLO("\3")
	    OUT("\1", "\5", "b\n\nyy") END("\3") END("\1");
	static const struct expect any;

	(void)state;
	always_tells(wire, sizeof wire - 1, &any, 3, "good/2 1 good/3 3 good/1 2");
	/* Others are nobody's. */
	always_tells(wire, sizeof wire - 1, &any, 2, "good/2 1 good/1 2");
}

static void
feed_times(struct owner *owner, const unsigned char *wire, size_t len, int times)
{
	for (; times > 0; times--)
		pieces_feed(wire, len, len, 1, owner_feed, owner);
}

/* The same again, and then not: the one that is told by comparing is like any other. */
static void
test_repeated(void **state)
{
	static const unsigned char same[] = HELLO("\1") END("\1");
	static const unsigned char longer[] = OUT("\1", "\12", "A: b\n\nhi!\n") END("\1");
	static const unsigned char failed[] = HELLO("\1") END_STATUS("\1", "\0\0\0\1", "\0");
	static const unsigned char twice[] = HELLO("\1") END("\1") HELLO("\1") END("\1");
	static const struct expect any;
	struct owner owner;
	size_t i;

	(void)state;
	owner_start(&owner, &any, 1);
	feed_times(&owner, same, sizeof same - 1, 3);
	feed_times(&owner, longer, sizeof longer - 1, 1);
	feed_times(&owner, failed, sizeof failed - 1, 2);
	feed_times(&owner, same, sizeof same - 1, 1);
	for (i = 1; i < sizeof same - 1; i++)
		pieces_feed(same, sizeof same - 1, i, sizeof same, owner_feed, &owner);
	assert_int_equal(owner.done, 7 + sizeof same - 2);
	feed_times(&owner, twice, sizeof twice - 1, 1);
	assert_int_equal(owner.error, -FCGI_E_ORDER);
	owner_end(&owner);
	assert_memory_equal(owner.transcript.text, "good/1 3 good/1 3 good/1 3 good/1 4 "
	    "app-status/1 1 app-status/1 1 good/1 3 good/1 3 ", 83);
	assert_non_null(strstr(owner.transcript.text, "good/1 3 error: record out of order"));
	assert_null(strstr(owner.transcript.text + 83, "app"));
	transcript_free(&owner.transcript);
}

/* An answer of the same bytes under another id is the same, one to another payload is not. */
static void
test_repeated_in_streams(void **state)
{
	static const unsigned char a[] = HELLO("\1") END("\1");
	static const unsigned char b[] = HELLO("\3") OUT("\3", "\0", "") END("\3") HELLO("\1")
	    END("\1");
	static const unsigned char mixed[] = HELLO("\3") END("\1");
	static const unsigned char c[] = HELLO("\2") END("\2") HELLO("\3") END("\3") HELLO("\1")
	    END("\1");
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 3);
	must(expect_set_length(&owner.items[1].expect, "4") == 0);
	feed_times(&owner, a, sizeof a - 1, 2);
	feed_times(&owner, c, sizeof c - 1, 2);
	feed_times(&owner, b, sizeof b - 1, 2);
	feed_times(&owner, mixed, sizeof mixed - 1, 1);
	assert_string_equal(owner_end(&owner), "good/1 3 good/1 3 "
	    "length/2 0 good/3 3 good/1 3 length/2 0 good/3 3 good/1 3 "
	    "good/3 3 good/1 3 good/3 3 good/1 3 header/1 -13");
	transcript_free(&owner.transcript);
}

/* Only output is an answer, whatever looks like it. */
static void
test_like_the_last(void **state)
{
	static const unsigned char first[] = ERR("\1", "\6", "A: b\n\n") OUT("\1", "\6", "A: b\n\n")
	    END("\1");
	static const unsigned char second[] = ERR("\1", "\10", "A: b\n\nzz") END("\1");
	static const unsigned char others[] = OUT("\1", "\10", "A: b\n\nzz") OUT("\1", "\0", "")
	    END("\1");
	static const unsigned char unlike[] = OUT("\1", "\10", "A: c\n\nzz") OUT("\1", "\1", "y")
	    END("\1");
	static const struct {
		const unsigned char *wire;
		size_t len;
		const char *told;
	} rows[] = {
		{ BYTES(OUT("\1", "\7", "A: b\n\nx") END("\1")), "good/1 1" },
		{ BYTES(OUT("\1", "\6", "A: b\n\n") OUT("\1", "\0", "") END("\1")), "good/1 0" },
		{ BYTES(OUT("\1", "\7", "A: b\n\nx") OUT("\1", "\1", "y") END("\1")),
		    "good/1 2" },
		{ BYTES(OUT("\1", "\5", "A: b\n") END("\1")), "header/1 -13" },
		{ BYTES(OUT("\1", "\7", "A: b\n\nx") END_STATUS("\1", "\0\0\0\1", "\0")),
		    "app-status/1 1" },
		{ BYTES(OUT("\1", "\7", "A: b\n\nx") END_STATUS("\1", "\0\0\0\0", "\3")),
		    "protocol-status/1 3" },
		{ BYTES(OUT("\1", "\7", "A: b\n\nx") WIRE(WIRE_END, "\0\1", "\0\7", "\0")
			"1234567"), "error: record body has the wrong length" },
		{ BYTES(OUT("\1", "\7", "A: b\n\nx") WIRE(WIRE_END, "\0\1", "\0\10", "\0")), "" },
	};
	static const struct expect any;
	struct owner owner;
	size_t i;

	(void)state;
	owner_start(&owner, &any, 1);
	feed_times(&owner, first, sizeof first - 1, 2);
	feed_times(&owner, second, sizeof second - 1, 2);
	assert_string_equal(owner_end(&owner), "good/1 0 good/1 0 header/1 -13 header/1 -13");
	transcript_free(&owner.transcript);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		owner_start(&owner, &any, 1);
		owner.tells_first = 0;
		feed_times(&owner, others, sizeof others - 1, 1);
		feed_times(&owner, unlike, sizeof unlike - 1, 1);
		feed_times(&owner, rows[i].wire, rows[i].len, 1);
		owner_end(&owner);
		assert_memory_equal(owner.transcript.text, "good/1 2 good/1 3", 17);
		assert_string_equal(owner.transcript.text + 17 + (*rows[i].told != '\0'),
		    rows[i].told);
		transcript_free(&owner.transcript);
	}
}

/* Nothing of an answer is left for the next one to the same request. */
static void
test_closed_before(void **state)
{
	static const unsigned char closed[] = ERR("\1", "\0", "") HELLO("\1") OUT("\1", "\0", "")
	    END("\1");
	static const unsigned char open[] = ERR("\1", "\1", "x") HELLO("\1") OUT("\1", "\1", "y")
	    END("\1");
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 1);
	feed_times(&owner, closed, sizeof closed - 1, 1);
	feed_times(&owner, open, sizeof open - 1, 1);
	assert_string_equal(owner_end(&owner), "good/1 3 good/1 4");
	transcript_free(&owner.transcript);
}

/* Records of others between them are no part of an answer. */
static void
test_between_others(void **state)
{
	static const unsigned char mixed[] = HELLO("\1") HELLO("\3") END("\1") END("\3");
	static const unsigned char twice[] = HELLO("\1") HELLO("\1") END("\1");
	static const unsigned char foreign[] = HELLO("\1") HELLO("\7") END("\1");
	static const unsigned char around[] = HELLO("\1") OUT("\3", "\16", "Status: 404\n\nx")
	    END("\1") END("\3");
	static const unsigned char missing[] = OUT("\3", "\16", "Status: 404\n\nx") END("\3");
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 3);
	feed_times(&owner, around, sizeof around - 1, 1);
	feed_times(&owner, missing, sizeof missing - 1, 1);
	feed_times(&owner, mixed, sizeof mixed - 1, 2);
	feed_times(&owner, foreign, sizeof foreign - 1, 1);
	feed_times(&owner, twice, sizeof twice - 1, 1);
	assert_string_equal(owner_end(&owner),
	    "good/1 3 status/3 404 status/3 404 "
	    "good/1 3 good/3 3 good/1 3 good/3 3 good/1 3 good/1 12");
	transcript_free(&owner.transcript);
}

/* An answer like the last is not good for that. */
static void
test_alike_is_judged(void **state)
{
	static const char *const bodies[] = { "hi", "hey", "hi there", "", "ohi" };
	struct expect expect = { 0 };
	struct wire wire = { 0 };
	struct owner owner;
	char text[40];
	size_t i;

	(void)state;
	must(expect_set_body(&expect, "hi", 2) == 0);
	owner_start(&owner, &expect, 1);
	for (i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		wire_free(&wire);
		snprintf(text, sizeof text, "A: b\n\n%s", bodies[i]);
		wire_record(&wire, FCGI_STDOUT, 1, text, strlen(text), (uint8_t)i);
		wire_record(&wire, FCGI_END_REQUEST, 1, "\0\0\0\0\0\0\0", 8, 0);
		feed_times(&owner, wire.data, wire.len, 1);
	}
	assert_int_equal(owner.memory.alike, 4);
	assert_string_equal(owner_end(&owner), "good/1 2 body/1 0 good/1 8 body/1 0 good/1 3");
	transcript_free(&owner.transcript);
	expect_reset(&expect);
	wire_free(&wire);
}

/* What is said in the same header block holds for the next answer too. */
static void
test_alike_is_as_long_as_it_says(void **state)
{
	static const unsigned char whole[] = OUT("\1", "\25", "Content-Length: 2\n\nhi")
	    END("\1");
	static const unsigned char other[] = OUT("\1", "\25", "Content-Length: 2\n\noh")
	    END("\1");
	static const unsigned char cut[] = OUT("\1", "\24", "Content-Length: 2\n\nh")
	    END("\1");
	static const struct expect any;
	struct expect length = { .has_length = 1, .length = 1 };
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 1);
	feed_times(&owner, whole, sizeof whole - 1, 2);
	feed_times(&owner, other, sizeof other - 1, 1);
	feed_times(&owner, cut, sizeof cut - 1, 1);
	assert_int_equal(owner.memory.repeated, 1);
	assert_int_equal(owner.memory.alike, 2);
	assert_string_equal(owner_end(&owner), "good/1 2 good/1 2 good/1 2 content-length/1 0");
	transcript_free(&owner.transcript);
	/* Who says how long it is knows better. */
	always_tells(cut, sizeof cut - 1, &length, 1, "good/1 1");
	always_tells(whole, sizeof whole - 1, &length, 1, "length/1 0");
}

/* Whether it said something on STDERR is told of each, however it is read. */
static void
test_stderr(void **state)
{
	static const unsigned char quiet[] = HELLO("\1") ERR("\1", "\0", "") END("\1");
	static const unsigned char loud[] = HELLO("\1") ERR("\1", "\1", "x") END("\1");
	static const unsigned char louder[] = HELLO("\1") ERR("\1", "\2", "xy") END("\1");
	static const unsigned char other[] = OUT("\1", "\12", "A: b\n\nhi!\n") END("\1");
	const struct {
		const unsigned char *wire;
		size_t len;
		int has_stderr;
	} rows[] = {
		{ quiet, sizeof quiet - 1, 0 },
		{ quiet, sizeof quiet - 1, 0 },
		{ loud, sizeof loud - 1, 1 },
		{ quiet, sizeof quiet - 1, 0 },
		{ other, sizeof other - 1, 0 },
		{ loud, sizeof loud - 1, 1 },
		{ loud, sizeof loud - 1, 1 },
		{ loud, sizeof loud - 1, 1 },
		{ loud, sizeof loud - 1, 1 },
		{ other, sizeof other - 1, 0 },
		{ louder, sizeof louder - 1, 1 },
	};
	static const struct expect any;
	struct intake_event event;
	const unsigned char *p;
	struct owner owner;
	size_t i;

	(void)state;
	owner_start(&owner, &any, 1);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		p = rows[i].wire;
		event.has_stderr = 7;
		assert_int_equal(intake_next(&owner.intake, &p, p + rows[i].len, &event),
		    INTAKE_DONE);
		assert_int_equal(event.has_stderr, rows[i].has_stderr);
		owner_begin(&owner, 1);
	}
	/* Each of the ways was taken. */
	assert_true(owner.memory.repeated > 0 && owner.memory.alike > 0);
	owner_end(&owner);
	transcript_free(&owner.transcript);
}

/* Ids of two bytes. */
static void
test_many_streams(void **state)
{
	static const unsigned char first[] = HELLO("\1") END("\1");
	static const unsigned char far[] = WIRE(WIRE_STDOUT, "\1\1", "\0\11", "\0") "A: b\n\nhi\n"
	    WIRE(WIRE_END, "\1\1", "\0\10", "\0") "\0\0\0\0\0\0\0\0";
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 300);
	feed_times(&owner, first, sizeof first - 1, 2);
	feed_times(&owner, far, sizeof far - 1, 1);
	feed_times(&owner, first, sizeof first - 1, 1);
	assert_int_equal(owner.memory.repeated, 3);
	assert_string_equal(owner_end(&owner), "good/1 3 good/1 3 good/257 3 good/1 3");
	transcript_free(&owner.transcript);
}

/* What the others do not show: that comparing is what tells most answers. */
static void
test_compared(void **state)
{
	static const unsigned char same[] = HELLO("\1") END("\1");
	static const unsigned char closed[] = OUT("\1", "\11", "A: b\n\nhi\n") OUT("\1", "\0", "")
	    END("\1");
	static const unsigned char longer[] = OUT("\1", "\12", "A: b\n\nhi!\n") END("\1");
	static const unsigned char unlike[] = OUT("\1", "\11", "A: c\n\nhi\n") END("\1");
	static const unsigned char three[] = HELLO("\3") END("\3") HELLO("\1") END("\1");
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 3);
	feed_times(&owner, same, sizeof same - 1, 1);
	assert_int_equal(owner.memory.repeated, 0);
	feed_times(&owner, same, sizeof same - 1, 5);
	feed_times(&owner, three, sizeof three - 1, 5);
	assert_int_equal(owner.memory.repeated, 15);
	assert_int_equal(owner.memory.alike, 0);
	feed_times(&owner, longer, sizeof longer - 1, 1);
	feed_times(&owner, closed, sizeof closed - 1, 1);
	feed_times(&owner, unlike, sizeof unlike - 1, 1);
	assert_int_equal(owner.memory.repeated, 15);
	assert_int_equal(owner.memory.alike, 2);
	/* The fourth that is not the sample becomes it. */
	feed_times(&owner, longer, sizeof longer - 1, 3);
	assert_int_equal(owner.memory.repeated, 17);
	assert_int_equal(owner.memory.alike, 3);
	/* One by one they are not the sample for long, which it stays. */
	feed_times(&owner, same, sizeof same - 1, 1);
	feed_times(&owner, longer, sizeof longer - 1, 1);
	feed_times(&owner, same, sizeof same - 1, 1);
	feed_times(&owner, longer, sizeof longer - 1, 1);
	assert_int_equal(owner.memory.repeated, 19);
	owner_end(&owner);
	transcript_free(&owner.transcript);
}

/* Answers that always differ, and one that is larger than a sample. */
static void
test_never_repeated(void **state)
{
	static const struct expect any;
	struct wire wire = { 0 };
	struct owner owner;
	char text[40];
	static char large[20000];
	int i;

	(void)state;
	owner_start(&owner, &any, 1);
	for (i = 0; i < 1000; i++) {
		wire_free(&wire);
		snprintf(text, sizeof text, "A: %d\n\n%04d", i % 7, i % 500);
		wire_record(&wire, FCGI_STDOUT, 1, text, strlen(text), 3);
		wire_record(&wire, FCGI_END_REQUEST, 1, "\0\0\0\0\0\0\0", 8, 0);
		feed_times(&owner, wire.data, wire.len, 1 + i % 3);
	}
	memset(large, 'x', sizeof large);
	memcpy(large, "A: b\n\n", 6);
	wire_free(&wire);
	wire_record(&wire, FCGI_STDOUT, 1, large, sizeof large, 0);
	wire_record(&wire, FCGI_END_REQUEST, 1, "\0\0\0\0\0\0\0", 8, 0);
	feed_times(&owner, wire.data, wire.len, 9);
	assert_int_equal(owner.done, 1999 + 9);
	assert_int_equal(owner.error, 0);
	owner_end(&owner);
	assert_non_null(strstr(owner.transcript.text, "good/1 4 good/1 19994"));
	assert_null(strstr(owner.transcript.text, "header"));
	assert_null(strstr(owner.transcript.text, "good/1 3 "));
	transcript_free(&owner.transcript);
	wire_free(&wire);
}

/* The time of the first byte is told when it is not that of the last. */
static void
test_first(void **state)
{
	static const unsigned char wire[] = HELLO("\1") HELLO("\2") END("\1") END("\2");
	size_t part = sizeof(HELLO("\1")) - 1, end = sizeof(END("\1")) - 1;
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 2);
	owner.tells_first = 1;
	assert_int_equal(intake_phase(&owner.intake, 1), FAILURE_FIRST_BYTE);
	owner_feed(&owner, wire, wire + 2 * part + end);
	assert_int_equal(intake_phase(&owner.intake, 1), FAILURE_FIRST_BYTE);
	assert_int_equal(intake_phase(&owner.intake, 2), FAILURE_ANSWER);
	owner_feed(&owner, wire + 2 * part + end, wire + sizeof wire - 1);
	owner_feed(&owner, wire, wire + 4);
	assert_int_equal(intake_phase(&owner.intake, 1), FAILURE_FIRST_BYTE);
	owner_feed(&owner, wire + 4, wire + 8);
	assert_int_equal(intake_phase(&owner.intake, 1), FAILURE_ANSWER);
	owner_feed(&owner, wire + 8, wire + 9);
	assert_string_equal(owner_end(&owner), "good/1 3 first/2 good/2 3 first/1");
	transcript_free(&owner.transcript);
}

/* Half a header is something, and so is what is no header. */
static void
test_phase(void **state)
{
	static const unsigned char wire[] = HELLO("\1") END("\1") "HTTP/1.1 400";
	static const struct expect any;
	struct owner owner;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof wire - 1; len++) {
		owner_start(&owner, &any, 1);
		owner_feed(&owner, wire, wire + len);
		assert_int_equal(intake_phase(&owner.intake, 1),
		    len == 0 || len == sizeof(HELLO("\1") END("\1")) - 1 ? FAILURE_FIRST_BYTE
									 : FAILURE_ANSWER);
		owner_end(&owner);
		transcript_free(&owner.transcript);
	}
}

/* A connection that is cut says nothing of the next one. */
static void
test_connected_again(void **state)
{
	static const unsigned char wire[] = HELLO("\1") END("\1");
	static const unsigned char other[] = HELLO("\2");
	static const struct expect any;
	struct owner owner;
	size_t cut;

	(void)state;
	for (cut = 0; cut < sizeof wire - 1; cut++) {
		owner_start(&owner, &any, 2);
		owner_feed(&owner, wire, wire + cut);
		owner_connect(&owner);
		owner_begin(&owner, 1);
		owner_begin(&owner, 2);
		owner.tells_first = 1;
		owner_feed(&owner, other, other + sizeof other - 1);
		owner_feed(&owner, wire, wire + sizeof wire - 1);
		assert_string_equal(owner_end(&owner), "first/2 good/1 3");
		transcript_free(&owner.transcript);
	}
}

/* Nor does one that ended with an error; who is not asked again does not answer. */
static void
test_connected_after_error(void **state)
{
	static const unsigned char bad[] = HELLO("\1") HELLO("\2") "\2";
	static const unsigned char wire[] = HELLO("\2") END("\2");
	static const unsigned char stray[] = HELLO("\1");
	static const struct expect any;
	struct owner owner;

	(void)state;
	owner_start(&owner, &any, 2);
	owner.tells_first = 1;
	owner_feed(&owner, bad, bad + sizeof bad - 1);
	assert_int_equal(owner.error, -FCGI_E_VERSION);
	owner.begins_again = 0;
	owner_connect(&owner);
	owner_begin(&owner, 2);
	owner_feed(&owner, wire, wire + sizeof(HELLO("\2")) - 1);
	owner_feed(&owner, wire + sizeof(HELLO("\2")) - 1, wire + sizeof wire - 1);
	owner_feed(&owner, stray, stray + sizeof stray - 1);
	assert_int_equal(owner.error, -FCGI_E_ORDER);
	assert_string_equal(owner_end(&owner), "error: record version is not 1 first/2 good/2 3 "
	    "error: record out of order");
	transcript_free(&owner.transcript);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_answer),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_repeated_in_streams),
		cmocka_unit_test(test_like_the_last),
		cmocka_unit_test(test_closed_before),
		cmocka_unit_test(test_between_others),
		cmocka_unit_test(test_alike_is_judged),
		cmocka_unit_test(test_stderr),
		cmocka_unit_test(test_alike_is_as_long_as_it_says),
		cmocka_unit_test(test_many_streams),
		cmocka_unit_test(test_compared),
		cmocka_unit_test(test_never_repeated),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_phase),
		cmocka_unit_test(test_connected_again),
		cmocka_unit_test(test_connected_after_error),
	};

	return cmocka_run_group_tests_name("intake", tests, NULL, NULL);
}
