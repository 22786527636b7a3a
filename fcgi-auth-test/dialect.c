#include "dialect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "buffer.h"
#include "dialect_file.h"
#include "fcgi_error.h"
#include "preset_builtin.h"
#include "preset_headers.h"
#include "preset_rules.h"

void
dialect_close(struct dialect *dialect)
{
	size_t i;

	for (i = 0; dialect->rules != NULL && i < AUTH_PHASE_COUNT; i++)
		preset_rules_reset(&dialect->rules[i]);
	free(dialect->rules);
	free(dialect->name);
	free(dialect->server);
	*dialect = (struct dialect){ 0 };
}

const char *
dialect_name(size_t index)
{
	return preset_builtin_name(dialect_builtins, index);
}

int
dialect_open(struct dialect *dialect, const char *name, char *why, size_t why_size)
{
	struct buffer text = { 0 };
	int r;

	r = preset_builtin_read(&text, dialect_builtins, "dialect", name, why, why_size);
	if (r == 0 && (dialect->name = strdup(name)) == NULL)
		r = -FCGI_E_SYSTEM;
	if (r == 0)
		r = dialect_read(dialect, (const char *)text.data, text.len, why, why_size);
	if (r == -FCGI_E_SYSTEM && *why == '\0')
		snprintf(why, why_size, "%s", strerror(errno));
	buffer_free(&text);
	if (r < 0)
		dialect_close(dialect);
	return r;
}

int
dialect_knows(const struct dialect *dialect, enum auth_phase phase)
{
	return (dialect->phases & 1u << phase) != 0;
}

/* --- the request's headers -------------------------------------------------------------------- */

enum dialect_stdin
dialect_stdin(const struct dialect *dialect, const struct dialect_question *question)
{
	const struct preset_request *request = &question->request;
	const struct preset_header *length = preset_headers_asked(request, "Content-Length");
	int has_body = request->has_body || preset_headers_asked(request, "Transfer-Encoding") != NULL;

	if (length != NULL && length->value != NULL)
		has_body = length->value[strspn(length->value, "0")] != '\0';
	return has_body ? dialect->stdin_post : dialect->stdin_get;
}

/* "Basic BASE64", to be given back with free_secret(); NULL when memory is short. */
static char *
make_basic(const struct dialect_question *question)
{
	static const char scheme[] = "Basic ";
	size_t len = question->user_len;
	char *plain, *coded;

	if (question->password != NULL)
		len += 1 + question->password_len;
	plain = malloc(len + 1);
	coded = calloc(1, sizeof scheme + BASE64_LEN(len));
	if (plain != NULL && coded != NULL) {
		memcpy(plain, question->user, question->user_len);
		if (question->password != NULL) {
			plain[question->user_len] = ':';
			memcpy(plain + question->user_len + 1, question->password,
			    question->password_len);
		}
		memcpy(coded, scheme, sizeof scheme - 1);
		base64_encode(coded + sizeof scheme - 1, plain, len);
		explicit_bzero(plain, len);
	} else {
		free(coded);
		coded = NULL;
	}
	free(plain);
	return coded;
}

static void
free_secret(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* --- the variables ---------------------------------------------------------------------------- */

/* The question in the form of a preset's request. */
struct asked {
	struct preset_request request;
	struct preset_header *headers;
	char *basic, *user, *password;
};

static int
is_basic(const struct dialect_question *question)
{
	return question->auth_type == NULL || strcasecmp(question->auth_type, "Basic") == 0;
}

/* An Authorization header of ours comes first, as clients send it. */
static int
ask_headers(struct asked *asked, const struct dialect_question *question)
{
	const struct preset_request *request = &question->request;

	if (question->user == NULL || preset_headers_asked(request, "Authorization") != NULL)
		return 0;
	asked->basic = is_basic(question) ? make_basic(question) : strdup("");
	asked->headers = calloc(request->header_count + 1, sizeof *asked->headers);
	if (asked->basic == NULL || asked->headers == NULL)
		return -FCGI_E_SYSTEM;
	asked->headers[0] = (struct preset_header){ "Authorization", asked->basic };
	if (request->header_count > 0)
		memcpy(asked->headers + 1, request->headers,
		    request->header_count * sizeof *asked->headers);
	asked->request.headers = asked->headers;
	asked->request.header_count++;
	return 0;
}

/* What is taken apart as httpd does it ends at a NUL, as strndup() has it. */
static int
ask(struct asked *asked, const struct dialect_question *question)
{
	asked->request = question->request;
	asked->request.user = asked->request.password = NULL;
	if (question->user != NULL) {
		asked->user = strndup(question->user, question->user_len);
		asked->request.user = asked->user;
		if (asked->user == NULL)
			return -FCGI_E_SYSTEM;
	}
	/* Behind a NUL in the user there is no password. */
	if (question->user != NULL && question->password != NULL &&
	    strlen(asked->user) == question->user_len) {
		asked->password = strndup(question->password, question->password_len);
		asked->request.password = asked->password;
		if (asked->password == NULL)
			return -FCGI_E_SYSTEM;
	}
	return ask_headers(asked, question);
}

static void
asked_reset(struct asked *asked)
{
	free(asked->headers);
	free_secret(asked->basic);
	free_secret(asked->user);
	free_secret(asked->password);
}

/* What is otherwise than Basic authentication by a browser has it. */
static int
mend(struct params *params, const struct dialect_question *question)
{
	const char *protocol = question->protocol, *type = question->auth_type;
	int r = 0;

	if (question->user != NULL && question->password == NULL)
		params_unset(params, "REMOTE_PASSWD");
	if (protocol != NULL && params_get(params, "SERVER_PROTOCOL") != NULL)
		r = params_set(params, "SERVER_PROTOCOL", 15, protocol, strlen(protocol));
	if (r < 0 || is_basic(question))
		return r;
	if (*type == '\0')
		params_unset(params, "AUTH_TYPE");
	else if (params_get(params, "AUTH_TYPE") != NULL)
		r = params_set(params, "AUTH_TYPE", 9, type, strlen(type));
	return r;
}

int
dialect_params(const struct dialect *dialect, const struct dialect_question *question,
    struct params *params, char *why, size_t why_size)
{
	struct asked asked = { .basic = NULL };
	int r;

	*why = '\0';
	r = ask(&asked, question);
	if (r == 0)
		r = preset_apply_rules(params, &dialect->rules[question->phase], &asked.request,
		    why, why_size);
	if (r == 0)
		r = mend(params, question);
	if (r == -FCGI_E_SYSTEM && *why == '\0')
		snprintf(why, why_size, "%s", strerror(errno));
	asked_reset(&asked);
	return r;
}
