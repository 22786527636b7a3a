#include "question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"

/* struct auth_header has the same members, but not for reading alone. */
static struct preset_header *
copy_headers(const struct auth_case *auth_case)
{
	struct preset_header *headers = calloc(auth_case->header_count + 1, sizeof *headers);
	size_t i;

	for (i = 0; headers != NULL && i < auth_case->header_count; i++)
		headers[i] = (struct preset_header){
			.name = auth_case->headers[i].name,
			.value = auth_case->headers[i].value,
		};
	return headers;
}

static int
adjust(struct question *question)
{
	const struct auth_case *auth_case = question->auth_case;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < auth_case->params.count; i++)
		r = params_set_pair(&question->params, auth_case->params.items[i]);
	for (i = 0; i < auth_case->unset.count; i++)
		params_unset(&question->params, auth_case->unset.items[i]);
	switch (auth_case->stdin_record) {
	case AUTH_STDIN_NONE:
		question->call.stdin_record = DIALECT_STDIN_NONE;
		break;
	case AUTH_STDIN_EMPTY:
		question->call.stdin_record = DIALECT_STDIN_EMPTY;
		break;
	default:
		break;
	}
	if (auth_case->keep_conn != AUTH_DIALECT)
		question->call.keep_conn = auth_case->keep_conn == AUTH_YES;
	return r;
}

int
question_make(struct question *question, const struct auth_case *auth_case,
    const struct dialect *dialect, enum auth_phase phase, char *why, size_t why_size)
{
	struct preset_header *headers = copy_headers(auth_case);
	int is_url = strcmp(auth_case->target, "*") != 0;
	struct dialect_question asked = {
		.phase = phase,
		.request = {
			.url = is_url ? auth_case->target : "/",
			.target = is_url ? NULL : auth_case->target,
			.method = auth_case->method,
			.headers = headers,
			.header_count = auth_case->header_count,
			.remote_addr = auth_case->remote_addr,
		},
		.user = auth_case->user.data,
		.user_len = auth_case->user.len,
		.password = auth_case->password.data,
		.password_len = auth_case->password.len,
		.protocol = auth_case->protocol,
		.auth_type = auth_case->auth_type,
	};
	int r;

	*question = (struct question){
		.auth_case = auth_case, .dialect = dialect, .phase = phase };
	snprintf(why, why_size, "out of memory");
	if (headers == NULL)
		return -FCGI_E_SYSTEM;
	r = dialect_params(dialect, &asked, &question->params, why, why_size);
	if (r >= 0) {
		question->call = dialect_call(dialect, &asked);
		r = adjust(question);
	}
	free(headers);
	if (r < 0)
		question_reset(question);
	return r;
}

int
question_encode(const struct question *question, struct buffer *wire)
{
	return dialect_encode(&question->call, &question->params, wire);
}

int
question_sends_password(const struct auth_case *auth_case, const struct dialect *dialect,
    enum auth_phase phase)
{
	static char one[] = "one", other[] = "other";
	struct auth_case probe = *auth_case;
	struct question first, second;
	struct buffer a = { 0 }, b = { 0 };
	char why[256];
	int sends = 0;

	if (probe.user.data == NULL)
		return 0;
	probe.password = (struct auth_bytes){ one, strlen(one) };
	if (question_make(&first, &probe, dialect, phase, why, sizeof why) < 0)
		return 0;
	probe.password = (struct auth_bytes){ other, strlen(other) };
	if (question_make(&second, &probe, dialect, phase, why, sizeof why) == 0) {
		if (question_encode(&first, &a) == 0 && question_encode(&second, &b) == 0)
			sends = a.len != b.len || memcmp(a.data, b.data, a.len) != 0;
		question_reset(&second);
	}
	question_reset(&first);
	buffer_free(&a);
	buffer_free(&b);
	return sends;
}

void
question_context(const struct question *question, struct check_context *context)
{
	const struct auth_case *auth_case = question->auth_case;
	const char *authorization = params_get(&question->params, "HTTP_AUTHORIZATION");

	*context = (struct check_context){
		.phase = question->phase,
		.password = { (unsigned char *)auth_case->password.data, auth_case->password.len },
		.user = { (unsigned char *)auth_case->user.data, auth_case->user.len },
	};
	if (authorization != NULL)
		context->authorization = (struct fcgi_slice){
			(const unsigned char *)authorization, strlen(authorization) };
}

void
question_reset(struct question *question)
{
	size_t i;

	/* The password is among them. */
	for (i = 0; i < question->params.count; i++)
		explicit_bzero((unsigned char *)(uintptr_t)question->params.items[i].value,
		    question->params.items[i].value_len);
	params_reset(&question->params);
	*question = (struct question){ 0 };
}
