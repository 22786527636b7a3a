#include "report_json.h"

#include "facts.h"
#include "json.h"

static void
put_time(struct json *json, const char *key, const struct exchange *exchange, enum fact_time time)
{
	double seconds = facts_seconds(exchange, time);

	json_key(json, key);
	if (seconds < 0)
		json_null(json);
	else
		json_double(json, seconds, 6);
}

static void
put_size(struct json *json, const char *key, uint64_t size)
{
	json_key(json, key);
	json_uint(json, size);
}

static void
put_status(struct json *json, const struct exchange *exchange)
{
	const struct output *output = &exchange->output;
	int status = output_status(output);

	json_key(json, "status");
	if (status == 0)
		json_null(json);
	else
		json_int(json, status);
	if (output->seen == NULL)
		return;
	json_key(json, "seenBy");
	json_text(json, exchange->options->seen_by);
	json_key(json, "ownPage");
	json_bool(json, output->seen->own_page);
	json_key(json, "cut");
	json_bool(json, output->seen->cut);
	json_key(json, "redirect");
	if (output->seen->redirect.value_len > 0)
		json_string(json, output->seen->redirect.value, output->seen->redirect.value_len);
	else
		json_null(json);
	json_key(json, "why");
	json_text(json, output->seen->why);
}

static void
put_headers(struct json *json, const struct exchange *exchange)
{
	struct cgi_header header;
	size_t at = 0;

	json_key(json, "headers");
	json_array_begin(json);
	while (output_next_header(&exchange->output, &at, &header)) {
		json_object_begin(json);
		json_key(json, "name");
		json_string(json, header.name, header.name_len);
		json_key(json, "value");
		json_string(json, header.value, header.value_len);
		json_object_end(json);
	}
	json_array_end(json);
}

static void
put_end(struct json *json, const struct exchange *exchange)
{
	const struct fcgi_request *reply = &exchange->reply;

	json_key(json, "appStatus");
	if (reply->ended)
		json_uint(json, reply->end.app_status);
	else
		json_null(json);
	json_key(json, "protocolStatus");
	if (reply->ended)
		json_uint(json, reply->end.protocol_status);
	else
		json_null(json);
}

static void
put_figures(struct json *json, const struct exchange *exchange)
{
	json_key(json, "times");
	json_object_begin(json);
	put_time(json, "resolved", exchange, FACT_RESOLVED);
	put_time(json, "connected", exchange, FACT_CONNECTED);
	put_time(json, "sent", exchange, FACT_SENT);
	put_time(json, "firstByte", exchange, FACT_FIRST_BYTE);
	put_time(json, "total", exchange, FACT_TOTAL);
	json_object_end(json);
	json_key(json, "sizes");
	json_object_begin(json);
	put_size(json, "header", facts_header_len(exchange));
	put_size(json, "body", facts_body_len(exchange));
	put_size(json, "stdout", exchange->reply.stdout_len);
	put_size(json, "stderr", exchange->reply.stderr_len);
	put_size(json, "upload", exchange->sender.taken);
	put_size(json, "sent", exchange->conn.sent);
	put_size(json, "received", exchange->conn.received);
	json_object_end(json);
}

void
report_json(FILE *out, const struct exchange *exchange, int status)
{
	const struct output *output = &exchange->output;
	struct json json;

	json_init(&json, json_to_file, out);
	json_object_begin(&json);
	json_key(&json, "address");
	json_text(&json, exchange->options->connect);
	put_status(&json, exchange);
	put_headers(&json, exchange);
	if (output->keeps_body) {
		json_key(&json, "body");
		json_string(&json, output->body.data, output->body.len);
	}
	put_end(&json, exchange);
	put_figures(&json, exchange);
	json_key(&json, "stderr");
	json_string(&json, output->err.kept.data, output->err.kept.len);
	put_size(&json, "skippedRecords", exchange->reply.foreign);
	json_key(&json, "error");
	json_text(&json, *exchange->failure != '\0' ? exchange->failure : NULL);
	json_key(&json, "exitStatus");
	json_int(&json, status);
	json_object_end(&json);
	(void)json_finish(&json);
}
