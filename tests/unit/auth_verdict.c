#include "verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "letters.h"

/* Who judges, in the order of the columns below. */
static const struct column {
	enum verdict_server server;
	enum auth_phase phase;
	int authoritative;
} columns[] = {
	{ VERDICT_SPEC, AUTH_AUTHORIZER, 1 },
	{ VERDICT_AUTHNZ, AUTH_AUTHENTICATOR, 1 },
	{ VERDICT_AUTHNZ_CHECK, AUTH_CHECK, 1 },
	{ VERDICT_AUTHNZ_CHECK, AUTH_CHECK, 0 },
	{ VERDICT_FCGID, AUTH_AUTHENTICATOR, 1 },
	{ VERDICT_FASTCGI, AUTH_AUTHENTICATOR, 1 },
	{ VERDICT_LIGHTTPD, AUTH_AUTHORIZER, 1 },
	{ VERDICT_NGINX, AUTH_AUTHORIZER, 1 },
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static void
hear(struct reply *reply, const char *letters, const void *text, size_t len,
    enum reply_ending ending)
{
	struct wire wire = { 0 };

	letters_compose(&wire, letters, text, len);
	reply_init(reply, LETTERS_ID);
	if (wire.len > 0)
		assert_true(reply_feed(reply, wire.data, wire.len) > -100);
	assert_int_equal(reply_finish(reply, ending), 0);
	wire_free(&wire);
}

struct row {
	const char *letters;	/* of letters.h */
	const unsigned char *text;
	size_t len;
	const char *expected[COLUMNS];
};

/*
 * The replies that servers disagree about.  tests/peers/auth-verdicts.bats has the same from the
 * servers themselves.
 */
static const struct row rows[] = {
	{ "HeE", BYTES("Status: 200 OK\n\n"),
	    { "allow", "allow", "allow", "allow", "allow", "allow", "allow", "allow" } },
	{ "HeE", BYTES("X-A: 1\n\n"),
	    { "error 500", "allow", "allow", "allow", "allow", "allow", "allow", "allow" } },
	{ "HeE", BYTES("X-A: 1\nWWW-Authenticate: Basic\n\n"),
	    { "error 500", "allow", "allow", "allow", "allow", "allow", "allow", "allow" } },
	{ "HeE", BYTES("\nStatus: 401\n\n"),
	    { "error 500", "allow", "allow", "allow", "allow", "allow", "allow", "allow" } },
	{ "eE", BYTES(""),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "E", BYTES(""),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "rE", BYTES(""),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "2", BYTES(""),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "3", BYTES(""),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("Status: 200\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("Content-Type: text/plain\nTraceback (most recent\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("Content-Type: text/plain\nTraceback (most recent call last):\n\n"),
	    { "error 500", "error 500", "error 500", "error 500",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("Content-Type: text/plain\nTraceback\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "allow" } },
	{ "HeE", BYTES("Some text\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "error 502", "error 500" } },
	{ "HeE", BYTES("Some text"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("\357\273\277Status: 401\n\n"),
	    { "error 500", "error 500", "error 500", "error 500",
		"error 500", "allow", "allow", "allow" } },
	{ "HeE", BYTES("Status : 401\n\n"),
	    { "error 500", "error 500", "error 500", "error 500",
		"error 500", "deny 401", "allow", "error 500" } },
	{ "HeE", BYTES("HTTP/1.1 401 Unauthorized\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "deny 401", "allow" } },
	{ "HeE", BYTES("Status: 0\n\n"),
	    { "error 500", "deny 401", "allow 500", "next",
		"deny 401", "deny 401", "error 502", "error 500" } },
	{ "HeE", BYTES("Status: abc\n\n"),
	    { "error 500", "deny 401", "allow 500", "next",
		"deny 401", "deny 401", "error 502", "error 500" } },
	{ "HeE", BYTES("Status: 200junk\n\n"),
	    { "error 500", "allow", "allow", "allow",
		"allow", "allow", "error 502", "allow" } },
	{ "HeE", BYTES("Status: 201\n\n"),
	    { "deny 201", "deny 401", "deny 201", "next",
		"deny 401", "deny 401", "deny 201", "allow" } },
	{ "HeE", BYTES("Status: 204\n\n"),
	    { "deny 204", "deny 401", "deny 204", "next",
		"deny 401", "deny 401", "deny 204", "allow" } },
	{ "HeE", BYTES("Status: 401\nStatus: 200\n\n"),
	    { "error 500", "allow", "allow", "allow",
		"allow", "allow", "allow", "deny 401" } },
	{ "HeE", BYTES("Status: 200\nStatus: 401\n\n"),
	    { "error 500", "deny 401", "deny 401", "next",
		"deny 401", "deny 401", "deny 401", "allow" } },
	{ "HeE", BYTES("Status: 302\nLocation: http://x/\n\n"),
	    { "deny 302", "deny 401", "deny 302", "next",
		"deny 401", "deny 401", "deny 302", "error 500" } },
	{ "HeE", BYTES("Location: http://x/\n\n"),
	    { "error 500", "allow", "allow", "allow",
		"deny 401", "allow", "allow", "error 500" } },
	{ "He2", BYTES("Status: 200\n\n"),
	    { "error 500", "allow", "allow", "allow",
		"allow", "error 500", "allow", "allow" } },
	{ "Hea", BYTES("Status: 200\n\n"),
	    { "allow", "allow", "allow", "allow", "allow", "allow", "allow", "allow" } },
	{ "H", BYTES("Status: 200\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "allow", "error 200", "allow" } },
	{ "He", BYTES("Status: 200\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"allow", "allow", "error 200", "allow" } },
	{ "H", BYTES("Status: 200\n\nbody"),
	    { "error 500", "error 500", "error 500", "next",
		"allow", "allow", "error 200", "allow" } },
	{ "", BYTES(""),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "error 500", "error 500" } },
	{ "HeE", BYTES("Status: 401\n\nno"),
	    { "deny 401", "deny 401", "deny 401", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 403\n\nno"),
	    { "deny 403", "deny 401", "deny 403", "next",
		"deny 401", "deny 401", "deny 403", "deny 403" } },
	{ "HeE", BYTES("Status: 404\n\nno"),
	    { "deny 404", "deny 401", "deny 404", "next",
		"deny 401", "deny 401", "deny 404", "error 500" } },
	{ "HeE", BYTES("Status: 500\n\nno"),
	    { "error 500", "error 500", "error 500", "next",
		"deny 401", "deny 401", "error 500", "error 500" } },
	{ "HeE", BYTES("Status: 503\n\nno"),
	    { "error 503", "deny 401", "error 503", "next",
		"deny 401", "deny 401", "error 503", "error 500" } },
	{ "HeE", BYTES("Status: 100\n\n"),
	    { "deny 100", "deny 401", "deny 100", "next",
		"deny 401", "deny 401", "allow", "error 500" } },
	{ "HeE", BYTES("Status: 103\n\nStatus: 401\n\n"),
	    { "deny 103", "deny 401", "error 500", "next",
		"deny 401", "deny 401", "deny 401", "error 500" } },
	{ "HeE", BYTES("Status: 103\n\nStatus: 103\n\nX-A: 1\n\n"),
	    { "deny 103", "deny 401", "error 500", "next",
		"deny 401", "deny 401", "allow", "error 500" } },
	{ "HeE", BYTES("Status: -1\n\n"),
	    { "error 500", "deny 401", "next", "next",
		"deny 401", "error 500", "error 502", "error 500" } },
	{ "HeE", BYTES("Status: 999\n\n"),
	    { "error 500", "deny 401", "error 500", "next",
		"deny 401", "deny 401", "error 999", "error 500" } },
	{ "HeE", BYTES("Status: 600\n\n"),
	    { "error 500", "deny 401", "error 500", "next",
		"deny 401", "deny 401", "error 600", "error 500" } },
	{ "HeE", BYTES("Status:\n\n"),
	    { "error 500", "deny 401", "allow 500", "next",
		"deny 401", "deny 401", "error 502", "error 500" } },
	{ "HeE", BYTES("status:401\r\n\r\n"),
	    { "deny 401", "deny 401", "deny 401", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 401\n\nDenied: no\n"),
	    { "deny 401", "deny 401", "error 500", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 401\n\nhttp://x/"),
	    { "deny 401", "deny 401", "deny 302", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 401\n\n/page"),
	    { "deny 401", "deny 401", "deny 401", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 401\nX-Accel-Redirect: /page\n\n"),
	    { "deny 401", "deny 401", "deny 401", "next",
		"deny 401", "deny 401", "deny 401", "allow" } },
	{ "HeE", BYTES("Status: 200\nX A: 1\n\n"),
	    { "allow", "error 500", "error 500", "error 500",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("Status: 401\nX-A: a\001\n\n"),
	    { "deny 401", "error 500", "error 500", "error 500",
		"error 500", "error 500", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 200\nVariable-A: a\001\n\n"),
	    { "allow", "allow", "allow", "allow", "error 500", "allow", "allow", "allow" } },
	{ "HeE", BYTES("Status: 200\nX-A: a\nno colon\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES(": 1\nStatus: 401\n\n"),
	    { "error 500", "error 500", "error 500", "error 500",
		"error 500", "error 500", "deny 401", "error 500" } },
	{ "HeE", BYTES("Status: 401\n\r\n"),
	    { "deny 401", "error 500", "error 500", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ "HeE", BYTES("Status: 401\r\r"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "allow", "error 500" } },
	{ "HeE", BYTES("HTTP/1.1 200 OK\nStatus: 401\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "deny 401", "deny 401" } },
	{ "HeE", BYTES("HTTP/1.1\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "error 502", "allow" } },
	{ "H", BYTES("Status: 401\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "deny 401", "deny 401", "deny 401" } },
	{ "h", BYTES("Status: 401\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "deny 401", "error 500", "deny 401" } },
	{ "Hk", BYTES("Status: 200\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "allow", "error 200", "allow" } },
	{ "vHeE", BYTES("Status: 200\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"allow", "error 500", "allow", "error 500" } },
	{ "iHeE", BYTES("Status: 200\n\n"),
	    { "error 500", "error 500", "error 500", "next",
		"allow", "allow", "allow", "error 500" } },
	{ "uHeE", BYTES("Status: 200\n\n"),
	    { "allow", "allow", "allow", "allow",
		"error 500", "error 500", "allow", "error 500" } },
	{ "Hes", BYTES("Status: 200\n\n"),
	    { "error 500", "allow", "allow", "allow",
		"allow", "error 500", "allow", "allow" } },
	{ "pHeE", BYTES("Status: 401\n\nno"),
	    { "deny 401", "deny 401", "deny 401", "next",
		"deny 401", "deny 401", "deny 401", "deny 401" } },
	{ ".", BYTES("HTTP/1.1 200 OK\r\n\r\n"),
	    { "error 500", "error 500", "error 500", "next",
		"error 500", "error 500", "error 500", "error 500" } },
};

static void
every_server_decides_in_its_own_way(void **state)
{
	struct verdict verdict = { 0 };
	struct verdict_settings settings;
	struct reply reply;
	char text[64];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		hear(&reply, rows[i].letters, rows[i].text, rows[i].len, REPLY_CLOSED);
		for (k = 0; k < COLUMNS; k++) {
			verdict_defaults(&settings, columns[k].phase);
			settings.authoritative = columns[k].authoritative;
			settings.user = "alice";
			assert_int_equal(verdict_judge(&verdict, columns[k].server, &reply,
			    &settings), 0);
			verdict_describe(text, sizeof text, &verdict);
			if (strcmp(text, rows[i].expected[k]) != 0)
				fail_msg("%s '%s': %s says %s, expected %s", rows[i].letters,
				    rows[i].text, verdict_name(columns[k].server), text,
				    rows[i].expected[k]);
			assert_true(verdict.decision != VERDICT_ERROR || verdict.why != NULL ||
			    verdict.status > 500 || reply.status == 500);
		}
		reply_reset(&reply);
	}
	verdict_reset(&verdict);
}

/* A verdict in one line: the decision, its variables, headers and body. */
static const char *
tell(enum verdict_server server, const struct verdict_settings *settings, const char *letters,
    const char *answer)
{
	static char line[1024];
	struct verdict verdict = { 0 };
	struct reply reply;
	size_t i, len;

	hear(&reply, letters, answer, strlen(answer), REPLY_CLOSED);
	assert_int_equal(verdict_judge(&verdict, server, &reply, settings), 0);
	verdict_describe(line, sizeof line, &verdict);
	for (i = 0; i < verdict.variables.count; i++) {
		len = strlen(line);
		snprintf(line + len, sizeof line - len, " %s=%s", verdict.variables.items[i].name,
		    verdict.variables.items[i].value);
	}
	for (i = 0; i < verdict.headers.count; i++) {
		len = strlen(line);
		assert_int_equal(verdict.headers.items[i].value_len,
		    strlen(verdict.headers.items[i].value));
		snprintf(line + len, sizeof line - len, " %s:%s", verdict.headers.items[i].name,
		    verdict.headers.items[i].value);
	}
	len = strlen(line);
	if (verdict.body_len > 0)
		snprintf(line + len, sizeof line - len, " +%zu", verdict.body_len);
	verdict_reset(&verdict);
	reply_reset(&reply);
	return line;
}

static struct verdict_settings
of(enum auth_phase phase)
{
	struct verdict_settings settings;

	verdict_defaults(&settings, phase);
	settings.user = "alice";
	return settings;
}

static void
what_a_yes_lets_through_is_each_servers_own(void **state)
{
	static const char answer[] = "Status: 200 Sure\nVariable-User-Name: a\nvariable-user-name: "
				     "b\nX-A: 1\nX-A: 2\nSet-Cookie: c\nSet-Cookie: d\nVariable-"
				     "E:\n\nbody";
	static const struct {
		enum verdict_server server;
		const char *expected;
	} expected[] = {
		{ VERDICT_SPEC, "allow User-Name=a user-name=b E=" },
		{ VERDICT_AUTHNZ, "allow User-Name=a, b E= X-A:1, 2 Set-Cookie:c Set-Cookie:d" },
		{ VERDICT_AUTHNZ_CHECK,
		    "allow User-Name=a, b E= X-A:1, 2 Set-Cookie:c Set-Cookie:d" },
		{ VERDICT_FCGID,
		    "allow User-Name=a, b E= Variable-User-Name:a, b X-A:1, 2 Set-Cookie:c "
		    "Set-Cookie:d Variable-E:" },
		{ VERDICT_FASTCGI, "allow User-Name=b E= X-A=2 Set-Cookie=d" },
		{ VERDICT_FASTCGI_COMPAT, "allow User-Name=b E=" },
		{ VERDICT_LIGHTTPD, "allow USER_NAME=a, b E=" },
		{ VERDICT_NGINX, "allow upstream_http_variable_user_name=a "
				 "upstream_http_variable_e=" },
	};
	struct verdict_settings settings = of(AUTH_AUTHENTICATOR);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_string_equal(tell(expected[i].server, &settings, "HeE", answer),
		    expected[i].expected);
}

static void
what_a_refusal_lets_through_is_each_servers_own(void **state)
{
	static const char answer[] = "X-A: 1\nStatus: 403 Forbidden\nWWW-Authenticate: Basic\n"
				     "Variable-B: 2\nContent-Type: text/plain\nX-C: 3\n\nsorry";
	static const struct {
		enum verdict_server server;
		const char *expected;
	} expected[] = {
		{ VERDICT_SPEC, "deny 403 X-A:1 WWW-Authenticate:Basic Variable-B:2 "
				"Content-Type:text/plain X-C:3 +5" },
		{ VERDICT_AUTHNZ, "deny 401 X-A:1 Variable-B:2 X-C:3" },
		{ VERDICT_AUTHNZ_CHECK,
		    "deny 403 X-A:1 WWW-Authenticate:Basic Variable-B:2 X-C:3 +5" },
		{ VERDICT_FCGID, "deny 401 X-A:1 Variable-B:2 X-C:3" },
		{ VERDICT_FASTCGI, "deny 401 X-A:1 Variable-B:2 X-C:3" },
		{ VERDICT_NGINX, "deny 403 upstream_http_variable_b=2" },
	};
	struct verdict_settings settings = of(AUTH_AUTHENTICATOR);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_string_equal(tell(expected[i].server, &settings, "HeE", answer),
		    expected[i].expected);
	/* What stands before its Status is lost. */
	assert_string_equal(tell(VERDICT_LIGHTTPD, &settings, "HeE", answer),
	    "deny 403 WWW-Authenticate:Basic Variable-B:2 Content-Type:text/plain X-C:3 +5");
	assert_string_equal(tell(VERDICT_LIGHTTPD, &settings, "H", answer), "deny 403");
	assert_string_equal(tell(VERDICT_NGINX, &settings, "HeE",
	    "Status: 401\nWWW-Authenticate: a\nWWW-Authenticate: b\n\n"),
	    "deny 401 WWW-Authenticate:a");
}

static void
mod_authnz_fcgi_keeps_the_body_that_came_with_the_headers(void **state)
{
	struct verdict_settings settings = of(AUTH_CHECK);
	static char text[9100] = "Status: 403\n\n";

	(void)state;
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE", "Status: 403\n\nab"),
	    "deny 403 +2");
	/* The second record is the body's. */
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HHeE", "Status: 403\n\n"),
	    "deny 403");
	assert_string_equal(tell(VERDICT_LIGHTTPD, &settings, "HHeE", "Status: 403\n\n"),
	    "deny 403 +13");
	memset(text + 13, 'x', sizeof text - 14);
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE", text), "deny 403 +8179");
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE",
	    "Status: 403\n\nhttp://x/"), "deny 302 Location:http://x/");
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE",
	    "Status: 302\nLocation: /a\nETag: b\n\n"), "deny 302 Location:/a");
}

static void
not_authoritative_leaves_status_and_headers_behind(void **state)
{
	struct verdict_settings settings = of(AUTH_AUTHENTICATOR);
	struct verdict verdict = { 0 };
	struct reply reply;

	(void)state;
	settings.authoritative = 0;
	hear(&reply, "HeE", BYTES("Status: 401 No\nX-A: 1\n\n"), REPLY_CLOSED);
	assert_int_equal(verdict_judge(&verdict, VERDICT_FCGID, &reply, &settings), 0);
	assert_int_equal(verdict.decision, VERDICT_NEXT);
	assert_int_equal(verdict.status, 401);
	assert_int_equal(verdict.headers.count, 1);
	assert_int_equal(verdict_judge(&verdict, VERDICT_FASTCGI, &reply, &settings), 0);
	assert_int_equal(verdict.decision, VERDICT_NEXT);
	assert_int_equal(verdict.status, 200);
	assert_int_equal(verdict.headers.count, 1);
	/* These have no such setting. */
	assert_string_equal(tell(VERDICT_AUTHNZ, &settings, "HeE", "Status: 403\n\n"), "deny 401");
	assert_string_equal(tell(VERDICT_LIGHTTPD, &settings, "HeE", "Status: 403\n\n"),
	    "deny 403");
	assert_string_equal(tell(VERDICT_NGINX, &settings, "HeE", "Status: 403\n\n"), "deny 403");
	verdict_reset(&verdict);
	reply_reset(&reply);
}

static void
the_phase_decides_about_status_and_challenge(void **state)
{
	static const char answer[] = "Status: 401\nWWW-Authenticate: Basic\n\n";
	struct verdict_settings settings = of(AUTH_ACCESS_CHECKER);

	(void)state;
	assert_string_equal(tell(VERDICT_FASTCGI, &settings, "HeE", answer),
	    "deny 403 WWW-Authenticate:Basic");
	assert_string_equal(tell(VERDICT_FCGID, &settings, "HeE", answer),
	    "deny 401 WWW-Authenticate:Basic");
	settings.phase = AUTH_AUTHORIZER;
	assert_string_equal(tell(VERDICT_FASTCGI, &settings, "HeE", answer), "deny 401");
	assert_int_equal(verdict_in_phase(VERDICT_AUTHNZ, AUTH_CHECK), VERDICT_AUTHNZ_CHECK);
	assert_int_equal(verdict_in_phase(VERDICT_AUTHNZ, AUTH_AUTHNZ), VERDICT_AUTHNZ);
	assert_int_equal(verdict_in_phase(VERDICT_NGINX, AUTH_CHECK), VERDICT_NGINX);
}

static const char *
check_user(const char *user, const char *user_expr, const char *default_user, const char *answer)
{
	struct verdict_settings settings = of(AUTH_CHECK);

	settings.user = user;
	settings.user_expr = user_expr;
	settings.default_user = default_user;
	return tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE", answer);
}

static void
a_yes_is_for_a_user(void **state)
{
	static const char yes[] = "Status: 200\n\n", yes_bob[] = "Status: 200\nVariable-U: bob\n\n";
	struct verdict_settings settings = of(AUTH_CHECK);

	(void)state;
	assert_string_equal(check_user("alice", NULL, NULL, yes), "allow");
	assert_string_equal(check_user(NULL, NULL, NULL, yes), "error 500");
	assert_string_equal(check_user(NULL, NULL, "somebody", yes), "error 500");
	assert_string_equal(check_user(NULL, "", "somebody", yes), "allow");
	assert_string_equal(check_user(NULL, "", NULL, yes), "error 500");
	assert_string_equal(check_user("alice", "", NULL, yes), "error 500");
	assert_string_equal(check_user(NULL, "%{reqenv:U}", NULL, yes), "error 500");
	assert_string_equal(check_user(NULL, "%{reqenv:U}", NULL, yes_bob), "allow U=bob");
	assert_string_equal(check_user(NULL, "%{env:u}", NULL, yes_bob), "allow U=bob");
	assert_string_equal(check_user(NULL, "%{reqenv:V}", NULL, yes_bob), "error 500 U=bob");
	assert_string_equal(check_user(NULL, "%{reqenv:V}%{reqenv:U}", NULL, yes_bob),
	    "allow U=bob");
	assert_string_equal(check_user("alice", "%{REMOTE_USER}", NULL, yes), "allow");
	assert_string_equal(check_user(NULL, "%{REMOTE_USER}", NULL, yes), "error 500");
	assert_string_equal(check_user(NULL, "guest", NULL, yes), "allow");
	assert_string_equal(check_user(NULL, NULL, NULL, "Status: 0\n\n"), "error 500");
	settings.require_basic = 1;
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE", yes), "allow");
	settings.user = NULL;
	assert_string_equal(tell(VERDICT_AUTHNZ_CHECK, &settings, "HeE", yes), "deny 401");
}

static void
expressions_that_cannot_be_evaluated_are_refused(void **state)
{
	static const char *const good[] = { "", "guest", "%{reqenv:A}", "%{env:A_1}",
		"%{REMOTE_USER}", "a%{reqenv:A}b", "100%", "{x}" };
	static const char *const bad[] = { "%{reqenv:}", "%{reqenv:A", "%{HTTP_HOST}",
		"%{tolower:%{reqenv:A}}", "%{}", "%{REMOTE_USERS}", "x%{" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(verdict_user_expr_check(good[i]), 0);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(verdict_user_expr_check(bad[i]), -FCGI_E_SYNTAX);
}

static void
without_an_answer_nobody_gets_in(void **state)
{
	static const enum reply_ending endings[] = { REPLY_CLOSED, REPLY_RESET, REPLY_TIMED_OUT,
		REPLY_NOT_CONNECTED };
	struct verdict_settings settings = of(AUTH_AUTHENTICATOR);
	struct verdict verdict = { 0 };
	struct reply reply;
	size_t i;
	int server;

	(void)state;
	for (i = 0; i < sizeof endings / sizeof *endings; i++) {
		hear(&reply, "", "", 0, endings[i]);
		for (server = 0; server < VERDICT_SERVERS; server++) {
			assert_int_equal(verdict_judge(&verdict, (enum verdict_server)server,
			    &reply, &settings), 0);
			assert_int_equal(verdict.decision, VERDICT_ERROR);
			assert_non_null(verdict.why);
		}
		reply_reset(&reply);
	}
	verdict_reset(&verdict);
}

static void
a_page_stands_in_for_an_answer_that_is_late(void **state)
{
	struct verdict_settings settings = of(AUTH_AUTHENTICATOR);
	struct verdict verdict = { 0 };
	struct reply reply;

	(void)state;
	hear(&reply, "", "", 0, REPLY_TIMED_OUT);
	assert_int_equal(verdict_judge(&verdict, VERDICT_LIGHTTPD, &reply, &settings), 0);
	assert_int_equal(verdict.status, 504);
	assert_int_equal(verdict_judge(&verdict, VERDICT_NGINX, &reply, &settings), 0);
	assert_int_equal(verdict.status, 500);
	verdict_reset(&verdict);
	reply_reset(&reply);
}

static void
the_servers_have_names(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < VERDICT_SERVERS; i++)
		assert_int_equal(verdict_find(verdict_name((enum verdict_server)i)), i);
	assert_int_equal(verdict_find("mod_authnz_fcgi"), VERDICT_AUTHNZ);
	assert_int_equal(verdict_find("nginx"), -FCGI_E_SYNTAX);
	assert_int_equal(verdict_find(""), -FCGI_E_SYNTAX);
}

/* A refusal whose header block goes on with so many lines, in several records. */
static void
hear_lines(struct reply *reply, const char *line, size_t count)
{
	struct wire wire = { 0 };
	char text[30000];
	size_t len = strlen(line), have, i;

	wire_record(&wire, 6, LETTERS_ID, "Status: 401\n", 12, 0);
	for (i = 0; i < count;) {
		for (have = 0; i < count && have + len <= sizeof text; have += len, i++)
			memcpy(text + have, line, len);
		wire_record(&wire, 6, LETTERS_ID, text, have, 0);
	}
	wire_record(&wire, 6, LETTERS_ID, "\n", 1, 0);
	wire_record(&wire, 6, LETTERS_ID, "", 0, 0);
	wire_record(&wire, 3, LETTERS_ID, "\0\0\0\0\0\0\0", 8, 0);
	reply_init(reply, LETTERS_ID);
	assert_int_equal(reply_feed(reply, wire.data, wire.len), 1);
	assert_int_equal(reply_finish(reply, REPLY_CLOSED), 0);
	wire_free(&wire);
}

static void
httpd_has_no_limit_and_others_have_their_own(void **state)
{
	static const struct {
		const char *line;
		size_t count;
		const char *expected[COLUMNS];
	} blocks[] = {
		{ "a:\n", 1001,
		    { "deny 401", "deny 401", "deny 401", "next",
			"deny 401", "deny 401", "deny 401", "deny 401" } },
		{ "a:\n", 8188,
		    { "deny 401", "deny 401", "deny 401", "next",
			"deny 401", "deny 401", "deny 401", "error 500" } },
		/* lighttpd does not find the end of it, and then it is a yes. */
		{ "a:\n", 8189,
		    { "deny 401", "deny 401", "deny 401", "next",
			"deny 401", "deny 401", "allow", "error 500" } },
		/* 128 KiB. */
		{ "X-A: abcdefghijklmnopqrstuvwxyz\n", 4096,
		    { "deny 401", "deny 401", "deny 401", "next",
			"deny 401", "deny 401", "error 502", "error 500" } },
	};
	struct verdict_settings settings;
	struct verdict verdict = { 0 };
	struct reply reply;
	char text[64];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		hear_lines(&reply, blocks[i].line, blocks[i].count);
		for (k = 0; k < COLUMNS; k++) {
			verdict_defaults(&settings, columns[k].phase);
			settings.authoritative = columns[k].authoritative;
			settings.user = "foo";
			assert_int_equal(verdict_judge(&verdict, columns[k].server, &reply,
			    &settings), 0);
			assert_string_equal(verdict_describe(text, sizeof text, &verdict),
			    blocks[i].expected[k]);
		}
		reply_reset(&reply);
	}
	verdict_reset(&verdict);
}

static void
what_was_never_judged_lets_nobody_in(void **state)
{
	const struct verdict verdict = { 0 };
	struct verdict judged = { 0 };
	struct verdict_settings settings;
	static unsigned char many[4 * (REPLY_HEADERS_MAX + 1) + 1];
	struct reply reply;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof many - 1; i++)
		many[i] = (unsigned char)"A:x\n"[i % 4];
	many[sizeof many - 1] = '\n';
	hear(&reply, "HeE", many, sizeof many, REPLY_CLOSED);
	verdict_defaults(&settings, AUTH_AUTHENTICATOR);
	assert_int_equal(verdict_judge(&judged, VERDICT_AUTHNZ, &reply, &settings), 0);
	assert_int_equal(judged.decision, VERDICT_NONE);
	assert_non_null(judged.why);
	verdict_reset(&judged);
	reply_reset(&reply);
	assert_int_equal(verdict.decision, VERDICT_NONE);
	assert_string_equal(verdict_describe(text, sizeof text, &verdict), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_server_decides_in_its_own_way),
		cmocka_unit_test(what_a_yes_lets_through_is_each_servers_own),
		cmocka_unit_test(what_a_refusal_lets_through_is_each_servers_own),
		cmocka_unit_test(mod_authnz_fcgi_keeps_the_body_that_came_with_the_headers),
		cmocka_unit_test(not_authoritative_leaves_status_and_headers_behind),
		cmocka_unit_test(the_phase_decides_about_status_and_challenge),
		cmocka_unit_test(a_yes_is_for_a_user),
		cmocka_unit_test(expressions_that_cannot_be_evaluated_are_refused),
		cmocka_unit_test(without_an_answer_nobody_gets_in),
		cmocka_unit_test(a_page_stands_in_for_an_answer_that_is_late),
		cmocka_unit_test(httpd_has_no_limit_and_others_have_their_own),
		cmocka_unit_test(what_was_never_judged_lets_nobody_in),
		cmocka_unit_test(the_servers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
