#include "preset_apache.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "fcgi_error.h"
#include "number.h"
#include "preset_context.h"
#include "preset_source.h"

/* mod_proxy's for fcgi://, which it leaves out. */
enum { DEFAULT_PORT = 8000 };

/* A body in chunks is collected until there are as many bytes: 16 KiB less some. */
enum { COLLECT_MAX = 16304 };

/* --- the application's address ---------------------------------------------------------------- */

static int
is_tcp(const struct preset_context *context)
{
	return context->request->app != NULL && context->request->app->kind == ADDR_INET;
}

/* What stands behind fcgi://; of a UNIX socket it is a name that has to be there. */
static int
app(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const struct addr *addr = context->request->app;
	char port[16] = "";
	const char *name;
	int is_v6, r;

	(void)argument;
	if (!is_tcp(context))
		return preset_put(out, "localhost");
	name = addr->name[0] != '\0' && strcmp(addr->name, "*") != 0 ? addr->name : "localhost";
	is_v6 = strchr(name, ':') != NULL;
	if (addr->port != DEFAULT_PORT)
		snprintf(port, sizeof port, ":%d", addr->port);
	r = is_v6 ? preset_put(out, "[") : 0;
	if (r == 0)
		r = preset_put_lower(out, name, strlen(name));
	if (r == 0 && is_v6)
		r = preset_put(out, "]");
	return r < 0 ? r : preset_put(out, port);
}

/* The slash at the end of "unix:...|fcgi://localhost/", which gets into the path as well. */
static int
app_slash(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return is_tcp(context) ? 0 : preset_put(out, "/");
}

/* --- proxy-fcgi-pathinfo ---------------------------------------------------------------------- */

static int
pathinfo(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return context->request->pathinfo != NULL ? preset_put(out, context->request->pathinfo) : 0;
}

static int
is_pathinfo(const struct preset_context *context, const char *how)
{
	const char *given = context->request->pathinfo;

	return given != NULL && strcasecmp(given, how) == 0;
}

static int
pathinfo_full(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return is_pathinfo(context, "full") ? preset_put(out, "full") : 0;
}

/* As a URL's path is written: decoded, but for a slash. */
static int
put_decoded(struct buffer *out, const char *text)
{
	char c;
	int byte, r = 0;

	while (r == 0 && *text != '\0') {
		byte = *text == '%' ? number_hex_byte(text + 1) : -1;
		if (byte == '/' || byte == 0)
			byte = -1;
		c = byte < 0 ? *text : (char)byte;
		r = buffer_append(out, &c, 1);
		text += byte < 0 ? 1 : 3;
	}
	return r;
}

/* And the other way. */
static int
put_encoded(struct buffer *out, const char *text)
{
	char escape[4];
	int r = 0;

	for (; r == 0 && *text != '\0'; text++) {
		if (isascii(*text) &&
		    (isalnum((unsigned char)*text) || strchr("!$&'()*+,-./:;=@_~", *text) != NULL)) {
			r = buffer_append(out, text, 1);
		} else {
			snprintf(escape, sizeof escape, "%%%02hhX", (unsigned char)*text);
			r = preset_put(out, escape);
		}
	}
	return r;
}

/*
 * What it makes path info of a path, which begins with a slash.
 * Returns 1, or 0 when there is none for it in it.
 */
static int
find_info(const struct preset_context *context, const char *path, struct buffer *out)
{
	const char *from = path;
	int r;

	if (context->request->pathinfo == NULL || is_pathinfo(context, "full"))
		return 0;
	if (is_pathinfo(context, "first-dot"))
		from = strchr(path + 1, '.');
	else if (is_pathinfo(context, "last-dot"))
		from = strrchr(path + 1, '.');
	else if (!is_pathinfo(context, "unescape"))
		return preset_put(out, path) < 0 ? -FCGI_E_SYSTEM : 1;
	if (from != NULL && from > path)
		from = strchr(from, '/');
	r = from != NULL ? put_decoded(out, from) : 0;
	return r < 0 ? r : from != NULL;
}

