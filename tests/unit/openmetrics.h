/*
 * Is it an exposition of OpenMetrics 1.0 that node_exporter's textfile collector takes too?  Gauges
 * and counters only, no timestamps, no exemplars; strict in all else.
 */
#ifndef OPENMETRICS_H
#define OPENMETRICS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { OPENMETRICS_NAMES = 256 };

/* A piece of the text. */
struct om_span {
	const char *p;
	size_t len;
};

struct om_checker {
	const char *wrong;		/* NULL: nothing so far */
	const char *p;			/* what is left of the line */
	const char *end;
	struct om_span family;		/* the current one */
	int is_counter, has_help, has_unit, has_sample;
	struct om_span families[OPENMETRICS_NAMES]; /* all so far */
	size_t family_count;
	struct om_span *series;		/* all samples so far, without their values */
	size_t series_count;
};

static inline int
om_same(struct om_span a, struct om_span b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static inline int
om_is(struct om_span span, const char *text)
{
	return om_same(span, (struct om_span){ text, strlen(text) });
}

/* Takes text that has to come next.  Returns 1 when it did. */
static inline int
om_take(struct om_checker *om, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(om->end - om->p) < len || memcmp(om->p, text, len) != 0)
		return 0;
	om->p += len;
	return 1;
}

static inline void
om_expect(struct om_checker *om, const char *text, const char *wrong)
{
	if (om->wrong == NULL && !om_take(om, text))
		om->wrong = wrong;
}

/* extra: what may stand in it beside letters, digits and '_'. */
static inline struct om_span
om_name(struct om_checker *om, const char *extra)
{
	struct om_span name = { om->p, 0 };

	for (; om->p < om->end; om->p++, name.len++) {
		char c = *om->p;

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
			(c >= '0' && c <= '9' && name.len > 0) ||
			(c != '\0' && strchr(extra, c) != NULL)))
			break;
	}
	if (name.len == 0 && om->wrong == NULL)
		om->wrong = "no name";
	return name;
}

static inline struct om_span
om_rest(struct om_checker *om)
{
	struct om_span rest = { om->p, (size_t)(om->end - om->p) };

	om->p = om->end;
	return rest;
}

static inline void
om_type(struct om_checker *om)
{
	struct om_span name = om_name(om, ":"), type;
	size_t i;

	om_expect(om, " ", "no blank behind the name");
	type = om_rest(om);
	for (i = 0; i < om->family_count; i++)
		if (om_same(om->families[i], name))
			om->wrong = "a family for the second time";
	if (!om_is(type, "gauge") && !om_is(type, "counter"))
		om->wrong = "neither gauge nor counter";
	if (om->family_count > 0 && !om->has_sample)
		om->wrong = "the family before it has no sample";
	if (om->family_count == OPENMETRICS_NAMES)
		om->wrong = "too many families for this checker";
	if (om->wrong != NULL)
		return;
	om->is_counter = om_is(type, "counter");
	if (om->is_counter && name.len > 6 && memcmp(name.p + name.len - 6, "_total", 6) == 0)
		om->wrong = "_total belongs to the sample";
	om->has_help = om->has_unit = om->has_sample = 0;
	om->family = om->families[om->family_count++] = name;
}

/* HELP and UNIT are of the family that TYPE has begun, and come before its samples. */
static inline void
om_about(struct om_checker *om, int *seen)
{
	if (om->family_count == 0 || !om_same(om_name(om, ":"), om->family))
		om->wrong = "not of the family whose TYPE came last";
	else if (om->has_sample)
		om->wrong = "behind a sample";
	else if ((*seen)++)
		om->wrong = "for the second time";
	om_expect(om, " ", "no blank behind the name");
}

static inline void
om_help(struct om_checker *om)
{
	om_about(om, &om->has_help);
	if (om->p == om->end)
		om->wrong = "no help";
	while (om->p < om->end) {
		if (*om->p++ == '\\' && !om_take(om, "\\") && !om_take(om, "n") &&
		    !om_take(om, "\""))
			om->wrong = "no such escape in the help";
	}
}

static inline void
om_unit(struct om_checker *om)
{
	struct om_span unit;

	om_about(om, &om->has_unit);
	unit = om_rest(om);
	if (om->wrong != NULL)
		return;
	if (unit.len == 0 || om->family.len < unit.len + 2 ||
	    om->family.p[om->family.len - unit.len - 1] != '_' ||
	    memcmp(om->family.p + om->family.len - unit.len, unit.p, unit.len) != 0)
		om->wrong = "the family's name does not end in its unit";
}

