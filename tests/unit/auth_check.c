#include "check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "letters.h"

#define SLICE(text) { BYTES(text) }

/* The IDs that were found, one blank between them; the details into details. */
static char details[4096];

static const char *
check(const char *letters, const void *text, size_t len, enum reply_ending ending,
    const struct check_context *context)
{
	static char ids[1024];
	struct findings findings = { 0 };
	struct wire wire = { 0 };
	struct reply reply;
	size_t i, used;

	letters_compose(&wire, letters, text, len);
	reply_init(&reply, LETTERS_ID);
	if (wire.len > 0)
		assert_true(reply_feed(&reply, wire.data, wire.len) > -100);
	assert_int_equal(reply_finish(&reply, ending), 0);
	assert_int_equal(check_reply(&findings, &reply, context), 0);
	*ids = *details = '\0';
	for (i = 0; i < findings.count; i++) {
		used = strlen(ids);
		snprintf(ids + used, sizeof ids - used, "%s%s", i > 0 ? " " : "",
		    check_about[findings.items[i].check].name);
		used = strlen(details);
		snprintf(details + used, sizeof details - used, "%s\n", findings.items[i].detail);
	}
	findings_reset(&findings);
	reply_reset(&reply);
	wire_free(&wire);
	return ids;
}

static void
each_fault_is_found_and_no_other(void **state)
{
	static const struct {
		const char *letters;
		const unsigned char *text;
		size_t len;
		const char *expected;
	} rows[] = {
		/* What is right. */
		{ "HeE", BYTES("Status: 200 OK\r\nVariable-ECHO_USER: foo\r\n\r\n"), "" },
		{ "HE", BYTES("Status: 200\nVariable-a1: foo\n\n"), "" },
		{ "HeE", BYTES("Status: 401\nWWW-Authenticate: Basic\n\nno"), "" },
		{ "HeE", BYTES("Status: 403\nContent-Type: text/plain\n\nno"), "" },
		{ "HeE", BYTES("Status: 302\nLocation: /login\n\n"), "" },
		{ "rHeE", BYTES("Status: 500\n\n"), "" },
		/* A. */
		{ "He", BYTES("Status: 200\n\n"), "A3" },
		{ "", BYTES(""), "A3 R2" },
		{ "He2", BYTES("Status: 200\n\n"), "A3" },
		{ "2", BYTES(""), "A3 R2" },
		{ "Hea", BYTES("Status: 200\n\n"), "A4" },
		{ "Hea", BYTES("Status: 403\n\n"), "" },
		{ "iHeE", BYTES("Status: 200\n\n"), "A3 A5 R2" },
		{ "uHeE", BYTES("Status: 200\n\n"), "" },
		/* R. */
		{ "HeE", BYTES("Variable-A: 1\n\n"), "R1" },
		{ "HeE", BYTES("X-A: 1\n\n"), "R1 R12" },
		{ "HeE", BYTES("WWW-Authenticate: Basic\n\n"), "R2" },
		{ "HeE", BYTES("Content-Type: text/html\n\nno"), "R2" },
		{ "HeE", BYTES("Location: /login\n\n"), "R2" },
		{ "eE", BYTES(""), "R2" },
		{ "E", BYTES(""), "R2" },
		{ "rE", BYTES(""), "R2" },
		{ "HeE", BYTES("Status: 0\n\n"), "R3" },
		{ "HeE", BYTES("Status: abc\n\n"), "R3" },
		{ "HeE", BYTES("Status: 200junk\n\n"), "R3" },
		{ "HeE", BYTES("Status: 600\n\n"), "R3" },
		{ "HeE", BYTES("Status: 401\nStatus: 200\n\n"), "R4 R11" },
		{ "HeE", BYTES("Status: 200\nStatus: 401\n\n"), "R4" },
		{ "HeE", BYTES("Status: 204\n\n"), "R5" },
		{ "HeE", BYTES("Status: 299 x\n\n"), "R5" },
		{ "HeE", BYTES("HTTP/1.1 403 No\nX-A: 1\n\n"), "R2 R6" },
		{ "HeE", BYTES("\357\273\277Status: 403\n\n"), "R2 R6" },
		{ "HeE", BYTES("\nStatus: 401\n\n"), "R2 R6" },
		{ "HeE", BYTES("Status : 403\n\n"), "R6" },
		{ "HeE", BYTES("Status: 403\n folded\n\n"), "R6" },
		{ "HeE", BYTES("Status: 403\nTraceback\n\n"), "R6" },
		{ "HeE", BYTES("Status: 403\n"), "R6" },
		{ "HeE", BYTES("Some text"), "R2 R6 R6" },
		{ "HeE", BYTES("Status: 403\nX-A: a\rb\n\n"), "R6" },
		{ "HeE", BYTES("Status: 403\nX-A: a\0b\n\n"), "R6" },
		{ "HeE", BYTES("Status: 403\n: b\n\n"), "R6" },
		{ "HeEr", BYTES("Status: 403\n\n"), "R7" },
		{ "HeHE", BYTES("Status: 403\n\n"), "R7" },
		{ "HeE", BYTES("Status: 200\n\nhello"), "R8" },
		{ "HeE", BYTES("Status: 200\nLocation: /x\n\n"), "R10" },
		{ "HeE", BYTES("Status: 401\n\n"), "R11" },
		{ "HeE", BYTES("Status: 200\nSet-Cookie: a\nX-B: c\n\n"), "R12" },
		/* V. */
		{ "HeE", BYTES("Status: 200\nVariable-: x\n\n"), "V1" },
		{ "HeE", BYTES("Status: 200\nVariable-1A: x\n\n"), "V1" },
		{ "HeE", BYTES("Status: 200\nVariable-A-B: x\n\n"), "V1" },
		{ "HeE", BYTES("Status: 200\nVariable-A B: x\n\n"), "V1" },
		{ "HeE", BYTES("Status: 200\nVariable-path: x\n\n"), "V2" },
		{ "HeE", BYTES("Status: 200\nVariable-LD_PRELOAD: x\n\n"), "V2" },
		{ "HeE", BYTES("Status: 200\nVariable-LDAP_DN: x\n\n"), "" },
		{ "HeE", BYTES("Status: 200\nVariable-ENVIRONMENT: x\n\n"), "" },
		{ "HeE", BYTES("Status: 200\nVariable-SCRIPT_FILENAME: x\n\n"), "V2" },
		{ "HeE", BYTES("Status: 200\nVariable-Script-Filename: x\n\n"), "V1 V2" },
		{ "HeE", BYTES("Status: 200\nVariable-HTTP_X_USER: x\n\n"), "V2" },
		{ "HeE", BYTES("Status: 200\nVariable-HTTP_X_REAL_USER: x\n\n"), "" },
		{ "HeE", BYTES("Status: 200\nVariable-proxy-nokeepalive: 1\n\n"), "V1 V2" },
		{ "HeE", BYTES("Status: 200\nVariable-REMOTE_ADDR: x\n\n"), "V2" },
		{ "HeE", BYTES("Status: 200\nVariable-REMOTE_USER: x\n\n"), "V3" },
		{ "HeE", BYTES("Status: 200\nVariable-AUTH_TYPE: x\n\n"), "V3" },
		{ "HeE", BYTES("Status: 200\nVariable-A: x\nVariable-A: y\n\n"), "V5" },
		{ "HeE", BYTES("Status: 200\nVariable-A: x\nVariable-a: y\n\n"), "V6" },
		{ "HeE", BYTES("Status: 200\nVariable-A: x\nVariable-B: y\n\n"), "" },
	};
	static const char *const trusted[] = { "X-Real-User", NULL };
	const struct check_context context = { .trusted_headers = trusted };
	const char *ids;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		ids = check(rows[i].letters, rows[i].text, rows[i].len, REPLY_CLOSED, &context);
		if (strcmp(ids, rows[i].expected) != 0)
			fail_msg("%s '%s': found %s, expected %s: %s", rows[i].letters,
			    rows[i].text, ids, rows[i].expected, details);
	}
}

