#include "fcgi_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_record.h"
#include "guard.h"
#include "wire.h"

#define ID "\0\1"

/* Each of these writes one thing into a writer of request 1. */
static int
write_begin(struct fcgi_writer *writer)
{
	return fcgi_writer_begin(writer, FCGI_RESPONDER, 0);
}

static int
write_begin_of_many_bits(struct fcgi_writer *writer)
{
	return fcgi_writer_begin(writer, 0x1234, 0xff);
}

static int
write_abort(struct fcgi_writer *writer)
{
	return fcgi_writer_abort(writer);
}

static int
write_end(struct fcgi_writer *writer)
{
	return fcgi_writer_end_request(writer, 0x89abcdef, FCGI_OVERLOADED);
}

static int
write_unknown_type(struct fcgi_writer *writer)
{
	return fcgi_writer_unknown_type(writer, 42);
}

static int
write_stream_end(struct fcgi_writer *writer)
{
	return fcgi_writer_stream_end(writer, FCGI_STDOUT);
}

static int
write_no_values(struct fcgi_writer *writer)
{
	return fcgi_writer_stream_end(writer, FCGI_GET_VALUES_RESULT);
}

static int
write_empty_query(struct fcgi_writer *writer)
{
	return fcgi_writer_stream_end(writer, FCGI_GET_VALUES);
}

static int
put_param(struct fcgi_writer *writer, const char *name, const char *value)
{
	const struct fcgi_nv nv = { (const unsigned char *)name, strlen(name),
		(const unsigned char *)value, strlen(value) };

	return fcgi_writer_param(writer, &nv);
}

static int
put_value(struct fcgi_writer *writer, const char *name, const char *value, int result)
{
	const struct fcgi_nv nv = { (const unsigned char *)name, strlen(name),
		(const unsigned char *)value, strlen(value) };

	return fcgi_writer_value(writer, &nv, result);
}

static int
write_request(struct fcgi_writer *writer)
{
	fcgi_writer_begin(writer, FCGI_RESPONDER, FCGI_KEEP_CONN);
	put_param(writer, "SERVER_PORT", "80");
	put_param(writer, "SERVER_ADDR", "199.170.183.42");
	fcgi_writer_stream_end(writer, FCGI_PARAMS);
	return fcgi_writer_stream_end(writer, FCGI_STDIN);
}

static int
write_no_params(struct fcgi_writer *writer)
{
	fcgi_writer_begin(writer, FCGI_AUTHORIZER, 0);
	return fcgi_writer_stream_end(writer, FCGI_PARAMS);
}

static int
write_query(struct fcgi_writer *writer)
{
	put_value(writer, FCGI_MAX_CONNS, "", 0);
	put_value(writer, FCGI_MPXS_CONNS, "", 0);
	return fcgi_writer_flush(writer);
}

/* 48 bytes, which need no padding but get it. */
static int
write_whole_query(struct fcgi_writer *writer)
{
	put_value(writer, FCGI_MAX_CONNS, "", 0);
	put_value(writer, FCGI_MAX_REQS, "", 0);
	put_value(writer, FCGI_MPXS_CONNS, "", 0);
	return fcgi_writer_flush(writer);
}

static int
write_result_between_params(struct fcgi_writer *writer)
{
	put_param(writer, "A", "1");
	put_value(writer, FCGI_MAX_REQS, "1", 1);
	put_param(writer, "B", "2");
	return fcgi_writer_flush(writer);
}

static int
write_end_behind_param(struct fcgi_writer *writer)
{
	put_param(writer, "A", "1");
	return fcgi_writer_end_request(writer, 0, 0);
}

static int
write_empty_pair(struct fcgi_writer *writer)
{
	const struct fcgi_nv nv = { NULL, 0, NULL, 0 };

	fcgi_writer_param(writer, &nv);
	return fcgi_writer_flush(writer);
}

static int
flush_nothing(struct fcgi_writer *writer)
{
	fcgi_writer_flush(writer);
	return fcgi_writer_flush(writer);
}

