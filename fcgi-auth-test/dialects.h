/* The dialects of one run, each read once. */
#ifndef DIALECTS_H
#define DIALECTS_H

#include <stddef.h>

#include "dialect.h"

/* Zero-filled before use. */
struct dialects {
	struct dialect **items;
	size_t count;
};

/*
 * The dialect of that name, opened if need be.
 * why: on failure as that of dialect_open().
 * Returns what lives as long as the dialects, or NULL.
 */
const struct dialect *dialects_find(struct dialects *dialects, const char *name, char *why,
    size_t why_size);

/* Opens all that are built in.  Returns 0, or -1 with why. */
int dialects_open_all(struct dialects *dialects, char *why, size_t why_size);

void dialects_reset(struct dialects *dialects);

#endif
