/*
 * The dialects: what each sends in each phase, and how it is put into records.  That the real
 * servers do the same is shown by tests/peers/auth-dialects.bats; of mod_fastcgi, which cannot be
 * run, all is here.
 */
#include "dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dialect_call.h"
#include "dialect_file.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_reader.h"
#include "must.h"

/* GET /protected/app.php/info?y=2024 by foo, whose password is b:ar. */
static struct dialect_question
usual(enum auth_phase phase)
{
	return (struct dialect_question){
		.phase = phase,
		.request.url = "/protected/app.php/info?y=2024",
		.user = "foo",
		.user_len = 3,
		.password = "b:ar",
		.password_len = 4,
	};
}

static struct dialect
opened(const char *name)
{
	struct dialect dialect = { 0 };
	char why[256];

	if (dialect_open(&dialect, name, why, sizeof why) < 0)
		fail_msg("%s", why);
	return dialect;
}

static void
make(const char *name, const struct dialect_question *question, struct params *params)
{
	struct dialect dialect = opened(name);
	char why[256];

	assert_true(dialect_knows(&dialect, question->phase));
	assert_int_equal(dialect_params(&dialect, question, params, why, sizeof why), 0);
	dialect_close(&dialect);
}

/* One variable of a question; NULL: it is not there.  Not freed: tests end soon. */
static const char *
value_of(const char *name, const struct dialect_question *question, const char *variable)
{
	static char value[256];
	struct params params = { 0 };
	const char *found;

	make(name, question, &params);
	found = params_get(&params, variable);
	if (found != NULL)
		snprintf(value, sizeof value, "%s", found);
	params_reset(&params);
	return found != NULL ? value : NULL;
}

static void
assert_value(const char *name, enum auth_phase phase, const char *variable, const char *expected)
{
	struct dialect_question question = usual(phase);
	const char *value = value_of(name, &question, variable);

	if (expected == NULL && value != NULL)
		fail_msg("%s, %s: %s=%s", name, auth_phase_names[phase], variable, value);
	if (expected != NULL && (value == NULL || strcmp(value, expected) != 0))
		fail_msg("%s, %s: %s=%s, not %s", name, auth_phase_names[phase], variable,
		    value != NULL ? value : "(none)", expected);
}

/* All of them in order, a line each. */
static void
assert_all(const char *name, const struct dialect_question *question, const char *expected)
{
	struct params params = { 0 };
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);

	must(file != NULL);
	make(name, question, &params);
	for (i = 0; i < params.count; i++)
		fprintf(file, "%s=%s\n", (const char *)params.items[i].name,
		    (const char *)params.items[i].value);
	must(fclose(file) == 0);
	assert_string_equal(text, expected);
	free(text);
	params_reset(&params);
}

/* --- what is known ---------------------------------------------------------------------------- */

#define HTTPD_DIALECTS "mod_authnz_fcgi", "mod_fcgid", "mod_fastcgi", "mod_fastcgi-compat"
static const char *const httpd[] = { HTTPD_DIALECTS };
static const char *const one_question[] = { "spec", "lighttpd", "nginx-auth-request",
	"nginx-auth-request-original-uri", "nginx-auth-request-llng" };

static unsigned int
bits(const enum auth_phase *phases, size_t count)
{
	unsigned int set = 0;

	while (count > 0)
		set |= 1u << phases[--count];
	return set;
}

#define BITS(...)                                                                                  \
	bits((const enum auth_phase[]){ __VA_ARGS__ },                                             \
	    sizeof((const enum auth_phase[]){ __VA_ARGS__ }) / sizeof(enum auth_phase))

static void
assert_phases(const char *name, unsigned int phases, enum auth_phase first)
{
	struct dialect dialect = opened(name);

	assert_int_equal(dialect.phases, phases);
	assert_int_equal(dialect.phase, first);
	dialect_close(&dialect);
}

