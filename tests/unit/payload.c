#include "payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "folder.h"
#include "guard.h"
#include "must.h"
#include "options.h"
#include "server_side.h"

/* What an application makes of the bytes, sent under an id. */
static const char *
understood(struct server_side *side, const struct payload *payload, uint16_t id)
{
	unsigned char *bytes = guard_copy(NULL, payload->len);

	payload_copy(bytes, payload, 0, payload->len, id);
	server_side_start(side, 1, 0);
	server_side_feed(side, bytes, bytes + payload->len);
	guard_free(bytes, payload->len);
	assert_int_equal(side->error, 0);
	return server_side_end(side);
}

static void
set(struct params *params, const char *pair)
{
	must(params_set_pair(params, pair) == 0);
}

static void
is_understood(const struct payload_content *content, const char *expected)
{
	struct payloads payloads = { .items = calloc(1, sizeof(struct payload)), .count = 1 };
	struct server_side side;
	const char *told;

	must(payloads.items != NULL);
	assert_int_equal(payload_encode(payloads.items, content), 0);
	assert_int_equal(payloads.items->role, content->role);
	told = understood(&side, payloads.items, 1);
	assert_string_equal(told, expected);
	transcript_free(&side.transcript);
	payload_reset(&payloads);
}

static void
test_roles(void **state)
{
	struct params params = { 0 };
	struct payload_content content = {
		.role = FCGI_RESPONDER,
		.params = &params,
		.body = "body",
		.data = "data",
		.data_len = 4,
	};

	(void)state;
	set(&params, "A=1");
	is_understood(&content, "BEGIN/1 slot 0 RESPONDER flags 0 PARAMS/1 '\\001\\001A1' "
	    "PARAMS_END/1 STDIN_END/1");
	content.body_len = 4;
	content.keep_conn = 1;
	is_understood(&content, "BEGIN/1 slot 0 RESPONDER flags 1 PARAMS/1 '\\001\\001A1' "
	    "PARAMS_END/1 STDIN/1 'body' STDIN_END/1");
	content.role = FCGI_FILTER;
	is_understood(&content, "BEGIN/1 slot 0 FILTER flags 1 PARAMS/1 '\\001\\001A1' "
	    "PARAMS_END/1 STDIN/1 'body' STDIN_END/1 DATA/1 'data' DATA_END/1");
	content.role = FCGI_AUTHORIZER;
	content.body_len = 0;
	is_understood(&content,
	    "BEGIN/1 slot 0 AUTHORIZER flags 1 PARAMS/1 '\\001\\001A1' PARAMS_END/1");
	params_reset(&params);
}

static void
test_head(void **state)
{
	static const char *const methods[] = { "REQUEST_METHOD=HEAD", "REQUEST_METHOD=GET",
		"REQUEST_METHOD=HEADS", "REQUEST_METHOD=head" };
	struct params params = { 0 };
	struct payload_content content = { .role = FCGI_RESPONDER, .params = &params };
	struct payloads payloads = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		set(&params, methods[i]);
		payloads.items = calloc(1, sizeof *payloads.items);
		payloads.count = 1;
		must(payloads.items != NULL && payload_encode(payloads.items, &content) == 0);
		assert_int_equal(payloads.items->head, i == 0);
		payload_reset(&payloads);
	}
	params_reset(&params);
}

/* Any piece of it is that piece of the whole, which differs in the ids alone. */
static void
test_copied_in_pieces(void **state)
{
	struct params params = { 0 };
	struct payload_content content = {
		.role = FCGI_FILTER,
		.params = &params,
		.body = "some more",
		.body_len = 9,
	};
	struct payloads payloads = { .items = calloc(1, sizeof(struct payload)), .count = 1 };
	unsigned char whole[4096], piece[4096];
	struct payload *payload = payloads.items;
	size_t from, len, i, changed = 0;

	(void)state;
	set(&params, "NAME=VALUE");
	must(payload != NULL && payload_encode(payload, &content) == 0);
	must(payload->len < sizeof whole);
	assert_int_equal(payload->id_count, 6);
	payload_copy(whole, payload, 0, payload->len, 0x1234);
	for (i = 0; i < payload->len; i++)
		changed += whole[i] != payload->bytes[i];
	assert_int_equal(changed, 2 * payload->id_count);
	for (from = 0; from <= payload->len; from++)
		for (len = 0; len <= payload->len - from; len++) {
			piece[len] = 0xee;
			payload_copy(piece, payload, from, len, 0x1234);
			assert_memory_equal(piece, whole + from, len);
			assert_int_equal(piece[len], 0xee);
		}
	payload_copy(piece, payload, 0, payload->len, 1);
	assert_memory_equal(piece, payload->bytes, payload->len);
	payload_reset(&payloads);
	params_reset(&params);
}

