#include "fcgi_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "guard.h"

static void
assert_record_equal(const struct fcgi_record *a, const struct fcgi_record *b)
{
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->request_id, b->request_id);
	assert_int_equal(a->content_length, b->content_length);
	assert_int_equal(a->padding_length, b->padding_length);
}

static const struct {
	unsigned char wire[FCGI_HEADER_LEN];
	struct fcgi_record record;
} headers[] = {
	/* Appendix B, {FCGI_BEGIN_REQUEST, 1, {FCGI_RESPONDER, 0}}. */
	{ { 1, 1, 0, 1, 0, 8, 0, 0 }, { 1, FCGI_BEGIN_REQUEST, 1, 8, 0 } },
	{ { 1, 5, 0, 0, 0, 0, 0, 0 }, { 1, FCGI_STDIN, 0, 0, 0 } },
	/* Each byte has its own place. */
	{ { 1, 6, 0x12, 0x34, 0x56, 0x78, 0x9a, 0 }, { 1, FCGI_STDOUT, 0x1234, 0x5678, 0x9a } },
	{ { 1, 255, 255, 255, 255, 255, 255, 0 }, { 1, 255, 0xffff, 0xffff, 255 } },
	{ { 1, 0, 0x80, 0, 0x80, 0, 0x80, 0 }, { 1, 0, 0x8000, 0x8000, 0x80 } },
};

static void
encodes(void **state)
{
	unsigned char *dst;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof headers / sizeof *headers; i++) {
		dst = guard_copy(NULL, FCGI_HEADER_LEN);
		memset(dst, 0xee, FCGI_HEADER_LEN);
		fcgi_record_encode(dst, &headers[i].record);
		assert_memory_equal(dst, headers[i].wire, FCGI_HEADER_LEN);
		guard_free(dst, FCGI_HEADER_LEN);
	}
}

static void
decodes(void **state)
{
	struct fcgi_record record;
	unsigned char *src;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof headers / sizeof *headers; i++) {
		src = guard_copy(headers[i].wire, FCGI_HEADER_LEN);
		src[7] = 0x5a;	/* reserved: whatever is there is ignored */
		memset(&record, 0xee, sizeof record);
		assert_int_equal(fcgi_record_decode(&record, src, src + FCGI_HEADER_LEN),
		    FCGI_HEADER_LEN);
		assert_record_equal(&record, &headers[i].record);
		guard_free(src, FCGI_HEADER_LEN);
	}
}

static void
fewer_bytes_ask_for_more(void **state)
{
	static const unsigned char wire[] = { 1, 6, 0, 1, 0, 0, 0 };
	struct fcgi_record record;
	unsigned char *src;
	size_t len;

	(void)state;
	for (len = 0; len < FCGI_HEADER_LEN; len++) {
		src = guard_copy(wire, len);
		assert_int_equal(fcgi_record_decode(&record, src, src + len), -FCGI_E_MORE);
		guard_free(src, len);
	}
}

static void
more_bytes_than_a_header_are_left_alone(void **state)
{
	static const unsigned char wire[] = { 1, 7, 0, 2, 0, 3, 4, 0, 'a', 'b', 'c' };
	struct fcgi_record record;

	(void)state;
	assert_int_equal(fcgi_record_decode(&record, wire, wire + sizeof wire), FCGI_HEADER_LEN);
	assert_record_equal(&record, &(struct fcgi_record){ 1, FCGI_STDERR, 2, 3, 4 });
}

/* A peer that speaks HTTP or TLS is recognised by its first byte; nothing has to follow. */
static void
a_wrong_version_is_told_at_the_first_byte(void **state)
{
	static const unsigned char tail[] = { 0, 6, 0, 1, 0, 0, 0, 0 };
	struct fcgi_record record;
	unsigned char *src;
	size_t len;
	int version;

	(void)state;
	for (version = 0; version < 256; version++) {
		if (version == FCGI_VERSION_1)
			continue;
		for (len = 1; len <= sizeof tail; len++) {
			src = guard_copy(tail, len);
			src[0] = (unsigned char)version;
			memset(&record, 0xee, sizeof record);
			assert_int_equal(fcgi_record_decode(&record, src, src + len),
			    -FCGI_E_VERSION);
			assert_record_equal(&record, &(struct fcgi_record){ .version =
			    (uint8_t)version });
			guard_free(src, len);
		}
	}
}

static void
padding_ends_every_record_on_eight_bytes(void **state)
{
	uint32_t len;
	uint8_t padding;

	(void)state;
	for (len = 0; len <= FCGI_MAX_LENGTH; len++) {
		padding = fcgi_record_padding((uint16_t)len);
		assert_true(padding < FCGI_ALIGNMENT);
		assert_int_equal((len + padding) % FCGI_ALIGNMENT, 0);
	}
}

static void
names_are_the_specification_s(void **state)
{
	static const struct {
		uint8_t type;
		const char *name;
	} names[] = {
		{ 1, "BEGIN_REQUEST" },
		{ 2, "ABORT_REQUEST" },
		{ 3, "END_REQUEST" },
		{ 4, "PARAMS" },
		{ 5, "STDIN" },
		{ 6, "STDOUT" },
		{ 7, "STDERR" },
		{ 8, "DATA" },
		{ 9, "GET_VALUES" },
		{ 10, "GET_VALUES_RESULT" },
		{ 11, "UNKNOWN_TYPE" },
	};
	size_t i;
	int type;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		assert_string_equal(fcgi_record_name(names[i].type), names[i].name);
	assert_null(fcgi_record_name(0));
	for (type = 12; type < 256; type++)
		assert_null(fcgi_record_name((uint8_t)type));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes),
		cmocka_unit_test(decodes),
		cmocka_unit_test(fewer_bytes_ask_for_more),
		cmocka_unit_test(more_bytes_than_a_header_are_left_alone),
		cmocka_unit_test(a_wrong_version_is_told_at_the_first_byte),
		cmocka_unit_test(padding_ends_every_record_on_eight_bytes),
		cmocka_unit_test(names_are_the_specification_s),
	};

	return cmocka_run_group_tests_name("fcgi_record", tests, NULL, NULL);
}
