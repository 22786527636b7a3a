#include "fcgi_nv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "guard.h"
#include "wire.h"

/* Takes all pairs of [p, end) and writes them as "NAME=VALUE;"; the rest as "+N" or nothing. */
static void
read_pairs(char *text, size_t size, const unsigned char *p, const unsigned char *end)
{
	struct fcgi_nv nv;
	size_t len = 0;
	int r;

	text[0] = '\0';
	while ((r = fcgi_nv_next(&p, end, &nv)) > 0)
		len += (size_t)snprintf(text + len, size - len, "%.*s=%.*s;", (int)nv.name_len,
		    (const char *)nv.name, (int)nv.value_len, (const char *)nv.value);
	if (r < 0) {
		assert_int_equal(r, -FCGI_E_MORE);
		assert_true(p < end);
		snprintf(text + len, size - len, "+%d", (int)(end - p));
	} else {
		assert_ptr_equal(p, end);
	}
}

static const struct {
	const unsigned char *wire;
	size_t len;
	const char *text;
} streams[] = {
	{ BYTES(""), "" },
	/* Appendix B. */
	{ BYTES("\013\002SERVER_PORT80\013\016SERVER_ADDR199.170.183.42"),
	    "SERVER_PORT=80;SERVER_ADDR=199.170.183.42;" },
	/* Section 4.1, a query: names without values. */
	{ BYTES("\016\0FCGI_MAX_CONNS\015\0FCGI_MAX_REQS\017\0FCGI_MPXS_CONNS"),
	    "FCGI_MAX_CONNS=;FCGI_MAX_REQS=;FCGI_MPXS_CONNS=;" },
	{ BYTES("\0\0"), "=;" },
	{ BYTES("\0\0\0\0\0\0"), "=;=;=;" },
	{ BYTES("\0\1v"), "=v;" },
	{ BYTES("\1\0n"), "n=;" },
	/* Four bytes for what one could say, as some clients write every length. */
	{ BYTES("\200\0\0\1\1AB"), "A=B;" },
	{ BYTES("\1\200\0\0\1AB"), "A=B;" },
	{ BYTES("\200\0\0\1\200\0\0\1AB"), "A=B;" },
	{ BYTES("\200\0\0\0\200\0\0\0"), "=;" },
	/* The same name twice is two pairs. */
	{ BYTES("\1\1Aa\1\1Ab"), "A=a;A=b;" },
	/* Cut short: what is there is told, and how much is left over. */
	{ BYTES("\1\1Aa\1\1A"), "A=a;+3" },
	{ BYTES("\1\1Aa\1\1"), "A=a;+2" },
	{ BYTES("\1\1Aa\1"), "A=a;+1" },
	{ BYTES("\1\1Aa\200\0\0"), "A=a;+3" },
	{ BYTES("\1\1Aa\1\200\0\0"), "A=a;+4" },
	{ BYTES("\1\1Aa\1\200\0\0\1"), "A=a;+5" },
	/* The largest lengths there are; their sum is more than 32 bits hold. */
	{ BYTES("\377\377\377\377\377\377\377\377x"), "+9" },
	{ BYTES("\377\377\377\377\0"), "+5" },
	{ BYTES("\0\377\377\377\377"), "+5" },
	{ BYTES("\1\377\377\377\377A"), "+6" },
	{ BYTES("\200\0\0\2\177A"), "+6" },
};

static void
streams_are_read_to_their_end(void **state)
{
	unsigned char *wire;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof streams / sizeof *streams; i++) {
		wire = guard_copy(streams[i].wire, streams[i].len);
		read_pairs(text, sizeof text, wire, wire + streams[i].len);
		assert_string_equal(text, streams[i].text);
		guard_free(wire, streams[i].len);
	}
}

/* As a caller does whose bytes dribble in: it tries again from where it was left. */
static void
streams_are_read_byte_by_byte(void **state)
{
	const unsigned char *p;
	struct fcgi_nv nv;
	unsigned char *wire;
	char text[256];
	size_t i, len, seen, taken;

	(void)state;
	for (i = 0; i < sizeof streams / sizeof *streams; i++) {
		text[0] = '\0';
		seen = taken = 0;
		for (len = 0; len <= streams[i].len; len++) {
			wire = guard_copy(streams[i].wire + taken, len - taken);
			p = wire;
			while (fcgi_nv_next(&p, wire + len - taken, &nv) == 1)
				seen += (size_t)snprintf(text + seen, sizeof text - seen,
				    "%.*s=%.*s;", (int)nv.name_len, (const char *)nv.name,
				    (int)nv.value_len, (const char *)nv.value);
			guard_free(wire, len - taken);
			taken += (size_t)(p - wire);
		}
		if (taken < streams[i].len)
			snprintf(text + seen, sizeof text - seen, "+%zu", streams[i].len - taken);
		assert_string_equal(text, streams[i].text);
	}
}