/* More than a record holds. */
static void
test_large_body(void **state)
{
	enum { LEN = 200000 };
	struct params params = { 0 };
	char *body = malloc(LEN);
	struct payload_content content = {
		.role = FCGI_RESPONDER,
		.params = &params,
		.body = body,
		.body_len = LEN,
	};
	struct payloads payloads = { .items = calloc(1, sizeof(struct payload)), .count = 1 };
	struct server_side side;
	const char *told, *at;

	(void)state;
	must(body != NULL && payloads.items != NULL);
	memset(body, 'x', LEN);
	set(&params, "A=1");
	assert_int_equal(payload_encode(payloads.items, &content), 0);
	told = understood(&side, payloads.items, 65535);
	at = strstr(told, "STDIN/65535 '");
	assert_non_null(at);
	assert_int_equal(strspn(at + 13, "x"), LEN);
	assert_string_equal(at + 13 + LEN, "' STDIN_END/65535");
	transcript_free(&side.transcript);
	payload_reset(&payloads);
	params_reset(&params);
	free(body);
}

static void
ordered(const uint64_t *weights, const char *expected)
{
	struct payloads payloads = { .items = calloc(8, sizeof(struct payload)) };
	char text[64];
	size_t i;

	must(payloads.items != NULL);
	for (; weights[payloads.count] > 0; payloads.count++)
		payloads.items[payloads.count].weight = weights[payloads.count];
	assert_int_equal(payload_order(&payloads), 0);
	must(payloads.turn_count < sizeof text);
	for (i = 0; i < payloads.turn_count; i++)
		text[i] = (char)('a' + payloads.turns[i]);
	text[i] = '\0';
	assert_string_equal(text, expected);
	payload_reset(&payloads);
}

static void
test_order(void **state)
{
	(void)state;
	ordered((const uint64_t[]){ 1, 0 }, "a");
	ordered((const uint64_t[]){ 1000000, 0 }, "a");
	ordered((const uint64_t[]){ 1, 1, 1, 0 }, "abc");
	ordered((const uint64_t[]){ 7, 7, 7, 0 }, "abc");
	ordered((const uint64_t[]){ 5, 1, 1, 0 }, "aaabcaa");
	ordered((const uint64_t[]){ 1, 2, 0 }, "bab");
	ordered((const uint64_t[]){ 4, 2, 6, 0 }, "cabcac");
	ordered((const uint64_t[]){ 3000000, 1000000, 0 }, "aaba");
}

/*
 * Whatever has come so far, nobody is far from his share of it: a turn, and those that the others
 * have at the same time.
 */
static void
test_order_is_even(void **state)
{
	static const uint64_t weights[] = { 1, 2, 3, 5, 8, 13, 100 };
	struct payloads payloads = { .items = calloc(7, sizeof(struct payload)), .count = 7 };
	int64_t had[7] = { 0 }, off, bound;
	uint64_t sum = 0;
	size_t i, k;

	(void)state;
	must(payloads.items != NULL);
	for (i = 0; i < 7; i++) {
		payloads.items[i].weight = weights[i];
		sum += weights[i];
	}
	assert_int_equal(payload_order(&payloads), 0);
	assert_int_equal(payloads.turn_count, sum);
	for (i = 0; i < sum; i++) {
		had[payloads.turns[i]]++;
		for (k = 0; k < 7; k++) {
			off = had[k] * (int64_t)sum - (int64_t)((i + 1) * weights[k]);
			bound = (int64_t)(sum + 7 * weights[k]);
			assert_true(off <= bound && off >= -bound);
		}
	}
	for (k = 0; k < 7; k++)
		assert_int_equal(had[k], weights[k]);
	payload_reset(&payloads);
}

static void
test_too_many_turns(void **state)
{
	struct payloads payloads = { .items = calloc(2, sizeof(struct payload)), .count = 2 };

	(void)state;
	must(payloads.items != NULL);
	payloads.items[0].weight = PAYLOAD_TURNS_MAX - 1;
	payloads.items[1].weight = 1;
	assert_int_equal(payload_order(&payloads), 0);
	assert_int_equal(payloads.turn_count, PAYLOAD_TURNS_MAX);
	free(payloads.turns);
	payloads.turns = NULL;
	payloads.items[1].weight = 2;
	assert_int_equal(payload_order(&payloads), -FCGI_E_SPACE);
	payloads.items[0].weight = UINT64_MAX;
	assert_int_equal(payload_order(&payloads), -FCGI_E_SPACE);
	payload_reset(&payloads);
}

/* --- out of options --------------------------------------------------------------------------- */

