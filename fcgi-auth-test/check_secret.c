#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "check_private.h"
#include "fcgi_error.h"

/* Of a shorter one every text is full. */
enum { SECRET_MIN = 4 };

static int
is_same(const struct fcgi_slice *a, const struct fcgi_slice *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void
add_base64(struct checking *checking, enum secret_form form, const void *data, size_t len)
{
	char *text = malloc(BASE64_LEN(len) + 1);

	if (text == NULL) {
		checking->error = -FCGI_E_SYSTEM;
		return;
	}
	len = base64_encode(text, data, len);
	/* Many leave the padding out. */
	while (len > 0 && text[len - 1] == '=')
		len--;
	checking->secrets[form] = (struct fcgi_slice){ (unsigned char *)text, len };
}

int
checking_begin(struct checking *checking)
{
	const struct fcgi_slice *password = &checking->context->password;
	const struct fcgi_slice *user = &checking->context->user;
	const struct fcgi_slice *authorization = &checking->context->authorization;
	size_t len = user->len + 1 + password->len;
	unsigned char *basic;

	if (authorization->len >= SECRET_MIN)
		checking->secrets[SECRET_AUTHORIZATION] = *authorization;
	if (password->len < SECRET_MIN)
		return 0;
	/* One who is called like his password is always told. */
	if (!is_same(password, user)) {
		checking->secrets[SECRET_PASSWORD] = *password;
		add_base64(checking, SECRET_BASE64, password->data, password->len);
	}
	basic = malloc(len);
	if (basic == NULL) {
		checking->error = -FCGI_E_SYSTEM;
		return checking->error;
	}
	if (user->len > 0)
		memcpy(basic, user->data, user->len);
	basic[user->len] = ':';
	memcpy(basic + user->len + 1, password->data, password->len);
	add_base64(checking, SECRET_BASIC, basic, len);
	explicit_bzero(basic, len);
	free(basic);
	return checking->error;
}

static void
wipe(struct fcgi_slice *slice)
{
	void *data = (void *)(uintptr_t)slice->data;

	if (data != NULL)
		explicit_bzero(data, slice->len);
	free(data);
}

void
checking_end(struct checking *checking)
{
	wipe(&checking->secrets[SECRET_BASE64]);
	wipe(&checking->secrets[SECRET_BASIC]);
}

static int
holds(const struct checking *checking, enum secret_form form, const void *data, size_t len)
{
	const struct fcgi_slice *secret = &checking->secrets[form];

	return secret->data != NULL && len > 0 &&
	    memmem(data, len, secret->data, secret->len) != NULL;
}

/* Which form of the secret is in the bytes; SECRET_FORMS: none. */
static enum secret_form
find_secret(const struct checking *checking, const void *data, size_t len)
{
	int form = 0;

	while (form < SECRET_FORMS && !holds(checking, (enum secret_form)form, data, len))
		form++;
	return (enum secret_form)form;
}

char *
checking_quote(const struct checking *checking, char *dst, const void *data, size_t len)
{
	const char *bytes = data;
	size_t shown_len = len < QUOTED_MAX - 4 ? len : QUOTED_MAX - 4, i;
	const char *more = shown_len < len ? "..." : "";

	if (find_secret(checking, data, len) != SECRET_FORMS) {
		memcpy(dst, "***", sizeof "***");
		return dst;
	}
	for (i = 0; i < shown_len; i++)
		dst[i] = bytes[i] != '\0' ? bytes[i] : '?';
	memcpy(dst + shown_len, more, strlen(more) + 1);
	return dst;
}

static const char *const words[] = {
	[SECRET_PASSWORD] = "the password",
	[SECRET_BASE64] = "the password's base 64",
	[SECRET_BASIC] = "the base 64 of user and password",
	[SECRET_AUTHORIZATION] = "the Authorization header's value",
};

void
checking_secrets(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	const struct cgi_header *header;
	enum secret_form form;
	char name[QUOTED_MAX];
	size_t i;
	int found = 0;

	for (i = 0; i < reply->header_count; i++) {
		header = &reply->headers[i];
		form = find_secret(checking, header->value, header->value_len);
		if (form == SECRET_FORMS)
			form = find_secret(checking, header->name, header->name_len);
		if (form == SECRET_FORMS)
			continue;
		found = 1;
		checking_add(checking, CHECK_V4, "%s is in the header %s", words[form],
		    checking_quote(checking, name, header->name, header->name_len));
	}
	form = find_secret(checking, reply->body, reply->body != NULL ? reply->body_len : 0);
	if (form != SECRET_FORMS) {
		found = 1;
		checking_add(checking, CHECK_V4, "%s is in the body", words[form]);
	}
	form = find_secret(checking, reply->out.data, reply->out.len);
	if (!found && form != SECRET_FORMS)
		checking_add(checking, CHECK_V4, "%s is in the header block", words[form]);
	form = find_secret(checking, reply->err.data, reply->err.len);
	if (form != SECRET_FORMS)
		checking_add(checking, form == SECRET_PASSWORD ? CHECK_S1 : CHECK_V4,
		    "%s is on STDERR", words[form]);
}
