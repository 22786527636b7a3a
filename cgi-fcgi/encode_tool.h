/* --encode: the request as bytes, for a file or another program. */
#ifndef CGI_FCGI_ENCODE_TOOL_H
#define CGI_FCGI_ENCODE_TOOL_H

#include "addr.h"
#include "options.h"

/*
 * Writes all that would go over the wire to standard output: with --repeat one request after the
 * other, with --multiplex in turns.  What fails is told and does not return.
 * Returns the exit status.
 */
int encode_tool_run(struct options *options, const struct addr *addr);

#endif
