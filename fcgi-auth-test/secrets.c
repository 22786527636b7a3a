#include "secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "fcgi_error.h"
#include "number.h"
#include "text.h"

/* --- collecting them ----------------------------------------------------------------------- */

static struct secret *
find_same(struct secrets *secrets, const void *data, size_t len)
{
	struct secret *secret = secrets->items;
	size_t i;

	for (i = 0; i < secrets->count; i++, secret++)
		if (secret->bytes.len == len && memcmp(secret->bytes.data, data, len) == 0)
			return secret;
	return NULL;
}

static int
add(struct secrets *secrets, enum secret_form form, const void *data, size_t len, int weak)
{
	struct secret secret = { .form = form, .is_weak = weak }, *items;
	size_t at;

	if (len == 0)
		return 0;
	items = find_same(secrets, data, len);
	if (items != NULL) {
		items->is_weak &= weak;
		return 0;
	}
	items = reallocarray(secrets->items, secrets->count + 1, sizeof *items);
	if (items == NULL)
		return -FCGI_E_SYSTEM;
	secrets->items = items;
	if (buffer_append(&secret.bytes, data, len) < 0)
		return -FCGI_E_SYSTEM;
	for (at = secrets->count++; at > 0 && items[at - 1].bytes.len < len; at--)
		items[at] = items[at - 1];
	items[at] = secret;
	secrets->starts[*(const unsigned char *)data] = 1;
	return 0;
}

int
secrets_add(struct secrets *secrets, enum secret_form form, const void *data, size_t len)
{
	return add(secrets, form, data, len, 0);
}

static int
add_base64(struct secrets *secrets, enum secret_form form, const void *data, size_t len)
{
	char *text = malloc(BASE64_LEN(len) + 1);
	size_t text_len;
	int r;

	if (text == NULL)
		return -FCGI_E_SYSTEM;
	text_len = base64_encode(text, data, len);
	r = secrets_add(secrets, form, text, text_len);
	/* Who cuts the padding off still shows it all. */
	while (text_len > 0 && text[text_len - 1] == '=')
		text_len--;
	if (r == 0)
		r = secrets_add(secrets, form, text, text_len);
	explicit_bzero(text, text_len);
	free(text);
	return r;
}

int
secrets_add_password(struct secrets *secrets, const struct fcgi_slice *password)
{
	int r = secrets_add(secrets, SECRET_PASSWORD, password->data, password->len);

	if (r == 0 && password->len > 0)
		r = add_base64(secrets, SECRET_BASE64, password->data, password->len);
	return r;
}

int
secrets_add_basic(struct secrets *secrets, const struct fcgi_slice *user,
    const struct fcgi_slice *password)
{
	struct buffer both = { 0 };
	int r = -FCGI_E_SYSTEM;

	if (password->len == 0)
		return 0;
	if (buffer_append(&both, user->data, user->len) == 0 &&
	    buffer_append(&both, ":", 1) == 0 &&
	    buffer_append(&both, password->data, password->len) == 0)
		r = add_base64(secrets, SECRET_BASIC, both.data, both.len);
	if (both.data != NULL)
		explicit_bzero(both.data, both.len);
	buffer_free(&both);
	return r;
}

static int
add_param(struct secrets *secrets, const struct fcgi_nv *param)
{
	static const char authorization[] = "HTTP_AUTHORIZATION";
	enum secret_form form = SECRET_VALUE;
	const char *blank;
	int r;

	if (!text_is_secret((const char *)param->name, param->name_len))
		return 0;
	if (param->name_len == strlen(authorization) &&
	    memcmp(param->name, authorization, param->name_len) == 0)
		form = SECRET_AUTHORIZATION;
	r = secrets_add(secrets, form, param->value, param->value_len);
	/* What follows the scheme: "Bearer ..." */
	blank = memchr(param->value, ' ', param->value_len);
	if (r == 0 && blank != NULL)
		r = secrets_add(secrets, form, blank + 1,
		    param->value_len - 1 - (size_t)(blank - (const char *)param->value));
	return r;
}

int
secrets_add_question(struct secrets *secrets, const struct auth_case *auth_case,
    const struct params *params)
{
	const struct fcgi_slice user = {
		(const unsigned char *)auth_case->user.data, auth_case->user.len };
	const struct fcgi_slice password = {
		(const unsigned char *)auth_case->password.data, auth_case->password.len };
	size_t i;
	int r = secrets_add_password(secrets, &password);

	if (r == 0)
		r = secrets_add_basic(secrets, &user, &password);
	for (i = 0; r == 0 && i < params->count; i++)
		r = add_param(secrets, &params->items[i]);
	return r;
}

int
secrets_join(struct secrets *run, const struct secret *secret, int weak)
{
	if (secret->bytes.len < SECRET_MIN)
		return 0;
	return add(run, secret->form, secret->bytes.data, secret->bytes.len,
	    weak || secret->form == SECRET_VALUE);
}

/* --- looking for them ---------------------------------------------------------------------- */

/* The byte that a place in a URL stands for; *len: how many of the bytes say so. */
static int
decode(const unsigned char *p, const unsigned char *end, size_t *len)
{
	int byte = *p == '%' && end - p >= 3 ? number_hex_byte((const char *)p + 1) : -1;

	*len = byte >= 0 ? 3 : 1;
	if (byte >= 0)
		return byte;
	return *p == '+' ? ' ' : *p;
}

/* How many of the bytes the secret takes, encoded or not; 0: they do not begin with it. */
static size_t
match(const struct secret *secret, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *start = p, *bytes = secret->bytes.data;
	size_t i, len;

	if ((size_t)(end - p) >= secret->bytes.len && memcmp(p, bytes, secret->bytes.len) == 0)
		return secret->bytes.len;
	for (i = 0; i < secret->bytes.len; i++, p += len) {
		if (p == end)
			return 0;
		if (decode(p, end, &len) == bytes[i])
			continue;
		if (*p != bytes[i])
			return 0;
		len = 1;
	}
	return (size_t)(p - start);
}

static const struct secret *
find_at(const struct secrets *secrets, const unsigned char *p, const unsigned char *end,
    size_t *len, int weak)
{
	const struct secret *secret = secrets->items;
	size_t i;

	if (!secrets->starts[*p] && *p != '%' && *p != '+')
		return NULL;
	for (i = 0; i < secrets->count; i++, secret++) {
		if (secret->is_weak && !weak)
			continue;
		*len = match(secret, p, end);
		if (*len > 0)
			return secret;
	}
	return NULL;
}

const struct secret *
secrets_at(const struct secrets *secrets, const void *data, const void *end, size_t *len)
{
	return data != end ? find_at(secrets, data, end, len, 1) : NULL;
}

const struct secret *
secrets_find(const struct secrets *secrets, const void *data, size_t len, int weak)
{
	const unsigned char *p = data, *end = len > 0 ? p + len : p;
	const struct secret *secret;
	size_t taken;

	for (; p != end; p++) {
		secret = find_at(secrets, p, end, &taken, weak);
		if (secret != NULL)
			return secret;
	}
	return NULL;
}

void
secrets_reset(struct secrets *secrets)
{
	size_t i;

	for (i = 0; i < secrets->count; i++) {
		explicit_bzero(secrets->items[i].bytes.data, secrets->items[i].bytes.len);
		buffer_free(&secrets->items[i].bytes);
	}
	free(secrets->items);
	*secrets = (struct secrets){ 0 };
}