/* Where SCRIPT_NAME ends when that is the path info: both are compared from behind. */
static size_t
script_end(const char *path, const char *info)
{
	size_t i = strlen(path), j = strlen(info), same = 0;

	while (same < i && same < j && path[i - same - 1] == info[j - same - 1])
		same++;
	i = same < i ? i - same - 1 : 0;
	return i + strcspn(path + i, "/");
}

/* A source of text with a NUL behind it, which is not counted. */
typedef int text_fn(const struct preset_context *, struct buffer *);

static int
put_nul(struct buffer *text)
{
	int r = buffer_append(text, "", 1);

	if (r == 0)
		text->len--;
	return r;
}

static int
put_script_name(const struct preset_context *context, text_fn *info_fn, struct buffer *out)
{
	struct buffer info = { 0 };
	int r = info_fn(context, &info);

	if (r == 0)
		r = put_nul(&info);
	if (r == 0)
		r = buffer_append(out, context->path, info.len == 0 ? strlen(context->path)
		    : script_end(context->path, (const char *)info.data));
	buffer_free(&info);
	return r;
}

/* The path info as the path of a URL of its own, which has no slashes side by side. */
static int
put_merged(struct buffer *out, text_fn *info_fn, const struct preset_context *context)
{
	struct buffer info = { 0 };
	size_t i;
	int r = info_fn(context, &info);

	for (i = 0; r == 0 && i < info.len; i++)
		if (i == 0 || info.data[i] != '/' || info.data[i - 1] != '/')
			r = buffer_append(out, &info.data[i], 1);
	buffer_free(&info);
	return r;
}

/* --- SetHandler ------------------------------------------------------------------------------- */

static int
put_script(const struct preset_context *context, struct buffer *out)
{
	const char *script = context->request->script;
	int r;

	if (script != NULL)
		return preset_put(out, script);
	r = preset_put(out, context->docroot);
	return r < 0 ? r : buffer_append(out, context->path, context->script_len);
}

static int
put_handler_info(const struct preset_context *context, struct buffer *out)
{
	struct buffer file = { 0 };
	int r;

	/* It looks for the path info of what is a file. */
	if (is_pathinfo(context, "full"))
		return 0;
	r = app_slash(context, NULL, &file);
	if (r == 0)
		r = put_script(context, &file);
	if (r == 0 && (r = put_nul(&file)) == 0)
		r = find_info(context, (const char *)file.data, out);
	if (r == 0)
		r = preset_put(out, context->path + context->script_len);
	buffer_free(&file);
	return r < 0 ? r : 0;
}

static int
handler_info(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_handler_info(context, out);
}

static int
handler_name(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_script_name(context, put_handler_info, out);
}

/* The path info is looked up as a path of its own: a directory gives its index, if there is one. */
static int
handler_translated(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *index = context->rules->index;
	struct stat st;
	size_t len;
	int r = preset_put(out, context->docroot);

	(void)argument;
	if (r == 0)
		r = put_merged(out, put_handler_info, context);
	len = out->len;
	if (r < 0 || index == NULL || len == 0 || out->data[len - 1] != '/')
		return r;
	r = preset_put(out, index);
	if (r == 0 && (r = put_nul(out)) == 0 &&
	    (stat((const char *)out->data, &st) < 0 || !S_ISREG(st.st_mode)))
		out->len = len;
	return r;
}

/* --- ProxyPass -------------------------------------------------------------------------------- */

/* Whether there is a script to be found for "full". */
static int
names_script(const struct preset_context *context)
{
	const char *split = context->request->split != NULL ? context->request->split
							    : context->rules->split;
	size_t len = split != NULL ? strlen(split) : 0;

	return context->request->script != NULL || (len > 0 && context->script_len >= len &&
	    strncmp(context->path + context->script_len - len, split, len) == 0);
}

