/* What a preset makes of URLs, headers and files, by presets of our own where that says more. */
#include "preset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fcgi_error.h"
#include "preset_shown.h"

static char path[] = "/tmp/preset.XXXXXX";

static int
make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd >= 0 && close(fd) == 0 ? 0 : -1;
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

/* Puts that text into the file of path. */
static void
write_preset(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	must(file != NULL && fwrite(text, 1, len, file) == len && fclose(file) == 0);
}

static void
assert_made(const char *preset, const struct preset_request *request, const char *expected)
{
	write_preset(preset, strlen(preset));
	assert_preset(path, request, expected);
}

/* --- URLs ------------------------------------------------------------------------------------- */

static void
assert_url(const char *url, const char *expected)
{
	const struct preset_request request = { .url = url };

	assert_made(
	    "V <- scheme \" \" url-host \" \" server-port \" \" server-addr \" \" header Host "
	    "\" \" target\n",
	    &request, expected);
}

static void
urls_are_taken_apart(void **state)
{
	(void)state;
	assert_url(NULL, "V=http localhost 80 127.0.0.1 localhost /\n");
	assert_url("/p?q#f", "V=http localhost 80 127.0.0.1 localhost /p?q\n");
	assert_url("//h/p", "V=http localhost 80 127.0.0.1 localhost //h/p\n");
	assert_url("http://h", "V=http h 80 127.0.0.1 h /\n");
	assert_url("http://h?q", "V=http h 80 127.0.0.1 h /?q\n");
	assert_url("http://h#f", "V=http h 80 127.0.0.1 h /\n");
	assert_url("HTTP://H.x:80/A", "V=http H.x 80 127.0.0.1 H.x /A\n");
	assert_url("http://h:/", "V=http h 80 127.0.0.1 h /\n");
	assert_url("http://h:8080/", "V=http h 8080 127.0.0.1 h:8080 /\n");
	assert_url("http://h:443/", "V=http h 443 127.0.0.1 h:443 /\n");
	assert_url("https://h/", "V=https h 443 127.0.0.1 h /\n");
	assert_url("https://h:443/", "V=https h 443 127.0.0.1 h /\n");
	assert_url("https://h:80/", "V=https h 80 127.0.0.1 h:80 /\n");
	assert_url("http://h:65535/", "V=http h 65535 127.0.0.1 h:65535 /\n");
	assert_url("http://10.1.2.3/", "V=http 10.1.2.3 80 10.1.2.3 10.1.2.3 /\n");
	assert_url("http://[::1]/", "V=http [::1] 80 ::1 [::1] /\n");
	assert_url("http://[fe80::1]:81", "V=http [fe80::1] 81 fe80::1 [fe80::1]:81 /\n");
	assert_url("http://h/@a:b", "V=http h 80 127.0.0.1 h /@a:b\n");
}

static void
wrong_urls_are_refused(void **state)
{
	(void)state;
	assert_url("", "! : it begins neither with http:// or https:// nor with /");
	assert_url("h/p", "! h/p: it begins neither with http:// or https:// nor with /");
	assert_url("ftp://h/", "! ftp://h/: it begins neither with http:// or https:// nor with /");
	assert_url("http:///p", "! http:///p: there is no host in it");
	assert_url("http://:80/", "! http://:80/: there is no host in it");
	assert_url("http://u@h/", "! the user does not belong into the URL");
	assert_url("http://h/a b", "! http://h/a b: there is a blank or a control character in it");
	assert_url("/a\tb", "! /a\tb: there is a blank or a control character in it");
	assert_url("/a\nb", "! /a\nb: there is a blank or a control character in it");
	assert_url("/a\x7f", "! /a\x7f: there is a blank or a control character in it");
	assert_url("http://h:0/", "! http://h:0/: the port is no number up to 65535");
	assert_url("http://h:65536/", "! http://h:65536/: the port is no number up to 65535");
	assert_url("http://h:99999999999999999999/",
	    "! http://h:99999999999999999999/: the port is no number up to 65535");
	assert_url("http://h:8x/", "! http://h:8x/: the port is no number up to 65535");
	assert_url("http://h:-1/", "! http://h:-1/: the port is no number up to 65535");
	assert_url("http://[::1/", "! http://[::1/: there is no ']' behind the address");
	assert_url("http://[::1]x/", "! http://[::1]x/: there is something between ']' and ':'");
}

