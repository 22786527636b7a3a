#include "fcgi_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_reader.h"
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

/* --- PARAMS of any size ------------------------------------------------------------------------ */

enum { NOISE_LEN = 3 * FCGI_MAX_LENGTH, SET_MAX = 48 };

/* A request's variables: names and values are stretches of noise. */
struct set {
	struct fcgi_nv items[SET_MAX];
	size_t count;
	size_t nv_len;
};

static void
set_add(struct set *set, const unsigned char *noise, size_t name_len, size_t value_len)
{
	assert_true(set->count < SET_MAX);
	assert_true(name_len <= NOISE_LEN - 64 && value_len <= NOISE_LEN - 64);
	set->items[set->count] = (struct fcgi_nv){
		.name = noise + set->count,
		.name_len = name_len,
		.value = noise + 13 + set->count,
		.value_len = value_len,
	};
	set->nv_len += fcgi_nv_size(name_len, value_len);
	set->count++;
}

static uint32_t
next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static unsigned char *
new_noise(void)
{
	unsigned char *noise = malloc(NOISE_LEN);
	uint64_t seed = 1;
	size_t i;

	assert_non_null(noise);
	for (i = 0; i < NOISE_LEN; i++)
		noise[i] = (unsigned char)next_random(&seed);
	return noise;
}

/* 1 when a record may end at that offset of the stream: between pairs, or in one that must split. */
static int
may_end_at(const struct set *set, size_t offset)
{
	size_t i, size, at = 0;

	for (i = 0; i < set->count && at < offset; i++) {
		size = fcgi_nv_size(set->items[i].name_len, set->items[i].value_len);
		if (offset < at + size)
			return size > FCGI_MAX_LENGTH;
		at += size;
	}
	return at == offset;
}

static void
assert_pairs_equal(const struct set *set, const unsigned char *p, const unsigned char *end)
{
	struct fcgi_nv nv;
	size_t i;

	for (i = 0; i < set->count; i++) {
		assert_int_equal(fcgi_nv_next(&p, end, &nv), 1);
		assert_int_equal(nv.name_len, set->items[i].name_len);
		assert_int_equal(nv.value_len, set->items[i].value_len);
		assert_true(memcmp(nv.name, set->items[i].name, nv.name_len) == 0);
		assert_true(memcmp(nv.value, set->items[i].value, nv.value_len) == 0);
	}
	assert_int_equal(fcgi_nv_next(&p, end, &nv), 0);
}

/* The records of a request: padded, in order, PARAMS ended once and cut where they may be. */
static void
assert_head_is_sound(const struct set *set, const unsigned char *head, const unsigned char *end)
{
	static const int types[] = { FCGI_BEGIN_REQUEST, FCGI_PARAMS, FCGI_STDIN };
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;
	const unsigned char *p = head;
	struct wire stream = { 0 };
	size_t type = 0;
	int what;

	/* Without pairs there is still a place where they would be. */
	wire_put(&stream, NULL, 0);
	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		if (what == FCGI_READ_RECORD && reader.record.type != types[type])
			type++;
		assert_true(type < sizeof types / sizeof *types);
		assert_int_equal(reader.record.type, types[type]);
		if (what == FCGI_READ_CONTENT && reader.record.type == FCGI_PARAMS)
			wire_put(&stream, slice.data, slice.len);
		if (what == FCGI_READ_END && reader.record.type == FCGI_PARAMS) {
			assert_true(may_end_at(set, stream.len));
			if (reader.record.content_length == 0)
				assert_int_equal(stream.len, set->nv_len);
		}
		if (what == FCGI_READ_END)
			assert_int_equal((p - head) % FCGI_ALIGNMENT, 0);
	}
	assert_int_equal(what, FCGI_READ_MORE);
	assert_true(fcgi_reader_between_records(&reader));
	assert_int_equal(type, 2);
	assert_int_equal(reader.record.content_length, 0);
	assert_int_equal(stream.len, set->nv_len);
	assert_pairs_equal(set, stream.data, stream.data + stream.len);
	wire_free(&stream);
}

static int
write_head(struct fcgi_writer *writer, const struct set *set)
{
	size_t i;

	fcgi_writer_begin(writer, FCGI_RESPONDER, 0);
	for (i = 0; i < set->count; i++)
		fcgi_writer_param(writer, &set->items[i]);
	fcgi_writer_stream_end(writer, FCGI_PARAMS);
	return fcgi_writer_stream_end(writer, FCGI_STDIN);
}

