/*
 * All that one call asks of an application: a request, or with --repeat several one after the
 * other, or with --multiplex several at a time.
 */
#ifndef CGI_FCGI_SESSION_H
#define CGI_FCGI_SESSION_H

#include "addr.h"
#include "options.h"

/*
 * Sends them, passes the answers on and says how they ended.
 * Returns the exit status: that of the first request that failed, or 0.
 */
int session_run(struct options *options, const struct addr *addr);

#endif