/* A password must not come back in a message. */
static void
a_password_in_the_url_is_not_repeated(void **state)
{
	const struct preset_request request = { .url = "http://u:sesame@h/" };
	char *shown = preset_shown("cgi", &request);

	(void)state;
	assert_null(strstr(shown, "sesame"));
	assert_non_null(strstr(shown, "the user does not belong into the URL"));
	free(shown);
}

static void
assert_target(const char *target, const char *expected)
{
	const struct preset_request request = { .url = "http://url:1/u", .target = target };

	assert_made("V <- host \" \" host-port \" \" authority \" \" request-uri \" \" path \" \" "
		    "query\n",
	    &request, expected);
}

static void
a_target_may_be_absolute(void **state)
{
	const struct preset_request alone = { .target = "https://H.test:99/a?b" };

	(void)state;
	assert_target("/p?q", "V=url 1 url:1 /p?q /p q\n");
	assert_target("http://Other:2/p?q", "V=other 2 other:2 /p?q /p q\n");
	assert_target("HTTPS://o./p", "V=o  o /p /p \n");
	assert_target("http://o:80", "V=o 80 o / / \n");
	assert_target("http://o?q", "V=o  o ?q / q\n");
	assert_target("http://[::1]:2/", "V=[::1] 2 [::1]:2 / / \n");
	assert_target("/p#f?g", "V=url 1 url:1 /p#f?g /p \n");
	assert_target("*", "V=url 1 url:1 * * \n");
	assert_made("V <- scheme \" \" url-host \" \" server-port \" \" header Host \" \" target\n",
	    &alone, "V=https H.test 99 H.test:99 https://H.test:99/a?b\n");
}

/* --- paths ------------------------------------------------------------------------------------ */

static void
assert_path(const char *rules, const char *url, const char *expected)
{
	const struct preset_request request = { .url = url };
	char preset[256];

	snprintf(preset, sizeof preset, "path: %s\nP <- path", rules);
	assert_made(preset, &request, expected);
}

static void
paths_are_decoded(void **state)
{
	(void)state;
	assert_path("", "/a%20b%2Fc%2fd%41+%25%3f?%41", "P=/a b/c/dA+%?\n");
	assert_path("", "/%", "P=/%\n");
	assert_path("", "/%4", "P=/%4\n");
	assert_path("", "/%4g%g4%%41", "P=/%4g%g4%A\n");
	assert_path("", "/%ff\xc3\xa9", "P=/\xff\xc3\xa9\n");
	assert_path("", "/a//../b/./c", "P=/a//../b/./c\n");
	assert_path("", "/a%00b", "! /a%00b: the server refuses %00 in the path");
	assert_path("refuse-bad-escape", "/%zz",
	    "! /%zz: the server refuses a '%' in the path without two digits");
	assert_path(
	    "refuse-control", "/%1f", "! /%1f: the server refuses a control character in the path");
	assert_path(
	    "refuse-control", "/%7F", "! /%7F: the server refuses a control character in the path");
	assert_path("refuse-control", "/%20?%0a", "P=/ \n");
	assert_path(
	    "refuse-escaped-slash", "/a/%2f", "! /a/%2f: the server refuses %2F in the path");
	assert_path("refuse-escaped-slash", "/a/b?%2f", "P=/a/b\n");
	assert_path("refuse-bad-utf8", "/%c1",
	    "! /%c1: the server refuses a byte in the path that UTF-8 "
	    "never has");
	assert_path("refuse-bad-utf8", "/\xf5",
	    "! /\xf5: the server refuses a byte in the path that UTF-8 "
	    "never has");
	assert_path("refuse-bad-utf8", "/%c2%bf%f4", "P=/\xc2\xbf\xf4\n");
}

