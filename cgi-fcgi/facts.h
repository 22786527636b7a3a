/* Figures about an exchange, for who reports them. */
#ifndef CGI_FCGI_FACTS_H
#define CGI_FCGI_FACTS_H

#include <stdint.h>

#include "exchange.h"

enum fact_time {
	FACT_RESOLVED,
	FACT_CONNECTED,
	FACT_SENT,
	FACT_FIRST_BYTE,
	FACT_TOTAL,
};

/* Seconds from the beginning to that point; negative when it was not reached. */
double facts_seconds(const struct exchange *exchange, enum fact_time time);

/* Bytes of the answer's header block, with its empty line; 0 without one. */
uint64_t facts_header_len(const struct exchange *exchange);

/* Bytes of its body, in --as-seen-by's view if that is asked for. */
uint64_t facts_body_len(const struct exchange *exchange);

enum { FACT_IP_SIZE = 64 };

/*
 * The numeric address that was connected to, or tried last; "" for a UNIX socket.
 * dst: FACT_IP_SIZE bytes.
 * Returns the port, 0 for a UNIX socket.
 */
unsigned facts_peer(const struct exchange *exchange, char *dst);

#endif
