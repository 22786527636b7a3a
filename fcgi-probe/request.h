/* The bytes that a target is sent, all of them, so that a probe is one write. */
#ifndef FCGI_PROBE_REQUEST_H
#define FCGI_PROBE_REQUEST_H

#include <stddef.h>

#include "addr.h"
#include "options.h"

/* Zero-filled before use. */
struct request {
	unsigned char *bytes;	/* NULL when nothing is to be sent */
	size_t len;
	char *script;		/* SCRIPT_FILENAME in them, or NULL */
};

/* The id of every request of ours. */
enum { REQUEST_ID = 1 };

/*
 * Makes what the options ask for: a request with its body, FCGI_GET_VALUES, or nothing.  What cannot
 * be made does not return.
 * addr: the target's.
 */
void request_make(struct request *request, const struct options *options, const struct addr *addr);

/* Gives back what it holds. */
void request_reset(struct request *request);

#endif
