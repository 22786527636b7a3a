/* Words for what a peer has done that FastCGI does not permit, the same in every program. */
#ifndef FCGI_FAULT_H
#define FCGI_FAULT_H

#include <stddef.h>

#include "fcgi_reader.h"

/*
 * Describes a fault of the application: "the peer speaks HTTP, not FastCGI: is this the web
 * server's port?"
 * error: -FCGI_E_VERSION, -FCGI_E_LENGTH, -FCGI_E_ORDER or -FCGI_E_TRUNCATED, as the reader or the
 * request said; others get the words of fcgi_strerror().
 * reader: as it was left.
 * Bytes of the peer stand in it as they came: escape it for a terminal.
 * Returns dst.
 */
char *fcgi_fault_describe(char *dst, size_t size, int error, const struct fcgi_reader *reader);

#endif
