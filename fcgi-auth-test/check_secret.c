#include <string.h>

#include "check_private.h"

static int
is_same(const struct fcgi_slice *a, const struct fcgi_slice *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

int
checking_begin(struct checking *checking)
{
	const struct fcgi_slice *password = &checking->context->password;
	const struct fcgi_slice *user = &checking->context->user;
	const struct fcgi_slice *authorization = &checking->context->authorization;
	int r = 0;

	if (authorization->len >= SECRET_MIN)
		r = secrets_add(&checking->own, SECRET_AUTHORIZATION, authorization->data,
		    authorization->len);
	/* One who is called like his password is always told. */
	if (r == 0 && password->len >= SECRET_MIN && !is_same(password, user))
		r = secrets_add_password(&checking->own, password);
	if (r == 0 && password->len >= SECRET_MIN)
		r = secrets_add_basic(&checking->own, user, password);
	secrets_sort(&checking->own);
	checking->error = r;
	return r;
}

void
checking_end(struct checking *checking)
{
	secrets_reset(&checking->own);
}

/* The secret that is in the bytes, or NULL. */
static const struct secret *
find_secret(const struct checking *checking, const void *data, size_t len, int *is_own)
{
	const struct secrets *run = checking->context->run;
	const struct secret *secret = secrets_find(&checking->own, data, len, 1);

	*is_own = secret != NULL;
	if (secret == NULL && run != NULL)
		secret = secrets_find(run, data, len, 0);
	return secret;
}

char *
checking_quote(const struct checking *checking, char *dst, const void *data, size_t len)
{
	const char *bytes = data;
	size_t shown_len = len < QUOTED_MAX - 4 ? len : QUOTED_MAX - 4, i;
	const char *more = shown_len < len ? "..." : "";
	int is_own;

	if (find_secret(checking, data, len, &is_own) != NULL) {
		memcpy(dst, "***", sizeof "***");
		return dst;
	}
	for (i = 0; i < shown_len; i++)
		dst[i] = bytes[i] != '\0' ? bytes[i] : '?';
	memcpy(dst + shown_len, more, strlen(more) + 1);
	return dst;
}

/* "the password", "another case's password"; NULL: there is no secret in the bytes. */
static const char *
name_secret(const struct checking *checking, const void *data, size_t len)
{
	static const char *const words[SECRET_FORMS][2] = {
		[SECRET_PASSWORD] = { "another case's password", "the password" },
		[SECRET_BASE64] = { "the base 64 of another case's password",
		    "the password's base 64" },
		[SECRET_BASIC] = { "the base 64 of another case's user and password",
		    "the base 64 of user and password" },
		[SECRET_AUTHORIZATION] = { "the Authorization header's value of another case",
		    "the Authorization header's value" },
	};
	int is_own;
	const struct secret *secret =
	    find_secret(checking, data, data != NULL ? len : 0, &is_own);

	return secret != NULL ? words[secret->form][is_own] : NULL;
}

static int
check_headers(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	const struct cgi_header *header = reply->headers;
	char name[QUOTED_MAX];
	const char *what;
	size_t i;
	int found = 0;

	for (i = 0; i < reply->header_count; i++, header++) {
		what = name_secret(checking, header->value, header->value_len);
		if (what == NULL)
			what = name_secret(checking, header->name, header->name_len);
		if (what == NULL)
			continue;
		found = 1;
		checking_add(checking, CHECK_V4, "%s is in the header %s", what,
		    checking_quote(checking, name, header->name, header->name_len));
	}
	return found;
}

void
checking_secrets(struct checking *checking)
{
	const struct reply *reply = checking->reply;
	int found = check_headers(checking), is_own;
	const struct secret *secret;
	const char *what = name_secret(checking, reply->body, reply->body_len);

	if (what != NULL)
		checking_add(checking, CHECK_V4, "%s is in the body", what);
	if (!found && what == NULL) {
		what = name_secret(checking, reply->out.data, reply->out.len);
		if (what != NULL)
			checking_add(checking, CHECK_V4, "%s is in the header block", what);
	}
	what = name_secret(checking, reply->err.data, reply->err.len);
	if (what == NULL)
		return;
	secret = find_secret(checking, reply->err.data, reply->err.len, &is_own);
	checking_add(checking, secret->form == SECRET_PASSWORD ? CHECK_S1 : CHECK_V4,
	    "%s is on STDERR", what);
}
