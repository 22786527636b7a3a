/* The variables of a request of which nothing is said: what satisfied every application tried. */
#ifndef PARAMS_PLAIN_H
#define PARAMS_PLAIN_H

#include <stddef.h>

#include "params.h"

/*
 * Sets them.
 * path: of the page, also as the script, since php-fpm wants a file even where it answers itself.
 * body_len: bytes; GET is POST with any.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.
 */
int params_plain(struct params *params, const char *path, size_t body_len);

#endif
