#include "verdict_user.h"

#include <string.h>
#include <strings.h>

#include "fcgi_error.h"

/* One part of an expression: text, or a variable of the reply or of the request. */
enum part { PART_END, PART_TEXT, PART_VARIABLE, PART_USER, PART_UNKNOWN };

static int
starts(const char *p, const char *end, const char *with, const char **rest)
{
	size_t len = strlen(with);

	*rest = p + len;
	return (size_t)(end - p) >= len && strncasecmp(p, with, len) == 0;
}

/* Takes the next part; name, name_end: of a variable. */
static enum part
next_part(const char **p, const char **name, const char **name_end)
{
	const char *start = *p, *end, *rest;

	if (*start == '\0')
		return PART_END;
	if (start[0] != '%' || start[1] != '{') {
		*p = start + 1;
		return PART_TEXT;
	}
	start += 2;
	end = strchr(start, '}');
	if (end == NULL)
		return PART_UNKNOWN;
	*p = end + 1;
	*name_end = end;
	if (starts(start, end, "REMOTE_USER", &rest) && rest == end)
		return PART_USER;
	if (!starts(start, end, "reqenv:", name) && !starts(start, end, "env:", name))
		return PART_UNKNOWN;
	return *name < end ? PART_VARIABLE : PART_UNKNOWN;
}

int
verdict_user_expr_check(const char *user_expr)
{
	const char *p = user_expr, *name, *name_end;
	enum part part;

	do
		part = next_part(&p, &name, &name_end);
	while (part != PART_END && part != PART_UNKNOWN);
	return part == PART_END ? 0 : -FCGI_E_SYNTAX;
}

static int
is_set(const struct verdict_list *variables, const char *name, size_t len)
{
	const struct verdict_entry *entry;
	size_t i;

	for (i = 0; i < variables->count; i++) {
		entry = &variables->items[i];
		if (strlen(entry->name) == len && strncasecmp(entry->name, name, len) == 0)
			return entry->value_len > 0;
	}
	return 0;
}

int
verdict_user_is_empty(const char *user_expr, const char *user, const struct verdict_list *variables)
{
	const char *p = user_expr, *name, *name_end;
	enum part part;

	while ((part = next_part(&p, &name, &name_end)) != PART_END) {
		if (part == PART_USER && (user == NULL || *user == '\0'))
			continue;
		if (part == PART_VARIABLE && !is_set(variables, name, (size_t)(name_end - name)))
			continue;
		return 0;
	}
	return 1;
}
