#include <string.h>

#include "json.h"
#include "report_private.h"
#include "text.h"

static int
json_to_report(void *to, const char *data, size_t len)
{
	struct report_out *out = to;

	report_put(out, data, len);
	return out->error;
}

static void
key_text(struct json *json, const char *key, const char *value)
{
	json_key(json, key);
	json_text(json, value);
}

/* Figures by the names that -w and -c have for them; what is not known is left out. */
static void
key_figures(struct json *json, const char *key, uint32_t has, const double *values)
{
	int metric;

	json_key(json, key);
	json_object_begin(json);
	for (metric = 0; metric < METRIC_COUNT; metric++) {
		if (!(has & 1U << metric))
			continue;
		json_key(json, metric_about[metric].name);
		json_double(json, values[metric], report_decimals((enum metric)metric));
	}
	json_object_end(json);
}

static void
key_answer(struct json *json, const struct observation *seen)
{
	json_key(json, "http_status");
	if (seen->header.complete)
		json_int(json, seen->header.status);
	else
		json_null(json);
	json_key(json, "app_status");
	if (seen->has_request_end)
		json_uint(json, seen->request_end.app_status);
	else
		json_null(json);
	key_text(json, "protocol_status", seen->has_request_end
		? fcgi_protocol_status_name(seen->request_end.protocol_status)
		: NULL);
	json_key(json, "stderr");
	if (seen->stderr_len > 0)
		json_text(json, seen->stderr_line);
	else
		json_null(json);
	json_key(json, "received_bytes");
	json_uint(json, seen->received);
}

static void
key_pool(struct json *json, const struct observation *seen)
{
	key_text(json, "pool", seen->has_fpm ? seen->fpm.pool : NULL);
	key_text(json, "process_manager", seen->has_fpm ? seen->fpm.process_manager : NULL);
}

static void
key_values(struct json *json, const struct observation *seen)
{
	const struct {
		const char *name;
		const char *value;
	} values[] = {
		{ "FCGI_MAX_CONNS", seen->values.max_conns },
		{ "FCGI_MAX_REQS", seen->values.max_reqs },
		{ "FCGI_MPXS_CONNS", seen->values.mpxs_conns },
	};
	size_t i;

	json_key(json, "values");
	json_object_begin(json);
	for (i = 0; i < sizeof values / sizeof *values; i++)
		if (*values[i].value != '\0')
			key_text(json, values[i].name, values[i].value);
	json_object_end(json);
}

static void
key_headers(struct json *json, const struct observation *seen)
{
	struct cgi_header header;
	size_t at = 0;

	json_key(json, "headers");
	json_array_begin(json);
	while (seen->header.complete && cgi_response_next(&seen->header, &at, &header)) {
		json_array_begin(json);
		json_string(json, header.name, header.name_len);
		if (text_is_secret(header.name, header.name_len))
			json_text(json, TEXT_REDACTED);
		else
			json_string(json, header.value, header.value_len);
		json_array_end(json);
	}
	json_array_end(json);
}

static void
one_target(struct json *json, const struct report *report, const struct report_item *item)
{
	const struct observation *seen = item->seen;
	const struct metrics *metrics = item->metrics;

	json_object_begin(json);
	key_text(json, "target", seen->name);
	json_key(json, "when");
	json_double(json, (double)report->when_ms / 1000, 3);
	key_text(json, "ask", report_ask_name(seen->ask));
	key_text(json, "state", judge_state_name(item->judgement->state));
	key_text(json, "cause", item->judgement->cause);
	key_text(json, "text", item->judgement->text);
	key_figures(json, "metrics", metrics->has, metrics->value);
	key_figures(json, "growth", metrics->has_delta, metrics->delta);
	key_answer(json, seen);
	if (seen->ask == ASK_FPM_STATUS)
		key_pool(json, seen);
	if (seen->ask == ASK_VALUES)
		key_values(json, seen);
	if (report->verbose)
		key_headers(json, seen);
	json_object_end(json);
}

static void
finish(struct json *json, struct report_out *out)
{
	int r = json_finish(json);

	if (out->error == 0)
		out->error = r;
	report_puts(out, "\n");
}

void
report_json(struct report_out *out, const struct report *report, const struct report_item *items,
    size_t count)
{
	struct json json;
	size_t i;

	for (i = 0; report->lines && i < count; i++) {
		json_init(&json, json_to_report, out);
		one_target(&json, report, &items[i]);
		finish(&json, out);
	}
	if (report->lines)
		return;
	json_init(&json, json_to_report, out);
	json_array_begin(&json);
	for (i = 0; i < count; i++)
		one_target(&json, report, &items[i]);
	json_array_end(&json);
	finish(&json, out);
}
