/*
 * Dialects: whatever the file and the question are, there is a reason or a request, and what is in
 * its records are the variables, no matter how it is cut.
 *
 *	up to a NUL	the dialect; one digit is the number of a built-in one
 *	one byte	how long its records are, and whether pairs are split
 *	up to a NUL	the URL, then the user, the password, and names and values of headers
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "dialect.h"
#include "dialect_call.h"
#include "dialect_file.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_reader.h"
#include "target.h"

enum { HEADERS_MAX = 8 };

/* The text up to the next NUL; an empty one, and one behind the end, is not given. */
static const char *
take(char **p, const char *end)
{
	char *text = *p;

	if (text >= end)
		return NULL;
	*p += strlen(text) + 1;
	return *text != '\0' ? text : NULL;
}

static void
read_question(struct dialect_question *question, struct preset_header *headers, char *p,
    const char *end)
{
	const char *name;

	question->request.url = take(&p, end);
	question->user = take(&p, end);
	question->password = take(&p, end);
	if (question->user != NULL)
		question->user_len = strlen(question->user);
	if (question->password != NULL)
		question->password_len = strlen(question->password);
	question->request.headers = headers;
	while (question->request.header_count < HEADERS_MAX && (name = take(&p, end)) != NULL)
		headers[question->request.header_count++] =
		    (struct preset_header){ name, take(&p, end) };
}

/* The pairs that are in the records are those of the params. */
static void
check_wire(const struct buffer *wire, const struct params *params, const struct dialect_call *call)
{
	const unsigned char *p = wire->data, *end = p + wire->len;
	struct fcgi_reader reader = { 0 };
	struct buffer pairs = { 0 };
	struct fcgi_slice slice;
	struct fcgi_nv nv;
	size_t i;
	int what, ends = 0;

	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		must(reader.record.content_length <= call->records.max_len ||
		    reader.record.type != FCGI_PARAMS);
		if (reader.record.type == FCGI_PARAMS && what == FCGI_READ_CONTENT)
			must(buffer_append(&pairs, slice.data, slice.len) == 0);
		ends += what == FCGI_READ_END && reader.record.content_length == 0;
	}
	must(what == 0 && ends == 1 + (call->stdin_record == DIALECT_STDIN_EMPTY));
	p = pairs.data;
	end = p + pairs.len;
	for (i = 0; i < params->count; i++) {
		must(fcgi_nv_next(&p, end, &nv) == 1);
		must(nv.name_len == params->items[i].name_len &&
		    nv.value_len == params->items[i].value_len);
		must(memcmp(nv.name, params->items[i].name, nv.name_len) == 0);
		must(nv.value_len == 0 ||
		    memcmp(nv.value, params->items[i].value, nv.value_len) == 0);
	}
	must(p == end);
	buffer_free(&pairs);
}

static void
ask(const struct dialect *dialect, const struct dialect_question *question, unsigned char cut)
{
	struct dialect_call call = dialect_call(dialect, question);
	struct params params = { 0 };
	struct buffer wire = { 0 };
	char why[64];
	int r;

	memset(why, 'x', sizeof why);
	r = dialect_params(dialect, question, &params, why, sizeof why);
	must(r == 0 || r == -FCGI_E_SYNTAX);
	must(memchr(why, '\0', sizeof why) != NULL && (r == 0) == (*why == '\0'));
	call.records.split = cut % 2;
	if (cut > 1)
		call.records.max_len = cut;
	if (r == 0) {
		must(dialect_encode(&call, &params, &wire) == 0);
		check_wire(&wire, &params, &call);
	}
	buffer_free(&wire);
	params_reset(&params);
}

/* Returns 1 for one that can be asked. */
static int
open_text(struct dialect *dialect, const char *text, size_t len)
{
	char why[64];
	int r;

	memset(why, 'x', sizeof why);
	if (len == 1 && *text >= '0' && *text <= '8') {
		must(dialect_open(dialect, dialect_name((size_t)(*text - '0')), why,
			 sizeof why) == 0);
		return 1;
	}
	dialect->name = strdup("x");
	must(dialect->name != NULL);
	r = dialect_read(dialect, text, len, why, sizeof why);
	must(r == 0 || (r == -FCGI_E_SYNTAX && memchr(why, '\0', sizeof why) != NULL &&
			   strncmp(why, "x:", 2) == 0));
	return r == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct preset_header headers[HEADERS_MAX];
	struct dialect_question question = { .phase = AUTH_AUTHENTICATOR };
	struct dialect dialect = { 0 };
	char *text = malloc(size + 2), *rest;
	int phase;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = text[size + 1] = '\0';
	rest = text + strlen(text) + 1;
	read_question(&question, headers, rest + 1, text + size);
	if (open_text(&dialect, text, strlen(text)))
		for (phase = 0; phase < AUTH_PHASE_COUNT; phase++) {
			question.phase = (enum auth_phase)phase;
			if (dialect_knows(&dialect, question.phase))
				ask(&dialect, &question, (unsigned char)*rest);
		}
	dialect_close(&dialect);
	free(text);
	return 0;
}
