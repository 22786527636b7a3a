#include "fcgi_values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_writer.h"
#include "pieces.h"
#include "wire.h"

/* The question is one record, padded, with empty values. */
static void
the_question_is_one_padded_record(void **state)
{
	static const char *const names[] = { "A", "BCD", NULL };
	static const unsigned char expected[] =
	    WIRE(WIRE_GET_VALUES, "\0\0", "\0\10", "\10") "\1\0A\3\0BCD\0\0\0\0\0\0\0\0";
	unsigned char question[256];
	struct fcgi_writer writer;

	(void)state;
	fcgi_writer_init(&writer, question, sizeof question, 1);
	assert_int_equal(fcgi_writer_get_values(&writer, names), 0);
	assert_int_equal(writer.p - question, sizeof expected - 1);
	assert_memory_equal(question, expected, sizeof expected - 1);
}

static void
too_many_names_are_refused(void **state)
{
	static char name[FCGI_MAX_LENGTH];
	const char *const names[] = { name, NULL };
	static unsigned char question[2 * FCGI_MAX_LENGTH];
	struct fcgi_writer writer;

	(void)state;
	memset(name, 'x', sizeof name - 1);
	fcgi_writer_init(&writer, question, sizeof question, 0);
	assert_int_equal(fcgi_writer_get_values(&writer, names), -FCGI_E_SPACE);
}

struct reading {
	struct fcgi_reader reader;
	struct fcgi_values values;
	unsigned char content[FCGI_MAX_LENGTH];
	int result;
};

static struct reading *
start_reading(size_t size)
{
	struct reading *reading = calloc(1, sizeof *reading);

	assert_non_null(reading);
	fcgi_values_init(&reading->values, reading->content, size);
	return reading;
}

static void
feed(void *self, const unsigned char *p, const unsigned char *end)
{
	struct reading *reading = self;
	struct fcgi_slice slice;
	int what;

	while (reading->result == FCGI_VALUES_NOTHING &&
	    (what = fcgi_reader_next(&reading->reader, &p, end, &slice)) > 0)
		reading->result =
		    fcgi_values_feed(&reading->values, &reading->reader.record, what, &slice);
}

static const struct {
	const unsigned char *wire;
	size_t len;
	int result;
	const char *pairs;
	unsigned foreign;
} answers[] = {
	{ BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\11", "\7") "\1\1A1\2\1BC2#######"),
	    FCGI_VALUES_RESULT, "A=1 BC=2 ", 0 },
	{ BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\0", "\0")), FCGI_VALUES_RESULT, "", 0 },
	/* What else comes is counted. */
	{ BYTES(WIRE(WIRE_STDERR, "\0\1", "\0\2", "\0") "hi"
		WIRE("\52", "\0\0", "\0\0", "\0")
		WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\4", "\0") "\1\1A1"),
	    FCGI_VALUES_RESULT, "A=1 ", 2 },
	{ BYTES(WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\10", "\0") "\11\0\0\0\0\0\0\0"),
	    FCGI_VALUES_UNKNOWN_TYPE, "", 0 },
	/* Not what we have asked. */
	{ BYTES(WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\10", "\0") "\52\0\0\0\0\0\0\0"
		WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\4", "\0") "\1\1A1"),
	    FCGI_VALUES_RESULT, "A=1 ", 0 },
	{ BYTES(WIRE(WIRE_UNKNOWN_TYPE, "\0\0", "\0\4", "\0") "\11\0\0\0"),
	    -FCGI_E_LENGTH, "", 0 },
	{ BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\5", "\0") "\1\1A1\1"),
	    -FCGI_E_NV, "A=1 ", 0 },
	{ BYTES(WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\5", "\0") "\1\1A1"),
	    FCGI_VALUES_NOTHING, "A=1 ", 0 },
};

static void
answers_are_read_alike_however_they_are_cut(void **state)
{
	struct reading *reading;
	char pairs[64];
	struct fcgi_nv nv;
	size_t i, cut;
	int len;

	(void)state;
	for (i = 0; i < sizeof answers / sizeof *answers; i++) {
		for (cut = 1; cut <= answers[i].len; cut++) {
			reading = start_reading(FCGI_MAX_LENGTH);
			pieces_feed(answers[i].wire, answers[i].len, cut, 1, feed, reading);
			assert_int_equal(reading->result, answers[i].result);
			assert_int_equal(reading->values.foreign, answers[i].foreign);
			for (len = 0, pairs[0] = '\0'; reading->result == FCGI_VALUES_RESULT &&
			     fcgi_values_next(&reading->values, &nv);)
				len += snprintf(pairs + len, sizeof pairs - (size_t)len,
				    "%.*s=%.*s ", (int)nv.name_len, (const char *)nv.name,
				    (int)nv.value_len, (const char *)nv.value);
			if (reading->result == FCGI_VALUES_RESULT)
				assert_string_equal(pairs, answers[i].pairs);
			free(reading);
		}
	}
}

static void
a_name_is_found(void **state)
{
	static const unsigned char wire[] =
	    WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\7", "\0") "\2\1AB1\1\0";
	struct reading *reading = start_reading(FCGI_MAX_LENGTH);
	struct fcgi_nv nv;

	(void)state;
	feed(reading, wire, wire + sizeof wire - 1);
	assert_int_equal(reading->result, -FCGI_E_NV);
	assert_int_equal(fcgi_values_get(&reading->values, "AB", &nv), 1);
	assert_int_equal(nv.value_len, 1);
	assert_memory_equal(nv.value, "1", 1);
	assert_int_equal(fcgi_values_get(&reading->values, "A", &nv), 0);
	assert_int_equal(fcgi_values_get(&reading->values, "ABC", &nv), 0);
	free(reading);
}

/* Of an answer that is longer than what we keep, the pairs that are whole. */
static void
a_long_answer_is_cut(void **state)
{
	static const unsigned char wire[] =
	    WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\17", "\0") "\2\1AB1\4\5abcd12345";
	struct reading *reading;
	struct fcgi_nv nv;
	size_t cut;

	(void)state;
	for (cut = 1; cut < sizeof wire; cut++) {
		reading = start_reading(10);
		pieces_feed(wire, sizeof wire - 1, cut, 1, feed, reading);
		assert_int_equal(reading->result, FCGI_VALUES_RESULT);
		assert_int_equal(fcgi_values_next(&reading->values, &nv), 1);
		assert_int_equal(fcgi_values_next(&reading->values, &nv), 0);
		assert_int_equal(fcgi_values_get(&reading->values, "abcd", &nv), 0);
		free(reading);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_question_is_one_padded_record),
		cmocka_unit_test(too_many_names_are_refused),
		cmocka_unit_test(answers_are_read_alike_however_they_are_cut),
		cmocka_unit_test(a_name_is_found),
		cmocka_unit_test(a_long_answer_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
