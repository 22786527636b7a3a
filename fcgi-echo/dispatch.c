#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#include "action.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_writer.h"
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
	if (!answer_by_fault(request) && server->request_count > server->config->max_reqs)
		overload(request);
}

/* --- streams ---------------------------------------------------------------------------------- */

static void
take_params(struct request *request, const struct fcgi_slice *slice)
{
	struct server *server = request->client->server;

	if (request->params.len + slice->len > SERVER_PARAMS_MAX ||
	    server->params_len + slice->len > SERVER_MEMORY_MAX ||
	    buffer_append(&request->params, slice->data, slice->len) < 0) {
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

/* --- management records and refusals ---------------------------------------------------------- */

static void
reject(struct client *client, const struct fcgi_serve_event *event)
{
	struct output *output = &client->output;
	size_t start = output->end;
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, output->data + start, OUTPUT_SIZE - start, event->request_id);
	(void)fcgi_writer_end_request(&writer, 0, event->protocol_status);
	output->end = (size_t)(writer.p - output->data);
	client_record_done(client, NULL, start);
	if (!(event->flags & FCGI_KEEP_CONN)) {
		client->closing = 1;
		client->unread = 1;
	}
}

static void
answer_unknown(struct client *client, uint8_t type)
{
	struct output *output = &client->output;
	size_t start = output->end;
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, output->data + start, OUTPUT_SIZE - start, FCGI_NULL_REQUEST_ID);
	(void)fcgi_writer_unknown_type(&writer, type);
	output->end = (size_t)(writer.p - output->data);
	client_record_done(client, NULL, start);
}

/* Writes the variable once if its name was asked for. */
static void
answer_value(struct fcgi_writer *writer, const struct buffer *asked, const char *name, size_t value)
{
	const unsigned char *p = asked->data, *end = p + asked->len;
	size_t name_len = strlen(name);
	struct fcgi_nv nv, result;
	char text[24];

	while (fcgi_nv_next(&p, end, &nv) > 0) {
		if (nv.name_len != name_len || memcmp(nv.name, name, name_len) != 0)
			continue;
		snprintf(text, sizeof text, "%zu", value);
		result = (struct fcgi_nv){ nv.name, nv.name_len, (unsigned char *)text,
			strlen(text) };
		(void)fcgi_writer_value(writer, &result, 1);
		return;
	}
}

static void
answer_values(struct client *client)
{
	const struct server_config *config = client->server->config;
	struct output *output = &client->output;
	size_t start = output->end;
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, output->data + start, OUTPUT_SIZE - start, FCGI_NULL_REQUEST_ID);
	answer_value(&writer, &client->values, FCGI_MAX_CONNS, config->max_conns);
	answer_value(&writer, &client->values, FCGI_MAX_REQS, config->max_reqs);
	answer_value(&writer, &client->values, FCGI_MPXS_CONNS, client->serve.slot_count > 1);
	(void)fcgi_writer_flush(&writer);
	/* To ask for nothing we know is to get an empty answer, not none. */
	if (writer.p == output->data + start)
		(void)fcgi_writer_stream_end(&writer, FCGI_GET_VALUES_RESULT);
	output->end = (size_t)(writer.p - output->data);
	client_record_done(client, NULL, start);
	client->values.len = 0;
}

static void
take_values(struct client *client, const struct fcgi_slice *slice)
{
	if (buffer_append(&client->values, slice->data, slice->len) < 0)
		client->ending = CLIENT_CUT;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* What came in place of a record header: as text if it is some, else in hexadecimal. */
static void
describe(char *dst, size_t size, const unsigned char *data, size_t len)
{
	size_t i, at = 0;

	for (i = 0; i < len && data[i] >= ' ' && data[i] <= '~'; i++)
		;
	if (i == len) {
		snprintf(dst, size, "\"%.*s\"", (int)len, (const char *)data);
		return;
	}
	for (i = 0; i < len; i++)
		at += (size_t)snprintf(dst + at, size - at, "%s%02x", i > 0 ? " " : "", data[i]);
}

static void
complain(struct client *client, int error)
{
	const struct fcgi_reader *reader = &client->serve.reader;
	char seen[4 * FCGI_HEADER_LEN];

	if (error == -FCGI_E_VERSION) {
		describe(seen, sizeof seen, reader->header, reader->have);
		cli_warn(client->server->config->cli, "connection closed: %s: the client sent %s",
		    fcgi_strerror(error), seen);
	} else {
		cli_warn(client->server->config->cli, "connection closed: %s",
		    fcgi_strerror(error));
	}
	client->ending = CLIENT_CUT;
}

void
dispatch_event(struct client *client, int kind, const struct fcgi_serve_event *event)
{
	switch (kind) {
	case FCGI_SERVE_BEGIN:
		begin(client, event->slot);
		break;
	case FCGI_SERVE_REJECT:
		reject(client, event);
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
	case FCGI_SERVE_VALUES:
		take_values(client, &event->slice);
		break;
	case FCGI_SERVE_VALUES_END:
		answer_values(client);
		break;
	case FCGI_SERVE_UNKNOWN:
		answer_unknown(client, event->type);
		break;
	default:
		complain(client, kind);
	}
}

void
dispatch_eof(struct client *client)
{
	if (!fcgi_reader_between_records(&client->serve.reader))
		cli_warn(client->server->config->cli, "connection closed by the client in the "
						      "middle of a record");
}
