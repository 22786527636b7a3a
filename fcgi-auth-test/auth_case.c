#include "auth_case.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "regexp.h"

const char *const auth_phase_names[] = {
	[AUTH_AUTHENTICATOR] = "authenticator",
	[AUTH_AUTHORIZER] = "authorizer",
	[AUTH_ACCESS_CHECKER] = "access-checker",
	[AUTH_AUTHNZ] = "authnz",
	[AUTH_CHECK] = "check",
	[AUTH_PHASE_COUNT] = NULL,
};

static void
wipe(struct auth_bytes *bytes)
{
	if (bytes->data != NULL)
		explicit_bzero(bytes->data, bytes->len);
	free(bytes->data);
}

int
auth_case_set_password(struct auth_case *auth_case, const char *password, const char *file)
{
	wipe(&auth_case->password);
	free(auth_case->password_name);
	auth_case->password.data = strdup(password);
	auth_case->password.len = strlen(password);
	auth_case->password_name = file != NULL ? strdup(file) : NULL;
	auth_case->password_source = file != NULL ? AUTH_PASSWORD_FILE : AUTH_PASSWORD_HIDDEN;
	if (auth_case->password.data == NULL || (file != NULL && auth_case->password_name == NULL))
		return -FCGI_E_SYSTEM;
	return 0;
}

int
auth_lines_add(struct auth_lines *lines, const char *text, size_t len)
{
	char **items = reallocarray(lines->items, lines->count + 2, sizeof *items);

	if (items == NULL)
		return -FCGI_E_SYSTEM;
	lines->items = items;
	items[lines->count] = strndup(text, len);
	if (items[lines->count] == NULL)
		return -FCGI_E_SYSTEM;
	items[++lines->count] = NULL;
	return 0;
}

void
auth_lines_reset(struct auth_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	*lines = (struct auth_lines){ 0 };
}

void
auth_expected_reset(struct auth_expected *expected)
{
	free(expected->name);
	free(expected->value);
	regexp_free(expected->regexp);
	*expected = (struct auth_expected){ 0 };
}

void
auth_expected_list_reset(struct auth_expected_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		auth_expected_reset(&list->items[i]);
	free(list->items);
	*list = (struct auth_expected_list){ 0 };
}

static void
free_expect(struct auth_expect *expect)
{
	auth_expected_list_reset(&expect->headers);
	auth_expected_list_reset(&expect->variables);
	auth_lines_reset(&expect->no_variables);
	if (expect->body != NULL)
		auth_expected_reset(expect->body);
	if (expect->error_output != NULL)
		auth_expected_reset(expect->error_output);
	free(expect->body);
	free(expect->error_output);
}

void
auth_case_reset(struct auth_case *auth_case)
{
	size_t i;

	free(auth_case->name);
	free(auth_case->method);
	free(auth_case->target);
	free(auth_case->protocol);
	for (i = 0; i < auth_case->header_count; i++) {
		if (auth_case->headers[i].value != NULL)
			explicit_bzero(auth_case->headers[i].value,
			    strlen(auth_case->headers[i].value));
		free(auth_case->headers[i].name);
		free(auth_case->headers[i].value);
	}
	free(auth_case->headers);
	free(auth_case->remote_addr);
	wipe(&auth_case->user);
	wipe(&auth_case->password);
	free(auth_case->auth_type);
	free(auth_case->password_name);
	auth_lines_reset(&auth_case->params);
	auth_lines_reset(&auth_case->unset);
	free_expect(&auth_case->expect);
	auth_lines_reset(&auth_case->ignore);
	free(auth_case->skip);
	auth_lines_reset(&auth_case->tags);
	*auth_case = (struct auth_case){ 0 };
}