static void
a_pair_that_is_not_there_moves_nothing(void **state)
{
	static const unsigned char wire[] = "\1\4Aabc";
	const unsigned char *p = wire;
	struct fcgi_nv nv;

	(void)state;
	assert_int_equal(fcgi_nv_next(&p, wire + sizeof wire - 1, &nv), -FCGI_E_MORE);
	assert_ptr_equal(p, wire);
}

static const struct {
	size_t len;
	size_t coding;
	unsigned char wire[4];
} lengths[] = {
	{ 0, 1, { 0 } },
	{ 1, 1, { 1 } },
	{ 126, 1, { 126 } },
	{ 127, 1, { 127 } },
	{ 128, 4, { 0x80, 0, 0, 128 } },
	{ 129, 4, { 0x80, 0, 0, 129 } },
	{ 255, 4, { 0x80, 0, 0, 255 } },
	{ 256, 4, { 0x80, 0, 1, 0 } },
	{ 65535, 4, { 0x80, 0, 0xff, 0xff } },
	{ 65536, 4, { 0x80, 1, 0, 0 } },
	{ 0x123456, 4, { 0x80, 0x12, 0x34, 0x56 } },
	{ 0x7f123456, 4, { 0xff, 0x12, 0x34, 0x56 } },
	{ FCGI_NV_LONG_MAX, 4, { 0xff, 0xff, 0xff, 0xff } },
};

static void
lengths_take_one_byte_or_four(void **state)
{
	unsigned char *wire;
	size_t i, j, size;

	(void)state;
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		for (j = 0; j < sizeof lengths / sizeof *lengths; j++) {
			size = lengths[i].coding + lengths[j].coding;
			wire = guard_copy(NULL, 8);
			assert_int_equal(fcgi_nv_encode_lengths(wire, lengths[i].len,
			    lengths[j].len), size);
			assert_memory_equal(wire, lengths[i].wire, lengths[i].coding);
			assert_memory_equal(wire + lengths[i].coding, lengths[j].wire,
			    lengths[j].coding);
			guard_free(wire, 8);
			assert_int_equal(fcgi_nv_size(lengths[i].len, lengths[j].len),
			    size + lengths[i].len + lengths[j].len);
		}
	}
}

static void
lengths_are_read_when_both_are_there(void **state)
{
	const size_t count = sizeof lengths / sizeof *lengths;
	size_t i, j, size, room, name_len, value_len;
	const unsigned char *p;
	unsigned char wire[8], *src;

	(void)state;
	for (i = 0; i < count * count; i++) {
		j = i % count;
		size = fcgi_nv_encode_lengths(wire, lengths[i / count].len, lengths[j].len);
		for (room = 0; room <= size; room++) {
			p = src = guard_copy(wire, room);
			assert_int_equal(fcgi_nv_decode_lengths(&p, src + room, &name_len,
			    &value_len), room < size ? -FCGI_E_MORE : 0);
			assert_ptr_equal(p, room < size ? src : src + size);
			guard_free(src, room);
		}
		assert_int_equal(name_len, lengths[i / count].len);
		assert_int_equal(value_len, lengths[j].len);
	}
}

static void
no_pair_is_larger_than_31_bits_say(void **state)
{
	const size_t above = (size_t)FCGI_NV_LONG_MAX + 1;
	struct fcgi_nv nv = { .name = (const unsigned char *)"N", .name_len = 1 };
	unsigned char dst[8];

	(void)state;
	assert_int_equal(fcgi_nv_size(above, 0), 0);
	assert_int_equal(fcgi_nv_size(0, above), 0);
	assert_int_equal(fcgi_nv_size(SIZE_MAX, SIZE_MAX), 0);
	assert_int_equal(fcgi_nv_size(SIZE_MAX, 2), 0);
	nv.value_len = above;
	assert_int_equal(fcgi_nv_encode(dst, dst + sizeof dst, &nv), -FCGI_E_SPACE);
}