static void
dot_segments_are_resolved(void **state)
{
	(void)state;
	assert_path("resolve-dots", "/a/./b/../c", "P=/a/c\n");
	assert_path("resolve-dots", "/a/b/..", "P=/a/\n");
	assert_path("resolve-dots", "/a/b/../", "P=/a/\n");
	assert_path("resolve-dots", "/a/.", "P=/a/\n");
	assert_path("resolve-dots", "/.", "P=/\n");
	assert_path("resolve-dots", "/..", "P=/\n");
	assert_path("resolve-dots", "/../../a", "P=/a\n");
	assert_path("resolve-dots", "/%2e%2E/a", "P=/a\n");
	assert_path("resolve-dots", "/a%2f../b", "P=/b\n");
	assert_path("resolve-dots", "/...a/.b/c./..d/...", "P=/...a/.b/c./..d/...\n");
	assert_path("resolve-dots", "/a//b//..", "P=/a//b/\n");
	assert_path("resolve-dots refuse-above-root", "/a/../b/../c", "P=/c\n");
	assert_path("resolve-dots refuse-above-root", "/a/../../b",
	    "! /a/../../b: the server refuses a '..' in the path that leads above the root");
	assert_path("merge-slashes", "//a///b%2f/", "P=/a/b/\n");
	assert_path("merge-slashes resolve-dots", "//a//..//b/", "P=/b/\n");
	assert_path("merge-slashes", "/a?//", "P=/a\n");
}

static void
assert_split(const char *rules, const char *url, const char *expected)
{
	const struct preset_request request = { .url = url };
	char preset[256];

	snprintf(preset, sizeof preset, "%s\nS <- script-name \"|\" path-info", rules);
	assert_made(preset, &request, expected);
}

static void
the_script_ends_where_the_preset_says(void **state)
{
	(void)state;
	assert_split("", "/a.php/b", "S=/a.php/b|\n");
	assert_split("split: .php", "/a.php", "S=/a.php|\n");
	assert_split("split: .php", "/a.php/", "S=/a.php|/\n");
	assert_split("split: .php", "/a.phpx/b.php/c.php/d", "S=/a.phpx/b.php|/c.php/d\n");
	assert_split("split: .php", "/a.PHP/b", "S=/a.PHP/b|\n");
	assert_split("split: .php", "/none", "S=/none|\n");
	assert_split("split: .php last", "/a.php/b.php/c.phpx", "S=/a.php/b.php|/c.phpx\n");
	assert_split("split: .php anywhere", "/a.PHPx/b.php", "S=/a.PHP|x/b.php\n");
	assert_split("split: .php\nindex: index.php", "/", "S=/index.php|\n");
	assert_split("split: .php\nindex: index.php", "/d/", "S=/d/index.php|\n");
	assert_split("split: .php\nindex: index.php", "/d", "S=/d|\n");
	assert_split("split: .php\nindex: index.php", "/a.php/", "S=/a.php|/\n");
}

static void
split_and_script_are_options_too(void **state)
{
	static const char files[] =
	    "split: .php\n"
	    "F <- script-filename \" \" script-name \"|\" path-info \" \" path\n";
	struct preset_request request = { .url = "/a.cgi/b.php/c", .docroot = "/srv/" };

	(void)state;
	assert_made(files, &request, "F=/srv/a.cgi/b.php /a.cgi/b.php|/c /a.cgi/b.php/c\n");
	request.split = ".cgi";
	assert_made(files, &request, "F=/srv/a.cgi /a.cgi|/b.php/c /a.cgi/b.php/c\n");
	/* Not below the document root: the URL says what its name is. */
	request.script = "/opt/x.cgi";
	assert_made(files, &request, "F=/opt/x.cgi /a.cgi|/b.php/c /a.cgi/b.php/c\n");
	request.script = "/srvx/a.cgi";
	assert_made(files, &request, "F=/srvx/a.cgi /a.cgi|/b.php/c /a.cgi/b.php/c\n");
	/* Below it: the name is that of the file, */
	request.split = NULL;
	request.script = "/srv/a.cgi";
	assert_made(files, &request, "F=/srv/a.cgi /a.cgi|/b.php/c /a.cgi/b.php/c\n");
	/* also for a URL that only leads there. */
	request.url = "/a.cgix/1";
	assert_made(files, &request, "F=/srv/a.cgi /a.cgi| /a.cgi\n");
	/* A server that does not part the path has nothing to find. */
	assert_made("F <- script-filename \" \" script-name \"|\" path-info", &request,
	    "F=/srv/a.cgi /a.cgix/1|\n");
	request.split = ".cgix";
	assert_made("F <- script-filename \" \" script-name \"|\" path-info", &request,
	    "F=/srv/a.cgi /a.cgi|\n");
	request.split = NULL;
	/* A server without a document root of its own. */
	request.docroot = "/";
	assert_made(files, &request, "F=/srv/a.cgi /srv/a.cgi| /srv/a.cgi\n");
}