static void
phases(void **state)
{
	size_t i;

	(void)state;
	assert_phases("mod_authnz_fcgi",
	    BITS(AUTH_AUTHENTICATOR, AUTH_AUTHORIZER, AUTH_AUTHNZ, AUTH_CHECK), AUTH_AUTHENTICATOR);
	for (i = 1; i < sizeof httpd / sizeof *httpd; i++)
		assert_phases(httpd[i],
		    BITS(AUTH_AUTHENTICATOR, AUTH_AUTHORIZER, AUTH_ACCESS_CHECKER),
		    AUTH_AUTHENTICATOR);
	for (i = 0; i < sizeof one_question / sizeof *one_question; i++)
		assert_phases(one_question[i],
		    BITS(AUTH_AUTHNZ, AUTH_AUTHORIZER, AUTH_ACCESS_CHECKER), AUTH_AUTHNZ);
	for (i = 0; dialect_name(i) != NULL; i++)
		;
	assert_int_equal(i,
	    sizeof httpd / sizeof *httpd + sizeof one_question / sizeof *one_question);
	assert_null(dialect_name(i + 1));
}

static void
servers_and_roles(void **state)
{
	struct dialect dialect;
	size_t i;

	(void)state;
	for (i = 0; dialect_name(i) != NULL; i++) {
		dialect = opened(dialect_name(i));
		assert_string_equal(dialect.name, dialect_name(i));
		if (strncmp(dialect.name, "nginx", 5) == 0) {
			assert_string_equal(dialect.server, "nginx-auth-request");
			assert_int_equal(dialect.role, FCGI_RESPONDER);
		} else {
			assert_string_equal(dialect.server, dialect.name);
			assert_int_equal(dialect.role, FCGI_AUTHORIZER);
		}
		assert_int_equal(dialect.keep_conn, 0);
		dialect_close(&dialect);
	}
}

static enum dialect_stdin
stdin_of(const char *name, const char *header, const char *value)
{
	struct dialect dialect = opened(name);
	const struct preset_header headers[] = { { header, value } };
	struct dialect_question question = usual(dialect.phase);
	enum dialect_stdin record;

	if (header != NULL) {
		question.request.headers = headers;
		question.request.header_count = 1;
	}
	record = dialect_stdin(&dialect, &question);
	dialect_close(&dialect);
	return record;
}

static void
stdin_records(void **state)
{
	static const char *const none[] = { "spec", "mod_authnz_fcgi", "mod_fcgid" };
	static const char *const empty[] = { "mod_fastcgi", "mod_fastcgi-compat", "nginx-auth-request",
		"nginx-auth-request-original-uri", "nginx-auth-request-llng" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof none / sizeof *none; i++) {
		assert_int_equal(stdin_of(none[i], NULL, NULL), DIALECT_STDIN_NONE);
		assert_int_equal(stdin_of(none[i], "Content-Length", "3"), DIALECT_STDIN_NONE);
	}
	for (i = 0; i < sizeof empty / sizeof *empty; i++) {
		assert_int_equal(stdin_of(empty[i], NULL, NULL), DIALECT_STDIN_EMPTY);
		assert_int_equal(stdin_of(empty[i], "Content-Length", "3"), DIALECT_STDIN_EMPTY);
	}
	assert_int_equal(stdin_of("lighttpd", NULL, NULL), DIALECT_STDIN_EMPTY);
	assert_int_equal(stdin_of("lighttpd", "content-length", "0"), DIALECT_STDIN_EMPTY);
	assert_int_equal(stdin_of("lighttpd", "content-length", "10"), DIALECT_STDIN_NONE);
	assert_int_equal(stdin_of("lighttpd", "Transfer-Encoding", "chunked"), DIALECT_STDIN_NONE);
}

/* --- identity --------------------------------------------------------------------------------- */

