#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "client.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_proto.h"
#include "json.h"
#include "reply.h"
#include "server.h"
#include "text.h"

/* The value as it may be shown. */
static struct fcgi_slice
shown(const struct request *request, const struct fcgi_nv *nv)
{
	static const char redacted[] = TEXT_REDACTED;

	if (!request->client->server->config->show_secrets &&
	    text_is_secret((const char *)nv->name, nv->name_len))
		return (struct fcgi_slice){ (const unsigned char *)redacted, sizeof redacted - 1 };
	return (struct fcgi_slice){ nv->value, nv->value_len };
}

static int
append_text(struct buffer *page, const char *text)
{
	return buffer_append(page, text, strlen(text));
}

static int
append_escaped(struct buffer *page, const unsigned char *data, size_t len)
{
	size_t size = text_escape(NULL, 0, data, len, 0) + 1;

	if (buffer_reserve(page, size) < 0)
		return -FCGI_E_SYSTEM;
	page->len += text_escape((char *)page->data + page->len, size, data, len, 0);
	return 0;
}

/* One line a variable, whatever is in it. */
static int
append_variable(struct buffer *page, const struct request *request, const struct fcgi_nv *nv)
{
	struct fcgi_slice value = shown(request, nv);

	if (append_escaped(page, nv->name, nv->name_len) < 0 || append_text(page, "=") < 0 ||
	    append_escaped(page, value.data, value.len) < 0)
		return -FCGI_E_SYSTEM;
	return append_text(page, "\n");
}

static int
render_text(struct request *request)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	struct fcgi_nv nv;

	while (fcgi_nv_next(&p, end, &nv) > 0)
		if (append_variable(&request->page, request, &nv) < 0)
			return -FCGI_E_SYSTEM;
	return 0;
}

static int
to_page(void *to, const char *data, size_t len)
{
	return buffer_append(to, data, len);
}

static int
append_json(struct buffer *page, const struct request *request)
{
	const unsigned char *p = request->params.data, *end = p + request->params.len;
	struct fcgi_slice value;
	struct json json;
	struct fcgi_nv nv;

	json_init(&json, to_page, page);
	json_array_begin(&json);
	while (fcgi_nv_next(&p, end, &nv) > 0) {
		value = shown(request, &nv);
		json_array_begin(&json);
		json_string(&json, nv.name, nv.name_len);
		json_string(&json, value.data, value.len);
		json_array_end(&json);
	}
	json_array_end(&json);
	return json_finish(&json) < 0 || append_text(page, "\n") < 0 ? -FCGI_E_SYSTEM : 0;
}

static int
render_json(struct request *request)
{
	return append_json(&request->page, request);
}

static void
answer(struct request *request, const char *header, int (*render)(struct request *request))
{
	if (append_text(&request->page, header) < 0 ||
	    (!request->head && render(request) < 0))
		reply_refuse(request, FCGI_OVERLOADED);
	else
		reply_page(request);
}

void
action_env_answer(struct request *request)
{
	answer(request, REPLY_TEXT "\r\n", render_text);
}

void
action_env_json_answer(struct request *request)
{
	answer(request, "Content-Type: application/json\r\n\r\n", render_json);
}

/* In one write, so that instances may share the file. */
void
action_env_log(const struct request *request)
{
	const struct server_config *config = request->client->server->config;
	struct buffer line = { 0 };
	ssize_t written;

	errno = ENOMEM;
	written = append_json(&line, request) < 0 ? -1 :
	    write(config->env_log_fd, line.data, line.len);
	if (written < 0)
		cli_warn(config->cli, "--log-env: %s", strerror(errno));
	else if ((size_t)written < line.len)
		cli_warn(config->cli, "--log-env: the line is cut: %s", strerror(ENOSPC));
	buffer_free(&line);
}
