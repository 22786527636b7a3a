/* What the presets of Apache make of requests: as httpd 2.4.71 sent it, asked the same. */
#include "preset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "preset_shown.h"

static const struct addr tcp = { .kind = ADDR_INET, .name = "127.0.0.1", .port = 9000 };
static const struct addr unix_socket = { .kind = ADDR_UNIX, .name = "/run/app.sock" };

static void
all_of_a_request(void **state)
{
	static const struct preset_header headers[] = {
		{ "Host", "www.Example.test:8080" },
		{ "X-Foo", "one" },
		{ "Cookie", "a=1" },
		{ "X-Foo", "two" },
		{ "Cookie", "b=2" },
		{ "X_Under", "a" },
		{ "X.Dot", "b" },
		{ "Proxy", "http://e/" },
		{ "Proxy-Authorization", "x" },
		{ "X-Empty", NULL },
		{ "x-foo", NULL },
	};
	static const char *const passed[] = { "authorization" };
	struct preset_request request = {
		.url = "http://localhost:23501/app.php/ex%20tra/p.i?x=1&y=%20z",
		.headers = headers,
		.header_count = sizeof headers / sizeof *headers,
		.user = "foo",
		.password = "bar",
		.docroot = "/srv/www",
		.app = &tcp,
	};
	static const char after[] =
	    "HTTP_X_FOO=one, two, \n"
	    "HTTP_COOKIE=a=1, b=2\n"
	    "HTTP_X_EMPTY=\n"
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
	    "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/srv/www/app.php\n"
	    "REMOTE_PORT=49152\n"
	    "GATEWAY_INTERFACE=CGI/1.1\n"
	    "SERVER_PROTOCOL=HTTP/1.1\n"
	    "REQUEST_METHOD=GET\n"
	    "QUERY_STRING=x=1&y=%20z\n"
	    "REQUEST_URI=/app.php/ex%20tra/p.i?x=1&y=%20z\n"
	    "SCRIPT_NAME=/app.php\n"
	    "PATH_INFO=/ex tra/p.i\n"
	    "PATH_TRANSLATED=/srv/www/ex tra/p.i\n";
	char expected[2048];

	(void)state;
	snprintf(expected, sizeof expected, "%s%s",
	    "proxy-nokeepalive=1\n"
	    "HTTP_HOST=www.Example.test:8080\n",
	    after);
	assert_preset("apache-fpm", &request, expected);
	request.pass_headers = passed;
	request.pass_header_count = 1;
	snprintf(expected, sizeof expected, "%s%s",
	    "proxy-nokeepalive=1\n"
	    "HTTP_HOST=www.Example.test:8080\n"
	    "HTTP_AUTHORIZATION=Basic Zm9vOmJhcg==\n",
	    after);
	assert_preset("apache-fpm", &request, expected);
}

/* Some of the lines of what a preset makes; a name with '!' before it is none of its variables. */
static void
assert_has(const char *name, const struct preset_request *request, const char *const *lines)
{
	char *shown = preset_shown(name, request), line[512];

	for (; *lines != NULL; lines++) {
		if (**lines == '!') {
			snprintf(line, sizeof line, "\n%s=", *lines + 1);
			if (strstr(shown, line) != NULL)
				fail_msg("%s is in\n%s", *lines + 1, shown);
			continue;
		}
		snprintf(line, sizeof line, "\n%s\n", *lines);
		if (strstr(shown, line) == NULL &&
		    strncmp(shown, line + 1, strlen(line + 1)) != 0)
			fail_msg("%s is not in\n%s", *lines, shown);
	}
	free(shown);
}