static void
roles_of_httpd(void **state)
{
	size_t i;

	(void)state;
	assert_value("mod_authnz_fcgi", AUTH_AUTHENTICATOR, "FCGI_APACHE_ROLE", "AUTHENTICATOR");
	assert_value("mod_authnz_fcgi", AUTH_AUTHORIZER, "FCGI_APACHE_ROLE", "AUTHORIZER");
	assert_value("mod_authnz_fcgi", AUTH_AUTHNZ, "FCGI_APACHE_ROLE", NULL);
	assert_value("mod_authnz_fcgi", AUTH_CHECK, "FCGI_APACHE_ROLE", "AUTHENTICATOR");
	assert_value("mod_authnz_fcgi", AUTH_AUTHNZ, "FCGI_ROLE", "AUTHORIZER");
	for (i = 1; i < sizeof httpd / sizeof *httpd; i++) {
		assert_value(httpd[i], AUTH_AUTHENTICATOR, "FCGI_APACHE_ROLE", "AUTHENTICATOR");
		assert_value(httpd[i], AUTH_AUTHORIZER, "FCGI_APACHE_ROLE", "AUTHORIZER");
		assert_value(httpd[i], AUTH_ACCESS_CHECKER, "FCGI_APACHE_ROLE", "ACCESS_CHECKER");
		assert_value(httpd[i], AUTH_AUTHENTICATOR, "FCGI_ROLE", NULL);
	}
}

static void
identity_of_httpd(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof httpd / sizeof *httpd; i++) {
		assert_value(httpd[i], AUTH_AUTHENTICATOR, "REMOTE_USER", "foo");
		assert_value(httpd[i], AUTH_AUTHENTICATOR, "REMOTE_PASSWD", "b:ar");
		assert_value(httpd[i], AUTH_AUTHENTICATOR, "AUTH_TYPE", "Basic");
		assert_value(httpd[i], AUTH_AUTHENTICATOR, "HTTP_AUTHORIZATION", NULL);
		assert_value(httpd[i], AUTH_AUTHORIZER, "REMOTE_USER", "foo");
		assert_value(httpd[i], AUTH_AUTHORIZER, "AUTH_TYPE", "Basic");
		assert_value(httpd[i], AUTH_AUTHORIZER, "REMOTE_PASSWD", NULL);
		if (i > 0) {
			assert_value(httpd[i], AUTH_ACCESS_CHECKER, "REMOTE_USER", NULL);
			assert_value(httpd[i], AUTH_ACCESS_CHECKER, "REMOTE_PASSWD", NULL);
			assert_value(httpd[i], AUTH_ACCESS_CHECKER, "AUTH_TYPE", NULL);
		}
	}
	assert_value("mod_authnz_fcgi", AUTH_AUTHNZ, "REMOTE_PASSWD", "b:ar");
	assert_value("mod_authnz_fcgi", AUTH_CHECK, "REMOTE_PASSWD", "b:ar");
}

static void
identity_of_others(void **state)
{
	static const char basic[] = "Basic Zm9vOmI6YXI=";
	size_t i;

	(void)state;
	for (i = 0; i < sizeof one_question / sizeof *one_question; i++) {
		assert_value(one_question[i], AUTH_AUTHNZ, "HTTP_AUTHORIZATION", basic);
		assert_value(one_question[i], AUTH_AUTHNZ, "REMOTE_PASSWD", NULL);
		assert_value(one_question[i], AUTH_AUTHNZ, "FCGI_APACHE_ROLE", NULL);
		assert_value(one_question[i], AUTH_AUTHORIZER, "REMOTE_USER", "foo");
		assert_value(one_question[i], AUTH_AUTHORIZER, "HTTP_AUTHORIZATION", basic);
	}
	assert_value("spec", AUTH_AUTHNZ, "REMOTE_USER", NULL);
	assert_value("spec", AUTH_AUTHORIZER, "AUTH_TYPE", "Basic");
	assert_value("lighttpd", AUTH_AUTHNZ, "REMOTE_USER", NULL);
	assert_value("lighttpd", AUTH_AUTHORIZER, "AUTH_TYPE", "Basic");
	/* Checked by nobody. */
	assert_value("nginx-auth-request", AUTH_AUTHNZ, "REMOTE_USER", "foo");
}

