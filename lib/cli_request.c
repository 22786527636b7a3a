#include "cli_request.h"

#include <stdlib.h>
#include <string.h>

#include "cgi_block.h"
#include "fcgi_error.h"

enum { WHY_SIZE = 512 };

enum {
	OPT_URL = CLI_OPT_REQUEST,
	OPT_TARGET,
	OPT_AS,
	OPT_METHOD,
	OPT_HEADER,
	OPT_DATA,
	OPT_DOCROOT,
	OPT_SCRIPT,
	OPT_PATHINFO,
	OPT_SPLIT,
	OPT_PASS_HEADER,
	OPT_REMOTE_ADDR,
	OPT_HTTPS,
};

const struct poptOption cli_request_options[] = {
	{ .longName = "url", .argInfo = POPT_ARG_STRING, .val = OPT_URL,
	    .descrip = "send what a web server would send for URL, not our environment",
	    .argDescrip = "URL" },
	{ .longName = "as", .argInfo = POPT_ARG_STRING, .val = OPT_AS,
	    .descrip = "which web server: apache-fpm, nginx-php, ... or a FILE with a slash (cgi)",
	    .argDescrip = "PRESET" },
	{ .longName = "request", .shortName = 'X', .argInfo = POPT_ARG_STRING, .val = OPT_METHOD,
	    .descrip = "the method (GET, with a body POST)", .argDescrip = "METHOD" },
	{ .longName = "header", .shortName = 'H', .argInfo = POPT_ARG_STRING, .val = OPT_HEADER,
	    .descrip = "a header of the request", .argDescrip = "'NAME: VALUE'" },
	{ .longName = "data", .shortName = 'd', .argInfo = POPT_ARG_STRING, .val = OPT_DATA,
	    .descrip = "send this body: text, the contents of @FILE, or - for standard input",
	    .argDescrip = "DATA" },
	{ .longName = "request-target", .argInfo = POPT_ARG_STRING, .val = OPT_TARGET,
	    .descrip = "what the request line has in place of the URL's path and query",
	    .argDescrip = "TARGET" },
	{ .longName = "docroot", .argInfo = POPT_ARG_STRING, .val = OPT_DOCROOT,
	    .descrip = "the web server's document root (/var/www/html)", .argDescrip = "DIR" },
	{ .longName = "script", .argInfo = POPT_ARG_STRING, .val = OPT_SCRIPT,
	    .descrip = "the script's file, whatever the URL says", .argDescrip = "FILE" },
	{ .longName = "pathinfo", .argInfo = POPT_ARG_STRING, .val = OPT_PATHINFO,
	    .descrip = "Apache's proxy-fcgi-pathinfo: first-dot, last-dot, full, unescape or raw",
	    .argDescrip = "HOW" },
	{ .longName = "split", .argInfo = POPT_ARG_STRING, .val = OPT_SPLIT,
	    .descrip = "where the script's name ends in the path (.php)", .argDescrip = "SUFFIX" },
	{ .longName = "pass-header", .argInfo = POPT_ARG_STRING, .val = OPT_PASS_HEADER,
	    .descrip = "pass a header that the web server would keep back (Authorization)",
	    .argDescrip = "NAME" },
	{ .longName = "remote-addr", .argInfo = POPT_ARG_STRING, .val = OPT_REMOTE_ADDR,
	    .descrip = "the client's address (127.0.0.1)", .argDescrip = "ADDRESS" },
	{ .longName = "https", .argInfo = POPT_ARG_NONE, .val = OPT_HTTPS,
	    .descrip = "the request came over TLS" },
	POPT_TABLEEND,
};

static int
has_control(const char *value)
{
	for (; *value != '\0'; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f)
			return 1;
	return 0;
}

