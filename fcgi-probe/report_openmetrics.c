/*
 * OpenMetrics 1.0, of which node_exporter's textfile collector, which reads the older text format,
 * takes all: so there are gauges and counters only, for it refuses the whole file on a type that it
 * does not know, and no timestamps, which it refuses too.
 */
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "report_private.h"
#include "text.h"

/* A target and its labels, written once: target="...", and with the pool for php-fpm's figures. */
struct series {
	const struct report_item *item;
	struct buffer labels;
	size_t target_len;	/* of the labels, without the pool */
};

/* Escaped as a label's value; the bytes have to be UTF-8. */
static void
put_label_value(struct report_out *out, const char *p, const char *end)
{
	const char *run = p;

	for (; p < end; p++) {
		if (*p != '\\' && *p != '"' && *p != '\n')
			continue;
		report_put(out, run, (size_t)(p - run));
		report_puts(out, *p == '\n' ? "\\n" : *p == '"' ? "\\\"" : "\\\\");
		run = p + 1;
	}
	report_put(out, run, (size_t)(p - run));
}

static void
put_label(struct report_out *out, const char *name, const char *value)
{
	size_t len = strlen(value);
	char *escaped = NULL;

	/* Other bytes than UTF-8 stand as we show them everywhere. */
	if (!text_is_utf8(value, len)) {
		value = escaped = text_escape_alloc(value, len, 0);
		if (escaped == NULL) {
			out->error = -FCGI_E_SYSTEM;
			return;
		}
		len = strlen(escaped);
	}
	report_print(out, "%s=\"", name);
	put_label_value(out, value, value + len);
	report_puts(out, "\"");
	free(escaped);
}

/* Returns 0, or -FCGI_E_SYSTEM. */
static int
series_init(struct series *series, const struct report_item *item)
{
	struct report_out out = { .buffer = &series->labels };

	series->item = item;
	put_label(&out, "target", item->seen->name);
	series->target_len = series->labels.len;
	if (item->seen->has_fpm) {
		report_puts(&out, ",");
		put_label(&out, "pool", item->seen->fpm.pool);
	}
	return out.error;
}

/* A target given twice must not make two series of one name. */
static int
is_known(const struct series *all, size_t count, const struct series *series)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (all[i].target_len == series->target_len &&
		    memcmp(all[i].labels.data, series->labels.data, series->target_len) == 0)
			return 1;
	return 0;
}

static int
ends_in(const char *name, const char *word)
{
	size_t len = strlen(name), word_len = strlen(word);

	return len > word_len && strcmp(name + len - word_len, word) == 0;
}

static void
put_about(struct report_out *out, const char *name, const char *type, const char *help)
{
	static const char *const units[] = { "_seconds", "_bytes" };
	size_t i;

	report_print(out, "# TYPE %s %s\n", name, type);
	for (i = 0; i < sizeof units / sizeof *units; i++)
		if (ends_in(name, units[i]))
			report_print(out, "# UNIT %s %s\n", name, units[i] + 1);
	report_print(out, "# HELP %s %s\n", name, help);
}

static void
put_sample(struct report_out *out, const char *name, const char *suffix,
    const struct series *series, int decimals, double value)
{
	int is_fpm = strncmp(name, "phpfpm_", 7) == 0;

	report_print(out, "%s%s{", name, suffix);
	report_put(out, (const char *)series->labels.data,
	    is_fpm ? series->labels.len : series->target_len);
	report_print(out, "} %.*f\n", decimals, value);
}

static int
is_well(const struct report_item *item)
{
	return item->judgement->state == STATE_OK || item->judgement->state == STATE_WARNING;
}