struct made {
	struct options options;
	struct payloads payloads;
};

/* The command line is the arguments before an address. */
static void
make(struct made *made, const char *const *arguments)
{
	char *argv[24] = { (char *)(uintptr_t)"fcgi-bench" };
	int argc = 1;

	for (; *arguments != NULL; arguments++)
		argv[argc++] = (char *)(uintptr_t)*arguments;
	argv[argc++] = (char *)(uintptr_t)"./app.sock";
	must(argc < 24);
	memset(made, 0, sizeof *made);
	options_read(&made->options, argc, argv);
	payload_make(&made->payloads, &made->options, &made->options.targets[0].addr,
	    made->options.keep_alive);
}

static void
unmake(struct made *made)
{
	payload_reset(&made->payloads);
	options_reset(&made->options);
}

/* A pair as it stands in the bytes; both lengths below 128. */
static int
has_pair(const struct payload *payload, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	unsigned char pair[256];

	must(name_len < 128 && value_len < 127);
	pair[0] = (unsigned char)name_len;
	pair[1] = (unsigned char)value_len;
	memcpy(pair + 2, name, name_len);
	memcpy(pair + 2 + name_len, value, value_len);
	return memmem(payload->bytes, payload->len, pair, 2 + name_len + value_len) != NULL;
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	must(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void
test_plain(void **state)
{
	struct made made;

	(void)state;
	make(&made, (const char *const[]){ "-d", "hi", "-e", "X=y", "-U", "HTTP_HOST", NULL });
	assert_int_equal(made.payloads.count, 1);
	assert_int_equal(made.payloads.turn_count, 1);
	assert_string_equal(made.payloads.items->name, "request");
	assert_true(has_pair(made.payloads.items, "REQUEST_METHOD", "POST"));
	assert_true(has_pair(made.payloads.items, "CONTENT_LENGTH", "2"));
	assert_true(has_pair(made.payloads.items, "X", "y"));
	assert_false(has_pair(made.payloads.items, "HTTP_HOST", "localhost"));
	assert_int_equal(made.payloads.items->bytes[10], 0);
	unmake(&made);
}

static void
test_web(void **state)
{
	struct made made;

	(void)state;
	make(&made, (const char *const[]){ "-k", "--url", "http://h/x.php?q", "--as", "nginx-php",
	    "-X", "HEAD", "--expect-status", "404", NULL });
	assert_true(has_pair(made.payloads.items, "QUERY_STRING", "q"));
	assert_true(has_pair(made.payloads.items, "HTTP_HOST", "h"));
	assert_int_equal(made.payloads.items->head, 1);
	assert_int_equal(made.payloads.items->bytes[10], FCGI_KEEP_CONN);
	assert_true(expect_has_status(&made.payloads.items->expect, 404));
	assert_false(expect_has_status(&made.payloads.items->expect, 200));
	unmake(&made);
}

/* Each user in turn, and whatever an authorizer looks at says the same of him. */
static void
test_credentials(void **state)
{
	struct payload *item;
	struct made made;

	(void)state;
	write_file("users", "# who\nfoo:bar\r\n\nAladdin:open:sesame\nempty:\n");
	make(&made, (const char *const[]){ "--role", "authorizer", "--credentials", "users",
	    NULL });
	assert_int_equal(made.payloads.count, 3);
	assert_int_equal(made.payloads.turn_count, 3);
	item = &made.payloads.items[1];
	assert_int_equal(item->role, FCGI_AUTHORIZER);
	assert_string_equal(item->name, "request of Aladdin");
	assert_true(has_pair(item, "REMOTE_USER", "Aladdin"));
	assert_true(has_pair(item, "REMOTE_PASSWD", "open:sesame"));
	assert_true(has_pair(item, "HTTP_AUTHORIZATION", "Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ=="));
	assert_true(has_pair(item, "AUTH_TYPE", "Basic"));
	assert_true(has_pair(item, "FCGI_ROLE", "AUTHORIZER"));
	assert_true(has_pair(&made.payloads.items[0], "REMOTE_PASSWD", "bar"));
	assert_true(has_pair(&made.payloads.items[2], "REMOTE_PASSWD", ""));
	unmake(&made);
}

static void
test_filter(void **state)
{
	struct made made;

	(void)state;
	write_file("page", "to be filtered");
	make(&made, (const char *const[]){ "--role", "filter", "--filter-data", "page", NULL });
	assert_true(has_pair(made.payloads.items, "FCGI_DATA_LENGTH", "14"));
	assert_non_null(memmem(made.payloads.items->bytes, made.payloads.items->len,
	    "\1\10\0\1\0\16\2\0to be filtered", 22));
	unmake(&made);
}

static void
test_stanzas(void **state)
{
	struct payload *items;
	struct made made;

	(void)state;
	write_file("body", "of a file");
	write_file("password", "bar\n");
	write_file("list",
	    "# nothing yet\n"
	    "Defaults: yes\n"
	    "Header:\n"
	    " Accept: text/html\n"
	    "Expect-Status: 200,404\n"
	    "\n"
	    "Name: front page\n"
	    "URL: http://h/\n"
	    "Weight: 3\n"
	    "\n"
	    "Url: http://h/search?q=x\n"
	    "request: PUT\n"
	    "Header:\n"
	    " X-One: 1\n"
	    " X-Two: 2\n"
	    "Data: @body\n"
	    "Expect-Status: 201\n"
	    "Expect-Body: made\n"
	    "HTTPS: yes\n"
	    "User: foo\n"
	    "Password-File: password\n"
	    "Env:\n"
	    " A=stanza\n"
	    " B=stanza\n"
	    "\n"
	    "Role: authorizer\n"
	    "Url: http://h/private\n"
	    "Data:\n"
	    " first\n"
	    " second\n");
	make(&made, (const char *const[]){ "-i", "list", "--as", "cgi", "-e", "A=line", "-e",
	    "C=line", "--expect-length", "5", NULL });
	items = made.payloads.items;
	assert_int_equal(made.payloads.count, 3);
	assert_int_equal(made.payloads.turn_count, 5);

	assert_string_equal(items[0].name, "front page");
	assert_int_equal(items[0].weight, 3);
	assert_true(has_pair(&items[0], "HTTP_ACCEPT", "text/html"));
	assert_true(has_pair(&items[0], "A", "line"));
	assert_true(has_pair(&items[0], "C", "line"));
	assert_true(expect_has_status(&items[0].expect, 404));
	assert_true(items[0].expect.has_length);
	assert_int_equal(items[0].expect.length, 5);
	assert_false(has_pair(&items[0], "HTTP_X_ONE", "1"));

	assert_string_equal(items[1].name, "http://h/search?q=x");
	assert_int_equal(items[1].weight, 1);
	assert_true(has_pair(&items[1], "REQUEST_METHOD", "PUT"));
	assert_true(has_pair(&items[1], "HTTP_X_ONE", "1"));
	assert_true(has_pair(&items[1], "HTTP_X_TWO", "2"));
	assert_true(has_pair(&items[1], "HTTP_ACCEPT", "text/html"));
	assert_true(has_pair(&items[1], "CONTENT_LENGTH", "9"));
	assert_true(has_pair(&items[1], "HTTPS", "on"));
	assert_true(has_pair(&items[1], "A", "stanza"));
	assert_true(has_pair(&items[1], "B", "stanza"));
	assert_true(has_pair(&items[1], "C", "line"));
	assert_true(expect_has_status(&items[1].expect, 201));
	assert_false(expect_has_status(&items[1].expect, 404));
	assert_int_equal(items[1].expect.body_len, 4);
	assert_non_null(memmem(items[1].bytes, items[1].len, "of a file", 9));

	assert_int_equal(items[2].role, FCGI_AUTHORIZER);
	assert_false(has_pair(&items[2], "REMOTE_USER", "foo"));
	assert_non_null(memmem(items[2].bytes, items[2].len, "first\nsecond", 12));
	unmake(&made);
}

/* One stanza is one command line: nothing of it is left in the next. */
static void
test_stanzas_are_apart(void **state)
{
	struct made made;

	(void)state;
	write_file("users", "a:1\nb:2\n");
	write_file("list", "Url: http://one/\nRole: authorizer\nCredentials: users\nWeight: 2\n\n"
	    "Name: two\n");
	make(&made, (const char *const[]){ "-i", "list", NULL });
	assert_int_equal(made.payloads.count, 3);
	assert_string_equal(made.payloads.items[0].name, "http://one/ of a");
	assert_string_equal(made.payloads.items[1].name, "http://one/ of b");
	assert_string_equal(made.payloads.items[2].name, "two");
	assert_int_equal(made.payloads.items[2].role, FCGI_RESPONDER);
	assert_true(has_pair(&made.payloads.items[2], "HTTP_HOST", "localhost"));
	assert_int_equal(made.payloads.turn_count, 5);
	unmake(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_copied_in_pieces),
		cmocka_unit_test(test_large_body),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_is_even),
		cmocka_unit_test(test_too_many_turns),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_web),
		FOLDER_TEST(test_credentials),
		FOLDER_TEST(test_filter),
		FOLDER_TEST(test_stanzas),
		FOLDER_TEST(test_stanzas_are_apart),
	};

	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
