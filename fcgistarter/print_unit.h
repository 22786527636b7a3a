/* A unit file for systemd. */
#ifndef FCGISTARTER_PRINT_UNIT_H
#define FCGISTARTER_PRINT_UNIT_H

#include "print_config.h"

/* A service that runs the command line, supervised and in the foreground. */
void print_unit(FILE *out, const struct print_config *config);

#endif
