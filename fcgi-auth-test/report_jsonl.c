/* One JSON object a line and result. */
#include <string.h>

#include "dialect.h"
#include "fcgi_error.h"
#include "json.h"
#include "redact.h"
#include "report_private.h"
#include "text.h"

static const char *const states[] = {
	[RESULT_PASSED] = "passed",
	[RESULT_FAILED] = "failed",
	[RESULT_SKIPPED] = "skipped",
};

static const char *const decisions[] = {
	[VERDICT_ALLOW] = "allow",
	[VERDICT_DENY] = "deny",
	[VERDICT_ERROR] = "error",
	[VERDICT_NEXT] = "next",
};

static void
put_value(struct json *json, const struct redact *redact, const char *name, size_t name_len,
    const void *value, size_t len)
{
	if (redact_hides(redact, name, name_len) || redact_finds(redact, value, len))
		json_text(json, TEXT_REDACTED);
	else
		json_string(json, value, len);
}

static void
put_pair(struct json *json, const struct redact *redact, const char *name, size_t name_len,
    const void *value, size_t len)
{
	json_object_begin(json);
	json_key(json, "name");
	if (redact_finds(redact, name, name_len))
		json_text(json, TEXT_REDACTED);
	else
		json_string(json, name, name_len);
	json_key(json, "value");
	put_value(json, redact, name, name_len, value, len);
	json_object_end(json);
}

static void
put_list(struct json *json, const struct redact *redact, const char *key,
    const struct verdict_list *list)
{
	const struct verdict_entry *entry;
	size_t i;

	json_key(json, key);
	json_array_begin(json);
	for (i = 0; i < list->count; i++) {
		entry = &list->items[i];
		put_pair(json, redact, entry->name, strlen(entry->name), entry->value,
		    entry->value_len);
	}
	json_array_end(json);
}

/* Also what of the reply gets through to the application behind, and to the user. */
static void
put_verdict(struct json *json, const struct redact *redact, const struct verdict *verdict)
{
	json_object_begin(json);
	json_key(json, "decision");
	json_text(json, decisions[verdict->decision]);
	json_key(json, "status");
	if (verdict->status != 0)
		json_int(json, verdict->status);
	else
		json_null(json);
	json_key(json, "why");
	json_text(json, verdict->why);
	put_list(json, redact, "variables", &verdict->variables);
	put_list(json, redact, "headers", &verdict->headers);
	json_key(json, "body_bytes");
	json_uint(json, verdict->body_len);
	json_object_end(json);
}

static void
put_verdicts(struct json *json, const struct redact *redact, const struct report *how,
    const struct result *result)
{
	int i;

	if (how->verdicts == 0)
		return;
	json_key(json, "verdicts");
	json_object_begin(json);
	for (i = 0; i < VERDICT_SERVERS; i++) {
		if (!report_tells(how, result, i))
			continue;
		json_key(json, verdict_name((enum verdict_server)i));
		put_verdict(json, redact, &result->verdicts[i]);
	}
	json_object_end(json);
}

/* What came and what it means. */
static void
put_answer(struct json *json, const struct redact *redact, const struct report *how,
    const struct result *result)
{
	const struct verdict *verdict = result_verdict(result);
	const struct reply *reply = &result->reply;
	size_t i;

	json_key(json, "server");
	json_text(json, result_is_judged(result) ? verdict_name(result->server) : NULL);
	json_key(json, "verdict");
	if (result_is_judged(result))
		put_verdict(json, redact, verdict);
	else
		json_null(json);
	json_key(json, "status");
	if (reply->status != 0)
		json_int(json, reply->status);
	else
		json_null(json);
	json_key(json, "headers");
	json_array_begin(json);
	for (i = 0; i < reply->header_count; i++)
		put_pair(json, redact, reply->headers[i].name, reply->headers[i].name_len,
		    reply->headers[i].value, reply->headers[i].value_len);
	json_array_end(json);
	json_key(json, "stdout_bytes");
	json_uint(json, reply->out.len);
	json_key(json, "stderr_bytes");
	json_uint(json, reply->err.len);
	json_key(json, "app_status");
	if (reply->request.ended)
		json_uint(json, reply->request.end.app_status);
	else
		json_null(json);
	json_key(json, "protocol_status");
	if (reply->request.ended)
		json_uint(json, reply->request.end.protocol_status);
	else
		json_null(json);
	json_key(json, "time_ms");
	json_double(json, (double)result->time_ns / 1e6, 3);
	put_verdicts(json, redact, how, result);
}

static void
put_findings(struct json *json, const struct result *result)
{
	size_t i;

	json_key(json, "failures");
	json_array_begin(json);
	for (i = 0; i < result->failures.count; i++)
		json_text(json, result->failures.items[i]);
	json_array_end(json);
	json_key(json, "findings");
	json_array_begin(json);
	for (i = 0; i < result->finding_count; i++) {
		json_object_begin(json);
		json_key(json, "id");
		json_text(json, check_about[result->findings[i].check].name);
		json_key(json, "severity");
		json_text(json, report_severities[result->findings[i].severity]);
		json_key(json, "detail");
		json_text(json, result->findings[i].detail);
		json_object_end(json);
	}
	json_array_end(json);
}

static int
put_result(struct json *json, const struct report *how, const struct result *result)
{
	const struct auth_case *auth_case = result->auth_case;
	struct redact redact = { 0 };
	int r = how->show_secrets ? 0 : redact_init(&redact, how->secrets, auth_case, &result->params);

	json_object_begin(json);
	json_key(json, "kind");
	json_text(json, result->is_probe ? "probe" : "case");
	json_key(json, "name");
	json_text(json, result->title);
	json_key(json, "file");
	json_text(json, result->is_probe ? NULL : auth_case->file);
	json_key(json, "line");
	if (!result->is_probe && auth_case->file != NULL)
		json_uint(json, auth_case->line);
	else
		json_null(json);
	json_key(json, "dialect");
	json_text(json, result->dialect->name);
	json_key(json, "phase");
	json_text(json, auth_phase_names[result->phase]);
	json_key(json, "state");
	json_text(json, states[result->state]);
	json_key(json, "skipped");
	json_text(json, result->skipped);
	json_key(json, "trouble");
	json_text(json, result->trouble_text != NULL ? report_troubles[result->trouble] : NULL);
	json_key(json, "trouble_text");
	json_text(json, result->trouble_text);
	if (!result->is_probe && result->state != RESULT_SKIPPED)
		put_answer(json, &redact, how, result);
	put_findings(json, result);
	json_object_end(json);
	redact_reset(&redact);
	return r;
}

int
report_jsonl(FILE *out, const struct report_run *run)
{
	struct json json;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->count; i++) {
		json_init(&json, json_to_file, out);
		r = put_result(&json, run->how, &run->results[i]);
		if (r == 0)
			r = json_finish(&json);
		putc('\n', out);
	}
	return r;
}
