#include "action.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "reply.h"
#include "server.h"

static void index_answer(struct request *request);
static void list_answer(struct request *request);
static void given_answer(struct request *request);

/* A path and its length, which each request would measure anew. */
#define PATH(path) path, sizeof path - 1

static const struct action table[] = {
	{ PATH("/"), NULL, "one line", NULL, NULL, index_answer },
	{ PATH("/env"), NULL, "the variables, in the order received", NULL, NULL,
	    action_env_answer },
	{ PATH("/env.json"), NULL, "the same as a JSON array of [name, value]", NULL, NULL,
	    action_env_json_answer },
	{ PATH("/echo"), NULL, "the body, as it comes in", action_echo_start, action_echo_input,
	    action_echo_answer },
	{ PATH("/sha256"), NULL, "SHA-256 and length of the body", action_sha256_start,
	    action_sha256_input, action_sha256_answer },
	{ PATH("/status/"), "CODE", "that HTTP status", NULL, NULL, action_status_answer },
	{ PATH("/redirect"), NULL, "302 to ?to=URL; ?status=CODE for another", NULL, NULL,
	    action_redirect_answer },
	{ PATH("/bytes/"), "SIZE", "that many bytes, which tell their own offsets", NULL, NULL,
	    action_bytes_answer },
	{ PATH("/chunks/"), "NxSIZE", "N records of SIZE bytes", NULL, NULL, action_chunks_answer },
	{ PATH("/delay/"), "DURATION", "answers after that time; ?jitter= spreads it", NULL, NULL,
	    action_delay_answer },
	{ PATH("/stderr"), NULL, "a line on STDERR", NULL, NULL, action_stderr_answer },
	{ PATH("/stderr/"), "SIZE", "that many bytes on STDERR, before the answer", NULL, NULL,
	    action_stderr_run_answer },
	{ PATH("/exit/"), "STATUS", "ends with that appStatus", NULL, NULL, action_exit_answer },
	{ PATH("/pid"), NULL, "the process id", NULL, NULL, action_pid_answer },
	{ PATH("/auth"), NULL, "200 for who is known, else 401", NULL, NULL, action_auth_answer },
	{ PATH("/lmauth"), NULL, "the same, as LemonLDAP::NG calls it", NULL, NULL,
	    action_auth_answer },
};

static const struct action given = { PATH(""), NULL, "", NULL, NULL, given_answer };
static const struct action unknown = { PATH(""), NULL, "", NULL, NULL, list_answer };

static void
index_answer(struct request *request)
{
	reply_constant(request, REPLY_TEXT "\r\n", "fcgi-echo: it works\n");
}

static void
list_answer(struct request *request)
{
	if (request->malformed)
		reply_text(request, 400, "PARAMS end inside a name-value pair.\n");
	else
		reply_constant(request, "Status: 404 Not Found\r\n" REPLY_TEXT "\r\n",
		    (const char *)request->client->server->list.data);
}

/* As it was given, whatever is asked, be it an answer or not. */
static void
given_answer(struct request *request)
{
	const struct buffer *answer = request->client->server->config->answer;

	if (buffer_append(&request->page, answer->data, answer->len) < 0)
		reply_refuse(request, FCGI_OVERLOADED);
	else
		reply_page(request);
}

int
action_list(struct buffer *list)
{
	static const char head[] =
	    "404 Not Found\nThe path (PATH_INFO, else SCRIPT_NAME) is one of:\n";
	const struct action *action;
	char name[64], line[160];

	if (buffer_append(list, head, sizeof head - 1) < 0)
		return -FCGI_E_SYSTEM;
	for (action = table; action < table + sizeof table / sizeof *table; action++) {
		snprintf(name, sizeof name, "%s%s", action->path,
		    action->argument != NULL ? action->argument : "");
		snprintf(line, sizeof line, "  %-16s  %s\n", name, action->what);
		if (buffer_append(list, line, strlen(line)) < 0)
			return -FCGI_E_SYSTEM;
	}
	return buffer_append(list, "", 1);
}

static const struct action *
find(struct request *request)
{
	const struct fcgi_slice *path = &request->path;
	const struct action *action;
	size_t len;

	/* A bare health check sends neither PATH_INFO nor SCRIPT_NAME. */
	if (path->len == 0 || (path->len == 1 && *path->data == '/'))
		return table;
	for (action = table + 1; action < table + sizeof table / sizeof *table; action++) {
		len = action->path_len;
		if (path->len < len || (action->argument == NULL && path->len > len) ||
		    memcmp(path->data, action->path, len) != 0)
			continue;
		request->argument = (struct fcgi_slice){ path->data + len, path->len - len };
		return action;
	}
	return NULL;
}

static const struct action *
named(const char *path)
{
	const struct action *action = table;

	while (strcmp(action->path, path) != 0)
		action++;
	return action;
}

void
action_find(struct request *request)
{
	const struct action *action = find(request);

	if (request->client->server->config->answer->data != NULL) {
		request->action = &given;
		return;
	}
	/* Filters are called for files and authorizers for any page: their paths say nothing. */
	if (request->role == FCGI_AUTHORIZER)
		action = named("/auth");
	else if (request->for_authorizer &&
	    (action == NULL || action->answer != action_auth_answer))
		action = NULL;	/* who has the question answered as a page takes that for a yes */
	else if (request->role == FCGI_FILTER && (action == NULL || action == table))
		action = named("/echo");
	if (action == NULL || request->malformed)
		action = &unknown;
	request->action = action;
}
