/* What there is to choose from, printed on standard output. */
#ifndef LISTS_H
#define LISTS_H

#include "cli.h"

/* A line a check: name, severity, what it finds. */
void lists_checks(void);

/* A line a dialect: name and phases, that of a case without one first. */
void lists_dialects(const struct cli *cli);

/* A usage error: there is no such server, but these. */
void lists_refuse_server(const struct cli *cli, const char *name) __attribute__((noreturn));

#endif