/* Whatever there is of user and password is sent; what is not given is not. */
static void
half_identities(void **state)
{
	struct dialect_question question = usual(AUTH_AUTHENTICATOR);

	(void)state;
	question.password_len = 0;
	assert_string_equal(value_of("mod_fcgid", &question, "REMOTE_PASSWD"), "");
	question.password = NULL;
	assert_null(value_of("mod_fcgid", &question, "REMOTE_PASSWD"));
	assert_string_equal(value_of("mod_fcgid", &question, "REMOTE_USER"), "foo");
	question = usual(AUTH_AUTHENTICATOR);
	question.user_len = 0;
	assert_string_equal(value_of("mod_fcgid", &question, "REMOTE_USER"), "");
	assert_string_equal(value_of("mod_fcgid", &question, "REMOTE_PASSWD"), "b:ar");
	question.user = question.password = NULL;
	assert_null(value_of("mod_fcgid", &question, "REMOTE_USER"));
	assert_null(value_of("mod_fcgid", &question, "REMOTE_PASSWD"));
	assert_null(value_of("mod_fcgid", &question, "AUTH_TYPE"));
	question = usual(AUTH_AUTHNZ);
	question.password = NULL;
	assert_string_equal(value_of("lighttpd", &question, "HTTP_AUTHORIZATION"), "Basic Zm9v");
	assert_string_equal(value_of("nginx-auth-request", &question, "REMOTE_USER"), "");
}

/* A NUL ends what httpd sees, and a colon its user. */
static void
odd_identities(void **state)
{
	struct dialect_question question = usual(AUTH_AUTHENTICATOR);

	(void)state;
	question.password = "b\0r";
	question.password_len = 3;
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_PASSWD"), "b");
	question.user = "f\0o";
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_USER"), "f");
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_PASSWD"), "");
	question.user = "f:o";
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_USER"), "f");
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_PASSWD"), "o:b");
	question.phase = AUTH_AUTHNZ;
	question.user = "f\0o";
	assert_string_equal(value_of("lighttpd", &question, "HTTP_AUTHORIZATION"),
	    "Basic ZgBvOmIAcg==");
}

static void
other_ways_to_know_a_user(void **state)
{
	static const struct preset_header bearer[] = { { "Authorization", "Bearer t" } };
	struct dialect_question question = usual(AUTH_AUTHORIZER);

	(void)state;
	question.auth_type = "Digest";
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "AUTH_TYPE"), "Digest");
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_USER"), "foo");
	assert_string_equal(value_of("lighttpd", &question, "AUTH_TYPE"), "Digest");
	assert_null(value_of("lighttpd", &question, "HTTP_AUTHORIZATION"));
	question.auth_type = "";
	assert_null(value_of("mod_authnz_fcgi", &question, "AUTH_TYPE"));
	question.request.headers = bearer;
	question.request.header_count = 1;
	question.auth_type = "Bearer";
	assert_string_equal(value_of("mod_authnz_fcgi", &question, "REMOTE_USER"), "foo");
	assert_string_equal(value_of("lighttpd", &question, "HTTP_AUTHORIZATION"), "Bearer t");
	question.auth_type = NULL;
	assert_string_equal(value_of("lighttpd", &question, "HTTP_AUTHORIZATION"), "Bearer t");
}

/* --- the request ------------------------------------------------------------------------------ */

static void
what_no_authorizer_gets(void **state)
{
	static const char *const names[] = { "CONTENT_LENGTH", "PATH_INFO", "PATH_TRANSLATED",
		"SCRIPT_NAME" };
	static const char *const strict[] = { "spec", "mod_authnz_fcgi", "mod_fcgid",
		"mod_fastcgi-compat", "lighttpd" };
	static const struct preset_header length[] = { { "Content-Length", "7" } };
	struct dialect_question question;
	struct dialect dialect;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof strict / sizeof *strict; i++) {
		dialect = opened(strict[i]);
		question = usual(dialect.phase);
		dialect_close(&dialect);
		question.request.method = "POST";
		question.request.headers = length;
		question.request.header_count = 1;
		for (j = 0; j < sizeof names / sizeof *names; j++)
			assert_null(value_of(strict[i], &question, names[j]));
	}
	question = usual(AUTH_AUTHENTICATOR);
	assert_string_equal(value_of("mod_fastcgi", &question, "SCRIPT_NAME"),
	    "/protected/app.php");
	assert_string_equal(value_of("mod_fastcgi", &question, "PATH_INFO"), "/info");
	assert_null(value_of("mod_fastcgi", &question, "PATH_TRANSLATED"));
	question.request.headers = length;
	question.request.header_count = 1;
	assert_string_equal(value_of("mod_fastcgi", &question, "CONTENT_LENGTH"), "7");
}

