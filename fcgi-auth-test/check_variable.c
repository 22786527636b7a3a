#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "check_private.h"

/* As lighttpd makes a variable's name of it, and CGI one of a header's. */
static char
folded(char c)
{
	return isalnum((unsigned char)c) ? (char)toupper((unsigned char)c) : '_';
}

static int
folds_to(const char *name, size_t len, const char *text, size_t text_len)
{
	size_t i;

	if (len != text_len)
		return 0;
	for (i = 0; i < len; i++)
		if (folded(name[i]) != folded(text[i]))
			return 0;
	return 1;
}

static int
is_legal(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return 0;
	return len > 0 && !isdigit((unsigned char)name[0]);
}

/* HTTP_X_USER is what the front end makes of its own X-User. */
static int
is_trusted(const struct checking *checking, const char *name, size_t len)
{
	const char *const *headers = checking->context->trusted_headers;
	static const char prefix[] = "HTTP_";
	const size_t prefix_len = sizeof prefix - 1;

	if (len <= prefix_len || !folds_to(name, prefix_len, prefix, prefix_len))
		return 0;
	for (; headers != NULL && *headers != NULL; headers++)
		if (folds_to(name + prefix_len, len - prefix_len, *headers, strlen(*headers)))
			return 1;
	return 0;
}

static int
is_dangerous(const char *name, size_t len)
{
	/* What ends in '*' is the beginning of many. */
	static const char *const names[] = { "PATH", "LD_*", "IFS", "ENV", "BASH_ENV", "PERL5*",
		"PYTHON*", "NODE_OPTIONS", "HTTP_*", "SCRIPT_*", "PATH_*", "DOCUMENT_ROOT",
		"REQUEST_*", "QUERY_STRING", "CONTENT_*", "SERVER_*", "REDIRECT_*", "PHP_VALUE",
		"PHP_ADMIN_VALUE", "HTTPS", "PROXY_*", "FCGI_*", "REMOTE_ADDR" };
	size_t i, name_len;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		name_len = strlen(names[i]);
		if (names[i][name_len - 1] != '*') {
			if (folds_to(name, len, names[i], name_len))
				return 1;
		} else if (len >= name_len - 1 &&
		    folds_to(name, name_len - 1, names[i], name_len - 1))
			return 1;
	}
	return 0;
}

static void
check_name(struct checking *checking, const char *name, size_t len)
{
	char text[QUOTED_MAX];

	checking_quote(checking, text, name, len);
	if (!is_legal(name, len))
		checking_add(checking, CHECK_V1, "Variable-%s", text);
	if (is_dangerous(name, len) && !is_trusted(checking, name, len))
		checking_add(checking, CHECK_V2, "Variable-%s", text);
	else if (folds_to(name, len, "REMOTE_USER", 11) || folds_to(name, len, "AUTH_TYPE", 9))
		checking_add(checking, CHECK_V3, "Variable-%s", text);
}

/* Compares the variable at that index with those before it. */
static void
check_again(struct checking *checking, size_t index, const char *name, size_t len)
{
	char text[QUOTED_MAX], other_text[QUOTED_MAX];
	const char *other;
	size_t i, other_len;

	for (i = 0; i < index; i++) {
		other = reply_variable(&checking->reply->headers[i], &other_len);
		if (other == NULL || !folds_to(name, len, other, other_len))
			continue;
		checking_quote(checking, text, name, len);
		if (memcmp(name, other, len) == 0)
			checking_add(checking, CHECK_V5, "Variable-%s", text);
		else
			checking_add(checking, CHECK_V6, "Variable-%s and Variable-%s",
			    checking_quote(checking, other_text, other, other_len), text);
		return;
	}
}

void
checking_variables(struct checking *checking)
{
	const char *name;
	size_t i, len;

	for (i = 0; i < checking->reply->header_count; i++) {
		name = reply_variable(&checking->reply->headers[i], &len);
		if (name == NULL)
			continue;
		check_name(checking, name, len);
		check_again(checking, i, name, len);
	}
}