/*
 * Writes the head into exactly head_bound() bytes, at an unreadable page.
 * Returns the bytes it has.
 */
static size_t
assert_set_is_carried(const struct set *set)
{
	size_t size = fcgi_writer_head_bound(set->nv_len);
	unsigned char *dst = guard_copy(NULL, size);
	struct fcgi_writer writer;
	size_t len;

	memset(dst, 0xee, size);
	fcgi_writer_init(&writer, dst, size, 1);
	assert_int_equal(write_head(&writer, set), 0);
	len = (size_t)(writer.p - dst);
	assert_true(len <= size);
	assert_head_is_sound(set, dst, writer.p);
	guard_free(dst, size);
	return len;
}

static void
assert_set_does_not_fit(const struct set *set, size_t room)
{
	unsigned char *dst = guard_copy(NULL, room);
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, dst, room, 1);
	assert_int_equal(write_head(&writer, set), -FCGI_E_SPACE);
	assert_true((size_t)(writer.p - dst) <= room);
	guard_free(dst, room);
}

/* Sizes of whole pairs on the wire that waste the most room, repeated. */
static void
the_bound_holds_for_pairs_that_waste_their_records(void **state)
{
	static const size_t patterns[][2] = {
		{ 2, 2 },
		{ 2, 65535 },
		{ 65535, 2 },
		{ 65535, 65535 },
		{ 65534, 3 },
		{ 32768, 32768 },
		{ 32767, 32769 },
		{ 32768, 32767 },
		{ 9, 65527 },
		{ 65536, 2 },
		{ 65536, 65535 },
		{ 65537, 65534 },
		{ 131070, 2 },
		{ 131071, 65535 },
		{ 131072, 131072 },
	};
	unsigned char *noise = new_noise();
	struct set set;
	size_t i, n, size;

	(void)state;
	for (i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		set = (struct set){ 0 };
		for (n = 0; n < 24; n++) {
			size = patterns[i][n % 2];
			/* One byte for the empty name's length, four or one for the value's. */
			set_add(&set, noise, 0, size <= 2 + 127 ? size - 2 : size - 5);
			assert_set_is_carried(&set);
		}
	}
	free(noise);
}

static size_t
random_len(uint64_t *seed)
{
	static const size_t edges[] = { 0, 1, 126, 127, 128, 129, 32760, 65520, 65527, 65528, 65529,
		65530, 65531, 65532, 65533, 65534, 65535, 65536, 131060, 131070, 131071 };

	switch (next_random(seed) % 8) {
	case 0:
		return edges[next_random(seed) % (sizeof edges / sizeof *edges)];
	case 1:
		return next_random(seed) % (2 * FCGI_MAX_LENGTH);
	case 2:
		return next_random(seed) % 5000;
	default:
		return next_random(seed) % 200;
	}
}

static void
any_set_arrives_within_the_bound(void **state)
{
	unsigned char *noise = new_noise();
	uint64_t seed = 2;
	struct set set;
	size_t i, count;
	int round;

	(void)state;
	for (round = 0; round < 400; round++) {
		set = (struct set){ 0 };
		count = next_random(&seed) % SET_MAX;
		for (i = 0; i < count; i++)
			set_add(&set, noise, random_len(&seed), random_len(&seed));
		assert_set_is_carried(&set);
	}
	free(noise);
}

/* The buffer ends in every part of the records behind the first, and somewhere in the first. */
static void
a_head_of_many_records_is_told_to_be_too_large(void **state)
{
	static const size_t value_lens[] = { 0, 7, FCGI_MAX_LENGTH - 5, FCGI_MAX_LENGTH };
	unsigned char *noise = new_noise();
	struct set set;
	size_t i, len, missing;

	(void)state;
	for (i = 0; i < sizeof value_lens / sizeof *value_lens; i++) {
		set = (struct set){ 0 };
		set_add(&set, noise, 0, FCGI_MAX_LENGTH - 5);
		set_add(&set, noise, 0, value_lens[i]);
		len = assert_set_is_carried(&set);
		for (missing = 1; missing < 64; missing++)
			assert_set_does_not_fit(&set, len - missing);
		for (missing = 64; missing < len; missing += 997)
			assert_set_does_not_fit(&set, len - missing);
	}
	free(noise);
}

