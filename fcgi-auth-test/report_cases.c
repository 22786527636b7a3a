/*
 * A case file that expects what was answered: run again later, it tells what has changed.  What
 * asks is written as it was said, so it holds the passwords and cookies that the case files hold.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cgi_block.h"
#include "clock.h"
#include "dialect.h"
#include "expected.h"
#include "fcgi_error.h"
#include "redact.h"
#include "report_names.h"
#include "stanza.h"
#include "text.h"
#include "writing.h"

enum { BODY_MAX = 4096 };	/* bytes of a body that are expected literally */

/* --- what was asked ------------------------------------------------------------------------ */

static void
put_request(struct writing *writing)
{
	const struct auth_case *auth_case = writing->result->auth_case;
	struct buffer line = { 0 };
	size_t i;

	writing_add_text(writing, &line, auth_case->method);
	writing_add_text(writing, &line, " ");
	writing_add_text(writing, &line, auth_case->target);
	if (auth_case->protocol != NULL) {
		writing_add_text(writing, &line, " ");
		writing_add_text(writing, &line, auth_case->protocol);
	}
	writing_put_lines(writing, "Request", &line);
	buffer_clear(&line);
	for (i = 0; i < auth_case->header_count; i++) {
		writing_begin_line(writing, &line);
		writing_add_text(writing, &line, auth_case->headers[i].name);
		writing_add_text(writing, &line, auth_case->headers[i].value != NULL ? ": " : ";");
		if (auth_case->headers[i].value != NULL)
			writing_add_text(writing, &line, auth_case->headers[i].value);
	}
	writing_put_lines(writing, "Headers", &line);
	buffer_free(&line);
}

static void
put_password_file(struct writing *writing)
{
	char *path = report_password_file(writing->run->how->output_file,
	    writing->result->auth_case->password_name);

	if (path != NULL)
		writing_put_text(writing, "Password-File", path);
	else
		writing_fail(writing, -FCGI_E_SYSTEM, "");
	free(path);
}

static void
put_password(struct writing *writing)
{
	const struct auth_case *auth_case = writing->result->auth_case;

	switch (auth_case->password_source) {
	case AUTH_PASSWORD_NONE:
		break;
	case AUTH_PASSWORD_FILE:
		put_password_file(writing);
		break;
	case AUTH_PASSWORD_ENV:
		writing_put_text(writing, "Password-Env", auth_case->password_name);
		break;
	case AUTH_PASSWORD_HIDDEN:
		if (!writing->run->how->show_secrets)
			writing_fail(writing, -FCGI_E_SYNTAX, "a case file cannot name where its password "
			    "came from: --password-file, or --show-secrets to have it written");
		/* fall through */
	default:
		writing_put_bytes(writing, "Password", "Password-Hex", &auth_case->password);
	}
}

static void
put_question(struct writing *writing)
{
	static const char *const stdin_words[] = {
		[AUTH_STDIN_NONE] = "none",
		[AUTH_STDIN_EMPTY] = "empty",
	};
	const struct result *result = writing->result;
	const struct auth_case *auth_case = result->auth_case;

	writing_put_text(writing, "Case", writing->name);
	writing_put_text(writing, "Dialect", result->dialect->name);
	writing_put_text(writing, "Phase", auth_phase_names[result->phase]);
	put_request(writing);
	if (auth_case->user.data != NULL)
		writing_put_bytes(writing, "User", "User-Hex", &auth_case->user);
	put_password(writing);
	if (auth_case->auth_type != NULL)
		writing_put_text(writing, "Auth",
		    *auth_case->auth_type != '\0' ? auth_case->auth_type : "none");
	if (auth_case->remote_addr != NULL)
		writing_put_text(writing, "Remote-Addr", auth_case->remote_addr);
	writing_put_list(writing, "Params", &auth_case->params);
	writing_put_list(writing, "Unset", &auth_case->unset);
	if (auth_case->stdin_record != AUTH_STDIN_DIALECT)
		writing_put_text(writing, "Stdin", stdin_words[auth_case->stdin_record]);
	if (auth_case->keep_conn != AUTH_DIALECT)
		writing_put_text(writing, "Keep-Conn", auth_case->keep_conn == AUTH_YES ? "yes" : "no");
}

/* --- what was answered --------------------------------------------------------------------- */

static void
put_decision(struct writing *writing)
{
	const struct result *result = writing->result;
	const struct auth_expect *expect = &result->auth_case->expect;
	int was_asked = result_is_judged(result);
	int status = was_asked ? result->reply.status : expect->status;
	char text[32];

	switch (was_asked ? result_decided(result) : expect->decision) {
	case AUTH_WANT_ANY:
		break;
	case AUTH_WANT_ALLOW:
		writing_put_text(writing, "Expect", "allow");
		break;
	case AUTH_WANT_DENY:
		if (status != 0)
			snprintf(text, sizeof text, "deny %d", status);
		else
			snprintf(text, sizeof text, "deny");
		writing_put_text(writing, "Expect", text);
		break;
	default:
		writing_put_text(writing, "Expect", "error");
	}
}

