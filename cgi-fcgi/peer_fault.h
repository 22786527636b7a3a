/* What an application did wrong on the wire, in words. */
#ifndef CGI_FCGI_PEER_FAULT_H
#define CGI_FCGI_PEER_FAULT_H

#include <stddef.h>

#include "exchange.h"

enum { PEER_FAULT_SIZE = 200 };

/*
 * What had come so far, for the reasons that something did not come.
 * dst, size: PEER_FAULT_SIZE bytes are enough.  Returns dst.
 */
const char *peer_fault_progress(char *dst, size_t size, const struct exchange *exchange);

/*
 * Why the exchange ended by ENDED_PEER, without its time having run out.
 * dst, size: at least 2 * PEER_FAULT_SIZE bytes; may hold untrusted bytes.
 * Returns the exit status.
 */
int peer_fault_describe(char *dst, size_t size, const struct exchange *exchange);

#endif
