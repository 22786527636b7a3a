#include "fcgi_reader.h"

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

/* A reader whose events are told as text. */
struct hearer {
	struct fcgi_reader reader;
	struct transcript transcript;
	int by_whole;	/* what lies whole is taken whole */
	int error;
};

/* The three events of a record at once. */
static void
hear_whole(struct hearer *hearer, const unsigned char **p, const unsigned char *end)
{
	const struct fcgi_record *record = &hearer->reader.record;
	struct fcgi_slice slice;

	while (fcgi_reader_whole(&hearer->reader, p, end, &slice)) {
		assert_int_equal(record->version, 1);
		assert_int_equal(slice.len, record->content_length);
		assert_true(slice.data + slice.len + record->padding_length == *p);
		transcript_say(&hearer->transcript, "%d/%d %d+%d", record->type,
		    record->request_id, record->content_length, record->padding_length);
		if (slice.len > 0)
			transcript_content(&hearer->transcript, "=", slice.data, slice.len);
		transcript_say(&hearer->transcript, ".");
	}
}

static void
hear(void *self, const unsigned char *p, const unsigned char *end)
{
	struct hearer *hearer = self;
	const struct fcgi_record *record = &hearer->reader.record;
	struct fcgi_slice slice;
	int what;

	while (hearer->error == 0) {
		if (hearer->by_whole)
			hear_whole(hearer, &p, end);
		what = fcgi_reader_next(&hearer->reader, &p, end, &slice);
		if (what == FCGI_READ_MORE)
			break;
		switch (what) {
		case FCGI_READ_RECORD:
			transcript_say(&hearer->transcript, "%d/%d %d+%d", record->type,
			    record->request_id, record->content_length, record->padding_length);
			break;
		case FCGI_READ_CONTENT:
			transcript_content(&hearer->transcript, "=", slice.data, slice.len);
			break;
		case FCGI_READ_END:
			transcript_say(&hearer->transcript, ".");
			break;
		default:
			transcript_say(&hearer->transcript, "error: %s", fcgi_strerror(what));
			hearer->error = what;
		}
	}
	if (hearer->error == 0)
		assert_ptr_equal(p, end);
}

static void
assert_hears_so(const unsigned char *wire, size_t len, size_t first, size_t rest, int by_whole,
    const char *expected)
{
	struct hearer hearer = { .by_whole = by_whole };

	transcript_start(&hearer.transcript);
	pieces_feed(wire, len, first, rest, hear, &hearer);
	if (hearer.error == 0 && !fcgi_reader_between_records(&hearer.reader))
		transcript_say(&hearer.transcript, "cut");
	assert_string_equal(transcript_end(&hearer.transcript), expected);
	transcript_free(&hearer.transcript);
}

static void
assert_hears(const unsigned char *wire, size_t len, size_t first, size_t rest, const char *expected)
{
	assert_hears_so(wire, len, first, rest, 0, expected);
	assert_hears_so(wire, len, first, rest, 1, expected);
}

static const struct {
	const unsigned char *wire;
	size_t len;
	const char *expected;
} streams[] = {
	{ BYTES(""), "" },
	{ BYTES(WIRE(WIRE_STDIN, "\0\1", "\0\0", "\0")), "5/1 0+0 ." },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\3") "hello###"), "6/1 5+3 = 'hello' ." },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\0") "hello"), "6/1 5+0 = 'hello' ." },
	/* Padding without content. */
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\0", "\10") "########"), "6/1 0+8 ." },
	/* Any type and id. */
	{ BYTES(WIRE("\377", "\377\377", "\0\1", "\0") "x"), "255/65535 1+0 = 'x' ." },
	{ BYTES(WIRE("\0", "\0\0", "\0\1", "\1") "x#"), "0/0 1+1 = 'x' ." },
	/* One behind the other. */
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\2", "\6") "ab######"
		WIRE(WIRE_STDERR, "\0\2", "\0\1", "\0") "c"
		WIRE(WIRE_END, "\1\0", "\0\0", "\0")),
	    "6/1 2+6 = 'ab' . 7/2 1+0 = 'c' . 3/256 0+0 ." },
	/* Content that looks like a header is content. */
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\10", "\0") WIRE(WIRE_END, "\0\1", "\0\0", "\0")),
	    "6/1 8+0 = '\\001\\003\\000\\001\\000\\000\\000\\000' ." },
	/* The reserved byte may be anything. */
	{ BYTES("\1\6\0\1\0\1\0\377x"), "6/1 1+0 = 'x' ." },
	/* Cut in the header, in the content, in the padding. */
	{ BYTES("\1"), "cut" },
	{ BYTES("\1\6\0\1\0\1\0"), "cut" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\0")), "6/1 5+0 cut" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\0") "hell"), "6/1 5+0 = 'hell' cut" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\3") "hello"), "6/1 5+3 = 'hello' cut" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\3") "hello##"), "6/1 5+3 = 'hello' cut" },
	/* Another language, from the first byte or after a good record. */
	{ BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), "error: record version is not 1" },
	{ BYTES("\0"), "error: record version is not 1" },
	{ BYTES("\2\6\0\1\0\0\0\0"), "error: record version is not 1" },
	{ BYTES(WIRE(WIRE_STDOUT, "\0\1", "\0\1", "\0") "xyz"),
	    "6/1 1+0 = 'x' . error: record version is not 1" },
};

