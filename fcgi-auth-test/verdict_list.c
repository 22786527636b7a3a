#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"
#include "verdict_private.h"

static const char upstream[] = "upstream_http_";

static char
spell(char c, enum verdict_spelling spelling)
{
	int is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z';
	int is_digit = c >= '0' && c <= '9';

	switch (spelling) {
	case VERDICT_UPPER:
		if (is_lower)
			return (char)(c - 'a' + 'A');
		return is_upper || is_digit ? c : '_';
	case VERDICT_UPSTREAM:
		return is_upper ? (char)(c - 'A' + 'a') : c == '-' ? '_' : c;
	default:
		return c;
	}
}

/* Returns the caller's to free(3), or NULL. */
static char *
make_name(const struct cgi_header *header, enum verdict_spelling spelling)
{
	size_t prefix_len = spelling == VERDICT_UPSTREAM ? sizeof upstream - 1 : 0, i;
	char *name = malloc(prefix_len + header->name_len + 1);

	if (name == NULL)
		return NULL;
	memcpy(name, upstream, prefix_len);
	for (i = 0; i < header->name_len; i++)
		name[prefix_len + i] = spell(header->name[i], spelling);
	name[prefix_len + i] = '\0';
	return name;
}

/* FNV-1a, case aside. */
static uint32_t
hash(const char *name)
{
	uint32_t sum = 2166136261;

	for (; *name != '\0'; name++)
		sum = (sum ^ (unsigned char)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name)) *
		    16777619;
	return sum;
}

static struct verdict_entry *
find(const struct verdict_list *list, const char *name)
{
	uint32_t name_hash = hash(name);
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->items[i].name_hash == name_hash &&
		    strcasecmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

/* Sets or lengthens the value.  Returns 0, or -1. */
static int
add_value(struct verdict_entry *entry, const struct cgi_header *header, int join)
{
	const char *between = join && entry->value_len > 0 ? ", " : "";
	size_t old_len = join ? entry->value_len : 0, between_len = strlen(between);
	char *value = realloc(entry->value, old_len + between_len + header->value_len + 1);

	if (value == NULL)
		return -1;
	entry->value = value;
	memcpy(value + old_len, between, between_len);
	memcpy(value + old_len + between_len, header->value, header->value_len);
	entry->value_len = old_len + between_len + header->value_len;
	value[entry->value_len] = '\0';
	return 0;
}

/* Takes the name over. */
static int
add_entry(struct verdict_list *list, char *name, const struct cgi_header *header)
{
	struct verdict_entry *items, entry = { .name = name, .name_hash = hash(name) };

	if (add_value(&entry, header, 0) < 0)
		return -1;
	items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (items == NULL) {
		free(entry.value);
		return -1;
	}
	list->items = items;
	items[list->count++] = entry;
	return 0;
}

void
verdict_add(struct judging *judging, struct verdict_list *list, const struct cgi_header *header,
    enum verdict_again again, enum verdict_spelling spelling)
{
	char *name = make_name(header, spelling);
	struct verdict_entry *old = NULL;

	if (name != NULL && again != VERDICT_EACH)
		old = find(list, name);
	if (name == NULL || (old == NULL && add_entry(list, name, header) < 0) ||
	    (old != NULL && again != VERDICT_FIRST &&
		add_value(old, header, again == VERDICT_JOIN) < 0)) {
		free(name);
		judging->error = -FCGI_E_SYSTEM;
	} else if (old != NULL)
		free(name);
}

int
verdict_add_variable(struct judging *judging, const struct cgi_header *header,
    enum verdict_again again, enum verdict_spelling spelling)
{
	struct cgi_header variable = *header;

	variable.name = reply_variable(header, &variable.name_len);
	if (variable.name == NULL)
		return 0;
	if (spelling == VERDICT_UPSTREAM)
		variable = *header;
	verdict_add(judging, &judging->verdict->variables, &variable, again, spelling);
	return 1;
}

static void
reset_list(struct verdict_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		explicit_bzero(list->items[i].value, list->items[i].value_len);
		free(list->items[i].name);
		free(list->items[i].value);
	}
	free(list->items);
	*list = (struct verdict_list){ 0 };
}

void
verdict_drop_headers(struct judging *judging)
{
	reset_list(&judging->verdict->headers);
}

void
verdict_reset(struct verdict *verdict)
{
	reset_list(&verdict->variables);
	reset_list(&verdict->headers);
	*verdict = (struct verdict){ 0 };
}
