#include "preset_source.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "fcgi_error.h"
#include "number.h"
#include "preset_apache.h"
#include "preset_context.h"

int
preset_put(struct buffer *out, const char *text)
{
	return text != NULL ? buffer_append(out, text, strlen(text)) : 0;
}

static int
put_number(struct buffer *out, uint64_t number)
{
	char text[24];

	return buffer_append(out, text,
	    (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)number));
}

int
preset_put_lower(struct buffer *out, const char *text, size_t len)
{
	char c;
	int r = 0;

	for (; r == 0 && len > 0; text++, len--) {
		c = (char)tolower((unsigned char)*text);
		r = buffer_append(out, &c, 1);
	}
	return r;
}

/* --- the request line ------------------------------------------------------------------------- */

static int
method(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->method);
}

static int
target(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->target);
}

static int
request_uri(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *origin = preset_url_origin(context->target);

	(void)argument;
	return preset_put(out, *origin != '\0' ? origin : "/");
}

static int
query(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->query);
}

/* What a path or a query may have unescaped when it is written as RFC 3986 wants it. */
static int
is_uri_char(unsigned char c)
{
	return c > ' ' && c < 0x7f && strchr("\"#%<>[\\]^`{|}", c) == NULL;
}

static int
is_unreserved(int c)
{
	return c > 0 && c < 0x80 && (isalnum(c) || strchr("-._~", c) != NULL);
}

/* An escape of a plain character becomes that character, any other is written in capitals. */
static int
put_normalized(struct buffer *out, const char *p, const char *end, int (*is_plain)(int c))
{
	char escape[4], c;
	int byte, r = 0;

	while (r == 0 && p < end) {
		byte = *p == '%' ? number_hex_byte(p + 1) : -1;
		c = is_plain(byte) ? (char)byte : *p;
		if (is_plain(byte) || (byte < 0 && is_uri_char((unsigned char)c))) {
			r = buffer_append(out, &c, 1);
		} else {
			snprintf(escape, sizeof escape, "%%%02hhX",
			    (unsigned char)(byte < 0 ? c : byte));
			r = buffer_append(out, escape, 3);
		}
		p += byte < 0 ? 1 : 3;
	}
	return r;
}

static int
query_normalized(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *p = context->query;

	(void)argument;
	return put_normalized(out, p, p + strlen(p), is_unreserved);
}

static int
is_unreserved_or_slash(int c)
{
	return c == '/' || is_unreserved(c);
}

static int
put_normalized_uri(const struct preset_context *context, const char *origin, struct buffer *out)
{
	size_t path_len = strcspn(origin, "?#");
	const char *why;
	int r;

	r = put_normalized(out, origin, origin + path_len, is_unreserved_or_slash);
	if (r == 0)
		r = buffer_append(out, "", 1);
	if (r < 0)
		return r;
	/* What is refused was refused when the path was read. */
	(void)preset_path_simplify((char *)out->data, context->rules->path, &why);
	out->len = strlen((char *)out->data);
	if (origin[path_len] != '?')
		return 0;
	r = buffer_append(out, "?", 1);
	return r < 0 ? r : query_normalized(context, NULL, out);
}

static int
redirect_uri(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *origin = preset_url_origin(context->target);
	struct buffer uri = { 0 };
	int r = put_normalized_uri(context, origin, &uri);

	(void)argument;
	if (r == 0 && (uri.len != strlen(origin) || memcmp(uri.data, origin, uri.len) != 0))
		r = buffer_append(out, uri.data, uri.len);
	buffer_free(&uri);
	return r;
}

/* --- the path and the files ------------------------------------------------------------------- */

static int
path(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->path);
}

static int
script_name(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return buffer_append(out, context->path, context->script_len);
}

static int
path_info(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->path + context->script_len);
}

static int
script(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->request->script);
}

static int
docroot(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->docroot);
}

static int
script_filename(const struct preset_context *context, const char *argument, struct buffer *out)
{
	int r;

	if (context->request->script != NULL)
		return preset_put(out, context->request->script);
	r = preset_put(out, context->docroot);
	return r < 0 ? r : script_name(context, argument, out);
}

/* --- hosts and addresses ---------------------------------------------------------------------- */

static int
scheme(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->https ? "https" : "http");
}

static int
https(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->https ? "on" : NULL);
}

static int
url_host(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->url.host);
}

/* The host and port the request is for: of the target in absolute form, else of the Host header. */
static const char *
find_authority(const struct preset_context *context, size_t *len)
{
	const char *origin = preset_url_origin(context->target), *authority;

	if (origin > context->target) {
		authority = strstr(context->target, "://") + 3;
		*len = (size_t)(origin - authority);
		return authority;
	}
	authority = preset_headers_get(&context->headers, "Host");
	*len = authority != NULL ? strlen(authority) : 0;
	return authority;
}

/* The part of it that is the host. */
static size_t
host_len(const char *authority, size_t len)
{
	const char *from = authority, *end;

	if (len > 0 && *authority == '[' && (end = memchr(authority, ']', len)) != NULL)
		from = end;
	end = len > 0 ? memchr(from, ':', len - (size_t)(from - authority)) : NULL;
	return end != NULL ? (size_t)(end - authority) : len;
}

static int
put_host(struct buffer *out, const char *authority, size_t len)
{
	if (len > 0 && authority[len - 1] == '.')
		len--;
	return preset_put_lower(out, authority, len);
}

