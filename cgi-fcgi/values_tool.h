/* --get-values: what the application says of itself. */
#ifndef CGI_FCGI_VALUES_TOOL_H
#define CGI_FCGI_VALUES_TOOL_H

#include "addr.h"
#include "options.h"

/*
 * Asks the application for the variables that the operands name, or for the three of the
 * specification, and prints what it answers; what does not come is told for what it is.
 * Returns the exit status.
 */
int values_tool_run(const struct options *options, const struct addr *addr);

#endif
