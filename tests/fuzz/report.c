/*
 * A target's name and what is told of it never break a report: the text form stays one line a target
 * with figures that a monitor can read, and OpenMetrics stays valid and tells the name back.
 *
 *	up to the first NUL	the name of a target, as given by the user
 *	the rest		what its application said
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "../unit/openmetrics.h"
#include "target.h"

/* Takes one figure: 'label'=value[UOM];[warn];[crit];[min];[max].  Returns where it ends. */
static const char *
take_figure(const char *p)
{
	if (*p == '\'') {
		for (p++; *p != '\'' || p[1] == '\''; p += *p == '\'' ? 2 : 1)
			must(*p != '\0' && *p != '\n' && *p != '=' && *p != '|');
		p++;
	} else {
		must(strspn(p, "abcdefghijklmnopqrstuvwxyz_") > 0);
		p += strspn(p, "abcdefghijklmnopqrstuvwxyz_");
	}
	must(*p == '=');
	p++;
	must(strspn(p, "0123456789.") > 0);
	p += strspn(p, "0123456789.");
	return p + strspn(p, "sBc%;0123456789");
}

/* Figures to the end of the text, lines of them where there are several targets. */
static void
check_perfdata(const char *p)
{
	must(*p++ == ' ');
	for (;;) {
		p = take_figure(p);
		if (*p == '\n' && p[1] == '\0')
			return;
		must(*p == ' ' || *p == '\n');
		p++;
	}
}

static void
check_line(const char *line, const char *end)
{
	const unsigned char *p = (const unsigned char *)line;
	uint32_t code;
	size_t len;

	must(end - line < REPORT_LINE_MAX && memcmp(line, "FCGI CRITICAL ", 14) == 0);
	for (; p < (const unsigned char *)end; p += len) {
		len = text_utf8_decode(p, (const unsigned char *)end, &code);
		must(len > 0 && text_is_visible(code));
	}
}

static void
check_text(const char *text, size_t count)
{
	const char *bar = strchr(text, '|'), *newline;

	must(bar != NULL);
	if (count == 1) {
		newline = strchr(text, '\n');
		must(newline != NULL && newline[1] == '\0');
		check_line(text, newline);
		check_perfdata(bar + 1);
		return;
	}
	/* The summary, two targets, and the rest behind the second. */
	newline = strchr(text, '\n');
	must(newline != NULL && bar < newline);
	check_line(text, newline);
	text = newline + 1;
	newline = strchr(text, '\n');
	must(newline != NULL && memchr(text, '|', (size_t)(newline - text)) == NULL);
	check_line(text, newline);
	text = newline + 1;
	bar = strchr(text, '|');
	must(bar != NULL);
	check_line(text, bar);
	check_perfdata(bar + 1);
}

/* The label's value in fcgi_up{target="..."}, unescaped, is the name. */
static void
check_label(const char *text, const char *name)
{
	const unsigned char *end = (const unsigned char *)name + strlen(name), *p;
	const char *label = strstr(text, "\nfcgi_up{target=\"");
	uint32_t code;
	size_t len;

	must(label != NULL);
	label += strlen("\nfcgi_up{target=\"");
	for (p = (const unsigned char *)name; p < end; p += len) {
		len = text_utf8_decode(p, end, &code);
		/* Shown in another way then. */
		if (len == 0)
			return;
	}
	for (; *name != '\0'; name++, label++) {
		if (*label != '\\') {
			must(*label == *name && *name != '"' && *name != '\n');
			continue;
		}
		label++;
		must((*label == 'n' && *name == '\n') ||
		    ((*label == '\\' || *label == '"') && *label == *name));
	}
	must(*label == '"');
}

static void
check_openmetrics(const char *text, const char *name)
{
	size_t line;

	must(openmetrics_check(text, strlen(text), &line) == NULL);
	check_label(text, name);
}

static void
check_report(enum report_format format, const struct report_item *items, size_t count)
{
	static const struct judge_policy policy;
	const struct report report = { .format = format, .policy = &policy };
	struct buffer buffer = { 0 };
	const char *text;

	must(report_write(&buffer, &report, items, count) == 0);
	must(memchr(buffer.data, '\0', buffer.len) == NULL);
	must(buffer_append(&buffer, "", 1) == 0);
	text = (const char *)buffer.data;
	if (format == REPORT_TEXT)
		check_text(text, count);
	if (format == REPORT_OPENMETRICS)
		check_openmetrics(text, items->seen->name);
	buffer_free(&buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct observation *seen = calloc(2, sizeof *seen);
	struct judgement judgement = { .state = STATE_CRITICAL, .cause = "closed" };
	struct metrics metrics = { 0 };
	struct report_item items[2];
	char *name = calloc(size + 1, 1);
	size_t name_len, format;

	must(seen != NULL && name != NULL);
	memcpy(name, data, size);
	name_len = strlen(name);
	if (name_len < size)
		text_escape(judgement.text, sizeof judgement.text, data + name_len + 1,
		    size - name_len - 1, 0);
	metrics.has = 1U << METRIC_TIME | 1U << METRIC_QUEUE_PCT;
	metrics.value[METRIC_TIME] = 0.5;
	seen[0].name = name;
	seen[1].name = "other";
	items[0] = (struct report_item){ &seen[0], &metrics, &judgement };
	items[1] = (struct report_item){ &seen[1], &metrics, &judgement };
	for (format = REPORT_TEXT; format <= REPORT_OPENMETRICS; format++) {
		check_report((enum report_format)format, items, 1);
		check_report((enum report_format)format, items, 2);
	}
	free(seen);
	free(name);
	return 0;
}
