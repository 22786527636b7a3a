/* The bytes that a target is sent, all of them, so that a probe is one write. */
#ifndef FCGI_PROBE_REQUEST_H
#define FCGI_PROBE_REQUEST_H

#include <stddef.h>

#include "options.h"

struct request {
	unsigned char *bytes;	/* NULL when nothing is to be sent */
	size_t len;
	char *script;		/* SCRIPT_FILENAME in them, or NULL */
};

/* Zero-filled before use. */
struct requests {
	struct request *items;	/* private from here on */
	size_t count;		/* one that serves all targets, or one for each */
};

/* The id of every request of ours. */
enum { REQUEST_ID = 1 };

/*
 * Makes what the options ask for: a request with its body, FCGI_GET_VALUES, or nothing.  Where the
 * address of the application may be in it there is one for each target.  What cannot be made does
 * not return.
 */
void request_make(struct requests *requests, const struct options *options);

/* What that target is sent, by its place among the options'. */
const struct request *request_of(const struct requests *requests, size_t target);

/* Gives back what it holds. */
void request_reset(struct requests *requests);

#endif
