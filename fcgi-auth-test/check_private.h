/* A reply under examination, for the parts of check_reply(). */
#ifndef CHECK_PRIVATE_H
#define CHECK_PRIVATE_H

#include "check.h"

struct checking {
	struct findings *findings;
	const struct reply *reply;
	const struct check_context *context;
	struct secrets own;		/* of this question */
	int error;			/* what check_reply() returns */
};

/*
 * Adds a finding.  The text is escaped: pass bytes of the peer as they are, but no secret.
 * No memory: checking->error.
 */
void checking_add(struct checking *checking, enum check_id check, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

enum { QUOTED_MAX = 64 };

/*
 * Bytes of the peer for a detail: cut to QUOTED_MAX - 1, and *** when a secret is in them.
 * dst: QUOTED_MAX bytes.  Returns dst.
 */
char *checking_quote(const struct checking *checking, char *dst, const void *data, size_t len);

/* Prepares the secrets' forms.  Returns 0, or -FCGI_E_SYSTEM: no memory. */
int checking_begin(struct checking *checking);
void checking_end(struct checking *checking);

/* The parts. */
void checking_secrets(struct checking *checking);	/* V4, S1 */
void checking_variables(struct checking *checking);	/* V1, V2, V3, V5, V6 */

#endif
