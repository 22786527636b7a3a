#include "case_field_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_MAX = 80 };

int
case_field_refuse(struct case_entry *entry, const char *why)
{
	int is_shown = entry->len > 0 && !entry->field->is_secret;

	snprintf(entry->why, entry->why_size, "%.*s%s%s", is_shown ? SHOWN_MAX : 0, entry->text,
	    is_shown ? ": " : "", why);
	return -1;
}

int
case_field_no_memory(struct case_entry *entry)
{
	snprintf(entry->why, entry->why_size, "out of memory");
	return -1;
}

int
case_field_is(const struct case_entry *entry, const char *word)
{
	return strcasecmp(entry->text, word) == 0;
}

int
case_field_word(const struct case_entry *entry, const char *const *words)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (case_field_is(entry, words[i]))
			return i;
	return -1;
}

int
case_field_keep_text(struct case_entry *entry, char **where)
{
	char *copy = strdup(entry->text);

	if (copy == NULL)
		return case_field_no_memory(entry);
	free(*where);
	*where = copy;
	return 0;
}

int
case_field_add_line(struct case_entry *entry, struct auth_lines *lines)
{
	return auth_lines_add(lines, entry->text, entry->len) < 0 ? case_field_no_memory(entry) : 0;
}

/* --- all of them --------------------------------------------------------------------------- */

static const struct case_field *
find_field(const struct setting *setting)
{
	static const struct case_field *const tables[] = { case_field_request,
		case_field_identity, case_field_expect };
	const struct case_field *field;
	size_t i;

	for (i = 0; i < sizeof tables / sizeof *tables; i++)
		for (field = tables[i]; field->name != NULL; field++)
			if (strcasecmp(field->name, setting->name) == 0 &&
			    (field->option == NULL || setting->option != NULL))
				return field;
	return NULL;
}

/* Drops the items that the case has of Defaults. */
static int
clear(struct case_entry *entry)
{
	if (entry->field->clear != NULL)
		return entry->field->clear(entry);
	auth_lines_reset(
	    (struct auth_lines *)(void *)((char *)entry->auth_case + entry->field->lines));
	return 0;
}

/* Hands the items over, each as a string of its own. */
static int
set_items(struct case_entry *entry)
{
	const char *separators = entry->field->kind == CASE_FIELD_WORDS ? " \t\n," : "\n";
	char *copy = strdup(entry->text), *rest = copy, *item;
	size_t count = 0, len;
	int r = 0;

	if (copy == NULL)
		return case_field_no_memory(entry);
	while (r == 0 && (item = strsep(&rest, separators)) != NULL) {
		item += strspn(item, " \t");
		len = strlen(item);
		while (len > 0 && strchr(" \t\r", item[len - 1]) != NULL)
			item[--len] = '\0';
		if (len == 0)
			continue;
		count++;
		entry->text = item;
		entry->len = len;
		r = entry->field->set(entry);
	}
	if (count == 0)
		r = clear(entry);
	free(copy);
	return r;
}

/* Whether the value holds nothing that would be another line somewhere. */
static int
is_clean(const struct case_entry *entry)
{
	const char *p;

	if (entry->field->is_text)
		return 1;
	for (p = entry->text; p < entry->text + entry->len; p++)
		if ((*p == '\n' && entry->field->kind == CASE_FIELD_VALUE) ||
		    ((unsigned char)*p < ' ' && *p != '\n' && *p != '\t') || *p == 0x7f)
			return 0;
	return 1;
}

int
case_field_set(struct case_maker *maker, struct auth_case *auth_case,
    const struct setting *setting, char *why, size_t why_size)
{
	struct case_entry entry = {
		.maker = maker,
		.auth_case = auth_case,
		.setting = setting,
		.field = find_field(setting),
		.text = setting->value,
		.len = setting->value_len,
		.why = why,
		.why_size = why_size,
	};

	/* What a user notes for his own eyes. */
	if (strncasecmp(setting->name, "X-", 2) == 0)
		return 0;
	if (entry.field == NULL) {
		snprintf(why, why_size, "there is no such field");
		return -1;
	}
	if (!is_clean(&entry)) {
		snprintf(why, why_size, "there is a line break or control character in it");
		return -1;
	}
	/* One item an option, whatever stands in it. */
	if (entry.field->kind == CASE_FIELD_VALUE || setting->option != NULL)
		return entry.field->set(&entry);
	return set_items(&entry);
}

int
case_field_collide(const char *a, const char *b)
{
	static const char *const families[] = { "User", "Password" };
	size_t i, len;

	for (i = 0; i < sizeof families / sizeof *families; i++) {
		len = strlen(families[i]);
		if (strncasecmp(a, families[i], len) == 0 && strncasecmp(b, families[i], len) == 0)
			return 1;
	}
	return 0;
}
