#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"

int
settings_add(struct settings *settings, const char *name, const void *value, size_t len,
    const char *option, size_t line)
{
	struct setting *items;
	char *copy = calloc(1, len + 1);

	if (copy == NULL)
		return -FCGI_E_SYSTEM;
	if (len > 0)
		memcpy(copy, value, len);
	items = reallocarray(settings->items, settings->count + 1, sizeof *items);
	if (items == NULL) {
		free(copy);
		return -FCGI_E_SYSTEM;
	}
	settings->items = items;
	items[settings->count++] = (struct setting){ name, copy, len, option, line };
	return 0;
}

const struct setting *
settings_find(const struct settings *settings, const char *name)
{
	size_t i = settings->count;

	while (i-- > 0)
		if (strcasecmp(settings->items[i].name, name) == 0)
			return &settings->items[i];
	return NULL;
}

void
settings_reset(struct settings *settings)
{
	size_t i;

	for (i = 0; i < settings->count; i++) {
		explicit_bzero(settings->items[i].value, settings->items[i].value_len);
		free(settings->items[i].value);
	}
	free(settings->items);
	*settings = (struct settings){ 0 };
}