/* Every combination of lengths around the change of coding, through buffers of every size. */
static void
pairs_round_trip_in_exactly_their_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 126, 127, 128, 129, 300 };
	const size_t count = sizeof sizes / sizeof *sizes;
	unsigned char name[300], value[300], *dst;
	const unsigned char *p;
	struct fcgi_nv in, out;
	size_t i, j, size, room;

	(void)state;
	memset(name, 'n', sizeof name);
	memset(value, 'v', sizeof value);
	for (i = 0; i < count * count; i++) {
		in = (struct fcgi_nv){ name, sizes[i / count], value, sizes[i % count] };
		size = fcgi_nv_size(in.name_len, in.value_len);
		for (j = 0; j < 3; j++) {
			room = j == 0 ? 0 : j == 1 ? size - 1 : size + 1;
			dst = guard_copy(NULL, room);
			assert_int_equal(fcgi_nv_encode(dst, dst + room, &in),
			    room < size ? -FCGI_E_SPACE : (ptrdiff_t)size);
			guard_free(dst, room);
		}
		dst = guard_copy(NULL, size);
		assert_int_equal(fcgi_nv_encode(dst, dst + size, &in), size);
		p = dst;
		assert_int_equal(fcgi_nv_next(&p, dst + size, &out), 1);
		assert_ptr_equal(p, dst + size);
		assert_int_equal(out.name_len, in.name_len);
		assert_int_equal(out.value_len, in.value_len);
		assert_memory_equal(out.name, name, in.name_len);
		assert_memory_equal(out.value, value, in.value_len);
		assert_int_equal(fcgi_nv_next(&p, dst + size, &out), 0);
		guard_free(dst, size);
	}
}

static void
too_small_a_buffer_is_left_alone(void **state)
{
	const struct fcgi_nv nv = { BYTES("NAME"), BYTES("VAL") };
	unsigned char dst[16];
	unsigned char untouched[16];
	size_t room;

	(void)state;
	memset(dst, 0xee, sizeof dst);
	memset(untouched, 0xee, sizeof untouched);
	for (room = 0; room < 9; room++) {
		assert_int_equal(fcgi_nv_encode(dst, dst + room, &nv), -FCGI_E_SPACE);
		assert_memory_equal(dst, untouched, sizeof dst);
	}
}

static void
absent_bytes_of_no_length_are_fine(void **state)
{
	const struct fcgi_nv nv = { NULL, 0, NULL, 0 };
	unsigned char dst[2] = { 0xee, 0xee };

	(void)state;
	assert_int_equal(fcgi_nv_encode(dst, dst + sizeof dst, &nv), 2);
	assert_memory_equal(dst, "\0\0", 2);
}

/* The largest pair the wire can carry, without the memory: nobody may touch its bytes. */
static void
a_value_of_31_bits_is_found_where_it_is(void **state)
{
	const size_t size = 1 + 4 + 1 + (size_t)FCGI_NV_LONG_MAX;
	const unsigned char *p;
	unsigned char *wire;
	struct fcgi_nv nv;

	(void)state;
	if (size > SIZE_MAX / 4)
		skip();
	wire = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (wire == MAP_FAILED)
		skip();
	assert_int_equal(fcgi_nv_encode_lengths(wire, 1, FCGI_NV_LONG_MAX), 5);
	wire[5] = 'N';
	p = wire;
	assert_int_equal(fcgi_nv_next(&p, wire + size - 1, &nv), -FCGI_E_MORE);
	assert_ptr_equal(p, wire);
	assert_int_equal(fcgi_nv_next(&p, wire + size, &nv), 1);
	assert_ptr_equal(p, wire + size);
	assert_ptr_equal(nv.name, wire + 5);
	assert_ptr_equal(nv.value, wire + 6);
	assert_int_equal(nv.value_len, FCGI_NV_LONG_MAX);
	munmap(wire, size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_read_to_their_end),
		cmocka_unit_test(streams_are_read_byte_by_byte),
		cmocka_unit_test(a_pair_that_is_not_there_moves_nothing),
		cmocka_unit_test(lengths_take_one_byte_or_four),
		cmocka_unit_test(lengths_are_read_when_both_are_there),
		cmocka_unit_test(no_pair_is_larger_than_31_bits_say),
		cmocka_unit_test(pairs_round_trip_in_exactly_their_size),
		cmocka_unit_test(too_small_a_buffer_is_left_alone),
		cmocka_unit_test(absent_bytes_of_no_length_are_fine),
		cmocka_unit_test(a_value_of_31_bits_is_found_where_it_is),
	};

	return cmocka_run_group_tests_name("fcgi_nv", tests, NULL, NULL);
}