static int
host(const struct preset_context *context, const char *argument, struct buffer *out)
{
	size_t len;
	const char *authority = find_authority(context, &len);

	(void)argument;
	return authority != NULL ? put_host(out, authority, host_len(authority, len)) : 0;
}

static int
host_port(const struct preset_context *context, const char *argument, struct buffer *out)
{
	size_t len, at;
	const char *authority = find_authority(context, &len);

	(void)argument;
	if (authority == NULL)
		return 0;
	at = host_len(authority, len);
	return at < len ? buffer_append(out, authority + at + 1, len - at - 1) : 0;
}

static int
authority(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *standard = context->https ? ":443" : ":80", *text;
	size_t len, at;
	int r;

	text = find_authority(context, &len);
	if (text == NULL)
		return 0;
	r = host(context, argument, out);
	at = host_len(text, len);
	if (r < 0 || len - at <= 1)
		return r;
	if (len - at == strlen(standard) && memcmp(text + at, standard, len - at) == 0)
		return 0;
	return buffer_append(out, text + at, len - at);
}

static int
server_addr(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *name = context->url.host, *remote = context->request->remote_addr;
	struct in_addr binary;
	size_t len = strlen(name);

	(void)argument;
	if (inet_pton(AF_INET, name, &binary) == 1)
		return preset_put(out, name);
	if (len > 2 && name[0] == '[')
		return buffer_append(out, name + 1, len - 2);
	return preset_put(out, remote != NULL && strchr(remote, ':') != NULL ? "::1" : "127.0.0.1");
}

static int
server_port(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_number(out, (uint64_t)context->url.port);
}

static int
scheme_port(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out, context->https ? "443" : "80");
}

static int
remote_addr(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return preset_put(out,
	    context->request->remote_addr != NULL ? context->request->remote_addr : "127.0.0.1");
}

/* Nobody can know it: the first of the ports that clients get. */
static int
remote_port(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)context;
	(void)argument;
	return preset_put(out, "49152");
}

/* --- headers ---------------------------------------------------------------------------------- */

static int
header(const struct preset_context *context, const char *argument, struct buffer *out)
{
	return preset_put(out, preset_headers_get(&context->headers, argument));
}

static int
content_length(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *length = preset_headers_get(&context->headers, "Content-Length");

	(void)argument;
	if (length != NULL)
		return preset_put(out, length);
	/* What came in chunks was collected first. */
	if (context->request->has_body && !context->request->length_unknown &&
	    preset_headers_get(&context->headers, "Transfer-Encoding") != NULL)
		return put_number(out, context->request->body_len);
	return 0;
}

int
preset_decode(struct buffer *plain, const char *text, size_t len)
{
	size_t pad;
	ptrdiff_t got;
	char *padded;

	len -= len % 4 == 1;
	pad = (4 - len % 4) % 4;
	if (buffer_reserve(plain, len + pad + 1) < 0 ||
	    asprintf(&padded, "%.*s%.*s", (int)len, text, (int)pad, "==") < 0)
		return -FCGI_E_SYSTEM;
	got = base64_decode(plain->data, padded, len + pad);
	explicit_bzero(padded, len + pad);
	free(padded);
	plain->len = got > 0 ? (size_t)got : 0;
	plain->data[plain->len] = '\0';
	return got >= 0;
}

/* Who says so in Authorization: Basic, checked by nobody. */
static int
basic_user(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *value = preset_headers_get(&context->headers, "Authorization"), *colon;
	struct buffer plain = { 0 };
	size_t len;
	int r;

	(void)argument;
	if (value == NULL || strncasecmp(value, "Basic ", 6) != 0)
		return 0;
	value += 6 + strspn(value + 6, " ");
	/* nginx looks no further than the padding. */
	len = strcspn(value, "=");
	if (len % 4 == 1)
		return 0;
	r = preset_decode(&plain, value, len);
	colon = r > 0 ? memchr(plain.data, ':', plain.len) : NULL;
	if (colon != NULL)
		r = buffer_append(out, plain.data, (size_t)(colon - (char *)plain.data));
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.size);
	buffer_free(&plain);
	return r < 0 ? r : 0;
}

static const struct preset_source table[] = {
	{ "authority", 0, authority },
	{ "basic-user", 0, basic_user },
	{ "content-length", 0, content_length },
	{ "docroot", 0, docroot },
	{ "header", 1, header },
	{ "host", 0, host },
	{ "host-port", 0, host_port },
	{ "https", 0, https },
	{ "method", 0, method },
	{ "path", 0, path },
	{ "path-info", 0, path_info },
	{ "query", 0, query },
	{ "query-normalized", 0, query_normalized },
	{ "redirect-uri", 0, redirect_uri },
	{ "remote-addr", 0, remote_addr },
	{ "remote-port", 0, remote_port },
	{ "request-uri", 0, request_uri },
	{ "scheme", 0, scheme },
	{ "scheme-port", 0, scheme_port },
	{ "script", 0, script },
	{ "script-filename", 0, script_filename },
	{ "script-name", 0, script_name },
	{ "server-addr", 0, server_addr },
	{ "server-port", 0, server_port },
	{ "target", 0, target },
	{ "url-host", 0, url_host },
	{ NULL, 0, NULL },
};

static const struct preset_source *
find(const struct preset_source *sources, const char *name)
{
	for (; sources->name != NULL; sources++)
		if (strcmp(sources->name, name) == 0)
			return sources;
	return NULL;
}

const struct preset_source *
preset_source_find(const char *name)
{
	const struct preset_source *source = find(table, name);

	return source != NULL ? source : find(preset_apache_sources, name);
}
