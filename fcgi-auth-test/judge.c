#include "judge.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "expected.h"
#include "fcgi_error.h"
#include "redact.h"
#include "text.h"

/* --- what the reply shows by itself -------------------------------------------------------- */

/* Why there was no answer; NULL: there was one. */
static char *
describe_trouble(const struct judge *judge, const struct exchange *exchange,
    enum result_trouble *trouble)
{
	const struct reply *reply = &exchange->reply;
	char *text = NULL, limit[32];
	int n = 0;

	*trouble = RESULT_BROKEN;
	switch (reply->ending) {
	case REPLY_ENDED:
		*trouble = RESULT_ANSWERED;
		return NULL;
	case REPLY_NOT_CONNECTED:
		*trouble = RESULT_UNREACHABLE;
		n = asprintf(&text, "%s", exchange->why);
		break;
	case REPLY_TIMED_OUT:
		*trouble = RESULT_LATE;
		n = asprintf(&text, "no answer within %s%s",
		    clock_format_duration(limit, sizeof limit, judge->timeout_ns),
		    exchange->needed_stdin ? " without an STDIN record, but at once with it" : "");
		break;
	case REPLY_CLOSED:
		n = asprintf(&text, "the connection was closed %s",
		    reply->wire.len > 0 ? "before END_REQUEST" : "without an answer");
		break;
	case REPLY_TRUNCATED:
		n = asprintf(&text, "the connection was closed inside a record");
		break;
	case REPLY_RESET:
		n = asprintf(&text, "the connection was reset: %s", exchange->why);
		break;
	default:
		n = asprintf(&text, "%s", exchange->why);
		break;
	}
	return n >= 0 ? text : NULL;
}

static int
take_trouble(const struct judge *judge, const struct exchange *exchange, struct result *result)
{
	char *text = describe_trouble(judge, exchange, &result->trouble);

	if (result->trouble == RESULT_ANSWERED)
		return 0;
	if (text != NULL)
		result->trouble_text = text_escape_alloc(text, strlen(text), 0);
	free(text);
	return result->trouble_text != NULL ? 0 : -FCGI_E_SYSTEM;
}

static int
find_delays(const struct judge *judge, const struct exchange *exchange, struct result *result)
{
	int64_t max_ns = result->auth_case->expect.max_time_ns;
	char text[1024], took[32], limit[32];

	clock_format_duration(took, sizeof took, result->time_ns);
	if (exchange->needed_stdin) {
		snprintf(text, sizeof text, "%s; it hangs %s", result->trouble_text, judge->hang);
		return result_find(result, &judge->policy, CHECK_A1, text);
	}
	if (result->trouble == RESULT_LATE)
		return result_find(result, &judge->policy, CHECK_T1, result->trouble_text);
	if (result->time_ns <= max_ns)
		return 0;
	snprintf(text, sizeof text, "%s, and Max-Time is %s", took,
	    clock_format_duration(limit, sizeof limit, max_ns));
	return result_find(result, &judge->policy, CHECK_T3, text);
}

static int
find_in_reply(const struct judge *judge, const struct question *question, struct result *result)
{
	struct findings findings = { 0 };
	struct check_context context;
	size_t i;
	int r;

	question_context(question, &context);
	context.server = result->server;
	context.run = judge->secrets;
	context.trusted_headers = judge->trusted_headers;
	r = check_reply(&findings, &result->reply, &context);
	for (i = 0; r == 0 && i < findings.count; i++)
		r = result_find(result, &judge->policy, findings.items[i].check,
		    findings.items[i].detail);
	findings_reset(&findings);
	return r;
}

static int
give_verdicts(const struct judge *judge, struct result *result)
{
	const struct auth_case *auth_case = result->auth_case;
	struct verdict_settings settings = judge->server;
	int server = verdict_find(result->dialect->server), i, r = 0;

	settings.phase = result->phase;
	settings.user = auth_case->user.data;
	result->server = verdict_in_phase(server >= 0 ? (enum verdict_server)server : VERDICT_SPEC,
	    result->phase);
	for (i = 0; r == 0 && i < VERDICT_SERVERS; i++)
		r = verdict_judge(&result->verdicts[i], (enum verdict_server)i, &result->reply,
		    &settings);
	return r;
}

