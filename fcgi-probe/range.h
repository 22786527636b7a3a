/* A threshold in the syntax of the monitoring plugins: when is a figure a reason for alarm? */
#ifndef RANGE_H
#define RANGE_H

#include <stddef.h>

struct range {
	double start;		/* -INFINITY for "~" */
	double end;		/* INFINITY when left out */
	int inside;		/* '@': alarm inside of [start, end], else outside */
};

/*
 * Reads "10" (0 to 10 is good), "10:", "~:10", "10:20" or "@10:20".
 * parse_value: reads one figure with its unit ("90%", "250ms") into *value and returns 0, or -1; NULL
 * for a plain decimal number.
 * Returns 0, or -FCGI_E_SYNTAX (also when start > end, or a figure is not finite).
 */
int range_parse(struct range *range, const char *text,
    int (*parse_value)(double *value, const char *text, size_t len));

/* 1 when the figure is a reason for alarm, else 0. */
int range_alarms(const struct range *range, double value);

/* As it is written, for the performance data.  Returns dst. */
const char *range_format(char *dst, size_t size, const struct range *range);

#endif
