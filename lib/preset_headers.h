/* The headers of the request that a preset is asked about: those that are asked for, and those that
 * a client adds by itself. */
#ifndef PRESET_HEADERS_H
#define PRESET_HEADERS_H

#include "preset.h"
#include "preset_url.h"

/*
 * The first header of that name that the request asks for, case aside, also one that says to leave
 * it out; or NULL.
 */
const struct preset_header *preset_headers_asked(const struct preset_request *request,
    const char *name);

/* Zero-filled before use; preset_headers_reset() gives its memory back. */
struct preset_headers {
	struct preset_header *items;	/* values are never NULL; some are the request's */
	size_t count;
	char *host;			/* private: what was made for the list */
	char *authorization;
	char length[24];
};

/*
 * Makes the list as curl(1) would: Host, Authorization, those of the request, and with a body
 * Content-Length (or Transfer-Encoding) and Content-Type, each unless the request has one of that
 * name, be it one that is to be left out.
 * The request and the URL have to live as long.  Returns 0, or -FCGI_E_SYSTEM.
 */
int preset_headers_make(struct preset_headers *headers, const struct preset_request *request,
    const struct preset_url *url);

void preset_headers_reset(struct preset_headers *headers);

/* The value of the first of that name, case aside, or NULL. */
const char *preset_headers_get(const struct preset_headers *headers, const char *name);

#endif