/* Where the script and the path info are: for /app.php/ex%20tra/p.i unless another path is told. */
static const struct {
	const char *preset;
	const char *pathinfo;
	const char *docroot;
	const struct addr *app;
	const char *path;
	const char *filename, *name, *info, *translated;	/* NULL: not sent */
} paths[] = {
	{ "apache-fpm", NULL, "/srv/www", &unix_socket, NULL,
	    "proxy:fcgi://localhost//srv/www/app.php", "/app.php", "/ex tra/p.i",
	    "/srv/www/ex tra/p.i" },
	{ "apache-fpm", "first-dot", "/srv/www", &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/srv/www/app.php", "/app.php", "/ex tra/p.i",
	    "/srv/www/ex tra/p.i" },
	{ "apache-fpm", "full", "/srv/www", &tcp, NULL, "/srv/www/app.php", "/app.php/ex tra/p.i",
	    NULL, NULL },
	{ "apache-fpm", "unescape", "/srv/www", &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/srv/www/app.php", "/app.php/ex tra/p.i",
	    "/srv/www/app.php", "/srv/www/srv/www/app.php" },
	{ "apache-fpm", "raw", "/srv/www", &unix_socket, NULL,
	    "proxy:fcgi://localhost//srv/www/app.php", "/app.php/ex tra/p.i",
	    "//srv/www/app.php", "/srv/www/srv/www/app.php" },
	{ "apache-fpm", NULL, "/srv/www", &tcp, "/app.php",
	    "proxy:fcgi://127.0.0.1:9000/srv/www/app.php", "/app.php", NULL, NULL },
	{ "apache-fpm", NULL, "/nonexistent", &tcp, "/sub/",
	    "proxy:fcgi://127.0.0.1:9000/nonexistent/sub/index.php", "/sub/index.php", NULL, NULL },
	{ "apache-fpm", NULL, "/nonexistent", &tcp, "/app.php/sub/",
	    "proxy:fcgi://127.0.0.1:9000/nonexistent/app.php", "/app.php", "/sub/",
	    "/nonexistent/sub/" },
	{ "apache-generic", NULL, "/srv/www", &tcp, NULL, "/srv/www/app.php", "/app.php",
	    "/ex tra/p.i", "/srv/www/ex tra/p.i" },
	{ "apache-generic", NULL, "/srv/www", &unix_socket, NULL, "//srv/www/app.php", "/app.php",
	    "/ex tra/p.i", "/srv/www/ex tra/p.i" },
	{ "apache-fpm-proxypass", NULL, NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "/app.php/ex tra/p.i", NULL, NULL },
	{ "apache-fpm-proxypass", NULL, NULL, &unix_socket, NULL,
	    "proxy:fcgi://localhost/app.php/ex%20tra/p.i", "/app.php/ex tra/p.i", NULL, NULL },
	{ "apache-fpm-proxypass", NULL, "/srv/www", &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/srv/www/app.php/ex%20tra/p.i", "/app.php/ex tra/p.i", NULL,
	    NULL },
	{ "apache-fpm-proxypass", "first-dot", NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "/app.php", "/ex tra/p.i",
	    "proxy:fcgi://127.0.0.1:9000/ex%20tra/p.i" },
	{ "apache-fpm-proxypass", "first-dot", NULL, &tcp, "/app.php/a.b/c.d/e",
	    "proxy:fcgi://127.0.0.1:9000/app.php/a.b/c.d/e", "/app.php", "/a.b/c.d/e",
	    "proxy:fcgi://127.0.0.1:9000/a.b/c.d/e/c.d/e" },
	{ "apache-fpm-proxypass", "last-dot", NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "/app.php/ex tra/p.i", NULL, NULL },
	{ "apache-fpm-proxypass", "last-dot", NULL, &tcp, "/app.php/a.b/c.d/e",
	    "proxy:fcgi://127.0.0.1:9000/app.php/a.b/c.d/e", "/app.php/a.b/c.d", "/e",
	    "proxy:fcgi://127.0.0.1:9000/e" },
	{ "apache-fpm-proxypass", "full", "/srv/www", &tcp, NULL, "/srv/www/app.php", "/app.php",
	    "/ex tra/p.i", "proxy:fcgi://127.0.0.1:9000/srv/www/ex%20tra/p.i" },
	{ "apache-fpm-proxypass", "full", "/srv/www", &tcp, "/sub/",
	    "proxy:fcgi://127.0.0.1:9000/srv/www/sub/", "/sub/", NULL, NULL },
	{ "apache-fpm-proxypass", "unescape", NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "", "/app.php/ex tra/p.i",
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i/app.php/ex tra/p.i" },
	{ "apache-fpm-proxypass", "1", NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "/app.php/ex tra",
	    "/app.php/ex%20tra/p.i",
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%2520tra/p.i/app.php/ex%2520tra/p.i" },
	{ "apache-fpm-proxypass", NULL, NULL, &tcp,
	    "/%01%7f%80%20%21%22%23%24%25%26%27%28%29%2a%2b%2c-./%3a%3b%3c%3d%3e%3f%40%5b%5c%5d"
	    "%5e_%60%7b%7c%7d%7e",
	    "proxy:fcgi://127.0.0.1:9000/%01%7F%80%20!%22%23$%25&'()*+,-./:;%3C=%3E%3F@%5B%5C%5D"
	    "%5E_%60%7B%7C%7D~",
	    "/\x01\x7f\x80 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", NULL, NULL },
	{ "apache-generic-proxypass", NULL, NULL, &tcp, NULL, "/app.php/ex%20tra/p.i",
	    "/app.php/ex tra/p.i", NULL, NULL },
	{ "apache-generic-proxypass", "raw", "/srv/www", &tcp, NULL,
	    "/srv/www/app.php/ex%20tra/p.i", "/app.php/ex tra", "/srv/www/app.php/ex%20tra/p.i",
	    "proxy:fcgi://127.0.0.1:9000/srv/www/srv/www/app.php/ex%2520tra/p.i"
	    "/srv/www/srv/www/app.php/ex%2520tra/p.i" },
	{ "apache-balancer", NULL, NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "/app.php/ex tra/p.i", NULL, NULL },
	{ "apache-balancer", "first-dot", "/srv/www", &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/srv/www/app.php/ex%20tra/p.i", "/app.php", "/ex tra/p.i",
	    "proxy:balancer://cluster/srv/www/ex tra/p.i" },
	{ "apache-balancer", "unescape", NULL, &tcp, NULL,
	    "proxy:fcgi://127.0.0.1:9000/app.php/ex%20tra/p.i", "", "/app.php/ex tra/p.i",
	    "proxy:balancer://cluster/app.php/ex tra/p.i" },
};

static char *
line_of(const char *name, const char *value)
{
	char *line;

	must(asprintf(&line, value != NULL ? "%s=%s" : "!%s", name, value) > 0);
	return line;
}

static void
scripts_and_path_info(void **state)
{
	struct preset_request request = { 0 };
	char *lines[5] = { 0 }, url[512];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		snprintf(url, sizeof url, "http://h%s",
		    paths[i].path != NULL ? paths[i].path : "/app.php/ex%20tra/p.i?x=1");
		request.url = url;
		request.pathinfo = paths[i].pathinfo;
		request.docroot = paths[i].docroot;
		request.app = paths[i].app;
		lines[0] = line_of("SCRIPT_FILENAME", paths[i].filename);
		lines[1] = line_of("SCRIPT_NAME", paths[i].name);
		lines[2] = line_of("PATH_INFO", paths[i].info);
		lines[3] = line_of("PATH_TRANSLATED", paths[i].translated);
		assert_has(paths[i].preset, &request, (const char *const *)lines);
		for (j = 0; j < 4; j++)
			free(lines[j]);
	}
}

/* It is looked up like a path of its own, where a directory gives its index. */
static void
path_info_of_a_directory(void **state)
{
	char docroot[] = "/tmp/preset.XXXXXX", file[64], info[64], index[64];
	struct preset_request request = { .docroot = docroot };

	(void)state;
	must(mkdtemp(docroot) != NULL);
	snprintf(file, sizeof file, "%s/index.php", docroot);
	snprintf(info, sizeof info, "PATH_TRANSLATED=%s/", docroot);
	snprintf(index, sizeof index, "PATH_TRANSLATED=%s/index.php", docroot);
	request.url = "http://h/app.php/";
	assert_has("apache-fpm", &request, (const char *const[]){ "PATH_INFO=/", info, NULL });
	must(mkdir(file, 0700) == 0);
	assert_has("apache-fpm", &request, (const char *const[]){ "PATH_INFO=/", info, NULL });
	must(rmdir(file) == 0 && mknod(file, S_IFREG | 0600, 0) == 0);
	assert_has("apache-fpm", &request, (const char *const[]){ "PATH_INFO=/", index, NULL });
	request.url = "http://h/app.php/x";
	snprintf(info, sizeof info, "PATH_TRANSLATED=%s/x", docroot);
	assert_has("apache-fpm", &request, (const char *const[]){ "PATH_INFO=/x", info, NULL });
	must(unlink(file) == 0 && rmdir(docroot) == 0);
}

static void
a_file_that_is_told(void **state)
{
	struct preset_request request = {
		.url = "http://h/app.php/x",
		.docroot = "/srv/www",
		.script = "/srv/www/index.php",
		.app = &tcp,
	};

	(void)state;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/srv/www/index.php",
		"SCRIPT_NAME=/index.php", "REQUEST_URI=/app.php/x", "!PATH_INFO", NULL });
	assert_has("apache-fpm-proxypass", &request,
	    (const char *const[]){ "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/srv/www/index.php",
		"SCRIPT_NAME=/index.php", NULL });
	request.script = "/opt/tool.php";
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/opt/tool.php",
		"SCRIPT_NAME=/app.php", "PATH_INFO=/x", NULL });
	assert_has("apache-fpm-proxypass", &request,
	    (const char *const[]){ "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1:9000/opt/tool.php/x",
		NULL });
}

