/* Whom an authorizer is asked about: a file of USER:PASSWORD lines. */
#ifndef FCGI_BENCH_CREDENTIALS_H
#define FCGI_BENCH_CREDENTIALS_H

#include <stddef.h>
#include <stdio.h>

struct credential {
	char *user;		/* not empty */
	char *password;		/* behind the first colon */
};

/* Zero-filled before use. */
struct credentials {
	struct credential *items;
	size_t count;
};

/*
 * Reads all lines; empty ones and those that begin with '#' are left out.
 * line: of the fault, from 1.  why: a constant that says what is wrong with it.
 * Returns 0; -FCGI_E_SYNTAX with line and why; -FCGI_E_SYSTEM with errno.
 */
int credentials_read(struct credentials *credentials, FILE *file, size_t *line, const char **why);

/* Gives back what it holds; the passwords are wiped. */
void credentials_reset(struct credentials *credentials);

#endif
