#include "multiplex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "pieces.h"
#include "wire.h"

enum { FIRST = 65530, COUNT = 3 };

/* What arrives: answers that interleave record by record, padded, and what belongs to nobody. */
static const unsigned char arriving[] =
    WIRE(WIRE_STDOUT, "\377\373", "\0\3", "\5") "b1 #####"
    WIRE(WIRE_STDOUT, "\377\374", "\0\2", "\0") "c1"
    WIRE(WIRE_STDERR, "\377\373", "\0\1", "\7") "e#######"
    WIRE(WIRE_STDOUT, "\377\372", "\0\2", "\1") "a1#"
    WIRE(WIRE_STDOUT, "\0\1", "\0\2", "\0") "??"
    WIRE(WIRE_GET_VALUES_RESULT, "\0\0", "\0\0", "\0")
    WIRE(WIRE_STDOUT, "\377\375", "\0\1", "\0") "?"
    WIRE(WIRE_STDOUT, "\377\373", "\0\2", "\0") "b2"
    WIRE(WIRE_STDOUT, "\377\373", "\0\0", "\10") "########"
    WIRE(WIRE_END, "\377\373", "\0\10", "\3") "\0\0\0\7\0\0\0\0###";

/* What is to be in the spools, in their order. */
static const unsigned char second[] = WIRE(WIRE_STDOUT, "\377\373", "\0\3", "\0") "b1 "
    WIRE(WIRE_STDERR, "\377\373", "\0\1", "\0") "e" WIRE(WIRE_STDOUT, "\377\373", "\0\2", "\0") "b2"
    WIRE(WIRE_STDOUT, "\377\373", "\0\0", "\0") WIRE(WIRE_END, "\377\373", "\0\10", "\0")
    "\0\0\0\7\0\0\0\0";
static const unsigned char third[] = WIRE(WIRE_STDOUT, "\377\374", "\0\2", "\0") "c1";

struct connection {
	struct multiplex multiplex;
	struct fcgi_reader reader;
	size_t others;		/* records that did not have to wait */
};

static void
feed(void *self, const unsigned char *p, const unsigned char *end)
{
	struct connection *connection = self;
	struct fcgi_record *record = &connection->reader.record;
	struct fcgi_slice slice;
	int what;

	while ((what = fcgi_reader_next(&connection->reader, &p, end, &slice)) > 0) {
		if (multiplex_owns(&connection->multiplex, record))
			assert_int_equal(
			    multiplex_keep(&connection->multiplex, record, what, &slice), 0);
		else
			connection->others += what == FCGI_READ_RECORD;
	}
	assert_int_equal(what, 0);
}

static void
assert_kept(struct waiting *waiting, const unsigned char *bytes, size_t len)
{
	unsigned char kept[256];

	assert_int_equal(spool_read(&waiting->spool, kept, sizeof kept), len);
	assert_memory_equal(kept, bytes, len);
	assert_int_equal(spool_read(&waiting->spool, kept, sizeof kept), 0);
}

static void
what_has_to_wait_is_kept_however_it_comes(void **state)
{
	struct connection connection;
	struct waiting *waiting;
	size_t first, len = sizeof arriving - 1;

	(void)state;
	for (first = 1; first <= len; first++) {
		connection = (struct connection){ 0 };
		assert_int_equal(multiplex_init(&connection.multiplex, FIRST, COUNT), 0);
		pieces_feed(arriving, len, first, first == 1 ? 1 : len, feed, &connection);
		/* The first answer's, two of ids that nobody asked under, and one of management. */
		assert_int_equal(connection.others, 4);
		assert_false(multiplex_is_over(&connection.multiplex, 0));
		assert_true(multiplex_is_over(&connection.multiplex, 1));
		assert_false(multiplex_is_over(&connection.multiplex, 2));

		waiting = multiplex_next(&connection.multiplex);
		assert_non_null(waiting);
		assert_true(multiplex_is_over(&connection.multiplex, 0));
		assert_int_equal(waiting->reply.ended, 1);
		assert_int_equal(waiting->reply.end.app_status, 7);
		assert_true(waiting->first_byte_ns > 0);
		assert_true(waiting->end_ns >= waiting->first_byte_ns);
		assert_kept(waiting, second, sizeof second - 1);

		waiting = multiplex_next(&connection.multiplex);
		assert_non_null(waiting);
		assert_int_equal(waiting->reply.ended, 0);
		assert_int_equal(waiting->end_ns, 0);
		assert_kept(waiting, third, sizeof third - 1);
		assert_null(multiplex_next(&connection.multiplex));
		multiplex_reset(&connection.multiplex);
	}
}

/* Only what comes takes a file. */
static void
an_answer_that_has_not_begun_has_no_file(void **state)
{
	struct multiplex multiplex;
	struct waiting *waiting;

	(void)state;
	assert_int_equal(multiplex_init(&multiplex, 1, 2), 0);
	waiting = multiplex_next(&multiplex);
	assert_int_equal(waiting->spool.fd, -1);
	assert_int_equal(waiting->reply.request_id, 2);
	multiplex_reset(&multiplex);
	multiplex_reset(&multiplex);
}

static void
an_answer_against_the_protocol_is_an_error(void **state)
{
	struct fcgi_record record = { 1, FCGI_STDIN, 2, 4, 0 };
	struct multiplex multiplex;

	(void)state;
	assert_int_equal(multiplex_init(&multiplex, 1, 2), 0);
	assert_true(multiplex_owns(&multiplex, &record));
	assert_int_equal(multiplex_keep(&multiplex, &record, FCGI_READ_RECORD, NULL),
	    -FCGI_E_ORDER);
	multiplex_reset(&multiplex);
}

static void
what_cannot_be_kept_is_a_system_error(void **state)
{
	struct fcgi_record record = { 1, FCGI_STDOUT, 2, 4, 0 };
	struct multiplex multiplex;

	(void)state;
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(multiplex_init(&multiplex, 1, 2), 0);
	assert_int_equal(multiplex_keep(&multiplex, &record, FCGI_READ_RECORD, NULL),
	    -FCGI_E_SYSTEM);
	multiplex_reset(&multiplex);
	unsetenv("TMPDIR");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_to_wait_is_kept_however_it_comes),
		cmocka_unit_test(an_answer_that_has_not_begun_has_no_file),
		cmocka_unit_test(an_answer_against_the_protocol_is_an_error),
		cmocka_unit_test(what_cannot_be_kept_is_a_system_error),
	};

	return cmocka_run_group_tests_name("multiplex", tests, NULL, NULL);
}
