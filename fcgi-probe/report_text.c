/*
 * The text form follows the guidelines for monitoring plugins.  Of several lines a monitor takes
 * the first as the answer, the others up to the next '|' as details, and all behind that as
 * performance data: so that of several targets comes last.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "report_private.h"
#include "text.h"

/*
 * SUMMARY_NAMES: how many targets the first line of several names.
 * SUMMARY_MAX: bytes before the performance data that are kept in any case.
 */
enum { SUMMARY_NAMES = 10, SUMMARY_MAX = 1023 };

/* How a line begins: the service, as plugins name it. */
#define SERVICE "FCGI"

/* A piece of one line: what would end the text or the line is written as its octal number. */
static void
put_plain(struct report_out *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *run = p;

	for (; p < end; p++) {
		if (*p != '|' && (unsigned char)*p >= ' ')
			continue;
		report_put(out, run, (size_t)(p - run));
		report_print(out, "\\%03o", (unsigned)(unsigned char)*p);
		run = p + 1;
	}
	report_put(out, run, (size_t)(p - run));
}

/* Text of others, cut where it is long. */
static void
put_escaped(struct report_out *out, const char *text, size_t len)
{
	char escaped[2 * OBSERVATION_LINE_MAX];
	size_t whole = text_escape(escaped, sizeof escaped, text, len, 0);

	put_plain(out, escaped, strlen(escaped));
	if (whole >= sizeof escaped)
		report_puts(out, "...");
}

/*
 * Between the quotes of a label: a quote is doubled; '=' ends a label even there, so it cannot
 * stand in one.
 */
static void
put_label(struct report_out *out, const char *text)
{
	const char *p, *run = text;

	for (p = text; *p != '\0'; p++) {
		if (*p != '\'' && *p != '=')
			continue;
		put_plain(out, run, (size_t)(p - run));
		report_puts(out, *p == '=' ? "_" : "''");
		run = p + 1;
	}
	put_plain(out, run, (size_t)(p - run));
}

static void
put_range(struct report_out *out, uint32_t has, enum metric metric, const struct range *ranges)
{
	char text[RANGE_TEXT_MAX];

	report_puts(out, ";");
	if (has & 1U << metric)
		report_puts(out, range_format(text, sizeof text, &ranges[metric]));
}

/*
 * 'label'=value[UOM];[warn];[crit];[min];[max]
 * prefix: the target where there are several, else NULL.  judged: this is the figure that the
 * thresholds are about.
 */
static void
put_figure(struct report_out *out, const struct judge_policy *policy, const char *prefix,
    enum metric metric, const char *suffix, const char *unit, double value, int judged)
{
	const struct metric_about *about = &metric_about[metric];
	int is_percentage = *about->unit == '%';

	if (prefix != NULL) {
		report_puts(out, "'");
		put_label(out, prefix);
		report_puts(out, " ");
	}
	report_print(out, "%s%s%s=%.*f%s", about->name, suffix, prefix != NULL ? "'" : "",
	    report_decimals(metric), value, unit);
	put_range(out, judged ? policy->has_warning : 0, metric, policy->warning);
	put_range(out, judged ? policy->has_critical : 0, metric, policy->critical);
	/* Without a minimum and a maximum a percentage goes from 0 to 100. */
	if (!is_percentage)
		report_puts(out, ";0");
}

/* All figures of a target, between blanks. */
static void
put_perfdata(struct report_out *out, const struct report *report, const struct report_item *item,
    const char *prefix)
{
	const struct metrics *metrics = item->metrics;
	int metric, by_growth, begun = 0;

	for (metric = 0; metric < METRIC_COUNT; metric++) {
		if (!(metrics->has & 1U << metric))
			continue;
		by_growth = report->policy->growth && metric_about[metric].kind == METRIC_COUNTER;
		report_puts(out, begun++ ? " " : "");
		put_figure(out, report->policy, prefix, (enum metric)metric, "",
		    metric_about[metric].unit, metrics->value[metric], !by_growth);
		if (metric == METRIC_QUEUE && metrics->has & 1U << METRIC_QUEUE_LIMIT)
			report_print(out, ";%.0f", metrics->value[METRIC_QUEUE_LIMIT]);
		if (!(metrics->has_delta & 1U << metric))
			continue;
		report_puts(out, " ");
		put_figure(out, report->policy, prefix, (enum metric)metric, "_growth", "",
		    metrics->delta[metric], by_growth);
	}
}

