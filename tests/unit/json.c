#include "json.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "guard.h"
#include "wire.h"

/* Text that was written; it fails when the fuse has burnt down to 0. */
struct page {
	char text[1024];
	size_t len;
	size_t calls;
	size_t fuse;
};

static int
write_page(void *to, const char *data, size_t len)
{
	struct page *page = to;

	page->calls++;
	if (page->fuse > 0 && --page->fuse == 0)
		return -FCGI_E_SPACE;
	must(len > 0 && len < sizeof page->text - page->len);
	memcpy(page->text + page->len, data, len);
	page->len += len;
	return 0;
}

static void
begin(struct json *json, struct page *page)
{
	*page = (struct page){ 0 };
	json_init(json, write_page, page);
}

/* A text of every kind of value. */
static void
write_sample(struct json *json)
{
	json_object_begin(json);
	json_key(json, "empty");
	json_object_begin(json);
	json_object_end(json);
	json_key(json, "list");
	json_array_begin(json);
	json_array_begin(json);
	json_array_end(json);
	json_int(json, -1);
	json_uint(json, 2);
	json_double(json, 0.5, 2);
	json_bool(json, 7);
	json_bool(json, 0);
	json_null(json);
	json_text(json, NULL);
	json_object_begin(json);
	json_key(json, "a");
	json_text(json, "b");
	json_key(json, "c");
	json_string(json, "\377", 1);
	json_object_end(json);
	json_array_end(json);
	json_key(json, "last");
	json_string(json, NULL, 0);
	json_object_end(json);
}

static const char sample[] = "{\"empty\":{},\"list\":[[],-1,2,0.50,true,false,null,null,"
			     "{\"a\":\"b\",\"c\":{\"base64\":\"/w==\"}}],\"last\":\"\"}";

static void
commas_and_brackets_are_placed(void **state)
{
	struct json json;
	struct page page;

	(void)state;
	begin(&json, &page);
	write_sample(&json);
	assert_int_equal(json_finish(&json), 0);
	assert_string_equal(page.text, sample);
}

/* Wherever the sink fails, its error is told, and it is asked no more. */
static void
a_failed_write_ends_it(void **state)
{
	struct json json;
	struct page page;
	size_t fuse, calls;

	(void)state;
	begin(&json, &page);
	write_sample(&json);
	calls = page.calls;
	assert_true(calls > 10);
	for (fuse = 1; fuse <= calls; fuse++) {
		begin(&json, &page);
		page.fuse = fuse;
		write_sample(&json);
		assert_int_equal(json_finish(&json), -FCGI_E_SPACE);
		assert_int_equal(page.calls, fuse);
		assert_memory_equal(page.text, sample, page.len);
	}
}

static const struct {
	const unsigned char *data;
	size_t len;
	const char *expected;
} strings[] = {
	{ BYTES("plain /"), "\"plain /\"" },
	{ BYTES("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
	{ BYTES("a\0b\001\037\177"), "\"a\\u0000b\\u0001\\u001f\\u007f\"" },
	{ BYTES("\303\251\342\202\254\360\237\230\200"),
	    "\"\303\251\342\202\254\360\237\230\200\"" },
	/* What a terminal should not get: C1, the end of a line, right-to-left, a tag. */
	{ BYTES("\302\233x\342\200\250\342\200\256"), "\"\\u009bx\\u2028\\u202e\"" },
	{ BYTES("\363\240\201\201."), "\"\\udb40\\udc41.\"" },
	{ BYTES("\364\217\277\277"), "\"\\udbff\\udfff\"" },
	/* No UTF-8, and base64 of every length modulo three. */
	{ BYTES("\377"), "{\"base64\":\"/w==\"}" },
	{ BYTES("\377\376"), "{\"base64\":\"//4=\"}" },
	{ BYTES("\377\376\375"), "{\"base64\":\"//79\"}" },
	{ BYTES("\0\020\203\020Q\207"), "{\"base64\":\"ABCDEFGH\"}" },
	{ BYTES("caf\351"), "{\"base64\":\"Y2Fm6Q==\"}" },
	{ BYTES("\355\240\200"), "{\"base64\":\"7aCA\"}" },
	{ BYTES("ok\342\202"), "{\"base64\":\"b2vigg==\"}" },
};

static void
strings_lose_no_byte(void **state)
{
	struct json json;
	struct page page;
	unsigned char *data;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof strings / sizeof *strings; i++) {
		data = guard_copy(strings[i].data, strings[i].len);
		begin(&json, &page);
		json_string(&json, data, strings[i].len);
		assert_int_equal(json_finish(&json), 0);
		assert_string_equal(page.text, strings[i].expected);
		guard_free(data, strings[i].len);
	}
}

static const struct {
	double value;
	int decimals;
	const char *expected;
} doubles[] = {
	{ 0, 0, "0" },
	{ 1.25, 3, "1.250" },
	{ -1.5, 1, "-1.5" },
	{ 2.6, 0, "3" },
	{ 0.123456789, 9, "0.123456789" },
	{ NAN, 3, "null" },
	{ INFINITY, 3, "null" },
	{ -INFINITY, 3, "null" },
};

static void
check_doubles(void)
{
	struct json json;
	struct page page;
	size_t i;

	for (i = 0; i < sizeof doubles / sizeof *doubles; i++) {
		begin(&json, &page);
		json_double(&json, doubles[i].value, doubles[i].decimals);
		assert_int_equal(json_finish(&json), 0);
		assert_string_equal(page.text, doubles[i].expected);
	}
}

static void
numbers_are_written_in_full(void **state)
{
	struct json json;
	struct page page;
	int decimals;

	(void)state;
	check_doubles();
	begin(&json, &page);
	json_array_begin(&json);
	json_int(&json, INT64_MIN);
	json_int(&json, INT64_MAX);
	json_uint(&json, UINT64_MAX);
	json_array_end(&json);
	assert_int_equal(json_finish(&json), 0);
	assert_string_equal(page.text,
	    "[-9223372036854775808,9223372036854775807,18446744073709551615]");
	begin(&json, &page);
	json_double(&json, -DBL_MAX, 9);
	assert_int_equal(json_finish(&json), 0);
	assert_int_equal(page.len, 1 + 309 + 1 + 9);
	for (decimals = -1; decimals <= 10; decimals += 11) {
		begin(&json, &page);
		json_double(&json, 1, decimals);
		assert_int_equal(json_finish(&json), -FCGI_E_SYNTAX);
		assert_int_equal(page.len, 0);
	}
}

static void
a_locale_does_not_change_the_point(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE",
		"ps_AF.UTF-8" };
	size_t i, count = 0;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (setlocale(LC_NUMERIC, names[i]) != NULL) {
			check_doubles();
			count++;
		}
	}
	setlocale(LC_NUMERIC, "C");
	if (count == 0)
		skip();
}