static const struct {
	int (*write)(struct fcgi_writer *writer);
	const unsigned char *wire;
	size_t len;
} runs[] = {
	/* Appendix B, 1. */
	{ write_begin, BYTES(WIRE(WIRE_BEGIN, ID, "\0\10", "\0") "\0\1\0\0\0\0\0\0") },
	{ write_begin_of_many_bits,
	    BYTES(WIRE(WIRE_BEGIN, ID, "\0\10", "\0") "\22\64\377\0\0\0\0\0") },
	{ write_abort, BYTES(WIRE(WIRE_ABORT, ID, "\0\0", "\0")) },
	{ write_end, BYTES(WIRE(WIRE_END, ID, "\0\10", "\0") "\211\253\315\357\2\0\0\0") },
	{ write_unknown_type,
	    BYTES(WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\10", "\0") "\52\0\0\0\0\0\0\0") },
	{ write_stream_end, BYTES(WIRE(WIRE_STDOUT, ID, "\0\0", "\0")) },
	{ write_no_values, BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\0", "\0")) },
	{ write_empty_query,
	    BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\0", "\10") "\0\0\0\0\0\0\0\0") },
	{ write_request,
	    BYTES(WIRE(WIRE_BEGIN, ID, "\0\10", "\0") "\0\1\1\0\0\0\0\0"
		WIRE(WIRE_PARAMS, ID, "\0\52", "\6") "\013\002SERVER_PORT80"
		"\013\016SERVER_ADDR199.170.183.42" "\0\0\0\0\0\0"
		WIRE(WIRE_PARAMS, ID, "\0\0", "\0") WIRE(WIRE_STDIN, ID, "\0\0", "\0")) },
	{ write_no_params,
	    BYTES(WIRE(WIRE_BEGIN, ID, "\0\10", "\0") "\0\2\0\0\0\0\0\0"
		WIRE(WIRE_PARAMS, ID, "\0\0", "\0")) },
	{ write_query,
	    BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\41", "\7") "\016\0FCGI_MAX_CONNS"
		"\017\0FCGI_MPXS_CONNS" "\0\0\0\0\0\0\0") },
	{ write_whole_query,
	    BYTES(WIRE(WIRE_GET_VALUES, "\0\0", "\0\60", "\10") "\016\0FCGI_MAX_CONNS"
		"\015\0FCGI_MAX_REQS" "\017\0FCGI_MPXS_CONNS" "\0\0\0\0\0\0\0\0") },
	{ write_result_between_params,
	    BYTES(WIRE(WIRE_PARAMS, ID, "\0\4", "\4") "\1\1A1\0\0\0\0"
		WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\20", "\0") "\015\1FCGI_MAX_REQS1"
		WIRE(WIRE_PARAMS, ID, "\0\4", "\4") "\1\1B2\0\0\0\0") },
	{ write_end_behind_param,
	    BYTES(WIRE(WIRE_PARAMS, ID, "\0\4", "\4") "\1\1A1\0\0\0\0"
		WIRE(WIRE_END, ID, "\0\10", "\0") "\0\0\0\0\0\0\0\0") },
	{ write_empty_pair, BYTES(WIRE(WIRE_PARAMS, ID, "\0\2", "\6") "\0\0\0\0\0\0\0\0") },
	{ flush_nothing, BYTES("") },
};

static void
records_are_written_as_the_specification_says(void **state)
{
	struct fcgi_writer writer;
	unsigned char *dst;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof runs / sizeof *runs; i++) {
		dst = guard_copy(NULL, runs[i].len);
		memset(dst, 0xee, runs[i].len);
		fcgi_writer_init(&writer, dst, runs[i].len, 1);
		assert_int_equal(runs[i].write(&writer), 0);
		assert_int_equal(writer.error, 0);
		assert_int_equal(writer.p - dst, runs[i].len);
		assert_memory_equal(dst, runs[i].wire, runs[i].len);
		guard_free(dst, runs[i].len);
	}
}

/* Every buffer that is too small, down to none, and what is called behind the failure. */
static void
a_full_buffer_is_told_once_and_for_all(void **state)
{
	struct fcgi_writer writer;
	unsigned char *dst, *p;
	size_t i, room;

	(void)state;
	for (i = 0; i < sizeof runs / sizeof *runs; i++) {
		for (room = 0; room < runs[i].len; room++) {
			dst = guard_copy(NULL, room);
			fcgi_writer_init(&writer, dst, room, 1);
			assert_int_equal(runs[i].write(&writer), -FCGI_E_SPACE);
			assert_int_equal(writer.error, -FCGI_E_SPACE);
			p = writer.p;
			assert_int_equal(put_param(&writer, "", ""), -FCGI_E_SPACE);
			assert_int_equal(put_value(&writer, "", "", 1), -FCGI_E_SPACE);
			assert_int_equal(fcgi_writer_flush(&writer), -FCGI_E_SPACE);
			assert_int_equal(write_begin(&writer), -FCGI_E_SPACE);
			assert_int_equal(write_stream_end(&writer), -FCGI_E_SPACE);
			assert_ptr_equal(writer.p, p);
			guard_free(dst, room);
		}
	}
}

static void
the_id_is_the_request_s(void **state)
{
	unsigned char dst[64];
	struct fcgi_writer writer;

	(void)state;
	fcgi_writer_init(&writer, dst, sizeof dst, 0xfedc);
	assert_int_equal(write_end(&writer), 0);
	assert_memory_equal(dst + 2, "\376\334", 2);
	assert_int_equal(put_param(&writer, "N", "V"), 0);
	assert_int_equal(fcgi_writer_stream_end(&writer, FCGI_PARAMS), 0);
	assert_memory_equal(dst + 16 + 2, "\376\334", 2);
	assert_memory_equal(dst + 32 + 2, "\376\334", 2);
}

static void
a_pair_the_wire_cannot_carry_is_refused(void **state)
{
	const struct fcgi_nv nv = { .value_len = (size_t)FCGI_NV_LONG_MAX + 1 };
	unsigned char dst[64];
	struct fcgi_writer writer;

	(void)state;
	fcgi_writer_init(&writer, dst, sizeof dst, 1);
	assert_int_equal(fcgi_writer_param(&writer, &nv), -FCGI_E_SPACE);
	assert_int_equal(writer.error, -FCGI_E_SPACE);
	assert_ptr_equal(writer.p, dst);
	fcgi_writer_init(&writer, dst, sizeof dst, 1);
	assert_int_equal(fcgi_writer_value(&writer, &nv, 1), -FCGI_E_SPACE);
	assert_int_equal(writer.error, -FCGI_E_SPACE);
}

/* GET_VALUES is one record, so its limit is a record's and not the buffer's. */
static void
values_fill_one_record_and_no_more(void **state)
{
	static const unsigned char value[FCGI_MAX_LENGTH];
	const size_t size = 3 * FCGI_MAX_LENGTH;
	struct fcgi_nv nv = { .value = value };
	struct fcgi_writer writer;
	unsigned char *dst = malloc(size);

	(void)state;
	assert_non_null(dst);
	fcgi_writer_init(&writer, dst, size, 1);
	nv.value_len = 40000;
	assert_int_equal(fcgi_writer_value(&writer, &nv, 1), 0);
	nv.value_len = FCGI_MAX_LENGTH - 40005 - 5;
	assert_int_equal(fcgi_writer_value(&writer, &nv, 1), 0);
	assert_int_equal(writer.p - dst, FCGI_HEADER_LEN + FCGI_MAX_LENGTH);
	assert_int_equal(fcgi_writer_flush(&writer), 0);
	assert_int_equal(writer.p - dst, FCGI_HEADER_LEN + FCGI_MAX_LENGTH + 1);
	assert_memory_equal(dst, "\1\12\0\0\377\377\1\0", FCGI_HEADER_LEN);

	fcgi_writer_init(&writer, dst, size, 1);
	nv.value_len = FCGI_MAX_LENGTH - 5;
	assert_int_equal(fcgi_writer_value(&writer, &nv, 1), 0);
	nv.value_len = 0;
	assert_int_equal(fcgi_writer_value(&writer, &nv, 1), -FCGI_E_SPACE);

	fcgi_writer_init(&writer, dst, size, 1);
	nv.value_len = FCGI_MAX_LENGTH - 4;
	assert_int_equal(fcgi_writer_value(&writer, &nv, 1), -FCGI_E_SPACE);
	free(dst);
}

static void
a_chunk_is_one_padded_record_around_the_callers_bytes(void **state)
{
	static const size_t lengths[] = { 1, 2, 7, 8, 9, 15, 16, 255, 256, 32768, 65528, 65529,
		65534, 65535 };
	static const unsigned char zeros[FCGI_ALIGNMENT];
	unsigned char *content = guard_copy(NULL, FCGI_MAX_LENGTH), *header;
	struct fcgi_record record;
	struct iovec iov[3];
	size_t i, len, total;

	(void)state;
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		len = lengths[i];
		header = guard_copy(NULL, FCGI_HEADER_LEN);
		total = fcgi_writer_chunk(iov, header, 0x1234, FCGI_STDIN, content, len);
		assert_int_equal(total, iov[0].iov_len + iov[1].iov_len + iov[2].iov_len);
		assert_int_equal(total % FCGI_ALIGNMENT, 0);
		assert_ptr_equal(iov[0].iov_base, header);
		assert_int_equal(iov[0].iov_len, FCGI_HEADER_LEN);
		assert_ptr_equal(iov[1].iov_base, content);
		assert_int_equal(iov[1].iov_len, len);
		assert_true(iov[2].iov_len < FCGI_ALIGNMENT);
		assert_memory_equal(iov[2].iov_base, zeros, iov[2].iov_len);
		assert_int_equal(fcgi_record_decode(&record, header, header + FCGI_HEADER_LEN),
		    FCGI_HEADER_LEN);
		assert_int_equal(record.type, FCGI_STDIN);
		assert_int_equal(record.request_id, 0x1234);
		assert_int_equal(record.content_length, len);
		assert_int_equal(record.padding_length, iov[2].iov_len);
		guard_free(header, FCGI_HEADER_LEN);
	}
	guard_free(content, FCGI_MAX_LENGTH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_written_as_the_specification_says),
		cmocka_unit_test(a_full_buffer_is_told_once_and_for_all),
		cmocka_unit_test(the_id_is_the_request_s),
		cmocka_unit_test(a_pair_the_wire_cannot_carry_is_refused),
		cmocka_unit_test(values_fill_one_record_and_no_more),
		cmocka_unit_test(a_chunk_is_one_padded_record_around_the_callers_bytes),
	};

	return cmocka_run_group_tests_name("fcgi_writer", tests, NULL, NULL);
}