static void
queries_are_normalized_where_asked(void **state)
{
	struct preset_request request = { .url = "/?%41%7e%2f%zz%2B[]|\"\xc3\xa9&=?/" };

	(void)state;
	assert_made("Q <- query\nN <- query-normalized\n", &request,
	    "Q=%41%7e%2f%zz%2B[]|\"\xc3\xa9&=?/\nN=A~%2F%25zz%2B%5B%5D%7C%22%C3%A9&=?/\n");
	request.url = "/a%41%2f../b%3f?%41";
	assert_made("path: resolve-dots\nR <- redirect-uri\n", &request, "R=/b%3F?A\n");
	request.url = "/a/b?c";
	assert_made("path: resolve-dots\nR <- redirect-uri\n", &request, "R=\n");
}

/* --- headers ---------------------------------------------------------------------------------- */

static void
assert_headers(
    const char *rules, const struct preset_header *headers, size_t count, const char *expected)
{
	const struct preset_request request = {
		.headers = headers,
		.header_count = count,
		.pass_headers = (const char *const[]){ "x-passed" },
		.pass_header_count = 1,
	};
	char preset[512];

	snprintf(preset, sizeof preset, "%s\nHTTP_* <- headers\n", rules);
	assert_made(preset, &request, expected);
}

static void
headers_become_variables(void **state)
{
	static const struct preset_header headers[] = {
		{ "Host", "" },
		{ "x-a", "1" },
		{ "Y", "y" },
		{ "X-A", NULL },
		{ "X-a", "3" },
		{ "X_b!\xc3\xa9", "odd" },
		{ "X-Passed", "p" },
		{ "X-Not-Passed", "n" },
		{ "X-Gone", "" },
	};
	const size_t count = sizeof headers / sizeof *headers;

	(void)state;
	assert_headers("", headers, count,
	    "HTTP_X_A=1\nHTTP_Y=y\nHTTP_X_A=\nHTTP_X_A=3\nHTTP_X_PASSED=p\nHTTP_X_NOT_PASSED=n\n");
	assert_headers("odd-names: drop\nrepeated-headers: keep\nempty-headers: keep", headers,
	    count,
	    "HTTP_X_A=1\nHTTP_Y=y\nHTTP_X_A=\nHTTP_X_A=3\nHTTP_X_PASSED=p\nHTTP_X_NOT_PASSED=n\n");
	assert_headers("odd-names: underscore\nrepeated-headers: join \", \"", headers, count,
	    "HTTP_X_A=1, , 3\nHTTP_Y=y\nHTTP_X_B___=odd\nHTTP_X_PASSED=p\nHTTP_X_NOT_PASSED=n\n");
	assert_headers("odd-names: keep\nrepeated-headers: join \"+\"\nempty-headers: drop",
	    headers, count,
	    "HTTP_X_A=1+3\nHTTP_Y=y\nHTTP_X_B!\xc3\xa9=odd\nHTTP_X_PASSED=p\nHTTP_X_NOT_PASSED="
	    "n\n");
	assert_headers("empty-headers: drop\nheader x-a: join \"; \"\nheader Y: as YY", headers,
	    count, "HTTP_X_A=1; 3\nYY=y\nHTTP_X_PASSED=p\nHTTP_X_NOT_PASSED=n\n");
	assert_headers("header X-A: drop\nheader X-Passed: drop unless passed\n"
		       "header X-Not-Passed: drop unless passed\nHTTP_Y <- \"mine\"",
	    headers, count, "HTTP_Y=mine\nHTTP_X_PASSED=p\n");
	assert_headers("header *: drop\nheader Y: drop if https\nrepeated-headers: join "
		       "\"\"\nheader X-A: send",
	    headers, count, "HTTP_X_A=13\nHTTP_Y=y\nHTTP_X_PASSED=p\nHTTP_X_NOT_PASSED=n\n");
}

