/* The forms of a report, one function each.  Private to report. */
#ifndef FCGI_AUTH_TEST_REPORT_PRIVATE_H
#define FCGI_AUTH_TEST_REPORT_PRIVATE_H

#include "report.h"

/* All results of a run, and how they are told. */
struct report_run {
	const struct report *how;
	const struct result *results;
	size_t count;
	char *why;
	size_t why_size;
};

/* Return as report_write(). */
typedef int report_form(FILE *out, const struct report_run *run);

report_form report_text, report_junit, report_jsonl, report_cases, report_table;

/* 1 when the verdict of that server was asked for, and there is one. */
int report_tells(const struct report *how, const struct result *result, int server);

/* "FILE:LINE" of the case.  Returns 1, or 0 with nothing written when it stands in none. */
int report_place(FILE *out, const struct result *result);

extern const char *const report_severities[];
extern const char *const report_troubles[];

#endif
