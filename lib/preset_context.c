#include "preset_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"

/* Not the URL, when there is a user in it, with a password perhaps. */
static void
say_wrong(const char *url, const char *reason, char *why, size_t why_size)
{
	const char *origin = preset_url_origin(url);

	if (memchr(url, '@', (size_t)(origin - url)) != NULL)
		snprintf(why, why_size, "%s", reason);
	else
		snprintf(why, why_size, "%s: %s", url, reason);
}

static int
read_url(struct preset_context *context, char *why, size_t why_size)
{
	const struct preset_request *request = context->request;
	const char *text = request->url, *reason = NULL;
	int r;

	if (text == NULL && request->target != NULL &&
	    preset_url_origin(request->target) > request->target)
		text = request->target;
	if (text == NULL)
		text = "/";
	r = preset_url_read(&context->url, text, &reason);
	if (r == -FCGI_E_SYNTAX)
		say_wrong(text, reason, why, why_size);
	if (r < 0)
		return r;
	context->target = request->target != NULL ? request->target : context->url.target;
	context->https = request->https || context->url.https;
	if (context->https && !context->url.has_port)
		context->url.port = 443;
	return 0;
}

/* "/srv/" is "/srv": the path begins with a slash. */
static int
read_docroot(struct preset_context *context)
{
	const char *docroot = context->request->docroot;
	size_t len;

	context->docroot = docroot != NULL ? docroot : "/var/www/html";
	len = strlen(context->docroot);
	if (len == 0 || context->docroot[len - 1] != '/')
		return 0;
	context->made = strndup(context->docroot, len - 1);
	context->docroot = context->made;
	return context->made != NULL ? 0 : -FCGI_E_SYSTEM;
}

static int
set_path(struct preset_context *context, const char *path, size_t len, const char *more)
{
	char *made;

	if (asprintf(&made, "%.*s%s", (int)len, path, more) < 0)
		return -FCGI_E_SYSTEM;
	free(context->path);
	context->path = made;
	return 0;
}

static int
read_path(struct preset_context *context, char *why, size_t why_size)
{
	const struct preset_rules *rules = context->rules;
	const char *origin = preset_url_origin(context->target), *reason = NULL;
	size_t len = strcspn(origin, "?#");
	const char *query = origin[len] == '?' ? origin + len + 1 : "";
	int r;

	context->query = strndup(query, strcspn(query, "#"));
	context->path = strndup(len > 0 ? origin : "/", len > 0 ? len : 1);
	if (context->query == NULL || context->path == NULL)
		return -FCGI_E_SYSTEM;
	r = preset_path_decode(context->path, rules->path, &reason);
	if (r < 0)
		snprintf(why, why_size, "%s: the server refuses %s", context->target, reason);
	return r;
}

static int
ends_segment(char c)
{
	return c == '/' || c == '\0';
}

/* The path as the web sees the file, or NULL when it is not below the document root. */
static const char *
script_below_docroot(const struct preset_context *context)
{
	const char *script = context->request->script;
	size_t len = strlen(context->docroot);

	if (script == NULL || strncmp(script, context->docroot, len) != 0 || script[len] != '/')
		return NULL;
	return script + len;
}

/* Returns the length of the script's name, or 0 when there is no such. */
static size_t
find_split(const struct preset_context *context)
{
	const char *split = context->request->split, *p = context->path;
	int anywhere = context->rules->split_at == SPLIT_ANYWHERE;
	size_t len, found = 0;

	if (split == NULL)
		split = context->rules->split;
	len = split != NULL ? strlen(split) : 0;
	while (len > 0 && (p = anywhere ? strcasestr(p, split) : strstr(p, split)) != NULL) {
		p += len;
		if (anywhere || ends_segment(*p))
			found = (size_t)(p - context->path);
		if (found > 0 && context->rules->split_at != SPLIT_LAST)
			break;
	}
	return found;
}

/* Without a script's name in it the path is a directory, or all of it is the script's name. */
static int
find_by_path(struct preset_context *context)
{
	const char *index = context->rules->index;
	size_t len = strlen(context->path);
	int r = 0;

	context->script_len = find_split(context);
	if (context->script_len > 0)
		return 0;
	if (index != NULL && len > 0 && context->path[len - 1] == '/')
		r = set_path(context, context->path, len, index);
	context->script_len = strlen(context->path);
	return r;
}

/* Where the name of the script ends, and what it is when the file is told. */
static int
find_script(struct preset_context *context)
{
	const char *script = script_below_docroot(context);
	int splits = context->rules->split != NULL || context->request->split != NULL;
	size_t len;

	/* A server that does not split paths has the file by its configuration. */
	if (script == NULL || !splits)
		return find_by_path(context);
	len = strlen(script);
	context->script_len = len;
	if (strncmp(context->path, script, len) == 0 && ends_segment(context->path[len]))
		return 0;
	/* Another URL that gets to this script was redirected to it inside the server. */
	return set_path(context, script, len, "");
}

int
preset_context_make(struct preset_context *context, const struct preset_rules *rules,
    const struct preset_request *request, char *why, size_t why_size)
{
	int r;

	context->request = request;
	context->rules = rules;
	context->method = request->method;
	if (context->method == NULL)
		context->method = request->has_body ? "POST" : "GET";
	r = read_url(context, why, why_size);
	if (r == 0)
		r = read_docroot(context);
	if (r == 0)
		r = read_path(context, why, why_size);
	if (r == 0)
		r = find_script(context);
	return r < 0 ? r : preset_headers_make(&context->headers, request, &context->url);
}

void
preset_context_reset(struct preset_context *context)
{
	preset_headers_reset(&context->headers);
	preset_url_reset(&context->url);
	free(context->path);
	free(context->query);
	free(context->made);
	*context = (struct preset_context){ 0 };
}