static void
streams_are_told_alike_however_they_are_cut(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof streams / sizeof *streams; i++) {
		for (cut = 0; cut <= streams[i].len; cut++)
			assert_hears(streams[i].wire, streams[i].len, cut, streams[i].len + 1,
			    streams[i].expected);
		assert_hears(streams[i].wire, streams[i].len, 1, 1, streams[i].expected);
	}
}

/* Lengths at which a counter could be a byte too narrow, under every padding. */
static void
every_padding_passes_unseen(void **state)
{
	static const size_t lengths[] = { 0, 1, 255, 256, 65535 };
	static unsigned char content[FCGI_MAX_LENGTH];
	struct fcgi_reader reader;
	struct fcgi_slice slice;
	struct wire wire;
	const unsigned char *p;
	size_t i, len;
	int padding, what;

	(void)state;
	memset(content, 'c', sizeof content);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		for (padding = 0; padding <= FCGI_MAX_PADDING; padding++) {
			wire = (struct wire){ 0 };
			wire_record(&wire, FCGI_STDOUT, 1, content, lengths[i], (uint8_t)padding);
			reader = (struct fcgi_reader){ 0 };
			p = wire.data;
			len = 0;
			while ((what = fcgi_reader_next(&reader, &p, wire.data + wire.len,
				    &slice)) > 0) {
				if (what != FCGI_READ_CONTENT)
					continue;
				assert_memory_equal(slice.data, content, slice.len);
				len += slice.len;
			}
			assert_int_equal(what, FCGI_READ_MORE);
			assert_ptr_equal(p, wire.data + wire.len);
			assert_int_equal(len, lengths[i]);
			assert_true(fcgi_reader_between_records(&reader));
			wire_free(&wire);
		}
	}
}

/* Slices point into the caller's bytes, at the place where they were read. */
static void
content_is_not_copied(void **state)
{
	static const unsigned char wire[] = WIRE(WIRE_STDOUT, "\0\1", "\0\5", "\0") "hello";
	const unsigned char *p = wire, *end = wire + sizeof wire - 1;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;

	(void)state;
	assert_int_equal(fcgi_reader_next(&reader, &p, end - 2, &slice), FCGI_READ_RECORD);
	assert_int_equal(fcgi_reader_next(&reader, &p, end - 2, &slice), FCGI_READ_CONTENT);
	assert_ptr_equal(slice.data, wire + FCGI_HEADER_LEN);
	assert_int_equal(slice.len, 3);
	assert_int_equal(fcgi_reader_next(&reader, &p, end - 2, &slice), FCGI_READ_MORE);
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_CONTENT);
	assert_ptr_equal(slice.data, wire + FCGI_HEADER_LEN + 3);
	assert_int_equal(slice.len, 2);
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_END);
}

/* An unpadded record is complete with its last byte, not with the first of the next. */
static void
the_end_is_told_without_another_byte(void **state)
{
	static const unsigned char wire[] = WIRE(WIRE_GET_VALUES, "\0\0", "\0\0", "\0");
	const unsigned char *p = wire, *end = wire + sizeof wire - 1;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;

	(void)state;
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_RECORD);
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_END);
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_MORE);
}

static void
what_came_instead_of_a_header_can_be_shown(void **state)
{
	static const unsigned char wire[] = "HTTP/1.1 200";
	struct fcgi_reader reader = { 0 };
	const unsigned char *p = wire;
	struct fcgi_slice slice;

	(void)state;
	assert_int_equal(fcgi_reader_next(&reader, &p, wire + 4, &slice), -FCGI_E_VERSION);
	assert_int_equal(reader.have, 4);
	assert_memory_equal(reader.header, "HTTP", 4);
	assert_int_equal(reader.record.version, 'H');

	reader = (struct fcgi_reader){ 0 };
	p = wire;
	assert_int_equal(fcgi_reader_next(&reader, &p, wire + 12, &slice), -FCGI_E_VERSION);
	assert_int_equal(reader.have, 8);
	assert_memory_equal(reader.header, "HTTP/1.1", 8);
}

