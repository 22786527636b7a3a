#include "management.h"

#include <stdio.h>
#include <string.h>

#include "client.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_writer.h"
#include "server.h"

static void
reject(struct client *client, const struct fcgi_serve_event *event)
{
	struct output *output = &client->output;
	size_t start = output->end;

	output_end_request(output, event->request_id, 0, event->protocol_status);
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
management_event(struct client *client, int kind, const struct fcgi_serve_event *event)
{
	switch (kind) {
	case FCGI_SERVE_REJECT:
		reject(client, event);
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
