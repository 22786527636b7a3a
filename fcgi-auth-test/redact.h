/* The secrets of one question and of all others, kept out of what is told of its answer. */
#ifndef REDACT_H
#define REDACT_H

#include <stddef.h>

#include "auth_case.h"
#include "params.h"
#include "secrets.h"

/* Zero-filled: nothing is secret. */
struct redact {
	int names;		/* private: what has a secret name is not to be shown either */
	struct secrets own;	/* private */
	const struct secrets *run;
};

/*
 * Collects the password, its base 64, the Authorization header's value and those of other headers
 * and variables with secret names (text_is_secret()).
 * run: those of all questions, to be kept until redact_reset(); NULL: there are no others.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int redact_init(struct redact *redact, const struct secrets *run,
    const struct auth_case *auth_case, const struct params *params);

/* 1 when the value of a header or variable of that name is not to be shown at all, else 0. */
int redact_hides(const struct redact *redact, const char *name, size_t len);

/* 1 when one of them is in the bytes, else 0. */
int redact_finds(const struct redact *redact, const void *data, size_t len);

/*
 * The bytes escaped for a line between double quotes, with *** in place of each secret; cut after
 * some hundred characters, with "..." to say so.
 * Returns a string that is the caller's to free(3), or NULL: no memory.
 */
char *redact_text(const struct redact *redact, const void *data, size_t len);

void redact_reset(struct redact *redact);

#endif
