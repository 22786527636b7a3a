/* The answer on standard output, or in a file: text for people and plugins, JSON, OpenMetrics. */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "judge.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_OPENMETRICS };

/* One target's part of a report. */
struct report_item {
	const struct observation *seen;
	const struct metrics *metrics;
	const struct judgement *judgement;
};

/*
 * Writes one round: a line a target (text), an array (JSON; each object on a line of its own with
 * --watch: lines 1), or one exposition with "# EOF".
 * policy: its thresholds stand in the performance data.
 */
void report_write(FILE *out, enum report_format format, const struct judge_policy *policy,
    const struct report_item *items, size_t count);

#endif
