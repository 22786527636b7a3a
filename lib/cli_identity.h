/*
 * The option group "identity", the same in every program: who asks.  A password never stands on a
 * command line, where everybody on the machine may read it.
 */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include "cli.h"

/* Zero-filled before use. */
struct cli_identity {
	char *user;		/* -u, or NULL */
	char *password;		/* of cli_identity_read(), NULL without a user */
	char *password_file;	/* --password-file, or NULL */
	int has_password_fd;	/* --password-fd was given */
	int password_fd;	/* private */
};

/* For CLI_GROUP. */
extern const struct poptOption cli_identity_options[];

/* Takes what cli_next() returned.  Returns 1, or 0 when the option is not of this group. */
int cli_identity_take(const struct cli *cli, struct cli_identity *identity, int option,
    const char *value);

/*
 * Once all options are read: gets the password of the user, if there is one, from the file, from
 * the descriptor, or by asking at the terminal.  Where none can be had it does not return.
 */
void cli_identity_read(const struct cli *cli, struct cli_identity *identity);

/* Gives back what it holds; the password is wiped. */
void cli_identity_reset(struct cli_identity *identity);

#endif
