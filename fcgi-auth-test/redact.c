#include "redact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "fcgi_error.h"
#include "text.h"

enum { SHOWN_MAX = 400 };

static int
add(struct redact *redact, const void *data, size_t len)
{
	struct buffer *items, secret = { 0 };
	size_t at;

	if (len == 0)
		return 0;
	items = reallocarray(redact->items, redact->count + 1, sizeof *items);
	if (items == NULL)
		return -FCGI_E_SYSTEM;
	redact->items = items;
	if (buffer_append(&secret, data, len) < 0)
		return -FCGI_E_SYSTEM;
	/* One secret may lie in another: the longer is to be found first. */
	for (at = redact->count++; at > 0 && items[at - 1].len < len; at--)
		items[at] = items[at - 1];
	items[at] = secret;
	return 0;
}

static int
add_base64(struct redact *redact, const void *data, size_t len)
{
	char *text = malloc(BASE64_LEN(len) + 1);
	size_t text_len;
	int r;

	if (text == NULL)
		return -FCGI_E_SYSTEM;
	text_len = base64_encode(text, data, len);
	r = add(redact, text, text_len);
	/* Who cuts the padding off still shows it all. */
	while (text_len > 0 && text[text_len - 1] == '=')
		text_len--;
	if (r == 0)
		r = add(redact, text, text_len);
	explicit_bzero(text, text_len);
	free(text);
	return r;
}

static int
add_credentials(struct redact *redact, const struct auth_case *auth_case)
{
	const struct auth_bytes *user = &auth_case->user, *password = &auth_case->password;
	struct buffer both = { 0 };
	int r = 0;

	if (password->len == 0)
		return 0;
	if (buffer_append(&both, user->data, user->len) < 0 || buffer_append(&both, ":", 1) < 0 ||
	    buffer_append(&both, password->data, password->len) < 0)
		r = -FCGI_E_SYSTEM;
	if (r == 0)
		r = add_base64(redact, both.data, both.len);
	if (r == 0)
		r = add(redact, password->data, password->len);
	if (r == 0)
		r = add_base64(redact, password->data, password->len);
	if (both.data != NULL)
		explicit_bzero(both.data, both.len);
	buffer_free(&both);
	return r;
}

int
redact_init(struct redact *redact, const struct auth_case *auth_case, const struct params *params)
{
	const struct fcgi_nv *param;
	const char *blank;
	size_t i;
	int r;

	redact->names = 1;
	r = add_credentials(redact, auth_case);
	for (i = 0; r == 0 && i < params->count; i++) {
		param = &params->items[i];
		if (!text_is_secret((const char *)param->name, param->name_len))
			continue;
		r = add(redact, param->value, param->value_len);
		/* What follows the scheme: "Bearer ..." */
		blank = memchr(param->value, ' ', param->value_len);
		if (r == 0 && blank != NULL)
			r = add(redact, blank + 1,
			    param->value_len - 1 - (size_t)(blank - (const char *)param->value));
	}
	return r;
}

/* The secret that the bytes begin with, or NULL. */
static const struct buffer *
secret_at(const struct redact *redact, const unsigned char *p, const unsigned char *end)
{
	const struct buffer *secret = redact->items;
	size_t i;

	for (i = 0; i < redact->count; i++, secret++)
		if ((size_t)(end - p) >= secret->len && memcmp(p, secret->data, secret->len) == 0)
			return secret;
	return NULL;
}

int
redact_hides(const struct redact *redact, const char *name, size_t len)
{
	return redact->names && text_is_secret(name, len);
}

int
redact_finds(const struct redact *redact, const void *data, size_t len)
{
	size_t i;

	for (i = 0; i < redact->count; i++)
		if (memmem(data, len, redact->items[i].data, redact->items[i].len) != NULL)
			return 1;
	return 0;
}

char *
redact_text(const struct redact *redact, const void *data, size_t len)
{
	const unsigned char *p = data, *end = data != NULL ? p + len : p;
	const struct buffer *secret;
	struct buffer shown = { 0 };
	char *text = NULL;
	int r = 0;

	while (r == 0 && p < end && shown.len < SHOWN_MAX) {
		secret = secret_at(redact, p, end);
		if (secret != NULL) {
			r = buffer_append(&shown, TEXT_REDACTED, strlen(TEXT_REDACTED));
			p += secret->len;
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
	size_t i;

	for (i = 0; i < redact->count; i++) {
		explicit_bzero(redact->items[i].data, redact->items[i].len);
		buffer_free(&redact->items[i]);
	}
	free(redact->items);
	*redact = (struct redact){ 0 };
}
