#include "fcgi_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "fcgi_request.h"

static char words[400];

/* What is said when a peer sends these bytes, and then closes. */
static const char *
said_of(const void *bytes, size_t len)
{
	struct fcgi_request request = { .request_id = 1 };
	const unsigned char *p = bytes, *end = p + len;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;
	int what;

	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		what = fcgi_request_feed(&request, &reader.record, what, &slice);
		if (what < 0)
			break;
	}
	if (what == 0)
		what = fcgi_reader_between_records(&reader) ? -FCGI_E_CLOSED : -FCGI_E_TRUNCATED;
	return fcgi_fault_describe(words, sizeof words, what, &reader);
}

#define SAID_OF(literal) said_of(literal, sizeof(literal) - 1)

static void
names_who_it_is(void **state)
{
	static const struct {
		const char *bytes;
		const char *name;
	} peers[] = {
		{ "HTTP/1.1 400 Bad Request\r\n", "HTTP" },
		{ "<!DOCTYPE html>\n", "HTTP" },
		{ "<HTML><head>", "HTTP" },
		{ "\x15\x03\x01\x02\x02\x16 and so on", "TLS" },
		{ "SSH-2.0-OpenSSH_9\r\n", "SSH" },
	};
	char expected[64] = "the peer speaks ";
	size_t i, begin = strlen(expected);

	(void)state;
	for (i = 0; i < sizeof peers / sizeof *peers; i++) {
		strcpy(expected + begin, peers[i].name);
		strcat(expected, ", not FastCGI");
		assert_non_null(strstr(said_of(peers[i].bytes, strlen(peers[i].bytes)), expected));
	}
}

static void
shows_what_it_does_not_know(void **state)
{
	(void)state;
	assert_string_equal(SAID_OF("+OK ready\r\n"),
	    "the peer does not speak FastCGI: it sent \"+OK read\"");
	assert_string_equal(SAID_OF("\xff\0\0\0\0\0\0\0\0"),
	    "the peer does not speak FastCGI: it sent 8 bytes, the first of them ff");
	assert_string_equal(SAID_OF("\2\6\0\1\0\0\0\0"),
	    "the peer speaks version 2 of FastCGI, not 1");
}

static void
tells_where_it_was_cut(void **state)
{
	(void)state;
	assert_string_equal(SAID_OF("\1\6\0"),
	    "the peer closed the connection inside a record header, 3 of its 8 bytes sent");
	assert_string_equal(SAID_OF("\1\6\0\1\0\5\0\0ab"),
	    "the peer closed the connection inside a record (STDOUT), 3 of its 5 bytes missing");
	assert_string_equal(SAID_OF("\1\52\0\1\0\5\0\0ab"),
	    "the peer closed the connection inside a record (of unknown type), 3 of its 5 bytes "
	    "missing");
}

static void
tells_what_is_out_of_order(void **state)
{
	(void)state;
	assert_string_equal(SAID_OF("\1\6\0\1\0\0\0\0\1\6\0\1\0\1\0\0a"),
	    "the peer sent STDOUT after the end of that stream");
	assert_string_equal(SAID_OF("\1\5\0\1\0\0\0\0"),
	    "the peer sent a STDIN record, which only a web server sends");
	assert_string_equal(SAID_OF("\1\3\0\1\0\4\0\0abcd"),
	    "END_REQUEST has a body of 4 bytes, not 8");
}

static void
has_words_for_the_rest(void **state)
{
	struct fcgi_reader reader = { 0 };

	(void)state;
	fcgi_fault_describe(words, sizeof words, -FCGI_E_NV, &reader);
	assert_string_equal(words, fcgi_strerror(FCGI_E_NV));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_who_it_is),
		cmocka_unit_test(shows_what_it_does_not_know),
		cmocka_unit_test(tells_where_it_was_cut),
		cmocka_unit_test(tells_what_is_out_of_order),
		cmocka_unit_test(has_words_for_the_rest),
	};

	return cmocka_run_group_tests_name("fcgi_fault", tests, NULL, NULL);
}