static void
assert_sent(const struct preset_request *request, const char *expected)
{
	assert_made("HTTP_* <- headers\nL <- content-length\nM <- method\n", request, expected);
}

/* As curl does it. */
static void
a_client_adds_headers(void **state)
{
	static const struct preset_header own[] = {
		{ "content-type", "" },
		{ "CONTENT-LENGTH", "5" },
		{ "authorization", "Bearer t" },
		{ "host", "other" },
	};
	static const struct preset_header chunked[] = { { "Transfer-Encoding", "chunked" } };
	struct preset_request request = { .has_body = 1, .body_len = UINT64_MAX };

	(void)state;
	assert_sent(&request, "HTTP_HOST=localhost\nHTTP_CONTENT_LENGTH=18446744073709551615\n"
			      "HTTP_CONTENT_TYPE=application/"
			      "x-www-form-urlencoded\nL=18446744073709551615\nM=POST\n");
	request.user = "Aladdin";
	request.password = "open sesame";
	request.method = "PUT";
	request.length_unknown = 1;
	assert_sent(&request,
	    "HTTP_HOST=localhost\nHTTP_AUTHORIZATION=Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\n"
	    "HTTP_TRANSFER_ENCODING=chunked\n"
	    "HTTP_CONTENT_TYPE=application/x-www-form-urlencoded\nL=\nM=PUT\n");
	request.headers = own;
	request.header_count = sizeof own / sizeof *own;
	assert_sent(&request,
	    "HTTP_HOST=other\nHTTP_CONTENT_LENGTH=5\nHTTP_AUTHORIZATION=Bearer t\nL=5\nM=PUT\n");
	request = (struct preset_request){
		.has_body = 1, .body_len = 3, .headers = chunked, .header_count = 1, .user = "u"
	};
	assert_sent(&request,
	    "HTTP_HOST=localhost\nHTTP_AUTHORIZATION=Basic dTo=\nHTTP_TRANSFER_ENCODING=chunked\n"
	    "HTTP_CONTENT_TYPE=application/x-www-form-urlencoded\nL=3\nM=POST\n");
	request = (struct preset_request){ .method = "HEAD" };
	assert_sent(&request, "HTTP_HOST=localhost\nL=\nM=HEAD\n");
}

static void
assert_user(const char *authorization, const char *expected)
{
	const struct preset_header header = { "Authorization", authorization };
	const struct preset_request request = { .headers = &header, .header_count = 1 };

	assert_made("U <- basic-user\n", &request, expected);
}

static void
the_user_is_that_of_basic(void **state)
{
	(void)state;
	assert_user("Basic Zm9vOmJhcg==", "U=foo\n");
	assert_user("bASIC   Zm9vOmJhcg==", "U=foo\n");
	assert_user("Basic Zm9v", "U=\n");
	assert_user("Basic OmJhcg==", "U=\n");
	assert_user("Basic Zm9vOmJhcg", "U=foo\n");
	assert_user("Basic Zm9vOmJhcg==x!", "U=foo\n");
	assert_user("Basic Zm9vOmJhcgQQQ", "U=\n");
	assert_user("Basic Zm9vOmJh cg", "U=\n");
	assert_user("Basic", "U=\n");
	assert_user("Basic ", "U=\n");
	assert_user("Basic !", "U=\n");
	assert_user("Bearer Zm9vOmJhcg==", "U=\n");
}

