/* The web servers that an application accepts connections from (FCGI_WEB_SERVER_ADDRS). */
#ifndef FCGISTARTER_ALLOW_H
#define FCGISTARTER_ALLOW_H

#include <stddef.h>

#include "addr.h"

/*
 * Reads the list of --allow: IPv4 addresses with commas between them.
 * why, why_size: on failure what is wrong with which; not escaped.
 * Returns the value for the environment, the caller's to free(3); NULL with why otherwise.
 */
char *allow_parse(const char *text, char *why, size_t why_size);

/*
 * Whether applications hold to the list on such a listener: those of libfcgi look at IPv4 peers
 * alone, and let all others pass.
 * Returns 0, or -1 with why: the reason, to follow the option.
 */
int allow_permitted(const struct addr_socket *listener, char *why, size_t why_size);

#endif
