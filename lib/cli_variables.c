#include "cli_variables.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"

enum {
	OPT_ENV = CLI_OPT_VARIABLES,
	OPT_UNSET,
	OPT_ENV_FILE,
	OPT_PARAMS0,
	OPT_CLEAN_ENV,
	OPT_INHERIT,
};

/* Kept until all are known: their order is fixed, not the user's. */
struct cli_variable {
	int option;
	char *value;
};

const struct poptOption cli_variables_options[] = {
	{ .longName = "env", .shortName = 'e', .argInfo = POPT_ARG_STRING, .val = OPT_ENV,
	    .descrip = "send NAME with VALUE, or with the one it has in our environment",
	    .argDescrip = "NAME[=VALUE]" },
	{ .longName = "unset", .shortName = 'U', .argInfo = POPT_ARG_STRING, .val = OPT_UNSET,
	    .descrip = "do not send NAME", .argDescrip = "NAME" },
	{ .longName = "env-file", .argInfo = POPT_ARG_STRING, .val = OPT_ENV_FILE,
	    .descrip = "send the NAME=VALUE lines of FILE too", .argDescrip = "FILE" },
	{ .longName = "params0", .argInfo = POPT_ARG_STRING, .val = OPT_PARAMS0,
	    .descrip = "send the variables of FILE, as env -0 writes them, not our environment",
	    .argDescrip = "FILE" },
	{ .longName = "clean-env", .argInfo = POPT_ARG_NONE, .val = OPT_CLEAN_ENV,
	    .descrip = "do not send our environment" },
	{ .longName = "inherit", .argInfo = POPT_ARG_STRING, .val = OPT_INHERIT,
	    .descrip = "of our environment send the variables that match GLOB",
	    .argDescrip = "GLOB" },
	POPT_TABLEEND,
};

static void
keep(const struct cli *cli, struct cli_variables *variables, int option, const char *value)
{
	struct cli_variable *items =
	    reallocarray(variables->items, variables->count + 1, sizeof *items);

	if (items == NULL)
		cli_die(cli, cli->about->usage_status, "out of memory");
	variables->items = items;
	items[variables->count++] = (struct cli_variable){ option, cli_keep(cli, value) };
}

int
cli_variables_take(const struct cli *cli, struct cli_variables *variables, int option,
    const char *value)
{
	switch (option) {
	case OPT_CLEAN_ENV:
		variables->clean_env = 1;
		return 1;
	case OPT_INHERIT:
	case OPT_PARAMS0:
		variables->clean_env = 1;
		keep(cli, variables, option, value);
		return 1;
	case OPT_ENV:
	case OPT_UNSET:
	case OPT_ENV_FILE:
		keep(cli, variables, option, value);
		return 1;
	default:
		return 0;
	}
}

static void
inherit(const struct cli *cli, struct params *params, char *const *envp, const char *glob)
{
	const char *equals;
	char *name;
	int r = 0;

	for (; *envp != NULL && r >= 0; envp++) {
		equals = strchr(*envp, '=');
		if (equals == NULL || equals == *envp)
			continue;
		name = strndup(*envp, (size_t)(equals - *envp));
		if (name == NULL)
			cli_die(cli, cli->about->usage_status, "out of memory");
		if (fnmatch(glob, name, 0) == 0)
			r = params_set_pair(params, *envp);
		free(name);
	}
	if (r < 0)
		cli_die(cli, cli->about->usage_status, "--inherit %s: %s", glob, strerror(errno));
}

static void
apply_file(const struct cli *cli, struct params *params, const struct cli_variable *item)
{
	size_t where = 0;
	int r;

	r = item->option == OPT_PARAMS0 ? params_read_env0_file(params, item->value, &where)
					: params_read_env_file(params, item->value, &where);
	if (r == -FCGI_E_SYNTAX)
		cli_die(cli, cli->about->usage_status, "%s:%zu: not NAME=VALUE", item->value,
		    where);
	if (r < 0)
		cli_die(cli, cli->about->usage_status, "%s: %s", item->value, strerror(errno));
}

static void
apply_env(const struct cli *cli, struct params *params, const char *pair)
{
	const char *value;
	int r;

	if (strchr(pair, '=') != NULL) {
		r = params_set_pair(params, pair);
		if (r == -FCGI_E_SYNTAX)
			cli_usage_error(cli, "-e %s: the name is empty", pair);
	} else {
		value = getenv(pair);
		if (value == NULL) {
			cli_warn(cli, "-e %s: not in our environment, not sent", pair);
			return;
		}
		r = params_set(params, pair, strlen(pair), value, strlen(value));
	}
	if (r < 0)
		cli_die(cli, cli->about->usage_status, "-e %s: %s", pair, strerror(errno));
}

void
cli_variables_apply(const struct cli *cli, const struct cli_variables *variables,
    struct params *params, char *const *envp, int whole)
{
	const struct cli_variable *items = variables->items, *item;
	const struct cli_variable *end = variables->count > 0 ? items + variables->count : items;

	if (whole && !variables->clean_env && params_add_environ(params, envp) < 0)
		cli_die(cli, cli->about->usage_status, "%s", strerror(errno));
	for (item = items; item < end; item++)
		if (item->option == OPT_INHERIT)
			inherit(cli, params, envp, item->value);
	for (item = items; item < end; item++)
		if (item->option == OPT_ENV_FILE || item->option == OPT_PARAMS0)
			apply_file(cli, params, item);
	for (item = items; item < end; item++)
		if (item->option == OPT_ENV)
			apply_env(cli, params, item->value);
	for (item = items; item < end; item++)
		if (item->option == OPT_UNSET)
			params_unset(params, item->value);
}

const char *
cli_variables_unset(const struct cli_variables *variables, size_t index)
{
	size_t i;

	for (i = 0; i < variables->count; i++)
		if (variables->items[i].option == OPT_UNSET && index-- == 0)
			return variables->items[i].value;
	return NULL;
}

void
cli_variables_reset(struct cli_variables *variables)
{
	size_t i;

	for (i = 0; i < variables->count; i++)
		free(variables->items[i].value);
	free(variables->items);
	*variables = (struct cli_variables){ 0 };
}