static void
the_original_request_of_nginx(void **state)
{
	struct dialect_question question = usual(AUTH_AUTHNZ);

	(void)state;
	question.request.url = "/a%20b/../c%20d?x=%20";
	assert_string_equal(value_of("nginx-auth-request", &question, "REQUEST_URI"),
	    "/a%20b/../c%20d?x=%20");
	assert_string_equal(value_of("nginx-auth-request", &question, "SCRIPT_NAME"), "/auth");
	assert_string_equal(value_of("nginx-auth-request", &question, "QUERY_STRING"), "");
	assert_string_equal(value_of("nginx-auth-request-original-uri", &question,
				"HTTP_X_ORIGINAL_URI"),
	    "/a%20b/../c%20d?x=%20");
	assert_string_equal(value_of("nginx-auth-request-llng", &question, "X_ORIGINAL_URI"),
	    "/c d?x=%20");
	assert_string_equal(value_of("nginx-auth-request-llng", &question, "HOST"), "localhost");
	assert_string_equal(value_of("nginx-auth-request-llng", &question, "SCRIPT_NAME"), "/lmauth");
	question.request.url = "/c?";
	assert_string_equal(value_of("nginx-auth-request-llng", &question, "X_ORIGINAL_URI"), "/c");
}

static void
protocol_and_address(void **state)
{
	struct dialect_question question = usual(AUTH_AUTHENTICATOR);

	(void)state;
	assert_string_equal(value_of("mod_fcgid", &question, "SERVER_PROTOCOL"), "HTTP/1.1");
	question.protocol = "HTTP/1.0";
	question.request.remote_addr = "192.0.2.1";
	assert_string_equal(value_of("mod_fcgid", &question, "SERVER_PROTOCOL"), "HTTP/1.0");
	assert_string_equal(value_of("mod_fcgid", &question, "REMOTE_ADDR"), "192.0.2.1");
}

/* The order is that of httpd's table: what the module sets first, httpd's own, what it adds. */
static void
mod_fastcgi(void **state)
{
	static const struct preset_header headers[] = {
		{ "Content-Length", "7" },
		{ "Content-Type", "text/plain" },
		{ "TE", "trailers" },
		{ "Connection", "keep-alive" },
		{ "X-A", "1" },
		{ "x-a", "2" },
		{ "Proxy", "evil" },
	};
	struct dialect_question question = usual(AUTH_AUTHENTICATOR);

	(void)state;
	question.request.method = "POST";
	question.request.headers = headers;
	question.request.header_count = sizeof headers / sizeof *headers;
#define BEFORE "REMOTE_PASSWD=b:ar\nFCGI_APACHE_ROLE=AUTHENTICATOR\nHTTP_HOST=localhost\n"
#define BETWEEN                                                                                    \
	"CONTENT_TYPE=text/plain\nHTTP_TE=trailers\nHTTP_CONNECTION=keep-alive\nHTTP_X_A=1, 2\n"   \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nSERVER_SIGNATURE=\n"   \
	"SERVER_SOFTWARE=Apache/2.4.71 (Debian)\nSERVER_NAME=localhost\nSERVER_ADDR=127.0.0.1\n"   \
	"SERVER_PORT=80\nREMOTE_ADDR=127.0.0.1\nDOCUMENT_ROOT=/var/www/html\nREQUEST_SCHEME=http\n" \
	"CONTEXT_PREFIX=\nCONTEXT_DOCUMENT_ROOT=/var/www/html\n"                                   \
	"SERVER_ADMIN=[no address given]\nSCRIPT_FILENAME=/var/www/html/protected/app.php\n"       \
	"REMOTE_PORT=49152\nREMOTE_USER=foo\nAUTH_TYPE=Basic\nGATEWAY_INTERFACE=CGI/1.1\n"         \
	"SERVER_PROTOCOL=HTTP/1.1\nREQUEST_METHOD=POST\nQUERY_STRING=y=2024\n"                     \
	"REQUEST_URI=/protected/app.php/info?y=2024\n"
	assert_all("mod_fastcgi", &question,
	    BEFORE "CONTENT_LENGTH=7\n" BETWEEN "SCRIPT_NAME=/protected/app.php\nPATH_INFO=/info\n");
	assert_all("mod_fastcgi-compat", &question, BEFORE BETWEEN);
}