/* What is known of every target. */
static void
put_verdicts(struct report_out *out, const struct series *all, size_t count)
{
	const struct judgement *judgement;
	size_t i;

	put_about(out, "fcgi_up", "gauge", "Whether the target was found OK or WARNING.");
	for (i = 0; i < count; i++)
		put_sample(out, "fcgi_up", "", &all[i], 0, is_well(all[i].item));
	put_about(out, "fcgi_probe_state", "gauge",
	    "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.");
	for (i = 0; i < count; i++)
		put_sample(out, "fcgi_probe_state", "", &all[i], 0,
		    all[i].item->judgement->state);
	put_about(out, "fcgi_probe_cause_info", "gauge",
	    "What the target was asked, and why it was judged so.");
	for (i = 0; i < count; i++) {
		judgement = all[i].item->judgement;
		report_puts(out, "fcgi_probe_cause_info{");
		report_put(out, (const char *)all[i].labels.data, all[i].target_len);
		report_print(out, ",ask=\"%s\",", report_ask_name(all[i].item->seen->ask));
		put_label(out, "cause", judgement->cause);
		report_puts(out, "} 1\n");
	}
}

static void
put_http_statuses(struct report_out *out, const struct series *all, size_t count)
{
	const struct observation *seen;
	int begun = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		seen = all[i].item->seen;
		if (!seen->header.complete)
			continue;
		if (!begun++)
			put_about(out, "fcgi_http_status", "gauge", "HTTP status of the answer.");
		put_sample(out, "fcgi_http_status", "", &all[i], 0, seen->header.status);
	}
}

/* Whether php-fpm's status page could be read. */
static void
put_pools(struct report_out *out, const struct series *all, size_t count)
{
	int begun = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (all[i].item->seen->ask != ASK_FPM_STATUS)
			continue;
		if (!begun++)
			put_about(out, "phpfpm_up", "gauge",
			    "Whether the pool's status page was read.");
		put_sample(out, "phpfpm_up", "", &all[i], 0, all[i].item->seen->has_fpm);
	}
}

/* of_pools: of those targets only that were asked for php-fpm's status page. */
static void
put_metric(struct report_out *out, const struct series *all, size_t count, enum metric metric,
    const char *name, int of_pools)
{
	const struct metric_about *about = &metric_about[metric];
	int is_counter = about->kind == METRIC_COUNTER, begun = 0;
	const struct report_item *item;
	size_t i;

	for (i = 0; i < count; i++) {
		item = all[i].item;
		if (!(item->metrics->has & 1U << metric))
			continue;
		if (of_pools && item->seen->ask != ASK_FPM_STATUS)
			continue;
		if (!begun++)
			put_about(out, name, is_counter ? "counter" : "gauge", about->help);
		put_sample(out, name, is_counter ? "_total" : "", &all[i], report_decimals(metric),
		    item->metrics->value[metric]);
	}
}

/* Takes the targets, each once.  Returns how many there are. */
static size_t
collect(struct report_out *out, struct series *all, const struct report_item *items, size_t count)
{
	size_t i, known = 0;

	for (i = 0; i < count && out->error == 0; i++) {
		out->error = series_init(&all[known], &items[i]);
		if (is_known(all, known, &all[known]))
			buffer_clear(&all[known].labels);
		else
			known++;
	}
	return known;
}

void
report_openmetrics(struct report_out *out, const struct report_item *items, size_t count)
{
	struct series *all = calloc(count + 1, sizeof *all);
	size_t i, known;
	int metric;

	if (all == NULL) {
		out->error = -FCGI_E_SYSTEM;
		return;
	}
	known = collect(out, all, items, count);
	if (known > 0)
		put_verdicts(out, all, known);
	put_http_statuses(out, all, known);
	put_pools(out, all, known);
	for (metric = 0; metric < METRIC_COUNT; metric++)
		put_metric(out, all, known, (enum metric)metric, metric_about[metric].openmetrics,
		    0);
	/* Where dashboards of php-fpm look for them; unlike php-fpm's own, true of UNIX sockets. */
	put_metric(out, all, known, METRIC_QUEUE, "phpfpm_listen_queue", 1);
	put_metric(out, all, known, METRIC_QUEUE_LIMIT, "phpfpm_listen_queue_length", 1);
	report_puts(out, "# EOF\n");
	for (i = 0; i < count; i++)
		buffer_free(&all[i].labels);
	free(all);
}