/* "Name: value"; "Name:" leaves a header out, "Name;" sends it without a value, as with curl. */
static void
add_header(const struct cli *cli, struct cli_request *request, const char *line)
{
	size_t name_len = strcspn(line, ":;"), len;
	const char *value = line + name_len;
	struct preset_header *headers;
	char *name, *copy = NULL;

	if (*value == '\0' || (*value == ';' && value[1] != '\0') || !cgi_block_is_name(line, name_len) ||
	    has_control(value))
		cli_usage_error(cli, "-H: not \"Name: value\", \"Name:\" or \"Name;\"");
	if (*value == ':') {
		value += 1 + strspn(value + 1, " \t");
		len = strlen(value);
		while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
			len--;
		copy = strndup(value, len);
	}
	name = strndup(line, name_len);
	headers = reallocarray(request->headers, request->header_count + 1, sizeof *headers);
	if (name == NULL || headers == NULL || (*value != ';' && copy == NULL))
		cli_die(cli, cli->about->usage_status, "out of memory");
	request->headers = headers;
	headers[request->header_count++] = (struct preset_header){ name, copy };
}

static void
add_pass_header(const struct cli *cli, struct cli_request *request, const char *name)
{
	char **names =
	    reallocarray(request->pass_headers, request->pass_header_count + 1, sizeof *names);

	if (names == NULL)
		cli_die(cli, cli->about->usage_status, "out of memory");
	if (!cgi_block_is_name(name, strlen(name)))
		cli_usage_error(cli, "--pass-header %s: not the name of a header", name);
	request->pass_headers = names;
	names[request->pass_header_count++] = cli_keep(cli, name);
}

static void
set_method(const struct cli *cli, struct cli_request *request, const char *method)
{
	if (!cgi_block_is_name(method, strlen(method)))
		cli_usage_error(cli, "-X %s: not a method", method);
	cli_replace(cli, &request->method, method);
}

static void
set_pathinfo(const struct cli *cli, struct cli_request *request, const char *how)
{
	static const char *const known[] = { "first-dot", "last-dot", "full", "unescape", "raw" };
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(how, known[i]) == 0) {
			cli_replace(cli, &request->pathinfo, how);
			return;
		}
	cli_usage_error(cli, "--pathinfo %s: not first-dot, last-dot, full, unescape or raw", how);
}

int
cli_request_take(const struct cli *cli, struct cli_request *request, int option, const char *value)
{
	switch (option) {
	case OPT_URL:
		cli_replace(cli, &request->url, value);
		return 1;
	case OPT_TARGET:
		cli_replace(cli, &request->target, value);
		return 1;
	case OPT_AS:
		cli_replace(cli, &request->as, value);
		return 1;
	case OPT_METHOD:
		set_method(cli, request, value);
		return 1;
	case OPT_HEADER:
		add_header(cli, request, value);
		return 1;
	case OPT_DATA:
		/* curl would send both; the first is not to vanish. */
		if (request->data != NULL)
			cli_usage_error(cli, "-d is given twice, and there is but one body");
		cli_replace(cli, &request->data, value);
		return 1;
	case OPT_DOCROOT:
		if (*value != '/')
			cli_usage_error(cli, "--docroot %s: it does not begin with a slash", value);
		cli_replace(cli, &request->docroot, value);
		return 1;
	case OPT_SCRIPT:
		cli_replace(cli, &request->script, value);
		return 1;
	case OPT_PATHINFO:
		set_pathinfo(cli, request, value);
		return 1;
	case OPT_SPLIT:
		cli_replace(cli, &request->split, value);
		return 1;
	case OPT_PASS_HEADER:
		add_pass_header(cli, request, value);
		return 1;
	case OPT_REMOTE_ADDR:
		cli_replace(cli, &request->remote_addr, value);
		return 1;
	case OPT_HTTPS:
		request->https = 1;
		return 1;
	default:
		return 0;
	}
}

static char *
copy_text(const struct cli *cli, const char *text)
{
	return text != NULL ? cli_keep(cli, text) : NULL;
}

/* An array of which each item is written anew; NULL for none, as where nothing was given. */
static void *
copy_array(const struct cli *cli, size_t count, size_t size)
{
	void *items = count > 0 ? calloc(count, size) : NULL;

	if (items == NULL && count > 0)
		cli_die(cli, cli->about->usage_status, "out of memory");
	return items;
}