/*
 * A letter a call: o O object, a A array, k key, v value.  Everything that is not one value of
 * JSON is a mistake.
 */
static void
play(struct json *json, const char *calls)
{
	for (; *calls != '\0'; calls++) {
		switch (*calls) {
		case 'o':
			json_object_begin(json);
			break;
		case 'O':
			json_object_end(json);
			break;
		case 'a':
			json_array_begin(json);
			break;
		case 'A':
			json_array_end(json);
			break;
		case 'k':
			json_key(json, "k");
			break;
		default:
			json_bool(json, 1);
		}
	}
}

/* The same grammar, told independently: returns where a value ends, or NULL. */
static const char *
parse_value(const char *p)
{
	switch (*p++) {
	case 'v':
		return p;
	case 'a':
		while (p != NULL && *p != 'A')
			p = parse_value(p);
		return p == NULL ? NULL : p + 1;
	case 'o':
		while (p != NULL && *p == 'k')
			p = parse_value(p + 1);
		return p == NULL || *p != 'O' ? NULL : p + 1;
	default:
		return NULL;
	}
}

/* All sequences of up to six calls. */
static void
nesting_is_checked(void **state)
{
	static const char letters[] = "oOaAkv";
	struct json json;
	struct page page;
	char calls[7];
	const char *end;
	unsigned number, rest, count, valid = 0;
	size_t len;

	(void)state;
	for (len = 0, count = 1; len <= 6; len++, count *= 6) {
		for (number = 0; number < count; number++) {
			for (rest = number, memset(calls, 0, sizeof calls);
			    strlen(calls) < len; rest /= 6)
				calls[strlen(calls)] = letters[rest % 6];
			begin(&json, &page);
			play(&json, calls);
			end = parse_value(calls);
			if (json_finish(&json) !=
			    (end != NULL && *end == '\0' ? 0 : -FCGI_E_SYNTAX))
				fail_msg("calls %s", calls);
			valid += end != NULL && *end == '\0';
		}
	}
	assert_true(valid > 20);
}

static void
depth_is_bounded(void **state)
{
	struct json json;
	struct page page;
	int i;

	(void)state;
	begin(&json, &page);
	for (i = 0; i < JSON_MAX_DEPTH; i++)
		json_array_begin(&json);
	for (i = 0; i < JSON_MAX_DEPTH; i++)
		json_array_end(&json);
	assert_int_equal(json_finish(&json), 0);
	assert_int_equal(page.len, 2 * JSON_MAX_DEPTH);
	begin(&json, &page);
	for (i = 0; i < JSON_MAX_DEPTH + 1; i++)
		json_array_begin(&json);
	for (i = 0; i < JSON_MAX_DEPTH + 1; i++)
		json_array_end(&json);
	assert_int_equal(json_finish(&json), -FCGI_E_SYNTAX);
}

static void
a_full_disk_is_told(void **state)
{
	struct json json;
	char text[8] = "";
	FILE *file = fmemopen(text, sizeof text, "w");

	(void)state;
	assert_non_null(file);
	json_init(&json, json_to_file, file);
	json_int(&json, 123);
	assert_int_equal(json_finish(&json), 0);
	assert_int_equal(ftell(file), 3);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, "123");

	file = fopen("/dev/full", "w");
	if (file == NULL)
		skip();
	setvbuf(file, NULL, _IONBF, 0);
	json_init(&json, json_to_file, file);
	json_int(&json, 123);
	assert_int_equal(json_finish(&json), -FCGI_E_SYSTEM);
	fclose(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_brackets_are_placed),
		cmocka_unit_test(a_failed_write_ends_it),
		cmocka_unit_test(strings_lose_no_byte),
		cmocka_unit_test(numbers_are_written_in_full),
		cmocka_unit_test(a_locale_does_not_change_the_point),
		cmocka_unit_test(nesting_is_checked),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
