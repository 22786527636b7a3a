#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "fcgi_proto.h"
#include "fcgi_writer.h"
#include "http_status.h"
#include "pattern.h"
#include "server.h"

/* A formatted text, whatever it was made of; with a byte for its NUL. */
enum { TEXT_MAX = 8192 };

static struct output *
output_of(const struct request *request)
{
	return &request->client->output;
}

unsigned char *
reply_content(const struct request *request)
{
	return output_content(output_of(request));
}

void
reply_record(struct request *request, uint8_t type, size_t len)
{
	struct output *output = output_of(request);
	size_t start = output->end;

	if (len == 0)
		return;
	if (type == FCGI_STDERR)
		request->stderr_used = 1;
	else
		request->output_len += len;
	output_record(output, type, request->id, len);
	client_record_done(request->client, request, start);
}

void
reply_copy(struct request *request, uint8_t type, const void *data, size_t len)
{
	if (len > 0)
		memcpy(reply_content(request), data, len);
	reply_record(request, type, len);
}

void
reply_format(struct request *request, const char *format, ...)
{
	char *content = (char *)reply_content(request);
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(content, TEXT_MAX, format, arguments);
	va_end(arguments);
	if (len >= TEXT_MAX)
		len = TEXT_MAX - 1;
	reply_record(request, FCGI_STDOUT, (size_t)len);
}

void
reply_text(struct request *request, int status, const char *format, ...)
{
	char *content = (char *)reply_content(request), *p = content;
	const char *reason = http_status_reason(status);
	va_list arguments;

	if (status != 0)
		p += sprintf(p, "Status: %d%s%s\r\n", status, *reason != '\0' ? " " : "", reason);
	p += sprintf(p, "%s\r\n", REPLY_TEXT);
	if (!request->head) {
		if (status != 0)
			p += sprintf(p, "%d%s%s\n", status, *reason != '\0' ? " " : "", reason);
		va_start(arguments, format);
		vsnprintf(p, TEXT_MAX, format, arguments);
		va_end(arguments);
		p += strlen(p);
	}
	reply_record(request, FCGI_STDOUT, (size_t)(p - content));
	reply_end(request, 0);
}

void
reply_parts(struct request *request, const char *header, size_t header_len, const char *body,
    size_t body_len)
{
	char *p = (char *)reply_content(request);

	if (request->head)
		body_len = 0;
	memcpy(p, header, header_len);
	memcpy(p + header_len, body, body_len);
	reply_record(request, FCGI_STDOUT, header_len + body_len);
	reply_end(request, 0);
}

void
reply_page(struct request *request)
{
	struct buffer *page = &request->page;
	size_t len = page->len - request->page_sent;

	if (len > OUTPUT_CHUNK)
		len = OUTPUT_CHUNK;
	reply_copy(request, FCGI_STDOUT, page->data + request->page_sent, len);
	request->page_sent += len;
	if (request->page_sent == page->len)
		reply_end(request, 0);
	else
		client_produce(request, reply_page);
}

static void
write_on_and_on(struct request *request)
{
	pattern_fill(reply_content(request), OUTPUT_CHUNK, request->output_len);
	reply_record(request, FCGI_STDOUT, OUTPUT_CHUNK);
	client_produce(request, write_on_and_on);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
start_records(struct fcgi_writer *writer, const struct request *request)
{
	const struct output *output = output_of(request);

	fcgi_writer_init(writer, output->data + output->end, OUTPUT_SIZE - output->end,
	    request->id);
}

/* Each record is complete before the next begins: a fault may have a word to say. */
static void
record_written(struct fcgi_writer *writer, struct request *request)
{
	struct output *output = output_of(request);
	size_t start = output->end;

	output->end = (size_t)(writer->p - output->data);
	client_record_done(request->client, request, start);
	writer->p = output->data + output->end;
}

void
reply_end(struct request *request, uint32_t app_status)
{
	struct server *server = request->client->server;
	struct fcgi_writer writer;

	if (client_has_fault(request->client, FAULT_ENDLESS)) {
		client_produce(request, write_on_and_on);
		return;
	}
	if (app_status != 0)
		server->sticky_status = app_status;
	else if (client_has_fault(request->client, FAULT_STICKY_STATUS))
		app_status = server->sticky_status;
	start_records(&writer, request);
	(void)fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	record_written(&writer, request);
	if (request->stderr_used) {
		(void)fcgi_writer_stream_end(&writer, FCGI_STDERR);
		record_written(&writer, request);
	}
	(void)fcgi_writer_end_request(&writer, app_status, FCGI_REQUEST_COMPLETE);
	record_written(&writer, request);
	client_request_done(request);
}

void
reply_refuse(struct request *request, uint8_t protocol_status)
{
	struct fcgi_writer writer;

	start_records(&writer, request);
	(void)fcgi_writer_end_request(&writer, 0, protocol_status);
	record_written(&writer, request);
	client_request_done(request);
}
