/*
 * Bytes that must neither be shown nor come back: passwords in the forms that they are written in,
 * the values of secret headers and variables.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include <stddef.h>

#include "auth_case.h"
#include "buffer.h"
#include "fcgi_reader.h"
#include "params.h"

/* Of a shorter one every text is full. */
enum { SECRET_MIN = 4 };

enum secret_form {
	SECRET_PASSWORD,
	SECRET_BASE64,		/* of the password */
	SECRET_BASIC,		/* base 64 of user and password */
	SECRET_AUTHORIZATION,	/* the header's value */
	SECRET_VALUE,		/* of another header or variable */
	SECRET_FORMS
};

struct secret {
	enum secret_form form;
	int is_weak;		/* not to be shown, but no fault when another is told: a made-up
				   password, a cookie of a session that is shared */
	struct buffer bytes;
};

/* Zero-filled before use.  The longest first: one may lie in another. */
struct secrets {
	struct secret *items;
	size_t count;
	unsigned char starts[256];	/* private: what one may begin with */
};

/* Adds a copy, once; an empty one is none.  Returns 0, or -FCGI_E_SYSTEM: no memory. */
int secrets_add(struct secrets *secrets, enum secret_form form, const void *data, size_t len);

/* The password and its base 64, with the padding and without.  Returns as secrets_add(). */
int secrets_add_password(struct secrets *secrets, const struct fcgi_slice *password);

/* The base 64 of "user:password", likewise. */
int secrets_add_basic(struct secrets *secrets, const struct fcgi_slice *user,
    const struct fcgi_slice *password);

/* All those of a question.  params: that are sent.  Returns as secrets_add(). */
int secrets_add_question(struct secrets *secrets, const struct auth_case *auth_case,
    const struct params *params);

/*
 * Adds that of a case to the secrets of a whole run, unless it is a short one.
 * weak: it is nobody's, unless another case has it, too.
 * Returns as secrets_add().
 */
int secrets_join(struct secrets *run, const struct secret *secret, int weak);

/*
 * The secret that the bytes begin with, as it is or percent-encoded, wholly or in part.
 * *len: how many of the bytes it takes.  Returns it, or NULL.
 */
const struct secret *secrets_at(const struct secrets *secrets, const void *data, const void *end,
    size_t *len);

/* The first secret in the bytes; weak: also those.  Returns it, or NULL. */
const struct secret *secrets_find(const struct secrets *secrets, const void *data, size_t len,
    int weak);

/* Wipes them and gives the memory back. */
void secrets_reset(struct secrets *secrets);

#endif
