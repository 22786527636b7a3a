#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#include "action.h"
#include "management.h"
#include "reply.h"
#include "server.h"

static void
overload(struct request *request)
{
	/* An authorizer that says no Status lets everybody in at some servers. */
	if (request->role == FCGI_AUTHORIZER)
		reply_format(request, "Status: 503 Service Unavailable\r\n" REPLY_TEXT "\r\n");
	reply_refuse(request, FCGI_OVERLOADED);
}

static void
answer(struct request *request)
{
	if (request->answering)
		return;
	request->answering = 1;
	if (!request->input_done)
		request->client->unread = 1;
	request->action->answer(request);
}

/* --- BEGIN_REQUEST ---------------------------------------------------------------------------- */

/* Returns 1 when a fault has answered in the application's place. */
static int
answer_by_fault(struct request *request)
{
	struct client *client = request->client;
	struct output *output = &client->output;
	const unsigned char *bytes;
	size_t len;

	if (client_has_fault(client, FAULT_OVERLOADED)) {
		reply_refuse(request, FCGI_OVERLOADED);
	} else if (client_has_fault(client, FAULT_CANT_MPX)) {
		reply_refuse(request, FCGI_CANT_MPX_CONN);
	} else if (client_has_fault(client, FAULT_UNKNOWN_ROLE)) {
		reply_refuse(request, FCGI_UNKNOWN_ROLE);
	} else if ((bytes = damage_answer(client->faults, &len)) != NULL) {
		memcpy(output->data + output->end, bytes, len);
		output->end += len;
		client->ending = CLIENT_CUT;
	} else {
		return 0;
	}
	return 1;
}

static void
begin(struct client *client, size_t slot)
{
	const struct fcgi_serve_slot *begun = &client->slots[slot];
	struct server *server = client->server;
	struct request *request = request_new(&server->spare_requests);

	if (request == NULL) {
		client->ending = CLIENT_CUT;
		return;
	}
	request->client = client;
	request->slot = slot;
	request->id = begun->request_id;
	request->role = begun->role;
	request->keep_conn = (begun->flags & FCGI_KEEP_CONN) != 0;
	client->requests[slot] = request;
	client->active++;
	server->request_count++;
	if (client->faults != 0 && answer_by_fault(request))
		return;
	if (server->request_count > server->config->max_reqs)
		overload(request);
}

/* --- streams ---------------------------------------------------------------------------------- */

/* Returns 0, or -1 when memory is short. */
static int
add_params(struct request *request, const struct fcgi_slice *slice)
{
	struct client *client = request->client;

	/* One may leave them in the input: who was before has to give way. */
	if (client->borrower != NULL && request_keep_params(client->borrower) < 0)
		return -1;
	client->borrower = request;
	return request_add_params(request, slice);
}

static void
take_params(struct request *request, const struct fcgi_slice *slice)
{
	struct server *server = request->client->server;

	if (request->params.len + slice->len > SERVER_PARAMS_MAX ||
	    server->params_len + slice->len > SERVER_MEMORY_MAX ||
	    add_params(request, slice) < 0) {
		cli_warn(server->config->cli, "request %u: more PARAMS than can be kept",
		    request->id);
		overload(request);
		return;
	}
	server->params_len += slice->len;
}

static void
end_params(struct request *request)
{
	struct client *client = request->client;

	request_read_params(request);
	if (client->server->config->env_log_fd >= 0)
		action_env_log(request);
	action_find(request);
	/* Some servers never send an AUTHORIZER's STDIN, not even its end. */
	if (request->role == FCGI_AUTHORIZER || client_has_fault(client, FAULT_EARLY_REPLY))
		answer(request);
	else if (request->action->start != NULL)
		request->action->start(request);
}

static void
take_input(struct request *request, const struct fcgi_slice *slice)
{
	request->input_len += slice->len;
	if (request->action->input != NULL && !request->answering)
		request->action->input(request, slice);
}

static void
end_input(struct request *request)
{
	request->input_done = 1;
	answer(request);
}

static void
abort_request(struct request *request)
{
	if (!client_has_fault(request->client, FAULT_ENDLESS))
		reply_refuse(request, FCGI_REQUEST_COMPLETE);
}

/* --- all of it -------------------------------------------------------------------------------- */

void
dispatch_event(struct client *client, int kind, const struct fcgi_serve_event *event)
{
	switch (kind) {
	case FCGI_SERVE_BEGIN:
		begin(client, event->slot);
		break;
	case FCGI_SERVE_PARAMS:
		take_params(client->requests[event->slot], &event->slice);
		break;
	case FCGI_SERVE_PARAMS_END:
		end_params(client->requests[event->slot]);
		break;
	case FCGI_SERVE_STDIN:
		/* A FILTER filters its file; what came with the request is not that. */
		if (client->requests[event->slot]->role != FCGI_FILTER)
			take_input(client->requests[event->slot], &event->slice);
		break;
	case FCGI_SERVE_STDIN_END:
		if (client->requests[event->slot]->role != FCGI_FILTER)
			end_input(client->requests[event->slot]);
		break;
	case FCGI_SERVE_DATA:
		take_input(client->requests[event->slot], &event->slice);
		break;
	case FCGI_SERVE_DATA_END:
		end_input(client->requests[event->slot]);
		break;
	case FCGI_SERVE_ABORT:
		abort_request(client->requests[event->slot]);
		break;
	default:
		management_event(client, kind, event);
	}
}

void
dispatch_request(struct client *client, const struct fcgi_serve_event *event)
{
	struct request **request = &client->requests[event->slot];

	/* Each may be the last, for want of memory or because too many are open. */
	begin(client, event->slot);
	if (*request != NULL)
		take_params(*request, &event->slice);
	if (*request != NULL)
		end_params(*request);
	if (*request != NULL)
		end_input(*request);
}

void
dispatch_eof(struct client *client)
{
	if (!fcgi_reader_between_records(&client->serve.reader))
		cli_warn(client->server->config->cli, "connection closed by the client in the "
						      "middle of a record");
}
