/* What each preset makes of one GET with odd headers, and of one POST over https. */
#include "preset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "preset_shown.h"

static void
assert_get(const char *name, const char *expected)
{
	static const struct preset_header headers[] = {
		{ "User-Agent", "ua/1" },
		{ "Accept", "*/*" },
		{ "Cookie", "a=b" },
		{ "Cookie", "c=d" },
		{ "X-Foo", "one" },
		{ "X-Foo", "two" },
		{ "X_Under_Score", "us" },
		{ "Proxy", "http://evil/" },
		{ "X-Dot.Hdr", "dot" },
		{ "Connection", "close" },
	};
	const struct preset_request request = {
		.url = "http://www.example.test:8080/app.php/ex%20tra/p.i?x=1&y=%20z",
		.headers = headers,
		.header_count = sizeof headers / sizeof *headers,
		.user = "foo",
		.password = "secret",
		.docroot = "/srv/www/",
	};

	assert_preset(name, &request, expected);
}

static void
assert_post(const char *name, const char *expected)
{
	const struct preset_request request = {
		.url = "https://www.example.test/app.php",
		.has_body = 1,
		.body_len = 7,
		.docroot = "/srv/www",
	};

	assert_preset(name, &request, expected);
}

static void
caddy(void **state)
{
	(void)state;
	assert_get("caddy",
	    "AUTH_TYPE=\n"
	    "CONTENT_LENGTH=0\n"
	    "CONTENT_TYPE=\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "PATH_TRANSLATED=/srv/www/ex tra/p.i\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_HOST=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REMOTE_IDENT=\n"
	    "REMOTE_USER=\n"
	    "REQUEST_METHOD=GET\n"
	    "REQUEST_SCHEME=http\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PORT=8080\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_SOFTWARE=Caddy/v2.6.2\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "DOCUMENT_URI=/app.php\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "SCRIPT_NAME=/app.php\n"
	    "HTTP_HOST=www.example.test:8080\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_X_FORWARDED_FOR=127.0.0.1\n"
	    "HTTP_X_FORWARDED_HOST=www.example.test:8080\n"
	    "HTTP_X_FORWARDED_PROTO=http\n"
	    "HTTP_AUTHORIZATION=Basic Zm9vOnNlY3JldA==\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b, c=d\n"
	    "HTTP_X_FOO=one, two\n"
	    "HTTP_X_UNDER_SCORE=us\n"
	    "HTTP_PROXY=http://evil/\n"
	    "HTTP_X_DOT.HDR=dot\n");
	assert_post("caddy",
	    "AUTH_TYPE=\n"
	    "CONTENT_LENGTH=7\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "PATH_INFO=\n"
	    "QUERY_STRING=\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_HOST=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REMOTE_IDENT=\n"
	    "REMOTE_USER=\n"
	    "REQUEST_METHOD=POST\n"
	    "REQUEST_SCHEME=https\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PORT=443\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_SOFTWARE=Caddy/v2.6.2\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "DOCUMENT_URI=/app.php\n"
	    "REQUEST_URI=/app.php\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "SCRIPT_NAME=/app.php\n"
	    "HTTPS=on\n"
	    "SSL_PROTOCOL=TLSv1.3\n"
	    "SSL_CIPHER=TLS_AES_128_GCM_SHA256\n"
	    "HTTP_HOST=www.example.test\n"
	    "HTTP_USER_AGENT=\n"
	    "HTTP_X_FORWARDED_FOR=127.0.0.1\n"
	    "HTTP_X_FORWARDED_HOST=www.example.test\n"
	    "HTTP_X_FORWARDED_PROTO=https\n"
	    "HTTP_CONTENT_LENGTH=7\n"
	    "HTTP_CONTENT_TYPE=application/x-www-form-urlencoded\n");
}

