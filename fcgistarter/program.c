#include "program.h"

#include <errno.h>
#include <stdint.h>
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
tell_not_found(const struct program *program, const struct options *options, int error)
{
	char why[1024];

	if (error == ENOENT)
		cli_error(&options->cli, "%s: not found%s", options->command, hint(options));
	else
		cli_error(&options->cli, "%s: %s", options->command,
		    spawn_explain(why, sizeof why, program->path, error));
	return spawn_exit_status(error);
}

int
program_find(struct program *program, const struct options *options, char *const *environment)
{
	size_t count = 0;

	*program = (struct program){ 0 };
	if (spawn_find(program->path, sizeof program->path, options->command, getenv("PATH")) < 0)
		return tell_not_found(program, options, errno);
	while (options->arguments != NULL && options->arguments[count] != NULL)
		count++;
	program->argv = calloc(count + 2, sizeof *program->argv);
	program->environment = environment_make(options, environment);
	if (program->argv == NULL || program->environment == NULL) {
		cli_error(&options->cli, "out of memory");
		return 1;
	}
	program->argv[0] = program->path;
	if (count > 0)
		memcpy(program->argv + 1, options->arguments, count * sizeof *program->argv);
	return 0;
}

void
program_reset(struct program *program)
{
	free(program->argv);
	environment_free(program->environment);
}
