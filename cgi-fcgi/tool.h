/* What is done in place of a request and its answer. */
#ifndef CGI_FCGI_TOOL_H
#define CGI_FCGI_TOOL_H

#include "addr.h"
#include "options.h"

/*
 * Does what options->tool asks for.
 * addr: the application's, or NULL.
 * Returns the exit status.
 */
int tool_run(struct options *options, const struct addr *addr);

/*
 * Makes the file of -o, if there is one, our standard output.  One that cannot be opened is told
 * and does not return.
 */
void tool_redirect_output(const struct options *options);

#endif
