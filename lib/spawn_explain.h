/* The true reason why a program could not be executed, which errno alone does not tell. */
#ifndef SPAWN_EXPLAIN_H
#define SPAWN_EXPLAIN_H

#include <stddef.h>

#include "spawn.h"

/*
 * Words for the failure of spawn_find() or spawn_start() to follow "PATH: ": who may execute the
 * file and who we are, an interpreter or loader that is missing, a #! line with a carriage return,
 * a program for another machine; else strerror(3).  They may quote the file: not escaped.
 * path: the program.  error: errno, ENOEXEC as spawn_start() gives it.
 * Returns dst.
 */
char *spawn_explain(char *dst, size_t size, const char *path, int error);

/*
 * The same for a failure of the step SPAWN_EXEC, as the child has seen the file: as another user,
 * below another root.  It takes a second at most.
 * Returns dst.
 */
char *spawn_explain_exec(char *dst, size_t size, const struct spawn *spawn, int error);

#endif