static void
cgi(void **state)
{
	(void)state;
	assert_get("cgi",
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_SOFTWARE=fcgi-utils\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PORT=8080\n"
	    "REQUEST_METHOD=GET\n"
	    "SCRIPT_NAME=/app.php\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "PATH_TRANSLATED=/srv/www/ex tra/p.i\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "AUTH_TYPE=Basic\n"
	    "REMOTE_USER=foo\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "HTTP_HOST=www.example.test:8080\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b; c=d\n"
	    "HTTP_X_FOO=one, two\n"
	    "HTTP_X_UNDER_SCORE=us\n"
	    "HTTP_X_DOT_HDR=dot\n");
	assert_post("cgi",
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_SOFTWARE=fcgi-utils\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PORT=443\n"
	    "REQUEST_METHOD=POST\n"
	    "SCRIPT_NAME=/app.php\n"
	    "QUERY_STRING=\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "CONTENT_LENGTH=7\n"
	    "REQUEST_URI=/app.php\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "HTTPS=on\n"
	    "HTTP_HOST=www.example.test\n");
}

static void
fpm_status(void **state)
{
	(void)state;
	assert_get("fpm-status",
	    "REQUEST_METHOD=GET\n"
	    "SCRIPT_NAME=/app.php/ex tra/p.i\n"
	    "SCRIPT_FILENAME=/app.php/ex tra/p.i\n"
	    "QUERY_STRING=x=1&y=%20z\n");
	assert_post("fpm-status",
	    "REQUEST_METHOD=POST\n"
	    "SCRIPT_NAME=/app.php\n"
	    "SCRIPT_FILENAME=/app.php\n"
	    "QUERY_STRING=\n");
}

static void
h2o(void **state)
{
	(void)state;
	assert_get("h2o",
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "SCRIPT_NAME=/app.php\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REQUEST_METHOD=GET\n"
	    "HTTP_HOST=www.example.test:8080\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=8080\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_SOFTWARE=h2o/2.2.5\n"
	    "HTTP_AUTHORIZATION=Basic Zm9vOnNlY3JldA==\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b;c=d\n"
	    "HTTP_X_FOO=one\n"
	    "HTTP_X_FOO=two\n"
	    "HTTP_X_UNDER_SCORE=us\n"
	    "HTTP_PROXY=http://evil/\n"
	    "HTTP_X_DOT.HDR=dot\n"
	    "HTTP_CONNECTION=close\n");
	assert_post("h2o",
	    "CONTENT_LENGTH=7\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "SCRIPT_NAME=/app.php\n"
	    "QUERY_STRING=\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REQUEST_METHOD=POST\n"
	    "HTTP_HOST=www.example.test\n"
	    "REQUEST_URI=/app.php\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=443\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_SOFTWARE=h2o/2.2.5\n"
	    "HTTPS=on\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n");
}

static void
haproxy(void **state)
{
	(void)state;
	assert_get("haproxy",
	    "HTTP_HOST=www.example.test:8080\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b\n"
	    "HTTP_COOKIE=c=d\n"
	    "HTTP_X_FOO=one\n"
	    "HTTP_X_FOO=two\n"
	    "REMOTE_USER=foo\n"
	    "AUTH_TYPE=Basic\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SCRIPT_NAME=/app.php\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "REQUEST_METHOD=GET\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "SERVER_NAME=www.example.test:8080\n"
	    "SERVER_PORT=8080\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "PATH_TRANSLATED=/srv/www/ex tra/p.i\n"
	    "CONTENT_LENGTH=0\n"
	    "SERVER_SOFTWARE=HAProxy 2.6.12\n");
	assert_post("haproxy",
	    "HTTP_HOST=www.example.test\n"
	    "CONTENT_LENGTH=7\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SCRIPT_NAME=/app.php\n"
	    "REQUEST_URI=/app.php\n"
	    "REQUEST_METHOD=POST\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_PORT=443\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "SERVER_SOFTWARE=HAProxy 2.6.12\n"
	    "HTTPS=on\n");
}

