#include "redact.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "number.h"
#include "params.h"
#include "random.h"

static char user[] = "alice", password[] = "wonder", long_password[] = "wonderland",
	    odd_password[] = "a+b c%";

static struct auth_case
alice(char *secret)
{
	return (struct auth_case){
		.user = { user, strlen(user) },
		.password = { secret, secret != NULL ? strlen(secret) : 0 },
	};
}

/* What is shown of a text in the answer to a question with that password and these variables. */
static void
shows(char *secret, const char *pair, const char *text, const char *expected)
{
	struct auth_case asked = alice(secret);
	struct params params = { 0 };
	struct redact redact = { 0 };
	char *shown;

	if (pair != NULL)
		assert_int_equal(params_set_pair(&params, pair), 0);
	assert_int_equal(redact_init(&redact, NULL, &asked, &params), 0);
	shown = redact_text(&redact, text, strlen(text));
	assert_string_equal(shown, expected);
	assert_int_equal(redact_finds(&redact, text, strlen(text)),
	    strstr(expected, "***") != NULL);
	free(shown);
	redact_reset(&redact);
	params_reset(&params);
}

static void
a_password_is_hidden_in_every_coding(void **state)
{
	(void)state;
	shows(password, NULL, "no secret here", "no secret here");
	shows(password, NULL, "wonder", "***");
	shows(password, NULL, "a wonder, no wonder", "a ***, no ***");
	shows(password, NULL, "wonde wonder", "wonde ***");
	/* wonder, and alice:wonder, with and without the padding */
	shows(password, NULL, "d29uZGVy", "***");
	shows(password, NULL, "Basic YWxpY2U6d29uZGVy", "Basic ***");
	shows(long_password, NULL, "YWxpY2U6d29uZGVybGFuZA==.", "***.");
	shows(long_password, NULL, "YWxpY2U6d29uZGVybGFuZA.", "***.");
	/* Percent-encoded, wholly and in part. */
	shows(password, NULL, "p=%77%6F%6e%64%65%72&", "p=***&");
	shows(password, NULL, "won%64er%", "***%");
	shows(odd_password, NULL, "a%2Bb%20c%25!", "***!");
	shows(odd_password, NULL, "a%2bb+c%25!", "***!");
	shows(odd_password, NULL, "a+b c%!", "***!");
	shows(odd_password, NULL, "a%2Bb%20c", "a%2Bb%20c");
	/* The longest first: nothing of it is left over. */
	shows(long_password, "HTTP_X_TOKEN=wonder", "wonderland wonder", "*** ***");
}

static void
no_password_and_an_empty_one_hide_nothing(void **state)
{
	static char empty[] = "";

	(void)state;
	shows(NULL, NULL, "alice: YWxpY2U6", "alice: YWxpY2U6");
	shows(empty, NULL, "alice: YWxpY2U6", "alice: YWxpY2U6");
}

static void
values_of_secret_variables_are_hidden(void **state)
{
	(void)state;
	shows(NULL, "HTTP_COOKIE=session=0123", "session=0123!", "***!");
	shows(NULL, "HTTP_AUTHORIZATION=Bearer t0k3n", "it was t0k3n", "it was ***");
	shows(NULL, "HTTP_ACCEPT=text/html", "text/html", "text/html");
}

static void
secrets_of_other_questions_are_hidden_too(void **state)
{
	struct auth_case asked = alice(password);
	struct secrets run = { 0 };
	struct redact redact = { 0 };
	const struct params none = { 0 };
	const struct secret theirs = { .form = SECRET_PASSWORD,
		.data = (unsigned char *)long_password, .len = 10 };
	const struct secret too_short = { .form = SECRET_PASSWORD,
		.data = (unsigned char *)user, .len = SECRET_MIN - 1 };
	char *shown;

	(void)state;
	assert_int_equal(secrets_join(&run, &theirs, 1), 0);
	assert_int_equal(secrets_join(&run, &too_short, 0), 0);
	secrets_sort(&run);
	assert_int_equal(redact_init(&redact, &run, &asked, &none), 0);
	shown = redact_text(&redact, "wonderland, wonder, ali", 23);
	assert_string_equal(shown, "***, ***, ali");
	free(shown);
	/* Weak until somebody has it who is let in. */
	assert_null(secrets_find(&run, "wonderland", 10, 0));
	assert_non_null(secrets_find(&run, "wonderland", 10, 1));
	assert_int_equal(secrets_join(&run, &theirs, 0), 0);
	secrets_sort(&run);
	assert_int_equal(run.count, 1);
	assert_non_null(secrets_find(&run, "wonderland", 10, 0));
	redact_reset(&redact);
	secrets_reset(&run);
}

/* How many of the bytes the secret takes, encoded or not; 0: they do not begin with it. */
static size_t
matches(const struct secret *secret, const char *p, const char *end)
{
	const char *start = p;
	size_t i, len;
	int byte;

	if ((size_t)(end - p) >= secret->len && memcmp(p, secret->data, secret->len) == 0)
		return secret->len;
	for (i = 0; i < secret->len; i++, p += len) {
		if (p == end)
			return 0;
		byte = end - p >= 3 && *p == '%' ? number_hex_byte(p + 1) : -1;
		len = byte >= 0 ? 3 : 1;
		byte = byte >= 0 ? byte : *p == '+' ? ' ' : *p;
		if (byte == secret->data[i])
			continue;
		if (*p != secret->data[i])
			return 0;
		len = 1;
	}
	return (size_t)(p - start);
}