static inline void
om_label_value(struct om_checker *om)
{
	om_expect(om, "\"", "a label without a value");
	while (om->wrong == NULL && !om_take(om, "\"")) {
		if (om->p == om->end)
			om->wrong = "a label's value does not end";
		else if (*om->p++ == '\\' && !om_take(om, "\\") && !om_take(om, "\"") &&
		    !om_take(om, "n"))
			om->wrong = "no such escape in a label's value";
	}
}

static inline void
om_labels(struct om_checker *om)
{
	struct om_span names[16];
	size_t count = 0, i;

	while (om->wrong == NULL && !om_take(om, "}")) {
		if (count > 0)
			om_expect(om, ",", "no comma between labels");
		if (count == 16)
			om->wrong = "too many labels for this checker";
		if (om->wrong != NULL)
			return;
		names[count] = om_name(om, "");
		if (names[count].len >= 2 && memcmp(names[count].p, "__", 2) == 0)
			om->wrong = "a label's name begins with __";
		for (i = 0; i < count; i++)
			if (om_same(names[i], names[count]))
				om->wrong = "a label for the second time";
		count++;
		om_expect(om, "=", "a label without a value");
		om_label_value(om);
	}
}

static inline size_t
om_digits(struct om_checker *om)
{
	size_t count = 0;

	for (; om->p < om->end && *om->p >= '0' && *om->p <= '9'; om->p++)
		count++;
	return count;
}

static inline void
om_value(struct om_checker *om)
{
	int negative = om_take(om, "-");
	size_t digits;

	if (om_take(om, "NaN") || om_take(om, "+Inf") || om_take(om, "Inf")) {
		if (om->is_counter)
			om->wrong = "a counter that counts nothing";
	} else {
		digits = om_digits(om);
		if (om_take(om, "."))
			digits += om_digits(om);
		if (digits == 0)
			om->wrong = "no value";
	}
	if (negative && om->is_counter)
		om->wrong = "a counter below 0";
	if (om->wrong == NULL && om->p < om->end)
		om->wrong = "more behind the value";
}

static inline void
om_sample(struct om_checker *om)
{
	const char *line = om->p;
	struct om_span name = om_name(om, ":"), series;
	size_t suffix_len = om->is_counter ? 6 : 0, i;

	if (om->family_count == 0 || name.len != om->family.len + suffix_len ||
	    memcmp(name.p, om->family.p, om->family.len) != 0 ||
	    memcmp(name.p + om->family.len, "_total", suffix_len) != 0)
		om->wrong = "a sample that is not of the family";
	else if (!om->has_help)
		om->wrong = "no help before the sample";
	if (om->wrong == NULL && om_take(om, "{"))
		om_labels(om);
	series = (struct om_span){ line, (size_t)(om->p - line) };
	om_expect(om, " ", "no blank before the value");
	if (om->wrong == NULL)
		om_value(om);
	for (i = 0; i < om->series_count; i++)
		if (om_same(om->series[i], series))
			om->wrong = "a series for the second time";
	om->has_sample = 1;
	om->series[om->series_count++] = series;
}

static inline void
om_line(struct om_checker *om)
{
	const unsigned char *p = (const unsigned char *)om->p;
	size_t taken;
	uint32_t code;

	for (; p < (const unsigned char *)om->end; p += taken) {
		taken = text_utf8_decode(p, (const unsigned char *)om->end, &code);
		if (taken == 0) {
			om->wrong = "not UTF-8";
			return;
		}
	}
	if (om_take(om, "# TYPE "))
		om_type(om);
	else if (om_take(om, "# HELP "))
		om_help(om);
	else if (om_take(om, "# UNIT "))
		om_unit(om);
	else
		om_sample(om);
}

/*
 * Returns NULL, or what is wrong, with the line where it is (from 1).
 */
static inline const char *
openmetrics_check(const char *text, size_t len, size_t *line)
{
	struct om_checker om = { .p = text };
	const char *end = text + len, *newline;

	om.series = calloc(len + 1, sizeof *om.series);
	if (om.series == NULL)
		abort();
	for (*line = 1; om.wrong == NULL; (*line)++) {
		newline = om.p < end ? memchr(om.p, '\n', (size_t)(end - om.p)) : NULL;
		if (newline == NULL) {
			om.wrong = "no # EOF";
			break;
		}
		om.end = newline;
		if (om.end - om.p == 5 && memcmp(om.p, "# EOF", 5) == 0) {
			if (newline + 1 != end)
				om.wrong = "more behind # EOF";
			else if (om.family_count > 0 && !om.has_sample)
				om.wrong = "a family without a sample";
			break;
		}
		om_line(&om);
		om.p = newline + 1;
		if (om.wrong != NULL)
			break;
	}
	free(om.series);
	return om.wrong;
}

#endif