static void
a_request_that_the_server_refuses(void **state)
{
	struct dialect dialect = opened("mod_authnz_fcgi");
	struct dialect_question question = usual(AUTH_AUTHENTICATOR);
	struct params params = { 0 };
	char why[256];

	(void)state;
	question.request.url = "/a%2Fb";
	assert_int_equal(dialect_params(&dialect, &question, &params, why, sizeof why),
	    -FCGI_E_SYNTAX);
	assert_non_null(strstr(why, "the server refuses"));
	params_reset(&params);
	dialect_close(&dialect);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Each record as TYPE, its length and its padding, and "k" for FCGI_KEEP_CONN; id 258. */
static void
assert_records(const struct dialect_call *call, const struct params *params, const char *expected)
{
	struct fcgi_reader reader = { 0 };
	struct buffer wire = { 0 };
	struct fcgi_slice slice;
	const unsigned char *p, *end;
	char text[512];
	size_t len = 0;
	int what;

	assert_int_equal(dialect_encode(call, params, &wire), 0);
	p = wire.data;
	end = p + wire.len;
	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		if (what == FCGI_READ_RECORD) {
			assert_int_equal(reader.record.request_id, call->request_id);
			len += (size_t)snprintf(text + len, sizeof text - len, "%d:%u+%u ",
			    reader.record.type, reader.record.content_length,
			    reader.record.padding_length);
		}
		if (what == FCGI_READ_CONTENT && reader.record.type == FCGI_BEGIN_REQUEST) {
			assert_int_equal(slice.data[1], call->role);
			if (slice.data[2] == FCGI_KEEP_CONN)
				len += (size_t)snprintf(text + len, sizeof text - len, "k ");
		}
	}
	assert_int_equal(what, 0);
	text[len > 0 ? len - 1 : 0] = '\0';
	assert_string_equal(text, expected);
	buffer_free(&wire);
}

/* Pairs of 10 bytes on the wire each, and one of 35. */
static void
fill(struct params *params)
{
	must(params_add(params, "A", 1, "1234567", 7) == 0);
	must(params_add(params, "B", 1, "1234567", 7) == 0);
	must(params_add(params, "C", 1, "12345678901234567890123456789012", 32) == 0);
	must(params_add(params, "D", 1, "1234567", 7) == 0);
}

static void
how_records_are_cut(void **state)
{
	struct dialect_call call = { .request_id = 258, .role = FCGI_AUTHORIZER,
		.records.max_len = FCGI_MAX_LENGTH };
	struct params params = { 0 };

	(void)state;
	assert_records(&call, &params, "1:8+0 4:0+0");
	fill(&params);
	assert_records(&call, &params, "1:8+0 4:65+0 4:0+0");
	call.stdin_record = DIALECT_STDIN_EMPTY;
	call.keep_conn = 1;
	call.role = FCGI_RESPONDER;
	call.records.padded = 1;
	assert_records(&call, &params, "1:8+0 k 4:65+7 4:0+0 5:0+0");
	call.records.padded = 0;
	/* No pair is in two records, unless it is longer than one. */
	call.records.max_len = 44;
	assert_records(&call, &params, "1:8+0 k 4:20+0 4:35+0 4:10+0 4:0+0 5:0+0");
	call.records.max_len = 45;
	assert_records(&call, &params, "1:8+0 k 4:20+0 4:45+0 4:0+0 5:0+0");
	call.records.max_len = 20;
	assert_records(&call, &params, "1:8+0 k 4:20+0 4:20+0 4:15+0 4:10+0 4:0+0 5:0+0");
	call.records.split = 1;
	assert_records(&call, &params, "1:8+0 k 4:20+0 4:20+0 4:20+0 4:5+0 4:0+0 5:0+0");
	call.records.split = 0;
	call.records.max_len = FCGI_MAX_LENGTH;
	call.records.one_pair = 1;
	assert_records(&call, &params, "1:8+0 k 4:10+0 4:10+0 4:35+0 4:10+0 4:0+0 5:0+0");
	params_reset(&params);
}