static void
a_body_that_is_cut_is_found(void **state)
{
	static char text[8300] = "Status: 403\n\n";
	const struct check_context context = { .phase = AUTH_CHECK };

	(void)state;
	memset(text + 13, 'x', 8193);
	assert_string_equal(check("HeE", text, 13 + 8192, REPLY_CLOSED, &context), "");
	assert_string_equal(check("HeE", text, 13 + 8193, REPLY_CLOSED, &context), "R9");
}

static void
a_redirection_is_found_where_it_is_lost(void **state)
{
	static const struct {
		enum verdict_server server;
		enum auth_phase phase;
		const char *expected;
	} rows[] = {
		{ VERDICT_SPEC, AUTH_AUTHORIZER, "" },
		{ VERDICT_AUTHNZ, AUTH_AUTHENTICATOR, "R13" },
		{ VERDICT_AUTHNZ, AUTH_CHECK, "" },
		{ VERDICT_AUTHNZ_CHECK, AUTH_CHECK, "" },
		{ VERDICT_FCGID, AUTH_ACCESS_CHECKER, "R13" },
		{ VERDICT_FASTCGI, AUTH_AUTHORIZER, "R13" },
		{ VERDICT_LIGHTTPD, AUTH_AUTHORIZER, "" },
		{ VERDICT_NGINX, AUTH_AUTHORIZER, "R13" },
	};
	struct check_context context = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		context.server = rows[i].server;
		context.phase = rows[i].phase;
		assert_string_equal(check("HeE", BYTES("Status: 302\nLocation: /login\n\n"),
		    REPLY_CLOSED, &context), rows[i].expected);
	}
}

