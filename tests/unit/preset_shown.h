/* Asserting what a preset makes of a request. */
#ifndef PRESET_SHOWN_H
#define PRESET_SHOWN_H

#include <stdio.h>
#include <stdlib.h>

#include "must.h"
#include "preset.h"

/* What the preset makes, as NAME=VALUE lines to be freed, or "! why" when it makes nothing. */
static inline char *
preset_shown(const char *name, const struct preset_request *request)
{
	struct params params = { 0 };
	char *text = NULL, why[512];
	size_t size, i;
	FILE *file = open_memstream(&text, &size);

	must(file != NULL);
	if (preset_apply(&params, name, request, why, sizeof why) < 0)
		fprintf(file, "! %s", why);
	else
		for (i = 0; i < params.count; i++)
			fprintf(file, "%s=%s\n", (const char *)params.items[i].name,
			    (const char *)params.items[i].value);
	must(fclose(file) == 0);
	params_reset(&params);
	return text;
}

#define assert_preset(name, request, expected)                                                     \
	do {                                                                                       \
		char *shown_ = preset_shown(name, request);                                        \
		assert_string_equal(shown_, expected);                                             \
		free(shown_);                                                                      \
	} while (0)

#endif
