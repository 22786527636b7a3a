/* The answer to the user: text for people and monitoring plugins, JSON, OpenMetrics. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "judge.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_OPENMETRICS };

/* The longest first line of the text form, with its newline: Docker keeps 4096 bytes. */
enum { REPORT_LINE_MAX = 4096 };

/* How to write.  All constant during a report. */
struct report {
	enum report_format format;
	const struct judge_policy *policy; /* thresholds: they stand in the performance data */
	int verbose;		/* text: what was seen, in lines below; JSON: the headers too */
	int quiet;		/* text: nothing about targets that are OK */
	int lines;		/* --watch: a line a target, whole by itself */
	int64_t when_ms;	/* wall clock, since 1970: for JSON, and for text with lines */
};

/* One target's part of a report. */
struct report_item {
	const struct observation *seen;
	const struct metrics *metrics;
	const struct judgement *judgement;
};

/*
 * Adds one round to out.
 * Text: for one target its line with the performance data; for several one line that sums up, a
 * line a target, and the performance data behind the last of them, as the plugins' syntax wants it;
 * with lines a line a target with the time of day, and no performance data.
 * JSON: an array with an object a target; with lines the objects, each on its line.
 * OpenMetrics: one exposition, complete with "# EOF".
 * count: 0 when nothing is to be told, as when nothing has changed with --watch.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.
 */
int report_write(struct buffer *out, const struct report *report, const struct report_item *items,
    size_t count);

#endif