static void
secrets_are_found_in_every_form_and_place_and_never_told(void **state)
{
	static const struct {
		const char *letters;
		const unsigned char *text;
		size_t len;
		const char *expected;
	} rows[] = {
		{ "HeE", BYTES("Status: 200\nVariable-P: hunter2!\n\n"), "V4" },
		{ "HeE", BYTES("Status: 200\nVariable-P: xhunter2!x\n\n"), "V4" },
		{ "HeE", BYTES("Status: 200\nVariable-P: hunter2\n\n"), "" },
		/* base64("hunter2!"), of "alice:hunter2!", and what was sent */
		{ "HeE", BYTES("Status: 200\nVariable-P: aHVudGVyMiE\n\n"), "V4" },
		{ "HeE", BYTES("Status: 200\nVariable-P: YWxpY2U6aHVudGVyMiE=\n\n"), "V4" },
		{ "HeE", BYTES("Status: 200\nVariable-P: Bearer abcdef\n\n"), "V4" },
		{ "HeE", BYTES("Status: 403\n\nnot hunter2!, sorry"), "V4" },
		{ "HeE", BYTES("Status: 403\nX-hunter2!: a\n\n"), "V4" },
		{ "HeE", BYTES("Status: 403\nhunter2!\n\n"), "R6 V4" },
		{ "HeE", BYTES("Status: hunter2!\n\n"), "R3 V4" },
		{ "HeE", BYTES("Status: 200\nLocation: /?p=hunter2!\n\n"), "R10 V4" },
		{ "HeE", BYTES("Status: 200\nhunter2!: a\n\n"), "R12 V4" },
		{ "HeE", BYTES("Status: 200\nVariable-hunter2!: a\n\n"), "V1 V4" },
	};
	const struct check_context context = { .user = SLICE("alice"),
		.password = SLICE("hunter2!"), .authorization = SLICE("Bearer abcdef") };
	const char *ids;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		ids = check(rows[i].letters, rows[i].text, rows[i].len, REPLY_CLOSED, &context);
		if (strcmp(ids, rows[i].expected) != 0)
			fail_msg("'%s': found %s, expected %s", rows[i].text, ids,
			    rows[i].expected);
		assert_null(strstr(details, "hunter2!"));
		assert_null(strstr(details, "aHVudGVyMiE"));
		assert_null(strstr(details, "abcdef"));
	}
}

static void
secrets_on_stderr_are_found(void **state)
{
	/* The letter r writes "oops". */
	struct check_context context = { .user = SLICE("alice"), .password = SLICE("oops") };

	(void)state;
	assert_string_equal(check("rHeE", BYTES("Status: 403\n\n"), REPLY_CLOSED, &context), "S1");
	context.password = (struct fcgi_slice){ BYTES("else") };
	context.authorization = (struct fcgi_slice){ BYTES("oops") };
	assert_string_equal(check("rHeE", BYTES("Status: 403\n\n"), REPLY_CLOSED, &context), "V4");
}

