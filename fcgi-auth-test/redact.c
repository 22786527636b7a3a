#include "redact.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "text.h"

enum { SHOWN_MAX = 400 };

int
redact_init(struct redact *redact, const struct secrets *run, const struct auth_case *auth_case,
    const struct params *params)
{
	redact->names = 1;
	redact->run = run;
	return secrets_add_question(&redact->own, auth_case, params);
}

/* The secret that the bytes begin with, or NULL. */
static const struct secret *
secret_at(const struct redact *redact, const unsigned char *p, const unsigned char *end,
    size_t *len)
{
	const struct secret *own = secrets_at(&redact->own, p, end, len), *other = NULL;
	size_t own_len = own != NULL ? *len : 0;

	if (redact->run != NULL)
		other = secrets_at(redact->run, p, end, len);
	/* The longer one, so that nothing of it is left over. */
	if (other != NULL && *len > own_len)
		return other;
	*len = own_len;
	return own;
}

int
redact_hides(const struct redact *redact, const char *name, size_t len)
{
	return redact->names && text_is_secret(name, len);
}

int
redact_finds(const struct redact *redact, const void *data, size_t len)
{
	return secrets_find(&redact->own, data, len, 1) != NULL ||
	    (redact->run != NULL && secrets_find(redact->run, data, len, 1) != NULL);
}

char *
redact_text(const struct redact *redact, const void *data, size_t len)
{
	const unsigned char *p = data, *end = data != NULL ? p + len : p;
	struct buffer shown = { 0 };
	char *text = NULL;
	size_t secret_len;
	int r = 0;

	while (r == 0 && p < end && shown.len < SHOWN_MAX) {
		if (secret_at(redact, p, end, &secret_len) != NULL) {
			r = buffer_append(&shown, TEXT_REDACTED, strlen(TEXT_REDACTED));
			p += secret_len;
		} else {
			r = buffer_append(&shown, p++, 1);
		}
	}
	if (r == 0 && p < end)
		r = buffer_append(&shown, "...", 3);
	if (r == 0)
		text = text_escape_alloc(shown.data != NULL ? (char *)shown.data : "", shown.len,
		    TEXT_QUOTE);
	buffer_free(&shown);
	return text;
}

void
redact_reset(struct redact *redact)
{
	secrets_reset(&redact->own);
	*redact = (struct redact){ 0 };
}
