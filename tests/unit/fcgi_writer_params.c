/* PARAMS of any size: the records they become, and the buffer these need. */
#include "fcgi_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_reader.h"
#include "guard.h"
#include "wire.h"

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

/* 1 when a record may end at that offset of the stream: between pairs, or in one to be split. */
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
	struct fcgi_nv nv = { 0 };
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
	for (round = 0; round < 150; round++) {
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bound_holds_for_pairs_that_waste_their_records),
		cmocka_unit_test(any_set_arrives_within_the_bound),
		cmocka_unit_test(a_head_of_many_records_is_told_to_be_too_large),
		cmocka_unit_test(only_a_pair_above_a_record_is_split),
		cmocka_unit_test(pairs_share_a_record_up_to_its_last_byte),
	};

	return cmocka_run_group_tests_name("fcgi_writer_params", tests, NULL, NULL);
}
