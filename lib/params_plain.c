#include "params_plain.h"

#include <stdio.h>
#include <string.h>

static const char *const pairs[] = {
	"REQUEST_METHOD=GET",
	"QUERY_STRING=",
	"SERVER_PROTOCOL=HTTP/1.1",
	"GATEWAY_INTERFACE=CGI/1.1",
	"SERVER_SOFTWARE=" PACKAGE_NAME "/" PACKAGE_VERSION,
	"SERVER_NAME=localhost",
	"SERVER_PORT=80",
	"SERVER_ADDR=127.0.0.1",
	"REMOTE_ADDR=127.0.0.1",
	"REMOTE_PORT=0",
	"HTTP_HOST=localhost",
	"DOCUMENT_ROOT=/",
	"PATH_INFO=",
	/* php-cgi answers nobody who does not say so. */
	"REDIRECT_STATUS=200",
};

static int
set(struct params *params, const char *name, const char *value)
{
	return params_set(params, name, strlen(name), value, strlen(value));
}

int
params_plain(struct params *params, const char *path, size_t body_len)
{
	char number[24];
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof pairs / sizeof *pairs; i++)
		r = params_set_pair(params, pairs[i]);
	if (r == 0 && body_len > 0)
		r = set(params, "REQUEST_METHOD", "POST");
	snprintf(number, sizeof number, "%zu", body_len);
	if (r == 0)
		r = set(params, "CONTENT_LENGTH", number);
	if (r == 0)
		r = set(params, "SCRIPT_NAME", path);
	/* php-fpm compares SCRIPT_NAME with the page's path, but wants a file too. */
	if (r == 0)
		r = set(params, "SCRIPT_FILENAME", path);
	return r == 0 ? set(params, "REQUEST_URI", path) : r;
}
