/* A dialect as it is written: settings of its own around the lines of a preset. */
#ifndef DIALECT_FILE_H
#define DIALECT_FILE_H

#include <stddef.h>

#include "dialect.h"
#include "preset_builtin.h"

/* The files of dialects/ in the order of the page; the last has no name. */
extern const struct preset_builtin dialect_builtins[];

/*
 * Fills in a dialect, whose name is there already, from the text of its file.
 * why: on -FCGI_E_SYNTAX "NAME:LINE: what is wrong".
 * Returns 0, -FCGI_E_SYNTAX or -FCGI_E_SYSTEM; on failure the dialect is half full.
 */
int dialect_read(struct dialect *dialect, const char *text, size_t len, char *why,
    size_t why_size);

#endif
