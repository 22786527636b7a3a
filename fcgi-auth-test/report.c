#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "fcgi_error.h"
#include "redact.h"
#include "report_private.h"
#include "text.h"

const char *const report_severities[] = {
	[CHECK_IGNORED] = "ignored",
	[CHECK_WARNING] = "warning",
	[CHECK_FAILURE] = "failure",
};

const char *const report_troubles[] = {
	[RESULT_ANSWERED] = "answered",
	[RESULT_UNREACHABLE] = "unreachable",
	[RESULT_BROKEN] = "protocol",
	[RESULT_LATE] = "timeout",
};

void
report_finding(FILE *out, const struct result_finding *finding)
{
	fprintf(out, "%s %s: %s", check_about[finding->check].name,
	    report_severities[finding->severity], finding->detail);
}

int
report_tells(const struct report *how, const struct result *result, int server)
{
	return result_is_judged(result) && !result->is_probe &&
	    result->trouble != RESULT_UNREACHABLE && (how->verdicts & 1U << server) != 0;
}

int
report_place(FILE *out, const struct result *result)
{
	char *file;

	if (result->auth_case->file == NULL)
		return 0;
	file = text_escape_alloc(result->auth_case->file, strlen(result->auth_case->file), 0);
	fprintf(out, "%s:%zu", file != NULL ? file : "?", result->auth_case->line);
	free(file);
	return 1;
}

/* --- the answer to one question ------------------------------------------------------------ */

static void
write_verdicts(FILE *out, const struct report *how, const struct result *result)
{
	char decision[64];
	int i;

	for (i = 0; i < VERDICT_SERVERS; i++)
		if (report_tells(how, result, i))
			fprintf(out, "  %s: %s\n", verdict_name((enum verdict_server)i),
			    verdict_describe(decision, sizeof decision, &result->verdicts[i]));
}

static void
write_line(FILE *out, const struct redact *redact, const struct verdict_entry *variable)
{
	char *name = redact_text(redact, variable->name, strlen(variable->name));
	char *value = redact_text(redact, variable->value, variable->value_len);
	int is_secret = redact_hides(redact, variable->name, strlen(variable->name));

	fprintf(out, "  %s=%s\n", name != NULL ? name : "?",
	    is_secret || value == NULL ? TEXT_REDACTED : value);
	free(name);
	free(value);
}

static int
write_answer(FILE *out, const struct report *how, const struct result *result, int several)
{
	const struct verdict *verdict = result_verdict(result);
	struct redact redact = { 0 };
	char decision[64];
	size_t i;
	int r = 0;

	/* Why there is none is no answer: it goes where errors go. */
	if (result->reply.wire.len == 0 || result->trouble != RESULT_ANSWERED)
		return 0;
	if (several)
		fprintf(out, "%s: ", result->dialect->name);
	fprintf(out, "%s%s%s%s\n", verdict_describe(decision, sizeof decision, verdict),
	    verdict->why != NULL ? " (" : "", verdict->why != NULL ? verdict->why : "",
	    verdict->why != NULL ? ")" : "");
	if (!how->show_secrets)
		r = redact_init(&redact, how->secrets, result->auth_case, &result->params);
	for (i = 0; r == 0 && i < verdict->variables.count; i++)
		write_line(out, &redact, &verdict->variables.items[i]);
	redact_reset(&redact);
	write_verdicts(out, how, result);
	return r;
}

int
report_text(FILE *out, const struct report_run *run)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < run->count; i++)
		if (!run->results[i].is_probe)
			r = write_answer(out, run->how, &run->results[i], run->count > 1);
	return r;
}

/* --- the choice ---------------------------------------------------------------------------- */

int
report_write(FILE *out, const struct report *how, const struct result *results, size_t count,
    char *why, size_t why_size)
{
	static report_form *const forms[] = {
		[REPORT_TEXT] = report_text,
		[REPORT_JUNIT] = report_junit,
		[REPORT_JSONL] = report_jsonl,
		[REPORT_CASES] = report_cases,
		[REPORT_TABLE] = report_table,
	};
	const struct report_run run = { how, results, count, why, why_size };

	snprintf(why, why_size, "out of memory");
	return forms[how->format](out, &run);
}