static void
assert_apache_user(const char *authorization, const char *expected)
{
	const struct preset_header header = { "Authorization", authorization };
	const struct preset_request request = { .headers = &header, .header_count = 1 };

	assert_made("U <- apache-user \"|\" apache-password if apache-auth\n", &request, expected);
}

/* What httpd makes of it is C's strings, and of what is no base 64 what comes before. */
static void
the_user_of_httpd_may_be_half_of_one(void **state)
{
	struct preset_request request = { .user = "f:oo", .password = "bar" };

	(void)state;
	assert_apache_user("Basic Zm9vOmJhcg==", "U=foo|bar\n");
	assert_apache_user("bASIC \t Zm9vOmJhcg==", "U=foo|bar\n");
	assert_apache_user("Basic Zm9vOmJhcg", "U=foo|bar\n");
	assert_apache_user("Basic Zm9vOmJhc", "U=foo|ba\n");
	assert_apache_user("Basic Zm9vOmJhc", "U=foo|ba\n");
	assert_apache_user("Basic Zm9vOmJhcg==Zm9v", "U=foo|bar\n");
	assert_apache_user("Basic Zm9v", "U=foo|\n");
	assert_apache_user("Basic OmJhcg==", "U=|bar\n");
	assert_apache_user("Basic Zm9vOmI6YXI=", "U=foo|b:ar\n");
	assert_apache_user("Basic Zm8Abzpi", "U=fo|\n");
	assert_apache_user("Basic", "U=|\n");
	assert_apache_user("Basic !", "U=|\n");
	assert_apache_user("Bearer Zm9vOmJhcg==", "");
	assert_apache_user("Basically Zm9vOmJhcg==", "");
	assert_made("U <- apache-auth \" \" apache-user \"|\" apache-password\n", &request,
	    "U=Basic f|oo:bar\n");
	request.password = NULL;
	assert_made("U <- apache-user \"|\" apache-password\n", &request, "U=f|oo:\n");
}

static void
a_header_may_have_another_value(void **state)
{
	static const struct preset_header headers[] = { { "A", "1" }, { "Connection", "x" },
		{ "connection", "y" }, { "B", "2" } };
	const struct preset_request request = { .headers = headers,
		.header_count = sizeof headers / sizeof *headers };

	(void)state;
	assert_made("header Connection: value \"close\"\nheader Host: drop\nHTTP_* <- headers\n"
		    "HTTP_CONNECTION <- \"close\" unless header Connection\n",
	    &request, "HTTP_A=1\nHTTP_CONNECTION=close\nHTTP_B=2\n");
}

static void
addresses_are_of_one_family(void **state)
{
	struct preset_request request = { .remote_addr = "2001:db8::1" };

	(void)state;
	assert_made("A <- remote-addr \" \" server-addr\n", &request, "A=2001:db8::1 ::1\n");
	request.remote_addr = "192.0.2.1";
	assert_made("A <- remote-addr \" \" server-addr\n", &request, "A=192.0.2.1 127.0.0.1\n");
}

static void
https_is_the_urls_or_asked_for(void **state)
{
	static const char preset[] =
	    "S <- scheme \" \" server-port \" \" scheme-port \" \" https\n";
	struct preset_request request = { .url = "http://h:8080/", .https = 1 };

	(void)state;
	assert_made(preset, &request, "S=https 8080 443 on\n");
	request.url = "http://h/";
	assert_made(preset, &request, "S=https 443 443 on\n");
	request.https = 0;
	assert_made(preset, &request, "S=http 80 80 \n");
}

/* --- the lines of a preset -------------------------------------------------------------------- */