/* The directory in the URL of ProxyPass: the document root, when that was told. */
static const char *
base(const struct preset_context *context)
{
	return context->request->docroot != NULL ? context->docroot : "";
}

static int
put_proxied(const struct preset_context *context, struct buffer *out)
{
	const char *path = context->path, *script = context->request->script;
	const char *from = base(context);
	struct buffer text = { 0 };
	int r;

	/* A file below another directory, by a rule of its own. */
	if (script != NULL && strncmp(script, context->docroot, strlen(context->docroot)) != 0) {
		from = script;
		path += context->script_len;
	}
	r = preset_put(&text, from);
	if (r == 0)
		r = preset_put(&text, path);
	if (r == 0 && (r = put_nul(&text)) == 0)
		r = put_encoded(out, (const char *)text.data);
	buffer_free(&text);
	return r;
}

static int
proxied_path(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_proxied(context, out);
}

static int
put_proxied_info(const struct preset_context *context, struct buffer *out)
{
	struct buffer path = { 0 };
	int r;

	if (is_pathinfo(context, "full") && names_script(context))
		return preset_put(out, context->path + context->script_len);
	r = put_proxied(context, &path);
	if (r == 0 && (r = put_nul(&path)) == 0)
		r = find_info(context, (const char *)path.data, out);
	buffer_free(&path);
	return r < 0 ? r : 0;
}

static int
proxied_info(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_proxied_info(context, out);
}

static int
proxied_name(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_script_name(context, put_proxied_info, out);
}

/* The file that "full" finds; nothing for the others. */
static int
proxied_file(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return is_pathinfo(context, "full") && names_script(context) ? put_script(context, out) : 0;
}

/* A request for the path info alone, as the balancer has it: nothing is encoded, no path info. */
static int
balanced_translated(const struct preset_context *context, const char *argument, struct buffer *out)
{
	int r = preset_put(out, base(context));

	(void)argument;
	return r < 0 ? r : put_merged(out, put_proxied_info, context);
}

/* As it is handed on: encoded once more, and what is path info of that behind it. */
static int
proxied_translated(const struct preset_context *context, const char *argument, struct buffer *out)
{
	struct buffer plain = { 0 }, path = { 0 };
	int r = balanced_translated(context, argument, &plain);

	if (r == 0 && (r = put_nul(&plain)) == 0)
		r = put_encoded(&path, (const char *)plain.data);
	if (r == 0 && (r = put_nul(&path)) == 0)
		r = preset_put(out, (const char *)path.data);
	if (r == 0)
		r = find_info(context, (const char *)path.data, out);
	buffer_free(&plain);
	buffer_free(&path);
	return r < 0 ? r : 0;
}

/* --- the request ------------------------------------------------------------------------------ */

/* The host of a target in absolute form takes the header's place, in lower case. */
static int
host_header(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *origin = preset_url_origin(context->target), *authority, *port;
	const char *header = preset_headers_get(&context->headers, "Host");
	size_t len;
	int r;

	(void)argument;
	if (origin == context->target)
		return header != NULL ? preset_put(out, header) : 0;
	authority = strstr(context->target, "://") + 3;
	len = (size_t)(origin - authority);
	port = memchr(authority, ']', len);
	port = memchr(port != NULL ? port : authority, ':',
	    (size_t)(origin - (port != NULL ? port : authority)));
	if (port == NULL)
		port = origin;
	len = (size_t)(port - authority);
	if (len > 0 && authority[len - 1] == '.')
		len--;
	r = preset_put_lower(out, authority, len);
	return r < 0 ? r : buffer_append(out, port, (size_t)(origin - port));
}

static int
collected_length(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const struct preset_request *request = context->request;
	char number[24];

	(void)argument;
	if (!request->has_body || request->length_unknown || request->body_len >= COLLECT_MAX ||
	    preset_headers_get(&context->headers, "Content-Length") != NULL ||
	    preset_headers_get(&context->headers, "Transfer-Encoding") == NULL)
		return 0;
	snprintf(number, sizeof number, "%d", (int)request->body_len);
	return preset_put(out, number);
}