static void
lighttpd(void **state)
{
	(void)state;
	assert_get("lighttpd",
	    "CONTENT_LENGTH=0\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "REDIRECT_STATUS=200\n"
	    "SCRIPT_NAME=/app.php\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "PATH_TRANSLATED=/srv/www/ex tra/p.i\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "REQUEST_METHOD=GET\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_SOFTWARE=lighttpd/1.4.69\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "REQUEST_SCHEME=http\n"
	    "SERVER_PORT=8080\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_NAME=www.example.test\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "HTTP_HOST=www.example.test:8080\n"
	    "HTTP_AUTHORIZATION=Basic Zm9vOnNlY3JldA==\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b; c=d\n"
	    "HTTP_X_FOO=one, two\n"
	    "HTTP_X_UNDER_SCORE=us\n"
	    "HTTP_X_DOT_HDR=dot\n"
	    "HTTP_CONNECTION=close\n");
	assert_post("lighttpd",
	    "CONTENT_LENGTH=7\n"
	    "QUERY_STRING=\n"
	    "REQUEST_URI=/app.php\n"
	    "REDIRECT_STATUS=200\n"
	    "SCRIPT_NAME=/app.php\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "REQUEST_METHOD=POST\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "SERVER_SOFTWARE=lighttpd/1.4.69\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "REQUEST_SCHEME=https\n"
	    "HTTPS=on\n"
	    "SERVER_PORT=443\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_NAME=www.example.test\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "HTTP_HOST=www.example.test\n"
	    "HTTP_CONTENT_LENGTH=7\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "SSL_PROTOCOL=TLSv1.3\n"
	    "SSL_CIPHER=TLS_AES_256_GCM_SHA384\n"
	    "SSL_CIPHER_USEKEYSIZE=256\n"
	    "SSL_CIPHER_ALGKEYSIZE=256\n");
}

