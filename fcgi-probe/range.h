/* A threshold in the syntax of the monitoring plugins: when is a figure a reason for alarm? */
#ifndef RANGE_H
#define RANGE_H

#include <stddef.h>

struct range {
	double start;		/* -INFINITY for "~" */
	double end;		/* INFINITY when left out */
	int inside;		/* '@': alarm inside of [start, end], else outside */
};

/* Reads one figure with its unit ("90%", "250ms") into *value.  Returns 0, or -FCGI_E_SYNTAX. */
typedef int range_figure(double *value, const char *text, size_t len);

/*
 * Reads "10" (0 to 10 is good), "10:", "~:10", "10:20", ":10" (as "10") or any of these behind '@'.
 * figure: NULL stands for number_decimal.
 * Returns 0, or -FCGI_E_SYNTAX (also when start > end, and for "~" or ":" alone).
 */
int range_parse(struct range *range, const char *text, range_figure *figure);

/* 1 when the figure is a reason for alarm, else 0.  What is not a number is one. */
int range_alarms(const struct range *range, double value);

/*
 * As it is written, without units, for the performance data.
 * size: RANGE_TEXT_MAX holds any.  Returns dst.
 */
enum { RANGE_TEXT_MAX = 64 };
char *range_format(char *dst, size_t size, const struct range *range);

#endif
