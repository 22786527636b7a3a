#include "program.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "spawn.h"
#include "spawn_explain.h"

/* What is most often meant by a command that is not there. */
static const char *
hint(const struct options *options)
{
	const char *command = options->command;

	if (strchr(command, '/') == NULL && command[0] != '\0')
		return access(command, X_OK) == 0
		    ? " in PATH (write ./ before a program of this directory)"
		    : " in PATH";
	if (strchr(command, ' ') != NULL)
		return " (arguments are given behind --)";
	return "";
}

static int
explain_not_found(const struct program *program, const struct options *options, int error,
    char *why, size_t why_size)
{
	char explanation[1024];

	if (error == ENOENT)
		snprintf(why, why_size, "%s: not found%s", options->command, hint(options));
	else
		snprintf(why, why_size, "%s: %s", options->command,
		    spawn_explain(explanation, sizeof explanation, program->path, error));
	return spawn_exit_status(error);
}

/* Below --chroot the command is a path in there, and stays one. */
static int
find(struct program *program, const struct options *options)
{
	char outside[2 * PATH_MAX], found[PATH_MAX];

	if (options->root == NULL)
		return spawn_find(program->path, sizeof program->path, options->command,
		    getenv("PATH"));
	snprintf(program->path, sizeof program->path, "%s%s", options->command[0] == '/' ? "" : "/",
	    options->command);
	snprintf(outside, sizeof outside, "%s%s", options->root, program->path);
	return spawn_find(found, sizeof found, outside, NULL);
}

int
program_find(struct program *program, const struct options *options, char *const *environment,
    const struct identity *identity, char *why, size_t why_size)
{
	size_t count = 0;

	*program = (struct program){ 0 };
	if (find(program, options) < 0)
		return explain_not_found(program, options, errno, why, why_size);
	while (options->arguments != NULL && options->arguments[count] != NULL)
		count++;
	program->argv = calloc(count + 2, sizeof *program->argv);
	program->environment = environment_make(options, environment);
	if (program->argv == NULL || program->environment == NULL) {
		snprintf(why, why_size, "out of memory");
		return 1;
	}
	program->argv[0] = program->path;
	if (count > 0)
		memcpy(program->argv + 1, options->arguments, count * sizeof *program->argv);
	if (options->wrapper != NULL &&
	    wrapper_init(&program->wrapper, options->wrapper, identity->user, identity->group,
		program->path, program->argv) < 0) {
		snprintf(why, why_size, "out of memory");
		return 1;
	}
	return 0;
}

void
program_reset(struct program *program)
{
	wrapper_reset(&program->wrapper);
	free(program->argv);
	environment_free(program->environment);
	*program = (struct program){ 0 };
}