static void
secrets_of_other_questions_are_found(void **state)
{
	static char theirs[] = "wonder", cookie[] = "session";
	struct secrets run = { 0 };
	struct check_context context = { .password = SLICE("else"), .run = &run };
	const struct secret password = { .form = SECRET_PASSWORD,
		.data = (unsigned char *)theirs, .len = 6 };
	const struct secret value = { .form = SECRET_VALUE,
		.data = (unsigned char *)cookie, .len = 7 };

	(void)state;
	assert_int_equal(secrets_join(&run, &value, 0), 0);
	assert_int_equal(secrets_join(&run, &password, 1), 0);
	secrets_sort(&run);
	assert_string_equal(check("HeE", BYTES("Status: 403\n\nwonder"), REPLY_CLOSED, &context),
	    "");
	assert_int_equal(secrets_join(&run, &password, 0), 0);
	secrets_sort(&run);
	assert_string_equal(check("HeE", BYTES("Status: 403\n\nw%6fnder"), REPLY_CLOSED, &context),
	    "V4");
	assert_string_equal(details, "another case's password is in the body\n");
	assert_string_equal(check("HeE", BYTES("Status: 403\n\nsession, el%73e"), REPLY_CLOSED,
	    &context), "V4");
	assert_string_equal(details, "the password is in the body\n");
	secrets_reset(&run);
}

static void
what_is_no_secret_is_not_found(void **state)
{
	struct check_context context = { .user = SLICE("oops"), .password = SLICE("oops") };

	(void)state;
	/* It is the user's name, too. */
	assert_string_equal(check("rHeE", BYTES("Status: 200\nVariable-U: oops\n\n"), REPLY_CLOSED,
	    &context), "");
	/* Too short to be sure. */
	context.password = (struct fcgi_slice){ BYTES("ops") };
	assert_string_equal(check("rHeE", BYTES("Status: 403\n\nops"), REPLY_CLOSED, &context),
	    "");
	/* There is none. */
	context = (struct check_context){ 0 };
	assert_string_equal(check("rHeE", BYTES("Status: 403\n\n"), REPLY_CLOSED, &context), "");
	assert_string_equal(check("", BYTES(""), REPLY_NOT_CONNECTED, &context), "");
}

static void
details_are_one_line_of_text(void **state)
{
	static char text[400] = "Status: ";
	const struct check_context context = { 0 };

	(void)state;
	(void)check("HeE", BYTES("Status: a\033[1m\0b\n\n"), REPLY_CLOSED, &context);
	assert_non_null(strstr(details, "Status: a\\033[1m?b\n"));
	memset(text + 8, 'x', 300);
	memcpy(text + 308, "\n\n", 2);
	(void)check("HeE", text, 310, REPLY_CLOSED, &context);
	assert_non_null(strstr(details, "xxx...\n"));
	assert_in_range(strlen(details), 1, 100);
}

static void
every_check_has_a_name_and_a_severity(void **state)
{
	struct check_policy policy = { 0 };
	int i;

	(void)state;
	for (i = 0; i < CHECK_COUNT; i++) {
		assert_int_equal(check_find(check_about[i].name), i);
		assert_int_not_equal(check_about[i].severity, CHECK_IGNORED);
		assert_true(strlen(check_about[i].what) > 10);
	}
	assert_int_equal(check_find("r12"), CHECK_R12);
	assert_int_equal(check_find("R99"), -FCGI_E_SYNTAX);
	assert_int_equal(check_find(""), -FCGI_E_SYNTAX);
	assert_int_equal(check_severity(&policy, CHECK_R12), CHECK_WARNING);
	assert_int_equal(check_severity(&policy, CHECK_R1), CHECK_FAILURE);
	policy.raised = check_bit(CHECK_R12);
	assert_int_equal(check_severity(&policy, CHECK_R12), CHECK_FAILURE);
	assert_int_equal(check_severity(&policy, CHECK_R11), CHECK_WARNING);
	policy.strict = 1;
	assert_int_equal(check_severity(&policy, CHECK_R11), CHECK_FAILURE);
	policy.ignored = check_bit(CHECK_R1) | check_bit(CHECK_R12);
	assert_int_equal(check_severity(&policy, CHECK_R1), CHECK_IGNORED);
	assert_int_equal(check_severity(&policy, CHECK_R12), CHECK_IGNORED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_found_and_no_other),
		cmocka_unit_test(a_body_that_is_cut_is_found),
		cmocka_unit_test(a_redirection_is_found_where_it_is_lost),
		cmocka_unit_test(secrets_are_found_in_every_form_and_place_and_never_told),
		cmocka_unit_test(secrets_on_stderr_are_found),
		cmocka_unit_test(secrets_of_other_questions_are_found),
		cmocka_unit_test(what_is_no_secret_is_not_found),
		cmocka_unit_test(details_are_one_line_of_text),
		cmocka_unit_test(every_check_has_a_name_and_a_severity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