static void
mod_fastcgi(void **state)
{
	(void)state;
	assert_get("mod_fastcgi",
	    "HTTP_HOST=www.example.test:8080\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b, c=d\n"
	    "HTTP_X_FOO=one, two\n"
	    "HTTP_CONNECTION=close\n"
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	    "SERVER_SIGNATURE=\n"
	    "SERVER_SOFTWARE=Apache/2.4.71 (Debian)\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=8080\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "REQUEST_SCHEME=http\n"
	    "CONTEXT_PREFIX=\n"
	    "CONTEXT_DOCUMENT_ROOT=/srv/www\n"
	    "SERVER_ADMIN=[no address given]\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "REMOTE_PORT=49152\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_METHOD=GET\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "SCRIPT_NAME=/app.php\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "PATH_TRANSLATED=/srv/www/ex tra/p.i\n");
	assert_post("mod_fastcgi",
	    "HTTPS=on\n"
	    "HTTP_HOST=www.example.test\n"
	    "CONTENT_LENGTH=7\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	    "SERVER_SIGNATURE=\n"
	    "SERVER_SOFTWARE=Apache/2.4.71 (Debian)\n"
	    "SERVER_NAME=www.example.test\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=443\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "REQUEST_SCHEME=https\n"
	    "CONTEXT_PREFIX=\n"
	    "CONTEXT_DOCUMENT_ROOT=/srv/www\n"
	    "SERVER_ADMIN=[no address given]\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "REMOTE_PORT=49152\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_METHOD=POST\n"
	    "QUERY_STRING=\n"
	    "REQUEST_URI=/app.php\n"
	    "SCRIPT_NAME=/app.php\n");
}

static void
nginx(void **state)
{
	(void)state;
	assert_get("nginx",
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REQUEST_METHOD=GET\n"
	    "CONTENT_TYPE=\n"
	    "CONTENT_LENGTH=\n"
	    "SCRIPT_NAME=/app.php/ex tra/p.i\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "DOCUMENT_URI=/app.php/ex tra/p.i\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_SCHEME=http\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_SOFTWARE=nginx/1.22.1\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REMOTE_USER=foo\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=8080\n"
	    "SERVER_NAME=www.example.test\n"
	    "REDIRECT_STATUS=200\n"
	    "HTTP_HOST=www.example.test\n"
	    "HTTP_AUTHORIZATION=Basic Zm9vOnNlY3JldA==\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b\n"
	    "HTTP_COOKIE=c=d\n"
	    "HTTP_X_FOO=one\n"
	    "HTTP_X_FOO=two\n"
	    "HTTP_PROXY=http://evil/\n"
	    "HTTP_CONNECTION=close\n");
	assert_post("nginx",
	    "QUERY_STRING=\n"
	    "REQUEST_METHOD=POST\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "CONTENT_LENGTH=7\n"
	    "SCRIPT_NAME=/app.php\n"
	    "REQUEST_URI=/app.php\n"
	    "DOCUMENT_URI=/app.php\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_SCHEME=https\n"
	    "HTTPS=on\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_SOFTWARE=nginx/1.22.1\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REMOTE_USER=\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=443\n"
	    "SERVER_NAME=www.example.test\n"
	    "REDIRECT_STATUS=200\n"
	    "HTTP_HOST=www.example.test\n"
	    "HTTP_CONTENT_LENGTH=7\n"
	    "HTTP_CONTENT_TYPE=application/x-www-form-urlencoded\n");
}

static void
nginx_php(void **state)
{
	(void)state;
	assert_get("nginx-php",
	    "PATH_INFO=/ex tra/p.i\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REQUEST_METHOD=GET\n"
	    "CONTENT_TYPE=\n"
	    "CONTENT_LENGTH=\n"
	    "SCRIPT_NAME=/app.php\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "DOCUMENT_URI=/app.php\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_SCHEME=http\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_SOFTWARE=nginx/1.22.1\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REMOTE_USER=foo\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=8080\n"
	    "SERVER_NAME=www.example.test\n"
	    "REDIRECT_STATUS=200\n"
	    "HTTP_HOST=www.example.test:8080\n"
	    "HTTP_AUTHORIZATION=Basic Zm9vOnNlY3JldA==\n"
	    "HTTP_USER_AGENT=ua/1\n"
	    "HTTP_ACCEPT=*/*\n"
	    "HTTP_COOKIE=a=b\n"
	    "HTTP_COOKIE=c=d\n"
	    "HTTP_X_FOO=one\n"
	    "HTTP_X_FOO=two\n"
	    "HTTP_PROXY=http://evil/\n"
	    "HTTP_CONNECTION=close\n");
	assert_post("nginx-php",
	    "PATH_INFO=\n"
	    "SCRIPT_FILENAME=/srv/www/app.php\n"
	    "QUERY_STRING=\n"
	    "REQUEST_METHOD=POST\n"
	    "CONTENT_TYPE=application/x-www-form-urlencoded\n"
	    "CONTENT_LENGTH=7\n"
	    "SCRIPT_NAME=/app.php\n"
	    "REQUEST_URI=/app.php\n"
	    "DOCUMENT_URI=/app.php\n"
	    "DOCUMENT_ROOT=/srv/www\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_SCHEME=https\n"
	    "HTTPS=on\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_SOFTWARE=nginx/1.22.1\n"
	    "REMOTE_ADDR=127.0.0.1\n"
	    "REMOTE_PORT=49152\n"
	    "REMOTE_USER=\n"
	    "SERVER_ADDR=127.0.0.1\n"
	    "SERVER_PORT=443\n"
	    "SERVER_NAME=www.example.test\n"
	    "REDIRECT_STATUS=200\n"
	    "HTTP_HOST=www.example.test\n"
	    "HTTP_CONTENT_LENGTH=7\n"
	    "HTTP_CONTENT_TYPE=application/x-www-form-urlencoded\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caddy),
		cmocka_unit_test(cgi),
		cmocka_unit_test(fpm_status),
		cmocka_unit_test(h2o),
		cmocka_unit_test(haproxy),
		cmocka_unit_test(lighttpd),
		cmocka_unit_test(mod_fastcgi),
		cmocka_unit_test(nginx),
		cmocka_unit_test(nginx_php),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