static void
calls_of_the_dialects(void **state)
{
	static const struct {
		const char *name, *records;
	} known[] = {
		{ "spec", "1:8+0 4:65+7 4:0+0" },
		{ "mod_authnz_fcgi", "1:8+0 4:65+0 4:0+0" },
		{ "mod_fcgid", "1:8+0 4:65+0 4:0+0" },
		{ "mod_fastcgi", "1:8+0 4:10+0 4:10+0 4:35+0 4:10+0 4:0+0 5:0+0" },
		{ "mod_fastcgi-compat", "1:8+0 4:10+0 4:10+0 4:35+0 4:10+0 4:0+0 5:0+0" },
		{ "lighttpd", "1:8+0 4:65+0 4:0+0 5:0+0" },
		{ "nginx-auth-request", "1:8+0 4:65+7 4:0+0 5:0+0" },
	};
	struct dialect dialect;
	struct dialect_question question;
	struct dialect_call call;
	struct params params = { 0 };
	size_t i;

	(void)state;
	fill(&params);
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		dialect = opened(known[i].name);
		question = usual(dialect.phase);
		call = dialect_call(&dialect, &question);
		assert_int_equal(call.request_id, 1);
		assert_records(&call, &params, known[i].records);
		dialect_close(&dialect);
	}
	params_reset(&params);
}

/* --- files ------------------------------------------------------------------------------------ */

/* Returns 0, or the error with "x:LINE: why" or the like in why. */
static int
read_text(struct dialect *dialect, const char *text, char *why, size_t why_size)
{
	*dialect = (struct dialect){ .name = strdup("x") };
	must(dialect->name != NULL);
	return dialect_read(dialect, text, strlen(text), why, why_size);
}

static void
assert_wrong(const char *text, const char *expected)
{
	struct dialect dialect;
	char why[256] = "";

	assert_int_equal(read_text(&dialect, text, why, sizeof why), -FCGI_E_SYNTAX);
	assert_string_equal(why, expected);
	dialect_close(&dialect);
}

static void
wrong_files(void **state)
{
	(void)state;
	assert_wrong("role: authorizer\n", "x:2: there is no line 'phases:'");
	assert_wrong("phases:\n", "x:1: the names of the phases are missing");
	assert_wrong("# none\nphases: authnz sleep\n", "x:2: there is no phase 'sleep'");
	assert_wrong("phases: authnz\nrole: filter", "x:2: it is 'authorizer' or 'responder'");
	assert_wrong("phases: authnz\nstdin: full", "x:2: it is 'none' or 'empty'");
	assert_wrong("phases: authnz\nstdin-post: 1", "x:2: it is 'none' or 'empty'");
	assert_wrong("phases: authnz\nkeep-conn: no yes", "x:2: it is 'no' or 'yes'");
	assert_wrong("phases: authnz\npadding:", "x:2: it is 'no' or 'yes'");
	assert_wrong("phases: authnz\nrecords: half", "x:2: it is 'whole N' or 'pairs'");
	assert_wrong("phases: authnz\nrecords: whole 65536",
	    "x:2: '65536' is not a number from 1 to 65535");
	assert_wrong("phases: authnz\nrecords: whole 7 8", "x:2: there is too much");
	assert_wrong("phases: authnz\nserver: iis",
	    "x:2: it is the name of one dialect that is built in");
	assert_wrong("phases: authnz\n[authnz A <- \"1\"", "x:2: there is no ']'");
	assert_wrong("phases: authnz\n[sleep] A <- \"1\"", "x:2: there is no phase 'sleep'");
	assert_wrong("phases: authnz\n\nA <- fog", "x:3: there is no source 'fog'");
	assert_wrong("phases: authnz\nport: 3", "x:2: 'port:' is neither a setting nor followed by '<-'");
	assert_wrong("phases: authnz\n[authnz] role: responder",
	    "x:2: 'role:' is neither a setting nor followed by '<-'");
}

