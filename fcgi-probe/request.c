#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_data.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_writer.h"
#include "params.h"
#include "params_plain.h"

static void
set(const struct options *options, struct params *params, const char *name, const char *value)
{
	if (params_set(params, name, strlen(name), value, strlen(value)) < 0)
		cli_die(&options->cli, STATE_UNKNOWN, "out of memory");
}

static void
collect_plain(const struct options *options, struct params *params, size_t body_len)
{
	if (params_plain(params, options->path != NULL ? options->path : "/", body_len) < 0)
		cli_die(&options->cli, STATE_UNKNOWN, "out of memory");
	if (options->ask == ASK_FPM_STATUS)
		set(options, params, "QUERY_STRING", "full");
}

static void
encode(struct request *request, const struct options *options, const struct params *params,
    const void *body, size_t body_len)
{
	struct fcgi_writer writer;
	size_t size = fcgi_writer_head_bound(params_wire_len(params)) +
	    fcgi_writer_stream_bound(body_len);

	request->bytes = malloc(size);
	if (request->bytes == NULL)
		cli_die(&options->cli, STATE_UNKNOWN, "out of memory");
	fcgi_writer_init(&writer, request->bytes, size, REQUEST_ID);
	fcgi_writer_begin(&writer, FCGI_RESPONDER, 0);
	params_write(params, &writer);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	fcgi_writer_stream(&writer, FCGI_STDIN, body, body_len);
	fcgi_writer_stream_end(&writer, FCGI_STDIN);
	if (writer.error < 0)
		cli_die(&options->cli, STATE_UNKNOWN,
		    "the variables do not fit into FCGI_PARAMS: %s", fcgi_strerror(writer.error));
	request->len = (size_t)(writer.p - request->bytes);
}

static void
make_request(struct request *request, const struct options *options, const struct addr *addr,
    const void *body, size_t body_len)
{
	struct params params = { 0 };
	const char *script;

	if (cli_request_is_web(&options->http))
		cli_request_apply(&options->cli, &options->http, &options->identity, addr,
		    body != NULL, (int64_t)body_len, &params);
	else
		collect_plain(options, &params, body_len);
	cli_variables_apply(&options->cli, &options->variables, &params, environ, 0);
	encode(request, options, &params, body, body_len);
	script = params_get(&params, "SCRIPT_FILENAME");
	request->script = script != NULL ? cli_keep(&options->cli, script) : NULL;
	params_reset(&params);
}

static void
make_values(struct request *request, const struct options *options)
{
	enum { SIZE = 128 };
	struct fcgi_writer writer;

	request->bytes = malloc(SIZE);
	if (request->bytes == NULL)
		cli_die(&options->cli, STATE_UNKNOWN, "out of memory");
	fcgi_writer_init(&writer, request->bytes, SIZE, FCGI_NULL_REQUEST_ID);
	fcgi_writer_get_values(&writer, fcgi_writer_standard_values);
	request->len = (size_t)(writer.p - request->bytes);
}

static void
make_one(struct request *request, const struct options *options, const struct addr *addr,
    const void *body, size_t body_len)
{
	switch (options->ask) {
	case ASK_QUEUE:
	case ASK_CONNECT:
		break;
	case ASK_VALUES:
		make_values(request, options);
		break;
	default:
		make_request(request, options, addr, body, body_len);
	}
}

void
request_make(struct requests *requests, const struct options *options)
{
	size_t i, body_len = 0;
	void *body = NULL;

	/* Only a web server's variables may hold the address. */
	requests->count = cli_request_is_web(&options->http) ? options->target_count : 1;
	requests->items = calloc(requests->count, sizeof *requests->items);
	if (requests->items == NULL)
		cli_die(&options->cli, STATE_UNKNOWN, "out of memory");
	/* Once: standard input has it but once. */
	if (options->http.data != NULL)
		body = cli_data_read(&options->cli, options->http.data, &body_len);
	for (i = 0; i < requests->count; i++)
		make_one(&requests->items[i], options, &options->targets[i].addr, body, body_len);
	free(body);
}

const struct request *
request_of(const struct requests *requests, size_t target)
{
	return &requests->items[requests->count == 1 ? 0 : target];
}

void
request_reset(struct requests *requests)
{
	size_t i;

	for (i = 0; i < requests->count; i++) {
		free(requests->items[i].bytes);
		free(requests->items[i].script);
	}
	free(requests->items);
	*requests = (struct requests){ 0 };
}
