/* JUnit's XML, as continuous integration reads it. */
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "fcgi_error.h"
#include "report_private.h"
#include "text.h"

/* Escaped text for an element or an attribute; two of its characters XML does not have at all. */
static void
write_xml(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strncmp(text, "\xef\xbf\xbe", 3) == 0 ||
		    strncmp(text, "\xef\xbf\xbf", 3) == 0) {
			putc('?', out);
			text += 2;
			continue;
		}
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

static int
write_attribute(FILE *out, const char *name, const char *text)
{
	char *escaped = text_escape_alloc(text, strlen(text), 0);

	if (escaped == NULL)
		return -FCGI_E_SYSTEM;
	fprintf(out, " %s=\"", name);
	write_xml(out, escaped);
	putc('"', out);
	free(escaped);
	return 0;
}

static void
write_failure(FILE *out, const struct result *result)
{
	const char *element = result->trouble == RESULT_ANSWERED ? "failure" : "error";
	size_t i;

	fprintf(out, "\t\t<%s type=\"%s\" message=\"", element,
	    result->failures.count > 0
		? result->trouble == RESULT_ANSWERED ? "expectation"
						     : report_troubles[result->trouble]
		: "check");
	if (result->failures.count > 0)
		write_xml(out, result->failures.items[0]);
	else
		write_xml(out, result->findings[0].detail);
	fprintf(out, "\">");
	for (i = 0; i < result->failures.count; i++) {
		write_xml(out, result->failures.items[i]);
		putc('\n', out);
	}
	for (i = 0; i < result->finding_count; i++) {
		fprintf(out, "%s %s: ", check_about[result->findings[i].check].name,
		    report_severities[result->findings[i].severity]);
		write_xml(out, result->findings[i].detail);
		putc('\n', out);
	}
	fprintf(out, "</%s>\n", element);
}

/* What is worth knowing of a case that has passed. */
static void
write_output(FILE *out, const struct report *how, const struct result *result)
{
	int told = result->state == RESULT_PASSED && result->finding_count > 0, i;
	char decision[64];
	size_t k;

	for (i = 0; i < VERDICT_SERVERS; i++)
		told |= report_tells(how, result, i);
	if (!told)
		return;
	fprintf(out, "\t\t<system-out>");
	for (k = 0; result->state == RESULT_PASSED && k < result->finding_count; k++) {
		fprintf(out, "%s %s: ", check_about[result->findings[k].check].name,
		    report_severities[result->findings[k].severity]);
		write_xml(out, result->findings[k].detail);
		putc('\n', out);
	}
	for (i = 0; i < VERDICT_SERVERS; i++)
		if (report_tells(how, result, i))
			fprintf(out, "%s: %s\n", verdict_name((enum verdict_server)i),
			    verdict_describe(decision, sizeof decision, &result->verdicts[i]));
	fprintf(out, "</system-out>\n");
}

static int
write_case(FILE *out, const struct report *how, const struct result *result)
{
	const struct auth_case *auth_case = result->auth_case;
	int r;

	fprintf(out, "\t<testcase");
	r = write_attribute(out, "classname", result->is_probe ? "probes" : result->dialect->name);
	if (r == 0)
		r = write_attribute(out, "name", result->title);
	if (r == 0 && !result->is_probe && auth_case->file != NULL) {
		r = write_attribute(out, "file", auth_case->file);
		fprintf(out, " line=\"%zu\"", auth_case->line);
	}
	fprintf(out, " time=\"%.6f\">\n", (double)result->time_ns / 1e9);
	if (result->state == RESULT_SKIPPED) {
		fprintf(out, "\t\t<skipped message=\"");
		write_xml(out, result->skipped);
		fprintf(out, "\"/>\n");
	} else if (result->state == RESULT_FAILED) {
		write_failure(out, result);
	}
	write_output(out, how, result);
	fprintf(out, "\t</testcase>\n");
	return r;
}

int
report_junit(FILE *out, const struct report_run *run)
{
	size_t i, failures = 0, errors = 0, skipped = 0;
	double seconds = 0;
	int r;

	for (i = 0; i < run->count; i++) {
		const struct result *result = &run->results[i];
		int failed = result->state == RESULT_FAILED;

		failures += failed && result->trouble == RESULT_ANSWERED;
		errors += failed && result->trouble != RESULT_ANSWERED;
		skipped += result->state == RESULT_SKIPPED;
		seconds += (double)result->time_ns / 1e9;
	}
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	fprintf(out, "<testsuite name=\"fcgi-auth-test\" tests=\"%zu\" failures=\"%zu\" "
	    "errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\"", run->count, failures, errors, skipped,
	    seconds);
	r = write_attribute(out, "hostname", run->how->address);
	fprintf(out, ">\n");
	for (i = 0; r == 0 && i < run->count; i++)
		r = write_case(out, run->how, &run->results[i]);
	fprintf(out, "</testsuite>\n</testsuites>\n");
	return r;
}
