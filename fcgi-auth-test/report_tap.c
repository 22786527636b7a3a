#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "report_private.h"
#include "text.h"

/* A description ends where "#" begins a directive. */
static int
write_title(FILE *out, const struct result *result)
{
	char *title = text_escape_alloc(result->title, strlen(result->title), 0);
	const char *p;

	if (title == NULL)
		return -FCGI_E_SYSTEM;
	for (p = title; *p != '\0'; p++)
		fprintf(out, "%s%c", *p == '#' ? "\\" : "", *p);
	free(title);
	return 0;
}

/* Text that is escaped for a person already, as a double-quoted scalar of YAML. */
static void
write_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text != '\0'; text++)
		fprintf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
	putc('"', out);
}

static void
write_failures(FILE *out, const struct result *result)
{
	size_t i;

	if (result->failures.count == 0)
		return;
	fprintf(out, "  failures:\n");
	for (i = 0; i < result->failures.count; i++) {
		fprintf(out, "    - ");
		write_quoted(out, result->failures.items[i]);
		putc('\n', out);
	}
}

static void
write_findings(FILE *out, const struct result *result)
{
	const struct result_finding *finding = result->findings;
	size_t i;

	if (result->finding_count == 0)
		return;
	fprintf(out, "  findings:\n");
	for (i = 0; i < result->finding_count; i++, finding++) {
		fprintf(out, "    - id: %s\n      severity: %s\n      detail: ",
		    check_about[finding->check].name, report_severities[finding->severity]);
		write_quoted(out, finding->detail);
		putc('\n', out);
	}
}

/* The block of diagnostics below a point that failed. */
static void
write_diagnostics(FILE *out, const struct result *result)
{
	char text[64];

	fprintf(out, "  ---\n");
	write_failures(out, result);
	write_findings(out, result);
	if (result->reply.wire.len > 0) {
		fprintf(out, "  decision: ");
		write_quoted(out,
		    verdict_describe(text, sizeof text, result_verdict(result)));
		fprintf(out, "\n  server: %s\n", verdict_name(result->server));
		if (result->reply.status != 0)
			fprintf(out, "  status: %d\n", result->reply.status);
		else
			fprintf(out, "  status: %s\n",
			    result->reply.status_count > 0 ? "invalid" : "none");
	}
	if (!result->is_probe && result->auth_case->file != NULL) {
		fprintf(out, "  at: \"");
		report_place(out, result);
		fprintf(out, "\"\n");
	}
	fprintf(out, "  time_ms: %.3f\n", (double)result->time_ns / 1e6);
	fprintf(out, "  ...\n");
}

static void
write_warnings(FILE *out, const struct result *result)
{
	size_t i;

	for (i = 0; i < result->finding_count; i++) {
		fprintf(out, "# ");
		report_finding(out, &result->findings[i]);
		putc('\n', out);
	}
}

/*
 * What follows is TAP 14, whose parsers take streams of version 13 for the same; prove(1) of Perl
 * 5.36 refuses to read any other.
 */
static void
write_version(FILE *out)
{
	fprintf(out, "TAP version 13\n");
}

int
report_tap_point(FILE *out, const struct report *how, const struct result *result,
    size_t number, size_t count)
{
	char decision[64];
	int i;

	if (number == 1) {
		write_version(out);
		fprintf(out, "1..%zu\n", count);
	}
	fprintf(out, "%sok %zu - ", result->state == RESULT_FAILED ? "not " : "", number);
	if (write_title(out, result) < 0)
		return -FCGI_E_SYSTEM;
	if (result->state == RESULT_SKIPPED)
		fprintf(out, " # SKIP %s", result->skipped);
	putc('\n', out);
	if (result->state == RESULT_FAILED)
		write_diagnostics(out, result);
	else
		write_warnings(out, result);
	for (i = 0; i < VERDICT_SERVERS; i++)
		if (report_tells(how, result, i))
			fprintf(out, "# %s: %s\n", verdict_name((enum verdict_server)i),
			    verdict_describe(decision, sizeof decision, &result->verdicts[i]));
	return 0;
}

void
report_tap_bail_out(FILE *out, size_t count, const char *why)
{
	if (count == 0)
		write_version(out);
	fprintf(out, "Bail out! %s\n", why);
}