static void
lines_say_what_is_sent(void **state)
{
	const struct preset_request request = { .url = "/p?q" };

	(void)state;
	assert_made("# nothing\n\n   \t\n", &request, "");
	assert_made("A <- \"a\" # b\nA<- <- \"x\"", &request, "A=a\nA<-=x\n");
	assert_made(
	    "  A\t<-\t\"a \\\"\\\\\\n#\"method \"\"  query\r\n", &request, "A=a \"\\\\n#GETq\n");
	assert_made("A <- https else header X else \"c\" else \"d\"\n", &request, "A=c\n");
	assert_made("A <- https else header X\n", &request, "A=\n");
	assert_made("A <- \"a\" https else \"b\"\n", &request, "A=a\n");
	assert_made("A <- \"a\" if https\nB <- \"b\" unless https\nC <- \"c\" if header Host\n",
	    &request, "B=b\nC=c\n");
	assert_made("A <- method\nA <- query", &request, "A=GET\nA=q\n");
	assert_made("if <- \"1\"\nheader <- \"2\"\n", &request, "if=1\nheader=2\n");
}

static void
assert_wrong(const char *preset, const char *reason)
{
	const struct preset_request request = { 0 };
	char expected[256];

	snprintf(expected, sizeof expected, "! %s:%s", path, reason);
	assert_made(preset, &request, expected);
}

static void
mistakes_are_told_with_their_line(void **state)
{
	(void)state;
	assert_wrong("A <- method\n\nB <- nothing\n", "3: there is no source 'nothing'");
	assert_wrong("A <-", "1: a source is missing");
	assert_wrong("A <- method else", "1: a source is missing");
	assert_wrong("A <- else method", "1: there is no source before 'else'");
	assert_wrong("A <- method else else method", "1: there is no source before 'else'");
	assert_wrong("A <- if https", "1: there is no source 'if'");
	assert_wrong("A <- method if", "1: the source of the condition is missing");
	assert_wrong("A <- method if \"x\"", "1: \"x\" is no source");
	assert_wrong("A <- method if header", "1: the name of the header is missing");
	assert_wrong("A <- method unless https else query", "1: 'else' is too much");
	assert_wrong("A <- header", "1: the name of the header is missing");
	assert_wrong("A <- \"open", "1: there is no '\"' that ends the text");
	assert_wrong("A <- \"open\\\"\nB <- method", "1: there is no '\"' that ends the text");
	assert_wrong("\"A\" <- method", "1: a line does not begin with a text");
	assert_wrong("A <-method", "1: there is no blank behind '<-'");
	assert_wrong("A method", "1: 'A' is neither a setting nor followed by '<-'");
	assert_wrong("HTTP_* <- method", "1: HTTP_* <- headers is all that can be said of HTTP_*");
	assert_wrong("HTTP_* <-", "1: 'headers' is missing");
	assert_wrong("HTTP_* <- headers if https", "1: 'if' is too much");
	assert_wrong("path: clean", "1: 'clean' is nothing that is done to a path");
	assert_wrong("index:", "1: the name of the file is missing");
	assert_wrong("index: a b", "1: 'b' is too much");
	assert_wrong("split:", "1: what the script's name ends in is missing");
	assert_wrong("split: \"\"", "1: what the script's name ends in is empty");
	assert_wrong("split: .php first", "1: 'first' is not 'last' or 'anywhere'");
	assert_wrong("split: .php last x", "1: 'x' is too much");
	assert_wrong("odd-names:", "1: 'drop', 'underscore' or 'keep' is missing");
	assert_wrong("odd-names: x", "1: 'x' is not 'drop', 'underscore' or 'keep'");
	assert_wrong("empty-headers: x", "1: 'x' is not 'keep' or 'drop'");
	assert_wrong("repeated-headers: x", "1: 'x' is not 'keep' or 'join'");
	assert_wrong("repeated-headers: join", "1: what is put between the values is missing");
	assert_wrong("header", "1: the name of the header is missing");
	assert_wrong("header X drop", "1: behind 'header' there is not 'NAME:'");
	assert_wrong("header : drop", "1: behind 'header' there is not 'NAME:'");
	assert_wrong("header X:", "1: 'send', 'drop', 'join', 'as' or 'value' is missing");
	assert_wrong("header X: keep", "1: 'keep' is not 'send', 'drop', 'join', 'as' or 'value'");
	assert_wrong("header X: drop it", "1: behind 'drop' there may be 'unless passed' or 'if'");
	assert_wrong("header X: drop if", "1: the source of the condition is missing");
	assert_wrong("header X: drop if x", "1: there is no source 'x'");
	assert_wrong(
	    "header X: drop unless", "1: behind 'drop' there may be 'unless passed' or 'if'");
	assert_wrong("header X: drop unless passed on", "1: 'on' is too much");
	assert_wrong("header X: join", "1: what is put between the values is missing");
	assert_wrong("header X: value", "1: the value is missing");
	assert_wrong("header X: value \"a\" b", "1: 'b' is too much");
	assert_wrong("header X: as", "1: the variable is missing");
	assert_wrong("header X: as \"\"", "1: the variable has no name");
}

