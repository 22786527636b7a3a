/* QUERY_STRING: fields of a form, as a browser or curl sends them. */
#ifndef QUERY_H
#define QUERY_H

#include <stddef.h>

#include "fcgi_reader.h"

/*
 * Finds a field and decodes its value: %XX, and '+' for a blank; the first of several of that name.
 * dst: gets the value as a string.
 * Returns its length; -FCGI_E_MORE when there is no such field; -FCGI_E_SPACE when size is too
 * small; -FCGI_E_SYNTAX when a % is not followed by two digits, or for a NUL byte.
 */
ptrdiff_t query_field(const struct fcgi_slice *query, const char *name, char *dst, size_t size);

#endif
