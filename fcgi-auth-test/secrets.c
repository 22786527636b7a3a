#include "secrets.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base64.h"
#include "buffer.h"
#include "fcgi_error.h"
#include "number.h"
#include "text.h"

/* --- collecting them ----------------------------------------------------------------------- */

/* As their bytes are, and before what is longer. */
static int
compare(const void *a, const void *b)
{
	const struct secret *one = a, *other = b;
	size_t len = one->len < other->len ? one->len : other->len;
	int r = memcmp(one->data, other->data, len);

	return r != 0 ? r : (one->len > other->len) - (one->len < other->len);
}

static int
compare_as_added(const void *a, const void *b)
{
	const struct secret *one = a, *other = b;
	int r = compare(a, b);

	return r != 0 ? r : (one->number > other->number) - (one->number < other->number);
}

static int
add(struct secrets *secrets, enum secret_form form, const void *data, size_t len, int weak)
{
	struct secret secret = { .form = form, .is_weak = weak, .len = len }, *items;

	if (len == 0)
		return 0;
	items = array_grow(secrets->items, secrets->count, sizeof *items);
	if (items == NULL)
		return -FCGI_E_SYSTEM;
	secrets->items = items;
	secret.data = malloc(len);
	if (secret.data == NULL)
		return -FCGI_E_SYSTEM;
	memcpy(secret.data, data, len);
	secret.number = secrets->added++;
	items[secrets->count++] = secret;
	secrets->starts[*secret.data] = 1;
	return 0;
}

static void
forget(struct secret *secret)
{
	explicit_bzero(secret->data, secret->len);
	free(secret->data);
}

void
secrets_sort(struct secrets *secrets)
{
	struct secret *items = secrets->items;
	size_t i, kept = 0;

	if (secrets->sorted == secrets->count)
		return;
	qsort(items, secrets->count, sizeof *items, compare_as_added);
	for (i = 1; i < secrets->count; i++) {
		if (compare(&items[kept], &items[i]) != 0) {
			items[++kept] = items[i];
			continue;
		}
		items[kept].is_weak &= items[i].is_weak;
		forget(&items[i]);
	}
	secrets->count = secrets->sorted = kept + 1;
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
	secrets_sort(secrets);
	return r;
}

int
secrets_join(struct secrets *run, const struct secret *secret, int weak)
{
	if (secret->len < SECRET_MIN)
		return 0;
	return add(run, secret->form, secret->data, secret->len,
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

/* Those that begin alike, with the bytes that were compared with a text so far. */
struct range {
	const struct secret *items, *end;
	size_t len;
};

/* The first of them that goes on with that byte or a higher one. */
static const struct secret *
first_from(const struct range *range, int byte)
{
	const struct secret *low = range->items, *high = range->end, *middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (middle->data[range->len] < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Those of them that go on with that byte. */
static struct range
narrow(const struct range *range, int byte)
{
	return (struct range){ first_from(range, byte), first_from(range, byte + 1),
		range->len + 1 };
}

struct search {
	const unsigned char *p, *end;	/* the text */
	int weak;			/* also those */
	int decodes;
	int met_code;			/* decoding, other bytes come out */
	const struct secret *found;	/* the longest; NULL: none */
	size_t taken;			/* of the text by it */
};

/* range: those that are met by what is before p. */
static void
search_from(struct search *search, struct range range, const unsigned char *p)
{
	struct range plain;
	size_t len;
	int byte;

	while (range.items < range.end) {
		/* The shortest is in front, and ends here, or none does. */
		if (range.items->len == range.len) {
			if ((search->weak || !range.items->is_weak) &&
			    (search->found == NULL || search->found->len < range.len)) {
				search->found = range.items;
				search->taken = (size_t)(p - search->p);
			}
			range.items++;
		}
		if (p == search->end)
			return;
		byte = decode(p, search->end, &len);
		search->met_code |= len > 1 || byte != *p;
		if (!search->decodes) {
			byte = *p;
			len = 1;
		} else if (byte != *p) {
			plain = narrow(&range, *p);
			/* Both are seldom there: each time they are, there are fewer in each. */
			if (plain.items < plain.end)
				search_from(search, plain, p + 1);
		}
		range = narrow(&range, byte);
		p += len;
	}
}

static const struct secret *
find_at(const struct secrets *secrets, const unsigned char *p, const unsigned char *end,
    size_t *len, int weak)
{
	struct search search = { .p = p, .end = end, .weak = weak };
	struct range all = { .items = secrets->items };

	if (secrets->sorted == 0 || (!secrets->starts[*p] && *p != '%' && *p != '+'))
		return NULL;
	all.end = all.items + secrets->sorted;
	search_from(&search, all, p);
	search.decodes = 1;
	if (search.met_code)
		search_from(&search, all, p);
	*len = search.taken;
	return search.found;
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

	for (i = 0; i < secrets->count; i++)
		forget(&secrets->items[i]);
	free(secrets->items);
	*secrets = (struct secrets){ 0 };
}
