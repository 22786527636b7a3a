/* Every option as it was given, to judge the command line as a whole once all of it is known. */
#ifndef CGI_FCGI_OPTIONS_GIVEN_H
#define CGI_FCGI_OPTIONS_GIVEN_H

#include <stddef.h>

#include "cli.h"

struct options_given_item {
	int option;		/* its val in the table */
	char *value;		/* NULL without one */
};

/* Zero-filled before use. */
struct options_given {
	int bind;
	int start;
	struct options_given_item *items; /* in order */
	size_t count;
};

/* value: copied; NULL for an option that takes none. */
void options_given_add(struct options_given *given, const struct cli *cli, int option,
    const char *value);

/* 1 when the option was given, else 0. */
int options_given_has(const struct options_given *given, int option);

/* Gives back what it holds. */
void options_given_reset(struct options_given *given);

#endif
