#include "options_given.h"

#include <stdlib.h>

void
options_given_add(struct options_given *given, const struct cli *cli, int option, const char *value)
{
	struct options_given_item *items =
	    reallocarray(given->items, given->count + 1, sizeof *items);

	if (items == NULL)
		cli_die(cli, cli->about->usage_status, "out of memory");
	given->items = items;
	items[given->count++] = (struct options_given_item){
		.option = option,
		.value = value != NULL ? cli_keep(cli, value) : NULL,
	};
}

int
options_given_has(const struct options_given *given, int option)
{
	size_t i;

	for (i = 0; i < given->count; i++)
		if (given->items[i].option == option)
			return 1;
	return 0;
}

void
options_given_reset(struct options_given *given)
{
	size_t i;

	for (i = 0; i < given->count; i++)
		free(given->items[i].value);
	free(given->items);
	*given = (struct options_given){ 0 };
}
