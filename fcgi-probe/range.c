#include "range.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"
#include "number.h"

int
range_parse(struct range *range, const char *text, range_figure *figure)
{
	struct range read = { .end = INFINITY };
	const char *colon, *end;

	if (figure == NULL)
		figure = number_decimal;
	read.inside = *text == '@';
	text += read.inside;
	colon = strchr(text, ':');
	end = text;
	if (colon != NULL) {
		end = colon + 1;
		if (colon - text == 1 && *text == '~')
			read.start = -INFINITY;
		else if (colon == text && *end == '\0')
			return -FCGI_E_SYNTAX;
		else if (colon > text && figure(&read.start, text, (size_t)(colon - text)) < 0)
			return -FCGI_E_SYNTAX;
	}
	if ((colon == NULL || *end != '\0') && figure(&read.end, end, strlen(end)) < 0)
		return -FCGI_E_SYNTAX;
	if (read.start > read.end)
		return -FCGI_E_SYNTAX;
	*range = read;
	return 0;
}

int
range_alarms(const struct range *range, double value)
{
	int is_inside = value >= range->start && value <= range->end;

	if (isnan(value))
		return 1;
	return is_inside == (range->inside != 0);
}

/* Without an exponent, which not every reader of performance data knows. */
static void
format_figure(char dst[RANGE_TEXT_MAX], double value)
{
	size_t len = (size_t)snprintf(dst, RANGE_TEXT_MAX, "%.*f", NUMBER_FRACTION_MAX, value);

	while (dst[len - 1] == '0')
		len--;
	if (dst[len - 1] == '.')
		len--;
	dst[len] = '\0';
}

char *
range_format(char *dst, size_t size, const struct range *range)
{
	char start[RANGE_TEXT_MAX] = "", end[RANGE_TEXT_MAX] = "";
	const char *colon = ":";

	if (isinf(range->start))
		strcpy(start, "~");
	else if (range->start != 0 || isinf(range->end))
		format_figure(start, range->start);
	else
		colon = "";
	if (!isinf(range->end))
		format_figure(end, range->end);
	snprintf(dst, size, "%s%s%s%s", range->inside ? "@" : "", start, colon, end);
	return dst;
}
