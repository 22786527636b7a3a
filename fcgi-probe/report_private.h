/* What the three forms of a report share.  Only they include this. */
#ifndef REPORT_PRIVATE_H
#define REPORT_PRIVATE_H

#include "report.h"

/* Where a report is written: the first failure makes every further call a no-op. */
struct report_out {
	struct buffer *buffer;
	int error;
};

void report_put(struct report_out *out, const char *data, size_t len);
void report_puts(struct report_out *out, const char *text);
void report_print(struct report_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Digits behind the point: none for bytes and items, microseconds, tenths of a percent. */
int report_decimals(enum metric metric);

/* What was asked for, in a word: "request", "ping", "fpm-status", "queue", "values", "connect". */
const char *report_ask_name(enum ask ask);

void report_text(struct report_out *out, const struct report *report,
    const struct report_item *items, size_t count);
void report_json(struct report_out *out, const struct report *report,
    const struct report_item *items, size_t count);
void report_openmetrics(struct report_out *out, const struct report_item *items, size_t count);

#endif