int
judge_answer(const struct judge *judge, const struct question *question,
    struct exchange *exchange, struct result *result)
{
	int r = take_trouble(judge, exchange, result);

	result->time_ns = exchange_time_ns(exchange);
	result->reply = exchange->reply;
	memset(&exchange->reply, 0, sizeof exchange->reply);
	if (r == 0)
		r = give_verdicts(judge, result);
	if (r == 0)
		r = find_delays(judge, exchange, result);
	/* Where nothing came there is nothing to say of it but that. */
	if (r == 0 && result->reply.wire.len > 0 && result->trouble != RESULT_LATE)
		r = find_in_reply(judge, question, result);
	return r;
}

/* --- what is expected ---------------------------------------------------------------------- */

/* One result under comparison. */
struct comparison {
	const struct auth_expect *expect;
	struct result *result;
	struct redact redact;	/* nothing where secrets are to be shown */
	int error;		/* of memory */
};

__attribute__((format(printf, 2, 3))) static void
miss(struct comparison *comparison, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text == NULL || result_fail(comparison->result, "%s", text) < 0)
		comparison->error = -FCGI_E_SYSTEM;
	free(text);
}

static void
compare_decision(struct comparison *comparison)
{
	static const char *const words[] = {
		[AUTH_WANT_ALLOW] = "allow",
		[AUTH_WANT_DENY] = "deny",
		[AUTH_WANT_ERROR] = "error",
	};
	const struct auth_expect *expect = comparison->expect;
	const struct result *result = comparison->result;
	const struct verdict *verdict = result_verdict(result);
	char decision[64];

	if (expect->decision == AUTH_WANT_ANY)
		return;
	verdict_describe(decision, sizeof decision, verdict);
	if (result_decided(result) != expect->decision) {
		miss(comparison, "%s says %s%s%s%s, expected %s", verdict_name(result->server),
		    decision, verdict->why != NULL ? " (" : "",
		    verdict->why != NULL ? verdict->why : "", verdict->why != NULL ? ")" : "",
		    words[expect->decision]);
		return;
	}
	if (expect->decision == AUTH_WANT_DENY && expect->status != 0 &&
	    result->reply.status != expect->status)
		miss(comparison, "the authorizer says Status %d, expected %d",
		    result->reply.status, expect->status);
}

/* Says of a text that it is not what was expected. */
static void
miss_text(struct comparison *comparison, const char *what, const char *name,
    const struct auth_expected *expected, const void *data, size_t len)
{
	int is_secret = name != NULL && redact_hides(&comparison->redact, name, strlen(name));
	char *is = redact_text(&comparison->redact, data, len);
	char *wanted = redact_text(&comparison->redact, expected->value, expected->value_len);

	if (is == NULL || wanted == NULL)
		comparison->error = -FCGI_E_SYSTEM;
	else if (is_secret)
		miss(comparison, "%s%s is not as expected", what, name);
	else
		miss(comparison, "%s%s is \"%s\", expected %s\"%s\"", what,
		    name != NULL ? name : "", is,
		    expected->regexp != NULL ? "what matches " : "", wanted);
	free(is);
	free(wanted);
}

/* The name that a header goes by among those that are compared; NULL: it is not one of them. */
typedef const char *comparable(const struct cgi_header *header, size_t *len);

static const char *
header_name(const struct cgi_header *header, size_t *len)
{
	*len = header->name_len;
	return header->name;
}

static int
is_named(const struct cgi_header *header, comparable *name_of, const char *name, int ignore_case)
{
	size_t len;
	const char *is = name_of(header, &len);

	if (is == NULL || len != strlen(name))
		return 0;
	return (ignore_case ? strncasecmp(is, name, len) : strncmp(is, name, len)) == 0;
}