/* Each secret compared with the bytes is what the search must come to, too. */
static void
finds_the_longest(const struct secrets *secrets, const char *p, const char *end)
{
	const struct secret *found;
	size_t i, taken = 0, longest = 0;

	for (i = 0; i < secrets->count; i++)
		if (secrets->items[i].len > longest && matches(&secrets->items[i], p, end) > 0)
			longest = secrets->items[i].len;
	found = secrets_at(secrets, p, end, &taken);
	assert_int_equal(found != NULL ? found->len : 0, longest);
	if (found != NULL)
		assert_int_equal(taken, matches(found, p, end));
}

static void
random_bytes(uint64_t *random, char *dst, size_t len)
{
	static const char letters[] = "a %+2541";

	while (len-- > 0)
		*dst++ = letters[random_next(random) % (sizeof letters - 1)];
}

static void
the_longest_of_many_is_found_in_every_coding(void **state)
{
	uint64_t random = 1;
	struct secrets secrets = { 0 };
	char text[40];
	size_t round, i;

	(void)state;
	for (round = 0; round < 500; round++) {
		for (i = 0; i < 40; i++) {
			random_bytes(&random, text, sizeof text);
			assert_int_equal(secrets_add(&secrets, SECRET_VALUE, text,
			    1 + random_next(&random) % 8), 0);
			if (i == 20)
				secrets_sort(&secrets);
		}
		secrets_sort(&secrets);
		random_bytes(&random, text, sizeof text);
		for (i = 0; i < sizeof text; i++)
			finds_the_longest(&secrets, text + i, text + sizeof text);
		secrets_reset(&secrets);
	}
}

static void
of_equal_ones_the_first_stays(void **state)
{
	struct secrets secrets = { 0 };
	const struct secret *found;

	(void)state;
	assert_int_equal(secrets_add(&secrets, SECRET_BASIC, "wonder", 6), 0);
	assert_int_equal(secrets_add(&secrets, SECRET_VALUE, "alice", 5), 0);
	assert_int_equal(secrets_add(&secrets, SECRET_PASSWORD, "wonder", 6), 0);
	secrets_sort(&secrets);
	assert_int_equal(secrets_add(&secrets, SECRET_VALUE, "wonder", 6), 0);
	secrets_sort(&secrets);
	assert_int_equal(secrets.count, 2);
	found = secrets_find(&secrets, "no wonder", 9, 0);
	assert_non_null(found);
	assert_int_equal(found->form, SECRET_BASIC);
	secrets_reset(&secrets);
}

/* Under a sanitizer nothing is counted, and nothing is too much. */
static void
many_take_no_more_room_than_their_bytes(void **state)
{
	enum { COUNT = 20000 };
	struct secrets secrets = { 0 };
	size_t before = mallinfo2().uordblks, i;
	char text[16];

	(void)state;
	for (i = 0; i < COUNT; i++) {
		snprintf(text, sizeof text, "password%zu", i);
		assert_int_equal(secrets_add(&secrets, SECRET_PASSWORD, text, strlen(text)), 0);
	}
	secrets_sort(&secrets);
	assert_true(mallinfo2().uordblks - before < COUNT * 200);
	assert_non_null(secrets_find(&secrets, "a password19999", 15, 1));
	assert_null(secrets_find(&secrets, "a password", 10, 1));
	secrets_reset(&secrets);
}

static void
what_is_shown_is_escaped_and_not_too_long(void **state)
{
	char text[2000], *shown;
	const struct redact nothing = { 0 };

	(void)state;
	shows(password, NULL, "a\033[1m\"b\"\r\n", "a\\033[1m\\\"b\\\"\\r\\n");
	memset(text, 'x', sizeof text);
	shown = redact_text(&nothing, text, sizeof text);
	assert_true(strlen(shown) < 500);
	assert_string_equal(shown + strlen(shown) - 4, "x...");
	free(shown);
	shown = redact_text(&nothing, NULL, 0);
	assert_string_equal(shown, "");
	free(shown);
}

static void
names_that_are_secret_hide_their_values(void **state)
{
	struct auth_case asked = alice(NULL);
	const struct params none = { 0 };
	struct redact redact = { 0 };

	(void)state;
	/* Zero-filled: everything may be shown. */
	assert_int_equal(redact_hides(&redact, "Set-Cookie", 10), 0);
	assert_int_equal(redact_init(&redact, NULL, &asked, &none), 0);
	assert_int_equal(redact_hides(&redact, "Set-Cookie", 10), 1);
	assert_int_equal(redact_hides(&redact, "Content-Type", 12), 0);
	redact_reset(&redact);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_hidden_in_every_coding),
		cmocka_unit_test(no_password_and_an_empty_one_hide_nothing),
		cmocka_unit_test(values_of_secret_variables_are_hidden),
		cmocka_unit_test(secrets_of_other_questions_are_hidden_too),
		cmocka_unit_test(the_longest_of_many_is_found_in_every_coding),
		cmocka_unit_test(of_equal_ones_the_first_stays),
		cmocka_unit_test(many_take_no_more_room_than_their_bytes),
		cmocka_unit_test(what_is_shown_is_escaped_and_not_too_long),
		cmocka_unit_test(names_that_are_secret_hide_their_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