/* The splice path: content is moved by others, in parts, and the padding still passes here. */
static void
content_can_be_taken_elsewhere(void **state)
{
	static const unsigned char wire[] = WIRE(WIRE_STDOUT, "\0\1", "\0\6", "\2") "abcdef##"
	    WIRE(WIRE_STDERR, "\0\1", "\0\1", "\0") "e";
	const unsigned char *p = wire, *end = wire + sizeof wire - 1;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;

	(void)state;
	assert_int_equal(fcgi_reader_pending(&reader), 0);
	assert_int_equal(fcgi_reader_next(&reader, &p, p + 3, &slice), FCGI_READ_MORE);
	assert_int_equal(fcgi_reader_pending(&reader), 0);
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_RECORD);
	assert_int_equal(fcgi_reader_pending(&reader), 6);
	fcgi_reader_skip(&reader, 0);
	assert_int_equal(fcgi_reader_pending(&reader), 6);
	fcgi_reader_skip(&reader, 2);
	assert_int_equal(fcgi_reader_pending(&reader), 4);
	p += 2;
	assert_int_equal(fcgi_reader_next(&reader, &p, p + 1, &slice), FCGI_READ_CONTENT);
	assert_memory_equal(slice.data, "c", 1);
	assert_int_equal(fcgi_reader_pending(&reader), 3);
	fcgi_reader_skip(&reader, 3);
	p += 3;
	assert_int_equal(fcgi_reader_pending(&reader), 0);
	assert_false(fcgi_reader_between_records(&reader));
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_END);
	assert_int_equal(fcgi_reader_pending(&reader), 0);
	assert_int_equal(fcgi_reader_next(&reader, &p, end, &slice), FCGI_READ_RECORD);
	assert_int_equal(reader.record.type, FCGI_STDERR);
	assert_int_equal(fcgi_reader_pending(&reader), 1);
}

static void
a_whole_record_can_be_taken_elsewhere(void **state)
{
	static unsigned char content[FCGI_MAX_LENGTH];
	struct fcgi_reader reader = { 0 };
	struct wire wire = { 0 };
	struct fcgi_slice slice;
	const unsigned char *p;

	(void)state;
	wire_record(&wire, FCGI_STDOUT, 1, content, sizeof content, 255);
	p = wire.data;
	assert_int_equal(fcgi_reader_next(&reader, &p, p + FCGI_HEADER_LEN, &slice),
	    FCGI_READ_RECORD);
	assert_int_equal(fcgi_reader_pending(&reader), FCGI_MAX_LENGTH);
	fcgi_reader_skip(&reader, FCGI_MAX_LENGTH);
	p += FCGI_MAX_LENGTH;
	assert_int_equal(fcgi_reader_next(&reader, &p, p + 254, &slice), FCGI_READ_MORE);
	assert_int_equal(fcgi_reader_next(&reader, &p, p + 1, &slice), FCGI_READ_END);
	assert_ptr_equal(p, wire.data + wire.len);
	wire_free(&wire);
}

/* Whoever receives no more than that always stops behind a header, however it comes. */
static void
a_header_can_be_received_alone(void **state)
{
	static const size_t contents[] = { 0, 1, 7, 8, 300, FCGI_MAX_LENGTH };
	static unsigned char content[FCGI_MAX_LENGTH];
	struct fcgi_reader reader = { 0 };
	const unsigned char *p, *end;
	struct wire wire = { 0 };
	struct fcgi_slice slice;
	size_t i, step, records;
	int what;

	(void)state;
	for (i = 0; i < sizeof contents / sizeof *contents; i++)
		wire_record(&wire, FCGI_STDOUT, 1, content, contents[i], (uint8_t)(40 * i));
	for (step = 1; step < 600; step += 7) {
		reader = (struct fcgi_reader){ 0 };
		records = 0;
		for (p = wire.data; p < wire.data + wire.len;) {
			end = p + fcgi_reader_until_header(&reader);
			assert_true(end > p);
			if ((size_t)(end - p) > step)
				end = p + step;
			if (end > wire.data + wire.len)
				end = wire.data + wire.len;
			while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
				if (what != FCGI_READ_RECORD)
					continue;
				records++;
				assert_ptr_equal(p, end);
			}
		}
		assert_int_equal(records, sizeof contents / sizeof *contents);
	}
	wire_free(&wire);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_told_alike_however_they_are_cut),
		cmocka_unit_test(every_padding_passes_unseen),
		cmocka_unit_test(content_is_not_copied),
		cmocka_unit_test(the_end_is_told_without_another_byte),
		cmocka_unit_test(what_came_instead_of_a_header_can_be_shown),
		cmocka_unit_test(content_can_be_taken_elsewhere),
		cmocka_unit_test(a_whole_record_can_be_taken_elsewhere),
		cmocka_unit_test(a_header_can_be_received_alone),
	};

	return cmocka_run_group_tests_name("fcgi_reader", tests, NULL, NULL);
}