/* "2026-11-22T04:36:07Z " */
static void
put_time(struct report_out *out, int64_t when_ms)
{
	time_t when = (time_t)(when_ms / 1000);
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&when, &tm) != NULL)
		strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	report_print(out, "%s ", text);
}

/* What a line says of a target, without its end. */
static void
put_verdict(struct report_out *out, const struct report_item *item)
{
	const struct judgement *judgement = item->judgement;

	report_print(out, SERVICE " %s ", judge_state_name(judgement->state));
	put_escaped(out, item->seen->name, strlen(item->seen->name));
	report_puts(out, " - ");
	if (strcmp(judgement->cause, "ok") != 0)
		report_print(out, "%s: ", judgement->cause);
	put_plain(out, judgement->text, strlen(judgement->text));
}

/*
 * Cuts what was written since begin to len bytes, between two characters; "..." shows it.
 * len: >= 4.
 */
static void
cut(struct report_out *out, size_t begin, size_t len)
{
	unsigned char *text = out->buffer->data + begin;

	if (out->error < 0 || out->buffer->len - begin <= len)
		return;
	for (len -= 3; len > 0 && (text[len] & 0xc0) == 0x80; len--)
		;
	out->buffer->len = begin + len;
	report_puts(out, "...");
}

static double
seconds(const struct observation *seen, int64_t at_ns)
{
	return (double)(at_ns - seen->start_ns) / 1e9;
}

static void
put_times(struct report_out *out, const struct observation *seen)
{
	report_puts(out, "\n  ");
	if (seen->connected_ns != 0)
		report_print(out, "connected after %.6f s, ", seconds(seen, seen->connected_ns));
	if (seen->first_byte_ns != 0)
		report_print(out, "first byte after %.6f s, ", seconds(seen, seen->first_byte_ns));
	report_print(out, "end after %.6f s; %" PRIu64 " bytes received, %" PRIu64
	    " of STDOUT, %" PRIu64 " of STDERR", seconds(seen, seen->end_ns), seen->received,
	    seen->stdout_len, seen->stderr_len);
}

/* A line "NAME: value". */
static void
put_detail(struct report_out *out, const char *name, size_t name_len, const char *value,
    size_t value_len)
{
	report_puts(out, "\n  ");
	put_escaped(out, name, name_len);
	report_puts(out, ": ");
	if (text_is_secret(name, name_len))
		report_puts(out, TEXT_REDACTED);
	else
		put_escaped(out, value, value_len);
}

static void
put_known(struct report_out *out, const char *name, const char *value)
{
	if (*value != '\0')
		put_detail(out, name, strlen(name), value, strlen(value));
}

/* What -v adds: lines of their own, each behind its newline. */
static void
put_details(struct report_out *out, const struct observation *seen)
{
	const char *status = fcgi_protocol_status_name(seen->request_end.protocol_status);
	struct cgi_header header;
	size_t at = 0;

	put_times(out, seen);
	while (seen->header.complete && cgi_response_next(&seen->header, &at, &header))
		put_detail(out, header.name, header.name_len, header.value, header.value_len);
	if (seen->stderr_len > 0)
		put_known(out, "STDERR", seen->stderr_line);
	if (seen->has_request_end)
		report_print(out, "\n  END_REQUEST: %s, appStatus %" PRIu32,
		    status != NULL ? status : "unknown protocolStatus",
		    seen->request_end.app_status);
	if (seen->has_fpm) {
		put_known(out, "pool", seen->fpm.pool);
		put_known(out, "process manager", seen->fpm.process_manager);
	}
	put_known(out, "FCGI_MAX_CONNS", seen->values.max_conns);
	put_known(out, "FCGI_MAX_REQS", seen->values.max_reqs);
	put_known(out, "FCGI_MPXS_CONNS", seen->values.mpxs_conns);
}