/* The regular expression that the case has for this already, if it is met; else NULL. */
static const struct auth_expected *
find_regexp(const struct auth_expected_list *list, const char *name, size_t name_len,
    const struct cgi_header *header)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->items[i].regexp != NULL && strlen(list->items[i].name) == name_len &&
		    strncmp(list->items[i].name, name, name_len) == 0 &&
		    expected_matches(&list->items[i], header->value, header->value_len))
			return &list->items[i];
	return NULL;
}

/* What is not expected is not dropped without a word. */
static void
note_name(struct writing *writing, const char *what, const char *name, size_t len)
{
	char *text = redact_text(&writing->redact, name, len);

	writing_add_text(writing, &writing->notes, "# Not expected, since no case file can name it: ");
	writing_add_text(writing, &writing->notes, what);
	writing_add_text(writing, &writing->notes, " \"");
	writing_add_text(writing, &writing->notes, text != NULL ? text : "?");
	writing_add_text(writing, &writing->notes, "\"\n");
	free(text);
}

static void
add_pair(struct writing *writing, struct buffer *lines, const struct auth_expected_list *known,
    const char *separator, const char *name, size_t name_len, const struct cgi_header *header)
{
	const struct auth_expected *regexp = find_regexp(known, name, name_len, header);

	if (!cgi_block_is_name(name, name_len) || redact_finds(&writing->redact, name, name_len)) {
		note_name(writing, *separator == '=' ? "variable" : "header", name, name_len);
		return;
	}
	writing_begin_line(writing, lines);
	writing_add_bytes(writing, lines, name, name_len);
	/* That it is there, and no more. */
	if (redact_hides(&writing->redact, name, name_len) ||
	    redact_finds(&writing->redact, header->value, header->value_len))
		return;
	writing_add_text(writing, lines, separator);
	if (regexp != NULL) {
		writing_add_text(writing, lines, "~");
		writing_add_bytes(writing, lines, regexp->value, regexp->value_len);
	} else {
		writing_add_expected(writing, lines, (const unsigned char *)header->value,
		    header->value_len, 1);
	}
}

static void
put_headers(struct writing *writing)
{
	const struct auth_expect *expect = &writing->result->auth_case->expect;
	const struct reply *reply = &writing->result->reply;
	struct buffer headers = { 0 }, variables = { 0 };
	const struct cgi_header *header;
	const char *name;
	size_t i, len, variable_count = 0;

	for (i = 0; i < reply->header_count; i++) {
		header = &reply->headers[i];
		name = reply_variable(header, &len);
		variable_count += name != NULL;
		if (name != NULL)
			add_pair(writing, &variables, &expect->variables, "=", name, len, header);
		else if (header->name_len != strlen("Status") ||
		    strncasecmp(header->name, "Status", header->name_len) != 0)
			add_pair(writing, &headers, &expect->headers, ": ", header->name,
			    header->name_len, header);
	}
	writing_put_lines(writing, "Expect-Headers", &headers);
	writing_put_lines(writing, "Expect-Variables", &variables);
	if (variable_count == 0)
		writing_put_text(writing, "Expect-No-Variables", "*");
	buffer_free(&headers);
	buffer_free(&variables);
}

/* A text that the case expects already stays as it is said there, as long as it is met. */
static void
put_known(struct writing *writing, const char *name, const struct auth_expected *known)
{
	struct buffer text = { 0 };

	if (known->regexp != NULL)
		writing_add_text(writing, &text, "~");
	writing_add_bytes(writing, &text, known->value, known->value_len);
	writing_put(writing, name, text.data, text.len);
	buffer_free(&text);
}

/*
 * A text that can be written as it is, but for its last line break, which is not compared.
 * Returns 1, or 0 when it is not such a text.
 */
static int
put_lines_of_text(struct writing *writing, const char *name, const unsigned char *p, size_t len)
{
	size_t i;

	if (len > 0 && p[len - 1] == '\n')
		len--;
	if (len == 0 || len > BODY_MAX || *p == '~' || p[len - 1] == '\n' || !text_is_utf8(p, len))
		return 0;
	for (i = 0; i < len; i++)
		if ((p[i] < ' ' && p[i] != '\n' && p[i] != '\t') || p[i] == 0x7f)
			return 0;
	return stanza_put(&writing->out, name, p, len) == 0;
}

static void
put_body(struct writing *writing)
{
	const struct auth_expected *known = writing->result->auth_case->expect.body;
	const struct reply *reply = &writing->result->reply;
	size_t len = reply->body_len < BODY_MAX ? reply->body_len : BODY_MAX;
	struct buffer text = { 0 };

	if (known != NULL && known->regexp != NULL &&
	    expected_matches(known, reply->body, reply->body_len)) {
		put_known(writing, "Expect-Body", known);
		return;
	}
	if (reply->body == NULL || redact_finds(&writing->redact, reply->body, reply->body_len) ||
	    put_lines_of_text(writing, "Expect-Body", reply->body, reply->body_len))
		return;
	writing_add_expected(writing, &text, reply->body, len, len == reply->body_len);
	writing_put(writing, "Expect-Body", text.data, text.len);
	buffer_free(&text);
}

