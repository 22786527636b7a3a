/* What a case file that is written calls things, so that it can be read again where it will be. */
#ifndef FCGI_AUTH_TEST_REPORT_NAMES_H
#define FCGI_AUTH_TEST_REPORT_NAMES_H

#include <stddef.h>

#include "result.h"

/*
 * A name for each result, its title where no other has it, else with a number behind it: cases of
 * several files may have the same.
 * Returns count strings, for report_names_free(); NULL: no memory.
 */
char **report_names(const struct result *results, size_t count);
void report_names_free(char **names, size_t count);

/*
 * The file of a password as a case file has to name it, which is relative to its own folder.
 * output: the case file; NULL: standard output, which is taken to be in the current folder.
 * path: relative to the current folder.
 * Returns a string that is the caller's to free(3), or NULL with errno.
 */
char *report_password_file(const char *output, const char *path);

#endif