/* Names of headers are the same in any case; those of variables are not. */
static void
compare_list(struct comparison *comparison, const char *what, comparable *name_of,
    const struct auth_expected_list *list, int ignore_case)
{
	const struct reply *reply = &comparison->result->reply;
	const struct cgi_header *header, *found;
	const struct auth_expected *expected;
	size_t i, k;
	int matches;

	for (i = 0; i < list->count; i++) {
		expected = &list->items[i];
		found = NULL;
		matches = 0;
		for (k = 0; k < reply->header_count && !matches; k++) {
			header = &reply->headers[k];
			if (!is_named(header, name_of, expected->name, ignore_case))
				continue;
			found = header;
			matches = expected_matches(expected, header->value, header->value_len);
		}
		if (found == NULL)
			miss(comparison, "there is no %s%s", what, expected->name);
		else if (!matches)
			miss_text(comparison, what, expected->name, expected, found->value,
			    found->value_len);
	}
}

/* A name that must not be there, which may hold anything. */
static void
miss_absence(struct comparison *comparison, const char *name)
{
	char *escaped = redact_text(&comparison->redact, name, strlen(name));

	if (escaped != NULL)
		miss(comparison, "there is a variable %s", escaped);
	else
		comparison->error = -FCGI_E_SYSTEM;
	free(escaped);
}

static void
compare_absence(struct comparison *comparison)
{
	const struct auth_lines *names = &comparison->expect->no_variables;
	const struct reply *reply = &comparison->result->reply;
	const char *start;
	char *name;
	size_t i, k, len;

	for (k = 0; k < reply->header_count && names->count > 0; k++) {
		start = reply_variable(&reply->headers[k], &len);
		name = start != NULL ? strndup(start, len) : NULL;
		for (i = 0; name != NULL && i < names->count; i++)
			if (fnmatch(names->items[i], name, 0) == 0)
				miss_absence(comparison, name);
		free(name);
	}
}

/* A final line break is not compared with a literal text: few think of it. */
static void
compare_text(struct comparison *comparison, const char *what, const struct auth_expected *expected,
    const void *data, size_t len)
{
	const char *text = data;
	size_t shorter = len;

	if (expected == NULL || expected_matches(expected, data, len))
		return;
	if (shorter > 0 && text[shorter - 1] == '\n')
		shorter--;
	if (shorter > 0 && shorter < len && text[shorter - 1] == '\r')
		shorter--;
	if (expected->regexp != NULL || !expected_matches(expected, data, shorter))
		miss_text(comparison, what, NULL, expected, data, len);
}

static void
compare_answer(struct comparison *comparison)
{
	const struct auth_expect *expect = comparison->expect;
	const struct reply *reply = &comparison->result->reply;

	compare_decision(comparison);
	compare_list(comparison, "header ", header_name, &expect->headers, 1);
	compare_list(comparison, "variable ", reply_variable, &expect->variables, 0);
	compare_absence(comparison);
	compare_text(comparison, "the body", expect->body, reply->body, reply->body_len);
	compare_text(comparison, "STDERR", expect->error_output, reply->err.data, reply->err.len);
}

int
judge_expectations(const struct judge *judge, const struct question *question,
    struct result *result)
{
	struct comparison comparison = {
		.expect = &result->auth_case->expect,
		.result = result,
	};
	int expects_error = comparison.expect->decision == AUTH_WANT_ERROR;

	if (!judge->show_secrets)
		comparison.error = redact_init(&comparison.redact, judge->secrets,
		    result->auth_case, &question->params);
	if (result->trouble == RESULT_ANSWERED)
		compare_answer(&comparison);
	else if (result->trouble == RESULT_UNREACHABLE || !expects_error)
		miss(&comparison, "%s", result->trouble_text);
	else
		compare_decision(&comparison);
	/* An answer that is none is an error: how it is none is no news then. */
	if (expects_error && result->trouble != RESULT_ANSWERED && result->failures.count == 0)
		result_expect_broken(result);
	redact_reset(&comparison.redact);
	result_settle(result);
	return comparison.error;
}
