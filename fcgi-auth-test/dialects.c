#include "dialects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct dialect *
dialects_find(struct dialects *dialects, const char *name, char *why, size_t why_size)
{
	struct dialect **items, *dialect;
	size_t i;

	for (i = 0; i < dialects->count; i++)
		if (strcmp(dialects->items[i]->name, name) == 0)
			return dialects->items[i];
	items = reallocarray(dialects->items, dialects->count + 1, sizeof(struct dialect *));
	if (items != NULL)
		dialects->items = items;
	dialect = calloc(1, sizeof *dialect);
	if (items == NULL || dialect == NULL) {
		snprintf(why, why_size, "out of memory");
		free(dialect);
		return NULL;
	}
	if (dialect_open(dialect, name, why, why_size) < 0) {
		free(dialect);
		return NULL;
	}
	items[dialects->count++] = dialect;
	return dialect;
}

int
dialects_open_all(struct dialects *dialects, char *why, size_t why_size)
{
	const char *name;
	size_t i;

	for (i = 0; (name = dialect_name(i)) != NULL; i++)
		if (dialects_find(dialects, name, why, why_size) == NULL)
			return -1;
	return 0;
}

void
dialects_reset(struct dialects *dialects)
{
	size_t i;

	for (i = 0; i < dialects->count; i++) {
		dialect_close(dialects->items[i]);
		free(dialects->items[i]);
	}
	free(dialects->items);
	*dialects = (struct dialects){ 0 };
}