/* The one line of a single target, of REPORT_LINE_MAX bytes at most, and its details. */
static void
put_single(struct report_out *out, const struct report *report, const struct report_item *item)
{
	struct buffer perfdata = { 0 };
	struct report_out data = { .buffer = &perfdata };
	size_t begin = out->buffer->len, room;

	if (item->metrics->has != 0) {
		report_puts(&data, " | ");
		put_perfdata(&data, report, item, NULL);
	}
	if (out->error == 0)
		out->error = data.error;
	put_verdict(out, item);
	/* The figures are short and stay whole; what can be long is the text of others. */
	room = perfdata.len < REPORT_LINE_MAX - SUMMARY_MAX ? REPORT_LINE_MAX - 1 - perfdata.len
							    : SUMMARY_MAX;
	cut(out, begin, room);
	report_put(out, (const char *)perfdata.data, perfdata.len);
	buffer_free(&perfdata);
	if (report->verbose)
		put_details(out, item->seen);
	report_puts(out, "\n");
}

static int
is_shown(const struct report *report, const struct report_item *item)
{
	return !report->quiet || item->judgement->state != STATE_OK;
}

static void
name_bad_ones(struct report_out *out, const struct report_item *items, size_t count, size_t bad)
{
	size_t i, named = 0;

	for (i = 0; i < count && named < SUMMARY_NAMES; i++) {
		if (items[i].judgement->state == STATE_OK)
			continue;
		report_puts(out, named++ == 0 ? ": " : ", ");
		put_escaped(out, items[i].seen->name, strlen(items[i].seen->name));
		report_print(out, " %s", items[i].judgement->cause);
	}
	if (named < bad)
		report_print(out, " and %zu more", bad - named);
}

/* "FCGI CRITICAL - 2 of 5 targets are not OK: /run/a.sock busy, :9001 refused | ok=3..." */
static void
put_summary(struct report_out *out, const struct report_item *items, size_t count)
{
	static const char *const labels[] = { "ok", "warning", "critical", "unknown" };
	size_t of_state[STATE_UNKNOWN + 1] = { 0 }, begin = out->buffer->len, bad, i;
	enum state worst = STATE_OK;

	for (i = 0; i < count; i++) {
		of_state[items[i].judgement->state]++;
		worst = judge_worst(worst, items[i].judgement->state);
	}
	bad = count - of_state[STATE_OK];
	report_print(out, SERVICE " %s - ", judge_state_name(worst));
	if (bad == 0)
		report_print(out, "all %zu targets are OK", count);
	else
		report_print(out, "%zu of %zu targets %s not OK", bad, count,
		    bad == 1 ? "is" : "are");
	name_bad_ones(out, items, count, bad);
	cut(out, begin, SUMMARY_MAX);
	report_puts(out, " |");
	for (i = 0; i <= STATE_UNKNOWN; i++)
		report_print(out, " %s=%zu;;;0;%zu", labels[i], of_state[i], count);
}

static void
put_several(struct report_out *out, const struct report *report, const struct report_item *items,
    size_t count)
{
	size_t i, begin, begun = 0;

	put_summary(out, items, count);
	for (i = 0; i < count; i++) {
		if (!is_shown(report, &items[i]))
			continue;
		report_puts(out, "\n");
		begin = out->buffer->len;
		put_verdict(out, &items[i]);
		cut(out, begin, REPORT_LINE_MAX - 1);
		if (report->verbose)
			put_details(out, items[i].seen);
	}
	for (i = 0; i < count; i++) {
		if (!is_shown(report, &items[i]) || items[i].metrics->has == 0)
			continue;
		report_puts(out, begun++ ? "\n" : " | ");
		put_perfdata(out, report, &items[i], items[i].seen->name);
	}
	report_puts(out, "\n");
}

/* --watch: for people and logs, so without the performance data, but with the time. */
static void
put_lines(struct report_out *out, const struct report *report, const struct report_item *items,
    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!is_shown(report, &items[i]))
			continue;
		put_time(out, report->when_ms);
		put_verdict(out, &items[i]);
		if (report->verbose)
			put_details(out, items[i].seen);
		report_puts(out, "\n");
	}
}

void
report_text(struct report_out *out, const struct report *report, const struct report_item *items,
    size_t count)
{
	size_t i;

	for (i = 0; i < count && !is_shown(report, &items[i]); i++)
		;
	if (i == count)
		return;
	if (report->lines)
		put_lines(out, report, items, count);
	else if (count == 1)
		put_single(out, report, items);
	else
		put_several(out, report, items, count);
}