/* --- where presets come from ------------------------------------------------------------------ */

static void
files_are_read(void **state)
{
	static const char nul[] = "A <- method\n\0B <- method\n";
	const struct preset_request request = { 0 };
	struct params params = { 0 };
	char why[256];
	size_t i;

	(void)state;
	for (i = 1; preset_name(i) != NULL; i++)
		assert_true(strcmp(preset_name(i - 1), preset_name(i)) < 0);
	assert_true(i > 9);
	assert_int_equal(
	    preset_apply(&params, "/nowhere/x", &request, why, sizeof why), -FCGI_E_SYSTEM);
	assert_string_equal(why, "/nowhere/x: No such file or directory");
	assert_int_equal(preset_apply(&params, "/", &request, why, sizeof why), -FCGI_E_SYSTEM);
	assert_string_equal(why, "/: Is a directory");
	write_preset(nul, sizeof nul - 1);
	assert_int_equal(preset_apply(&params, path, &request, why, sizeof why), -FCGI_E_SYNTAX);
	assert_non_null(strstr(why, ":1: there is a NUL in it: it is no preset"));
	write_preset("", 0);
	assert_preset(path, &request, "");
}

/* Larger than what is read at once. */
static void
large_files_are_read(void **state)
{
	const struct preset_request request = { 0 };
	size_t len = 3 * BUFSIZ, i;
	char *text = malloc(len);

	(void)state;
	must(text != NULL);
	for (i = 0; i < len; i++)
		text[i] = i % 64 == 63 ? '\n' : '#';
	memcpy(text + len - 12, "\nA <- \"end\"\n", 12);
	write_preset(text, len);
	assert_preset(path, &request, "A=end\n");
	free(text);
}

static void
unknown_presets_are_told(void **state)
{
	const struct preset_request request = { 0 };
	struct params params = { 0 };
	char why[512];

	(void)state;
	assert_int_equal(
	    preset_apply(&params, "apache", &request, why, sizeof why), -FCGI_E_SYNTAX);
	assert_ptr_equal(strstr(why, "there is no preset 'apache'; there are: "), why);
	assert_non_null(strstr(why, " nginx-php"));
	/* A short buffer is no reason to write behind it. */
	assert_int_equal(preset_apply(&params, "apache", &request, why, 10), -FCGI_E_SYNTAX);
	assert_string_equal(why, "there is ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_taken_apart),
		cmocka_unit_test(wrong_urls_are_refused),
		cmocka_unit_test(a_password_in_the_url_is_not_repeated),
		cmocka_unit_test(a_target_may_be_absolute),
		cmocka_unit_test(paths_are_decoded),
		cmocka_unit_test(dot_segments_are_resolved),
		cmocka_unit_test(the_script_ends_where_the_preset_says),
		cmocka_unit_test(split_and_script_are_options_too),
		cmocka_unit_test(queries_are_normalized_where_asked),
		cmocka_unit_test(headers_become_variables),
		cmocka_unit_test(a_client_adds_headers),
		cmocka_unit_test(the_user_is_that_of_basic),
		cmocka_unit_test(the_user_of_httpd_may_be_half_of_one),
		cmocka_unit_test(a_header_may_have_another_value),
		cmocka_unit_test(addresses_are_of_one_family),
		cmocka_unit_test(https_is_the_urls_or_asked_for),
		cmocka_unit_test(lines_say_what_is_sent),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(large_files_are_read),
		cmocka_unit_test(unknown_presets_are_told),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