static void
the_application_s_address(void **state)
{
	static const struct {
		struct addr addr;
		const char *filename, *worker;
	} cases[] = {
		{ { .kind = ADDR_INET, .name = "App.Example", .port = 9000 },
		    "SCRIPT_FILENAME=proxy:fcgi://app.example:9000/x",
		    "BALANCER_WORKER_NAME=fcgi://app.example:9000" },
		{ { .kind = ADDR_INET, .name = "127.0.0.1", .port = 8000 },
		    "SCRIPT_FILENAME=proxy:fcgi://127.0.0.1/x",
		    "BALANCER_WORKER_NAME=fcgi://127.0.0.1" },
		{ { .kind = ADDR_INET, .name = "::1", .port = 9000 },
		    "SCRIPT_FILENAME=proxy:fcgi://[::1]:9000/x",
		    "BALANCER_WORKER_NAME=fcgi://[::1]:9000" },
		{ { .kind = ADDR_INET, .name = "", .port = 9000 },
		    "SCRIPT_FILENAME=proxy:fcgi://localhost:9000/x",
		    "BALANCER_WORKER_NAME=fcgi://localhost:9000" },
		{ { .kind = ADDR_ABSTRACT, .name = "app" },
		    "SCRIPT_FILENAME=proxy:fcgi://localhost/x",
		    "BALANCER_WORKER_NAME=fcgi://localhost" },
	};
	struct preset_request request = { .url = "http://h/x" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		request.app = &cases[i].addr;
		assert_has("apache-balancer", &request,
		    (const char *const[]){ "BALANCER_NAME=balancer://cluster", cases[i].worker,
			"BALANCER_WORKER_ROUTE=", cases[i].filename, NULL });
	}
	request.app = NULL;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "SCRIPT_FILENAME=proxy:fcgi://localhost//var/www/html/x", NULL });
}