static void
a_file_of_ones_own(void **state)
{
	static const char text[] = "phases: check authnz # no others\n"
				   "server: lighttpd\n"
				   "role: responder\n"
				   "stdin-post: empty\n"
				   "stdin: none\n"
				   "keep-conn: yes\n"
				   "records: whole 100\n"
				   "padding: yes\n"
				   "[authnz] A <- \"1\"\n"
				   "[check authnz] B <- \"2\"\n"
				   "[check] A <- \"3\"";
	struct dialect_question question = usual(AUTH_CHECK);
	struct params params = { 0 };
	struct dialect dialect;
	char why[256] = "";

	(void)state;
	assert_int_equal(read_text(&dialect, text, why, sizeof why), 0);
	assert_int_equal(dialect.phase, AUTH_CHECK);
	assert_int_equal(dialect.phases, BITS(AUTH_CHECK, AUTH_AUTHNZ));
	assert_string_equal(dialect.server, "lighttpd");
	assert_int_equal(dialect.role, FCGI_RESPONDER);
	assert_int_equal(dialect.stdin_get, DIALECT_STDIN_NONE);
	assert_int_equal(dialect.stdin_post, DIALECT_STDIN_EMPTY);
	assert_int_equal(dialect.keep_conn, 1);
	assert_int_equal(dialect.records.max_len, 100);
	assert_int_equal(dialect.records.padded, 1);
	assert_int_equal(dialect_params(&dialect, &question, &params, why, sizeof why), 0);
	assert_int_equal(params.count, 2);
	assert_string_equal(params_get(&params, "A"), "3");
	assert_string_equal((const char *)params.items[0].name, "B");
	params_reset(&params);
	question.phase = AUTH_AUTHNZ;
	assert_int_equal(dialect_params(&dialect, &question, &params, why, sizeof why), 0);
	assert_string_equal(params_get(&params, "A"), "1");
	params_reset(&params);
	dialect_close(&dialect);
}

static void
unknown_names(void **state)
{
	struct dialect dialect = { 0 };
	char why[512];

	(void)state;
	assert_int_equal(dialect_open(&dialect, "iis", why, sizeof why), -FCGI_E_SYNTAX);
	assert_non_null(strstr(why, "there is no dialect 'iis'; there are: spec mod_authnz_fcgi"));
	assert_int_equal(dialect_open(&dialect, "./no/such.dialect", why, sizeof why),
	    -FCGI_E_SYSTEM);
	assert_non_null(strstr(why, "no/such.dialect"));
	assert_null(dialect.name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases),
		cmocka_unit_test(servers_and_roles),
		cmocka_unit_test(stdin_records),
		cmocka_unit_test(roles_of_httpd),
		cmocka_unit_test(identity_of_httpd),
		cmocka_unit_test(identity_of_others),
		cmocka_unit_test(half_identities),
		cmocka_unit_test(odd_identities),
		cmocka_unit_test(other_ways_to_know_a_user),
		cmocka_unit_test(what_no_authorizer_gets),
		cmocka_unit_test(the_original_request_of_nginx),
		cmocka_unit_test(protocol_and_address),
		cmocka_unit_test(mod_fastcgi),
		cmocka_unit_test(a_request_that_the_server_refuses),
		cmocka_unit_test(how_records_are_cut),
		cmocka_unit_test(calls_of_the_dialects),
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(a_file_of_ones_own),
		cmocka_unit_test(unknown_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
