#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "params.h"

static int
add_kept(struct params *params, const struct words *kept)
{
	const char *value;
	size_t i;
	int r;

	for (i = 0; i < kept->count; i++) {
		value = getenv(kept->items[i]);
		if (value == NULL)
			continue;
		r = params_set(params, kept->items[i], strlen(kept->items[i]), value,
		    strlen(value));
		if (r < 0)
			return r;
	}
	return 0;
}

static int
apply_changes(struct params *params, const struct words *changes)
{
	const char *change;
	const char *value;
	size_t i;
	int r;

	for (i = 0; i < changes->count; i++) {
		change = changes->items[i];
		/* A name alone is mod_fastcgi's: the variable is there in any case. */
		value = getenv(change);
		if (strchr(change, '=') != NULL)
			r = params_set_pair(params, change);
		else if (value != NULL)
			r = params_set(params, change, strlen(change), value, strlen(value));
		else
			r = params_set(params, change, strlen(change), "", 0);
		if (r < 0)
			return r;
	}
	return 0;
}

/* As exec wants it. */
static char **
to_strings(const struct params *params)
{
	char **environment = calloc(params->count + 1, sizeof *environment);
	size_t size;
	size_t i;

	for (i = 0; environment != NULL && i < params->count; i++) {
		size = params->items[i].name_len + params->items[i].value_len + 2;
		environment[i] = malloc(size);
		if (environment[i] == NULL) {
			environment_free(environment);
			return NULL;
		}
		snprintf(environment[i], size, "%s=%s", (const char *)params->items[i].name,
		    (const char *)params->items[i].value);
	}
	return environment;
}

char **
environment_make(const struct options *options, char *const *ours)
{
	struct params params = { 0 };
	char **environment = NULL;
	int r;

	r = options->clean_env ? add_kept(&params, &options->kept)
			       : params_add_environ(&params, ours);
	if (r == 0)
		r = apply_changes(&params, &options->changes);
	if (r == 0)
		environment = to_strings(&params);
	params_reset(&params);
	return environment;
}

void
environment_free(char **environment)
{
	char **item;

	if (environment == NULL)
		return;
	for (item = environment; *item != NULL; item++)
		free(*item);
	free(environment);
}
