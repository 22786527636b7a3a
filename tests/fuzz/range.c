/*
 * Thresholds: what is read is a range, alarms on the sides it says, and is written so that it is
 * read again.
 *
 *	byte 0		the metric whose unit the figures have; behind the last: plain numbers
 *	the rest	the text
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "fcgi_error.h"
#include "metric.h"
#include "target.h"

/* As little more as any figure can be. */
static double
step(double value)
{
	return (value < 0 ? -value : value) * 1e-15 + 1e-10;
}

static void
check_alarms(const struct range *range)
{
	int good = range->inside;

	must(range->start <= range->end);
	must(range->start < INFINITY && range->end > -INFINITY);
	if (range->start > -INFINITY) {
		must(range_alarms(range, range->start) == good);
		must(range_alarms(range, range->start - step(range->start)) == !good);
	}
	if (range->end < INFINITY) {
		must(range_alarms(range, range->end) == good);
		must(range_alarms(range, range->end + step(range->end)) == !good);
	}
	must(range_alarms(range, NAN) == 1);
}

static void
check_written(const struct range *range)
{
	char text[RANGE_TEXT_MAX];
	struct range again;

	must(strlen(range_format(text, sizeof text, range)) < sizeof text - 1);
	must(strspn(text, "@~:-.0123456789") == strlen(text));
	/* Rounded up to one digit more than is read. */
	if (range->end >= 1e15 && range->end < INFINITY)
		return;
	if (range->start <= -1e15 && range->start > -INFINITY)
		return;
	if (range->start >= 1e15)
		return;
	must(range_parse(&again, text, NULL) == 0);
	must(again.start == range->start && again.end == range->end);
	must(again.inside == range->inside);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct range range;
	unsigned metric;
	char *text;
	int r;

	if (size < 1)
		return -1;
	text = malloc(size);
	must(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	metric = data[0] % (METRIC_COUNT + 1);
	if (metric == METRIC_COUNT)
		r = range_parse(&range, text, NULL);
	else
		r = metric_parse_range(&range, (enum metric)metric, text);
	must(r == 0 || r == -FCGI_E_SYNTAX);
	if (r == 0) {
		check_alarms(&range);
		check_written(&range);
	}
	free(text);
	return 0;
}