/* --- Basic authentication --------------------------------------------------------------------- */

/*
 * "user:password", ended by a NUL, as is anything in it that is one: httpd's strings are C's.
 * Returns 1, or 0 when there is none.
 */
static int
find_basic(const struct preset_context *context, struct buffer *plain)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	const struct preset_request *request = context->request;
	const char *value = preset_headers_get(&context->headers, "Authorization");
	const char *password = request->password != NULL ? request->password : "";

	if (request->user != NULL) {
		/* In one piece: memory that grows leaves copies behind. */
		if (buffer_reserve(plain, strlen(request->user) + strlen(password) + 2) < 0)
			return -FCGI_E_SYSTEM;
		plain->len = (size_t)sprintf((char *)plain->data, "%s:%s", request->user, password);
		return 1;
	}
	if (value == NULL || strncasecmp(value, "Basic", 5) != 0 ||
	    (value[5] != ' ' && value[5] != '\0'))
		return 0;
	value += 5 + strspn(value + 5, " \t");
	/* No further than it is base 64. */
	return preset_decode(plain, value, strspn(value, letters)) < 0 ? -FCGI_E_SYSTEM : 1;
}

/* What is before the first ':' of it, or behind. */
static int
put_basic(const struct preset_context *context, int is_password, struct buffer *out)
{
	struct buffer plain = { 0 };
	const char *text;
	size_t user_len;
	int r = find_basic(context, &plain);

	if (r > 0) {
		text = (const char *)plain.data;
		user_len = strcspn(text, ":");
		if (!is_password)
			r = buffer_append(out, text, user_len);
		else
			r = text[user_len] == ':' ? preset_put(out, text + user_len + 1) : 0;
	}
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.size);
	buffer_free(&plain);
	return r < 0 ? r : 0;
}

static int
apache_user(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_basic(context, 0, out);
}

static int
apache_password(const struct preset_context *context, const char *argument, struct buffer *out)
{
	(void)argument;
	return put_basic(context, 1, out);
}

static int
apache_auth(const struct preset_context *context, const char *argument, struct buffer *out)
{
	struct buffer plain = { 0 };
	int r = find_basic(context, &plain);

	(void)argument;
	if (plain.data != NULL)
		explicit_bzero(plain.data, plain.size);
	buffer_free(&plain);
	return r > 0 ? preset_put(out, "Basic") : r;
}

/* --- https ------------------------------------------------------------------------------------ */

/* The name that a client tells a server of https before it speaks HTTP: no address. */
static int
tls_name(const struct preset_context *context, const char *argument, struct buffer *out)
{
	const char *host = context->url.host;
	struct in_addr address;

	(void)argument;
	if (!context->https || host[0] == '[' || inet_pton(AF_INET, host, &address) == 1)
		return 0;
	return preset_put(out, host);
}

const struct preset_source preset_apache_sources[] = {
	{ "apache-auth", 0, apache_auth },
	{ "apache-password", 0, apache_password },
	{ "apache-user", 0, apache_user },
	{ "app", 0, app },
	{ "app-slash", 0, app_slash },
	{ "balanced-translated", 0, balanced_translated },
	{ "collected-length", 0, collected_length },
	{ "handler-info", 0, handler_info },
	{ "handler-name", 0, handler_name },
	{ "handler-translated", 0, handler_translated },
	{ "host-header", 0, host_header },
	{ "pathinfo", 0, pathinfo },
	{ "pathinfo-full", 0, pathinfo_full },
	{ "proxied-file", 0, proxied_file },
	{ "proxied-info", 0, proxied_info },
	{ "proxied-name", 0, proxied_name },
	{ "proxied-path", 0, proxied_path },
	{ "proxied-translated", 0, proxied_translated },
	{ "tls-name", 0, tls_name },
	{ NULL, 0, NULL },
};
