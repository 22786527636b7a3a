/*
 * The option group "variables", the same in every program that sends a request: which variables go
 * to the application beside, or in place of, those that the program makes itself.
 */
#ifndef CLI_VARIABLES_H
#define CLI_VARIABLES_H

#include <stddef.h>

#include "cli.h"
#include "params.h"

struct cli_variable;

/* Zero-filled before use. */
struct cli_variables {
	int clean_env;			/* our environment is not to be sent as a whole */
	struct cli_variable *items;	/* private: what was given, in order */
	size_t count;			/* private */
};

/* For CLI_GROUP. */
extern const struct poptOption cli_variables_options[];

/* Takes what cli_next() returned.  Returns 1, or 0 when the option is not of this group. */
int cli_variables_take(const struct cli *cli, struct cli_variables *variables, int option,
    const char *value);

/*
 * Changes the parameters as asked, in this order whatever that of the command line: the
 * environment's, the files', -e, -U.  What cannot be done does not return.
 * envp: our environment; whole: 1 to send all of it unless clean_env says otherwise, 0 to send only
 * what --inherit names.
 */
void cli_variables_apply(const struct cli *cli, const struct cli_variables *variables,
    struct params *params, char *const *envp, int whole);

/*
 * The names of -U, for who has to keep them beside the rest: index 0 and up.  Returns NULL behind
 * the last.
 */
const char *cli_variables_unset(const struct cli_variables *variables, size_t index);

/* Gives back what it holds. */
void cli_variables_reset(struct cli_variables *variables);

#endif