void
cli_request_copy(const struct cli *cli, struct cli_request *to, const struct cli_request *from)
{
	size_t i;

	*to = (struct cli_request){
		.url = copy_text(cli, from->url),
		.target = copy_text(cli, from->target),
		.as = copy_text(cli, from->as),
		.method = copy_text(cli, from->method),
		.data = copy_text(cli, from->data),
		.docroot = copy_text(cli, from->docroot),
		.script = copy_text(cli, from->script),
		.pathinfo = copy_text(cli, from->pathinfo),
		.split = copy_text(cli, from->split),
		.remote_addr = copy_text(cli, from->remote_addr),
		.https = from->https,
		.headers = copy_array(cli, from->header_count, sizeof *to->headers),
		.header_count = from->header_count,
		.pass_headers = copy_array(cli, from->pass_header_count,
		    sizeof *to->pass_headers),
		.pass_header_count = from->pass_header_count,
	};
	for (i = 0; i < to->header_count; i++)
		to->headers[i] = (struct preset_header){
			.name = copy_text(cli, from->headers[i].name),
			.value = copy_text(cli, from->headers[i].value),
		};
	for (i = 0; i < to->pass_header_count; i++)
		to->pass_headers[i] = copy_text(cli, from->pass_headers[i]);
}

int
cli_request_is_web(const struct cli_request *request)
{
	return request->url != NULL || request->as != NULL;
}

const char *
cli_request_stray(const struct cli_request *request)
{
	const struct {
		const void *given;
		const char *option;
	} needy[] = {
		{ request->target, "--request-target" },
		{ request->method, "-X" },
		{ request->headers, "-H" },
		{ request->docroot, "--docroot" },
		{ request->script, "--script" },
		{ request->pathinfo, "--pathinfo" },
		{ request->split, "--split" },
		{ request->pass_headers, "--pass-header" },
		{ request->remote_addr, "--remote-addr" },
		{ request->https ? "" : NULL, "--https" },
	};
	size_t i;

	if (cli_request_is_web(request))
		return NULL;
	for (i = 0; i < sizeof needy / sizeof *needy; i++)
		if (needy[i].given != NULL)
			return needy[i].option;
	return NULL;
}

void
cli_request_apply(const struct cli *cli, const struct cli_request *request,
    const struct cli_identity *identity, const struct addr *app, int has_body, int64_t body_len,
    struct params *params)
{
	const struct preset_request http = {
		.url = request->url,
		.target = request->target,
		.method = request->method,
		.headers = request->headers,
		.header_count = request->header_count,
		.has_body = has_body,
		.length_unknown = has_body && body_len < 0,
		.body_len = body_len > 0 ? (uint64_t)body_len : 0,
		.user = identity->user,
		.password = identity->password,
		.remote_addr = request->remote_addr,
		.https = request->https,
		.docroot = request->docroot,
		.script = request->script,
		.pathinfo = request->pathinfo,
		.split = request->split,
		.app = app,
		.pass_headers = (const char *const *)request->pass_headers,
		.pass_header_count = request->pass_header_count,
	};
	char why[WHY_SIZE];

	if (preset_apply(params, request->as != NULL ? request->as : "cgi", &http, why,
		sizeof why) < 0)
		cli_die(cli, cli->about->usage_status, "%s", why);
}

void
cli_request_reset(struct cli_request *request)
{
	size_t i;

	/* They were made by strndup(3); the structure is the preset's, which only reads them. */
	for (i = 0; i < request->header_count; i++) {
		free((void *)(uintptr_t)request->headers[i].name);
		free((void *)(uintptr_t)request->headers[i].value);
	}
	for (i = 0; i < request->pass_header_count; i++)
		free(request->pass_headers[i]);
	free(request->headers);
	free(request->pass_headers);
	free(request->url);
	free(request->target);
	free(request->as);
	free(request->method);
	free(request->data);
	free(request->docroot);
	free(request->script);
	free(request->pathinfo);
	free(request->split);
	free(request->remote_addr);
	*request = (struct cli_request){ 0 };
}
