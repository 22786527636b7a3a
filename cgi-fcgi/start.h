/* -start and -supervise: the application, listening at the address. */
#ifndef CGI_FCGI_START_H
#define CGI_FCGI_START_H

#include "addr.h"
#include "options.h"

/*
 * Binds the address and starts the instances; with supervise set stays until they have ended or a
 * signal says to end them.
 * Returns 0, or the exit status after telling why: nothing is left running or bound then.
 */
int start_application(const struct options *options, const struct addr *addr);

#endif
