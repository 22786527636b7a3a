/* Results told, in the form that was asked for. */
#ifndef FCGI_AUTH_TEST_REPORT_H
#define FCGI_AUTH_TEST_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "result.h"

enum report_format {
	REPORT_TAP,	/* TAP 14, told as the results come */
	REPORT_TEXT,	/* the answer to one question, for a person */
	REPORT_JUNIT,
	REPORT_JSONL,
	REPORT_CASES,	/* a case file that expects what was answered */
	REPORT_TABLE,	/* what each server would do */
};

/* How it is told. */
struct report {
	enum report_format format;
	unsigned verdicts;	/* bit of each enum verdict_server whose verdict is told */
	int show_secrets;
	const struct secrets *secrets; /* of all questions; NULL: there are none */
	const char *address;	/* of the authorizer, as it was given */
	const char *output_file; /* where it is written to; NULL: standard output */
};

/*
 * Writes the report in any form but REPORT_TAP; whether all of it went out, the file tells.
 * why: on failure one line, not escaped.
 * Returns 0, -FCGI_E_SYSTEM: no memory; or of REPORT_CASES -FCGI_E_SYNTAX: there is what no case
 * file can hold.
 */
int report_write(FILE *out, const struct report *how, const struct result *results, size_t count,
    char *why, size_t why_size);

/*
 * A point of REPORT_TAP: number from 1, of count; the first with what stands before it.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int report_tap_point(FILE *out, const struct report *how, const struct result *result,
    size_t number, size_t count);

/* The end of one that has ended early, behind count points. */
void report_tap_bail_out(FILE *out, size_t count, const char *why);

/* "R8 warning: a body with 200". */
void report_finding(FILE *out, const struct result_finding *finding);

#endif
