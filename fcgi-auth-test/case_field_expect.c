/* The fields that say what is expected, and what becomes of the result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "case_field_private.h"
#include "cgi_block.h"
#include "check.h"
#include "clock.h"
#include "expected.h"
#include "number.h"

static int
set_expect(struct case_entry *entry)
{
	static const char *const words[] = { "any", "allow", "deny", "error", NULL };
	struct auth_expect *expect = &entry->auth_case->expect;
	const char *number = NULL;
	long long status = 0;
	int word;

	if (strncasecmp(entry->text, "deny ", 5) == 0) {
		number = entry->text + 5 + strspn(entry->text + 5, " ");
		if (number_parse(&status, number, 100, 599) != NULL)
			return case_field_refuse(entry, "not a status behind deny: 100 to 599");
	}
	word = number != NULL ? (int)AUTH_WANT_DENY : case_field_word(entry, words);
	if (word < 0)
		return case_field_refuse(entry, "not allow, deny, deny STATUS or error");
	expect->decision = (enum auth_decision_wanted)word;
	expect->status = (int)status;
	return 0;
}

/* An item whose name ends at separator; without one it only has to be there. */
static int
add_expected(struct case_entry *entry, struct auth_expected_list *list, const char *separator)
{
	size_t name_len = strcspn(entry->text, separator);
	const char *value = entry->text + name_len;
	struct auth_expected item = { 0 }, *items;

	if (!cgi_block_is_name(entry->text, name_len))
		return case_field_refuse(entry, "no name");
	items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (items != NULL)
		list->items = items;
	item.name = strndup(entry->text, name_len);
	if (items == NULL || item.name == NULL) {
		free(item.name);
		return case_field_no_memory(entry);
	}
	if (*value != '\0') {
		value++;
		if (*separator == ':')
			value += strspn(value, " \t");
		if (expected_set(&item, value, strlen(value), &entry->maker->library, entry->why,
			entry->why_size) < 0) {
			auth_expected_reset(&item);
			return -1;
		}
	}
	items[list->count++] = item;
	return 0;
}

static int
add_expected_header(struct case_entry *entry)
{
	return add_expected(entry, &entry->auth_case->expect.headers, ":");
}

static int
add_expected_variable(struct case_entry *entry)
{
	return add_expected(entry, &entry->auth_case->expect.variables, "=");
}

static int
clear_expected_headers(struct case_entry *entry)
{
	auth_expected_list_reset(&entry->auth_case->expect.headers);
	return 0;
}

static int
clear_expected_variables(struct case_entry *entry)
{
	auth_expected_list_reset(&entry->auth_case->expect.variables);
	return 0;
}

static int
add_no_variable(struct case_entry *entry)
{
	if (!cgi_block_is_name(entry->text, entry->len))
		return case_field_refuse(entry, "not the name of a variable");
	return case_field_add_line(entry, &entry->auth_case->expect.no_variables);
}

static int
set_expected_text(struct case_entry *entry, struct auth_expected **where)
{
	if (*where != NULL)
		auth_expected_reset(*where);
	free(*where);
	*where = calloc(1, sizeof **where);
	if (*where == NULL)
		return case_field_no_memory(entry);
	return expected_set(*where, entry->text, entry->len, &entry->maker->library, entry->why,
	    entry->why_size);
}

static int
set_expected_body(struct case_entry *entry)
{
	return set_expected_text(entry, &entry->auth_case->expect.body);
}

static int
set_expected_stderr(struct case_entry *entry)
{
	return set_expected_text(entry, &entry->auth_case->expect.error_output);
}

static int
set_max_time(struct case_entry *entry)
{
	if (clock_parse_duration(entry->text, &entry->auth_case->expect.max_time_ns) < 0)
		return case_field_refuse(entry, "not a duration such as 250ms or 2s");
	if (entry->auth_case->expect.max_time_ns <= 0)
		return case_field_refuse(entry, "has to be longer than nothing");
	return 0;
}

static int
add_ignore(struct case_entry *entry)
{
	if (check_find(entry->text) < 0)
		return case_field_refuse(entry, "no such check; --list-checks tells them");
	return case_field_add_line(entry, &entry->auth_case->ignore);
}

static int
set_skip(struct case_entry *entry)
{
	return case_field_keep_text(entry, &entry->auth_case->skip);
}

static int
add_tag(struct case_entry *entry)
{
	return case_field_add_line(entry, &entry->auth_case->tags);
}

const struct case_field case_field_expect[] = {
	{ .name = "Expect", .set = set_expect },
	{ .name = "Expect-Headers", .kind = CASE_FIELD_LINES, .set = add_expected_header,
	    .clear = clear_expected_headers },
	{ .name = "Expect-Variables", .kind = CASE_FIELD_LINES, .set = add_expected_variable,
	    .clear = clear_expected_variables },
	{ .name = "Expect-No-Variables", .kind = CASE_FIELD_WORDS, .set = add_no_variable,
	    .lines = offsetof(struct auth_case, expect.no_variables) },
	{ .name = "Expect-Body", .set = set_expected_body, .is_text = 1 },
	{ .name = "Expect-Stderr", .set = set_expected_stderr, .is_text = 1 },
	{ .name = "Max-Time", .set = set_max_time },
	{ .name = "Ignore", .kind = CASE_FIELD_WORDS, .set = add_ignore,
	    .lines = offsetof(struct auth_case, ignore) },
	{ .name = "Skip", .set = set_skip },
	{ .name = "Tags", .kind = CASE_FIELD_WORDS, .set = add_tag,
	    .lines = offsetof(struct auth_case, tags) },
	{ .name = NULL },
};
