#include "allow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>

static void
assert_list(const char *text, const char *want)
{
	char why[256] = "";
	char *list = allow_parse(text, why, sizeof why);

	if (list == NULL)
		fail_msg("%s", why);
	assert_string_equal(list, want);
	free(list);
}

static void
assert_refused(const char *text, const char *want)
{
	char why[256] = "";

	assert_null(allow_parse(text, why, sizeof why));
	assert_string_equal(why, want);
}

static void
reads_lists(void **state)
{
	(void)state;
	assert_list("127.0.0.1", "127.0.0.1");
	assert_list("127.0.0.1,192.168.100.200,10.0.0.1", "127.0.0.1,192.168.100.200,10.0.0.1");
	/* Applications do not skip blanks. */
	assert_list(" 127.0.0.1 , 10.0.0.1\t", "127.0.0.1,10.0.0.1");
}

static void
refuses_what_applications_misread(void **state)
{
	static const char *const wrong[] = { "localhost", "10.0.0", "010.0.0.1", "1.2.3.256",
		"0x7f.0.0.1", "1.2.3.4 5.6.7.8", "*", "10.0.0.1;10.0.0.2" };
	char longest[200];
	char want[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		strcpy(want, wrong[i]);
		strcat(want, ": not an IPv4 address");
		assert_refused(wrong[i], want);
	}
	assert_refused("", "an address is missing");
	assert_refused("127.0.0.1,", "an address is missing");
	assert_refused("127.0.0.1,,10.0.0.1", "an address is missing");
	assert_refused("127.0.0.1, ::1", "::1: only IPv4 addresses can be listed");
	assert_refused("127.0.0.1:80", "127.0.0.1:80: only IPv4 addresses can be listed");
	assert_refused("10.0.0.0/8,127.0.0.1",
	    "10.0.0.0/8: a network cannot be listed, only single addresses");
	assert_refused("0.0.0.0", "0.0.0.0: no web server has that address");
	/* What an application takes for an error of its reading. */
	assert_refused("255.255.255.255", "255.255.255.255: no web server has that address");
	/* What is cut must not be what is checked. */
	memset(longest, ' ', sizeof longest);
	memcpy(longest, "1.2.3.4", 7);
	strcpy(longest + 190, "5");
	assert_null(allow_parse(longest, want, sizeof want));
	assert_non_null(strstr(want, ": not an IPv4 address"));
}

static void
wants_ipv4_listeners(void **state)
{
	struct addr_socket listener = { .sa.ss_family = AF_INET };
	char why[256];

	(void)state;
	assert_int_equal(allow_permitted(&listener, why, sizeof why), 0);
	listener.sa.ss_family = AF_INET6;
	assert_int_equal(allow_permitted(&listener, why, sizeof why), -1);
	assert_string_equal(why,
	    "applications look at IPv4 peers only and let everybody in on an IPv6 address");
	listener.sa.ss_family = AF_UNIX;
	assert_int_equal(allow_permitted(&listener, why, sizeof why), -1);
	assert_string_equal(why,
	    "applications look at IPv4 peers only and let everybody in on a UNIX socket");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(refuses_what_applications_misread),
		cmocka_unit_test(wants_ipv4_listeners),
	};

	return cmocka_run_group_tests_name("allow", tests, NULL, NULL);
}
