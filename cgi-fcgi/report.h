/* What is said of an answer behind it: the text of -w and the object of --json. */
#ifndef CGI_FCGI_REPORT_H
#define CGI_FCGI_REPORT_H

#include "exchange.h"

/*
 * Before a request: reads the file of -w @FILE into the options, and looks whether -w names what
 * there is.  What is wrong is told and does not return.
 */
void report_check(struct options *options);

/*
 * Writes what the options ask for.
 * status: the exit status.
 * Returns 0, or errno of a failed write to standard output.
 */
int report_write(const struct exchange *exchange, int status);

#endif
