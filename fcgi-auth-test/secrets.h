/*
 * Bytes that must neither be shown nor come back: passwords in the forms that they are written in,
 * the values of secret headers and variables.
 */
#ifndef SECRETS_H
#define SECRETS_H

#include <stddef.h>

#include "auth_case.h"
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
	unsigned char *data;
	size_t len;
	size_t number;		/* private: the first has the lowest */
};

/*
 * Zero-filled before use.  First all are added, then they are sorted, and then looked for; more may
 * be added again.
 */
struct secrets {
	struct secret *items;
	size_t count;
	size_t sorted;			/* private: so many are in order, each there once */
	size_t added;			/* private: so many were */
	unsigned char starts[256];	/* private: what one may begin with */
};

/*
 * Adds a copy; an empty one is none.  Of equal ones the first form stays.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int secrets_add(struct secrets *secrets, enum secret_form form, const void *data, size_t len);

/* The password and its base 64, with the padding and without.  Returns as secrets_add(). */
int secrets_add_password(struct secrets *secrets, const struct fcgi_slice *password);

/* The base 64 of "user:password", likewise. */
int secrets_add_basic(struct secrets *secrets, const struct fcgi_slice *user,
    const struct fcgi_slice *password);

/* All those of a question, sorted.  params: that are sent.  Returns as secrets_add(). */
int secrets_add_question(struct secrets *secrets, const struct auth_case *auth_case,
    const struct params *params);

/*
 * Adds that of a case to the secrets of a whole run, unless it is a short one.
 * weak: it is nobody's, unless another case has it, too.
 * Returns as secrets_add().
 */
int secrets_join(struct secrets *run, const struct secret *secret, int weak);

/* Before they are looked for. */
void secrets_sort(struct secrets *secrets);

/*
 * The longest secret that the bytes begin with, as it is or percent-encoded, wholly or in part.
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