static void
only_a_pair_above_a_record_is_split(void **state)
{
	static const struct {
		size_t name_len;
		size_t value_len;
		int splits;
	} pairs[] = {
		{ 1, 65529, 0 },	/* 1 + 4 + 1 + 65529 = 65535 */
		{ 1, 65530, 1 },
		{ 65530, 0, 0 },
		{ 65531, 0, 1 },
		{ 65527, 0, 0 },
		{ 128, 65399, 0 },	/* 4 + 4 + 128 + 65399 */
		{ 128, 65400, 1 },
		{ FCGI_NV_LONG_MAX, FCGI_NV_LONG_MAX, 1 },
	};
	unsigned char *noise = new_noise(), *dst;
	struct fcgi_writer writer;
	struct set set;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		assert_int_equal(fcgi_writer_splits(&(struct fcgi_nv){ .name_len =
		    pairs[i].name_len, .value_len = pairs[i].value_len }), pairs[i].splits);
		if (pairs[i].name_len > NOISE_LEN)
			continue;
		set = (struct set){ 0 };
		set_add(&set, noise, pairs[i].name_len, pairs[i].value_len);
		assert_set_is_carried(&set);
		/* The first PARAMS record is full when the pair had to be split, else it is all. */
		size = fcgi_writer_head_bound(set.nv_len);
		dst = guard_copy(NULL, size);
		fcgi_writer_init(&writer, dst, size, 1);
		assert_int_equal(write_head(&writer, &set), 0);
		assert_int_equal(dst[16 + 4] << 8 | dst[16 + 5],
		    pairs[i].splits ? FCGI_MAX_LENGTH : (int)set.nv_len);
		guard_free(dst, size);
	}
	free(noise);
}

/* As few records as there can be: uwsgi takes but one. */
static void
pairs_share_a_record_up_to_its_last_byte(void **state)
{
	unsigned char *noise = new_noise(), *dst;
	const size_t size = 2 * FCGI_MAX_LENGTH;
	struct fcgi_writer writer;
	struct set set = { 0 };

	(void)state;
	set_add(&set, noise, 0, 40000 - 5);
	set_add(&set, noise, 0, FCGI_MAX_LENGTH - 40000 - 5);
	assert_set_is_carried(&set);
	dst = malloc(size);
	assert_non_null(dst);
	fcgi_writer_init(&writer, dst, size, 1);
	assert_int_equal(fcgi_writer_param(&writer, &set.items[0]), 0);
	assert_int_equal(fcgi_writer_param(&writer, &set.items[1]), 0);
	assert_int_equal(fcgi_writer_flush(&writer), 0);
	assert_int_equal(writer.p - dst, FCGI_HEADER_LEN + FCGI_MAX_LENGTH + 1);
	assert_memory_equal(dst, "\1\4\0\1\377\377\1\0", FCGI_HEADER_LEN);
	free(dst);
	free(noise);
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
	unsigned char *noise = new_noise(), *dst;
	const size_t size = 3 * FCGI_MAX_LENGTH;
	struct fcgi_writer writer;
	struct fcgi_nv nv = { .name = noise, .name_len = 0, .value = noise };

	(void)state;
	dst = malloc(size);
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
	free(noise);
}

/* --- stream content ---------------------------------------------------------------------------- */

static void
a_chunk_is_one_padded_record_around_the_callers_bytes(void **state)
{
	static const size_t lengths[] = { 1, 2, 7, 8, 9, 15, 16, 255, 256, 32768, 65528, 65529, 65534,
		65535 };
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
		cmocka_unit_test(the_bound_holds_for_pairs_that_waste_their_records),
		cmocka_unit_test(any_set_arrives_within_the_bound),
		cmocka_unit_test(a_head_of_many_records_is_told_to_be_too_large),
		cmocka_unit_test(only_a_pair_above_a_record_is_split),
		cmocka_unit_test(pairs_share_a_record_up_to_its_last_byte),
		cmocka_unit_test(a_pair_the_wire_cannot_carry_is_refused),
		cmocka_unit_test(values_fill_one_record_and_no_more),
		cmocka_unit_test(a_chunk_is_one_padded_record_around_the_callers_bytes),
	};

	return cmocka_run_group_tests_name("fcgi_writer", tests, NULL, NULL);
}