static void
bodies(void **state)
{
	static const struct preset_header chunked[] = { { "Transfer-Encoding", "chunked" } };
	struct preset_request request = { .url = "http://h/x", .has_body = 1, .body_len = 16303 };

	(void)state;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "CONTENT_LENGTH=16303", "REQUEST_METHOD=POST",
		"CONTENT_TYPE=application/x-www-form-urlencoded", "!HTTP_CONTENT_LENGTH",
		"!HTTP_CONTENT_TYPE", NULL });
	request.headers = chunked;
	request.header_count = 1;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "CONTENT_LENGTH=16303", "!HTTP_TRANSFER_ENCODING", NULL });
	request.body_len = 16384;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "!CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING=chunked", NULL });
	request.header_count = 0;
	request.body_len = 0;
	request.length_unknown = 1;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "!CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING=chunked", NULL });
}

static void
hosts_targets_and_https(void **state)
{
	struct preset_request request = { .url = "http://h:81/x" };
	struct preset_header host = { "Host", "Other.Test." };

	(void)state;
	request.headers = &host;
	request.header_count = 1;
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "SERVER_NAME=other.test", "SERVER_PORT=81",
		"HTTP_HOST=Other.Test.", "!HTTPS", "!SSL_TLS_SNI", NULL });
	request.target = "http://Abs.Test.:82/y?q";
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "SERVER_NAME=abs.test", "SERVER_PORT=82",
		"HTTP_HOST=abs.test:82", "REQUEST_URI=http://Abs.Test.:82/y?q", "QUERY_STRING=q",
		"SCRIPT_NAME=/y", NULL });
	request.target = "http://[::1]:5/y";
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "SERVER_NAME=[::1]", "SERVER_PORT=5", "HTTP_HOST=[::1]:5", NULL });
	request = (struct preset_request){ .url = "https://www.test/x" };
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "HTTPS=on", "SSL_TLS_SNI=www.test", "REQUEST_SCHEME=https",
		"SERVER_PORT=443", NULL });
	request.url = "https://127.0.0.1/x";
	assert_has("apache-fpm", &request,
	    (const char *const[]){ "HTTPS=on", "!SSL_TLS_SNI", NULL });
}

static void
refused(void **state)
{
	static const char *const urls[] = { "http://h/a%2fb", "http://h/%00", "http://h/%zz",
		"http://h/../x" };
	struct preset_request request = { 0 };
	char *shown;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof urls / sizeof *urls; i++) {
		request.url = urls[i];
		shown = preset_shown("apache-fpm", &request);
		assert_int_equal(shown[0], '!');
		assert_non_null(strstr(shown, "the server refuses"));
		free(shown);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_request),
		cmocka_unit_test(scripts_and_path_info),
		cmocka_unit_test(path_info_of_a_directory),
		cmocka_unit_test(a_file_that_is_told),
		cmocka_unit_test(the_application_s_address),
		cmocka_unit_test(bodies),
		cmocka_unit_test(hosts_targets_and_https),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
