#include "base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "guard.h"

/* Both ways, by way of copies that end at an unreadable page. */
static void
assert_pair(const char *plain, const char *coded)
{
	size_t plain_len = strlen(plain), coded_len = strlen(coded);
	void *plain_copy = guard_copy(plain, plain_len), *coded_copy = guard_copy(coded, coded_len);
	unsigned char bytes[64];
	char text[64];

	assert_int_equal(BASE64_LEN(plain_len), coded_len);
	assert_int_equal(base64_encode(text, plain_copy, plain_len), coded_len);
	assert_memory_equal(text, coded, coded_len);
	assert_int_equal(base64_decode(bytes, coded_copy, coded_len), plain_len);
	assert_memory_equal(bytes, plain, plain_len);
	guard_free(plain_copy, plain_len);
	guard_free(coded_copy, coded_len);
}

/* RFC 4648, section 10. */
static void
encodes_and_decodes(void **state)
{
	(void)state;
	assert_pair("", "");
	assert_pair("f", "Zg==");
	assert_pair("fo", "Zm8=");
	assert_pair("foo", "Zm9v");
	assert_pair("foob", "Zm9vYg==");
	assert_pair("fooba", "Zm9vYmE=");
	assert_pair("foobar", "Zm9vYmFy");
	assert_pair("\xfb\xff\xfe", "+//+");
}

static void
refuses_what_is_none(void **state)
{
	static const char *const wrong[] = { "Z", "Zg=", "Zg", "Z===", "Zm9v=", "=",
		"====", "Zg==Zg==", "Zm-v", "Zm v", "Zm9\n" };
	unsigned char bytes[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(base64_decode(bytes, wrong[i], strlen(wrong[i])), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_and_decodes),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