static void
put_own_list(struct writing *writing, const char *name, const char *separator,
    const struct auth_expected_list *list)
{
	const struct auth_expected *known;
	struct buffer lines = { 0 };
	size_t i;

	for (i = 0; i < list->count; i++) {
		known = &list->items[i];
		writing_begin_line(writing, &lines);
		writing_add_text(writing, &lines, known->name);
		if (known->value == NULL)
			continue;
		writing_add_text(writing, &lines, separator);
		writing_add_text(writing, &lines, known->regexp != NULL ? "~" : "");
		writing_add_bytes(writing, &lines, known->value, known->value_len);
	}
	writing_put_lines(writing, name, &lines);
	buffer_free(&lines);
}

/* Of what was not asked the expectations stay what they are. */
static void
put_own(struct writing *writing)
{
	const struct auth_expect *expect = &writing->result->auth_case->expect;

	put_own_list(writing, "Expect-Headers", ": ", &expect->headers);
	put_own_list(writing, "Expect-Variables", "=", &expect->variables);
	writing_put_list(writing, "Expect-No-Variables", &expect->no_variables);
	if (expect->body != NULL)
		put_known(writing, "Expect-Body", expect->body);
	if (expect->error_output != NULL)
		put_known(writing, "Expect-Stderr", expect->error_output);
}

static void
put_answer(struct writing *writing)
{
	const struct result *result = writing->result;

	put_decision(writing);
	if (!result_is_judged(result)) {
		put_own(writing);
		return;
	}
	if (result->trouble != RESULT_ANSWERED)
		return;
	put_headers(writing);
	put_body(writing);
	/* What is on STDERR has times and numbers in it: expected only where the case does. */
	if (result->auth_case->expect.error_output != NULL)
		put_known(writing, "Expect-Stderr", result->auth_case->expect.error_output);
}

/* What the case ignores, and what else would fail it again. */
static void
put_ignored(struct writing *writing)
{
	const struct result *result = writing->result;
	const struct auth_lines *ignore = &result->auth_case->ignore;
	uint64_t ignored = 0;
	struct buffer words = { 0 };
	size_t i;
	int check;

	for (i = 0; i < ignore->count; i++)
		ignored |= check_bit((enum check_id)check_find(ignore->items[i]));
	for (i = 0; i < result->finding_count; i++)
		if (result->findings[i].severity == CHECK_FAILURE)
			ignored |= check_bit(result->findings[i].check);
	for (check = 0; check < CHECK_COUNT; check++) {
		if (!(ignored & check_bit((enum check_id)check)))
			continue;
		if (words.len > 0)
			writing_add_text(writing, &words, " ");
		writing_add_text(writing, &words, check_about[check].name);
	}
	writing_put_lines(writing, "Ignore", &words);
	buffer_free(&words);
}

static void
put_rest(struct writing *writing)
{
	const struct auth_case *auth_case = writing->result->auth_case;
	char duration[32];

	if (auth_case->expect.max_time_ns != CLOCK_NEVER)
		writing_put_text(writing, "Max-Time", clock_format_duration(duration, sizeof duration,
		    auth_case->expect.max_time_ns));
	put_ignored(writing);
	if (auth_case->skip != NULL)
		writing_put_text(writing, "Skip", auth_case->skip);
	writing_put_list(writing, "Tags", &auth_case->tags);
}

static int
write_case(FILE *out, const struct report_run *run, const struct result *result,
    const char *name)
{
	struct writing writing = { .run = run, .result = result, .name = name };

	if (!run->how->show_secrets)
		writing.error = redact_init(&writing.redact, run->how->secrets, result->auth_case,
		    &result->params);
	put_question(&writing);
	put_answer(&writing);
	put_rest(&writing);
	if (writing.notes.data != NULL)
		fwrite(writing.notes.data, 1, writing.notes.len, out);
	if (writing.out.data != NULL)
		fwrite(writing.out.data, 1, writing.out.len, out);
	putc('\n', out);
	redact_reset(&writing.redact);
	buffer_free(&writing.notes);
	buffer_free(&writing.out);
	return writing.error;
}

int
report_cases(FILE *out, const struct report_run *run)
{
	char **names = report_names(run->results, run->count);
	size_t i;
	int r = names != NULL ? 0 : -FCGI_E_SYSTEM;

	for (i = 0; r == 0 && i < run->count; i++)
		if (!run->results[i].is_probe)
			r = write_case(out, run, &run->results[i], names[i]);
	report_names_free(names, run->count);
	return r;
}
