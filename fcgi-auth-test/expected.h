/*
 * What is expected of a text: the text itself, or behind "~" a regular expression (PCRE2, anywhere
 * in it).
 */
#ifndef EXPECTED_H
#define EXPECTED_H

#include <stddef.h>

#include "auth_case.h"

struct regexp_library;

/*
 * Sets the value, or with "~" in front the regular expression.
 * library: NULL until the first regular expression; the caller's to regexp_library_free() at last.
 * why: on failure what is wrong with it.
 * Returns 0, or -1.
 */
int expected_set(struct auth_expected *expected, const char *text, size_t len,
    struct regexp_library **library, char *why, size_t why_size);

/*
 * 1 when the bytes are what is expected, 0 when not, also when a regular expression takes more
 * steps than it may.
 */
int expected_matches(const struct auth_expected *expected, const void *data, size_t len);

#endif
