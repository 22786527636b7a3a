/* The variables of a request as text, for a person, a file or another program. */
#ifndef CGI_FCGI_PRINT_H
#define CGI_FCGI_PRINT_H

#include <stdio.h>

#include "options.h"

/*
 * Whether a line "NAME=VALUE" holds the variable so that --env-file reads the same; else it is
 * printed escaped.
 */
int print_is_line(const struct fcgi_nv *nv);

/* The same for an entry of env -0, which --params0 reads; else it is printed as it is. */
int print_is_entry(const struct fcgi_nv *nv);

/*
 * Writes all variables to a file: real values, secrets too.
 * Returns 0, or -1 when memory is short; whether the file has failed is for the caller to ask.
 */
int print_params(FILE *file, const struct params *params, enum print_format format);

#endif
