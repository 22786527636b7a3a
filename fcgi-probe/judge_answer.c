/* The part of judge that looks at answers. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "judge_private.h"
#include "text.h"

enum { REASON_MAX = 80, PATH_QUOTE_MAX = 200, OUTPUT_QUOTE_MAX = 300 };

static void
put_time(struct judging *judging)
{
	const struct metrics *metrics = judging->metrics;
	char text[METRIC_TEXT_MAX];

	if (metrics->has & 1U << METRIC_TIME)
		verdict_put(&judging->verdict, " in %s",
		    metric_format(text, sizeof text, METRIC_TIME, metrics->value[METRIC_TIME]));
}

static int
tells_of_missing_script(const struct observation *seen)
{
	return strstr(seen->stderr_line, "Primary script unknown") != NULL;
}

/* php-fpm's 404, and what to look at then. */
static void
put_missing_script(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	struct verdict *verdict = &judging->verdict;

	verdict->has_error_output = 1;
	verdict_put(verdict, ": Primary script unknown");
	if (seen->script != NULL) {
		verdict_put(verdict, ": SCRIPT_FILENAME=");
		verdict_quote(verdict, seen->script, strlen(seen->script), PATH_QUOTE_MAX, 0);
	}
	if (seen->ask == ASK_PING)
		verdict_put(verdict, ", no such ping.path?");
	else if (seen->ask == ASK_FPM_STATUS)
		verdict_put(verdict, ", no such pm.status_path?");
	else
		verdict_put(verdict, ", no such file for PHP?");
}

/* "Not Found" of "Status: 404 Not Found". */
static void
put_reason(struct judging *judging)
{
	struct cgi_header status;

	verdict_put(&judging->verdict, "HTTP %d", judging->seen->header.status);
	if (cgi_response_find(&judging->seen->header, "Status", &status) && status.value_len > 4) {
		verdict_put(&judging->verdict, " ");
		verdict_quote(&judging->verdict, status.value + 4, status.value_len - 4, REASON_MAX,
		    0);
	}
}

static enum state
state_of_status(const struct judging *judging)
{
	const struct judge_policy *policy = judging->policy;
	int status = judging->seen->header.status;
	enum ask ask = judging->seen->ask;

	if (policy->expect_status.count > 0)
		return http_status_set_has(&policy->expect_status, status) ? STATE_OK
									   : STATE_CRITICAL;
	if (policy->alive)
		return status < 500 ? STATE_OK : STATE_CRITICAL;
	/* php-fpm's 500 there may mean no more than that others are at its page too. */
	if (ask == ASK_FPM_STATUS)
		return status == 200 ? STATE_OK : STATE_UNKNOWN;
	if (status >= 500)
		return STATE_CRITICAL;
	if (ask == ASK_PING)
		return status == 200 ? STATE_OK : STATE_WARNING;
	return status >= 200 && status < 400 ? STATE_OK : STATE_WARNING;
}

void
judge_status(struct judging *judging)
{
	char cause[JUDGE_CAUSE_MAX];

	snprintf(cause, sizeof cause, "http-%d", judging->seen->header.status);
	if (!verdict_accuse(&judging->verdict, state_of_status(judging), cause))
		return;
	put_reason(judging);
	if (tells_of_missing_script(judging->seen)) {
		put_missing_script(judging);
		return;
	}
	put_time(judging);
	if (judging->policy->expect_status.count > 0)
		verdict_put(&judging->verdict, ", not as --expect-status says");
}

/* "Name", or "Name: text" that has to be in one of the values of that name. */
static int
has_header(const struct cgi_response *response, const char *expected)
{
	size_t name_len = strcspn(expected, ":"), at = 0;
	const char *text = expected + name_len;
	struct cgi_header header;

	text += strspn(text, ": \t");
	while (cgi_response_next(response, &at, &header))
		if (header.name_len == name_len &&
		    strncasecmp(header.name, expected, name_len) == 0 &&
		    memmem(header.value, header.value_len, text, strlen(text)) != NULL)
			return 1;
	return 0;
}

static void
judge_header(struct judging *judging)
{
	const char *expected = judging->policy->expect_header;

	if (expected == NULL || has_header(&judging->seen->header, expected) ||
	    !verdict_accuse(&judging->verdict, STATE_CRITICAL, "header"))
		return;
	verdict_put(&judging->verdict, "there is no header \"");
	verdict_quote(&judging->verdict, expected, strlen(expected), PATH_QUOTE_MAX, TEXT_QUOTE);
	verdict_put(&judging->verdict, "\"");
}

static void
judge_body(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	const char *expected = judging->policy->expect_body;
	struct verdict *verdict = &judging->verdict;
	int is_right;

	if (expected != NULL) {
		is_right = memmem(seen->body, seen->body_len, expected, strlen(expected)) != NULL;
	} else {
		/* What a 404 says of itself is no word on the ping page. */
		if (seen->ask != ASK_PING || seen->header.status != 200 || judging->policy->alive)
			return;
		expected = "pong";
		is_right = seen->body_len == strlen(expected) &&
		    memcmp(seen->body, expected, seen->body_len) == 0;
	}
	if (is_right || !verdict_accuse(verdict, STATE_CRITICAL, "body"))
		return;
	verdict_put(verdict, seen->ask == ASK_PING ? "the body is not \"" : "the body has no \"");
	verdict_quote(verdict, expected, strlen(expected), PATH_QUOTE_MAX, TEXT_QUOTE);
	if (seen->body_len == 0) {
		verdict_put(verdict, "\", it is empty");
		return;
	}
	verdict_put(verdict, "\", it begins \"");
	verdict_quote(verdict, seen->body, seen->body_len, REASON_MAX, TEXT_QUOTE);
	verdict_put(verdict, "\"");
}

static void
judge_page(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	if (seen->ask != ASK_FPM_STATUS || seen->has_fpm || judging->policy->alive ||
	    !verdict_accuse(&judging->verdict, STATE_UNKNOWN, "no-status"))
		return;
	put_reason(judging);
	verdict_put(&judging->verdict, ", but what came is no status page of php-fpm");
}

/* "pool www: 3 of 10 active" */
static void
put_pool(struct judging *judging)
{
	const struct fpm_status *fpm = &judging->seen->fpm;
	const struct metrics *metrics = judging->metrics;
	struct verdict *verdict = &judging->verdict;

	verdict_put(verdict, "pool ");
	verdict_quote(verdict, fpm->pool, strlen(fpm->pool), PATH_QUOTE_MAX, 0);
	verdict_put(verdict, ": %.0f of %.0f active", metrics->value[METRIC_ACTIVE],
	    metrics->value[METRIC_TOTAL]);
	if (metrics->has & 1U << METRIC_QUEUE) {
		verdict_put(verdict, ", ");
		(void)judge_put_queue(judging);
		verdict_put(verdict, ",");
	}
}

static void
judge_responded(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	uint32_t needed = 1U << METRIC_ACTIVE | 1U << METRIC_TOTAL;
	struct verdict *verdict = &judging->verdict;

	judge_begin(judging, STATE_OK, "ok");
	if (seen->has_fpm && (judging->metrics->has & needed) == needed)
		put_pool(judging);
	else if (seen->ask == ASK_PING && seen->header.status == 200)
		verdict_put(verdict, "pong");
	else
		put_reason(judging);
	put_time(judging);
	if (seen->end == OBSERVED_ENOUGH)
		verdict_put(verdict, ", the end of the body not awaited");
	judge_status(judging);
	judge_header(judging);
	judge_body(judging);
	judge_page(judging);
}

/* The application refused. */
static void
judge_refusal(struct judging *judging)
{
	static const struct {
		uint8_t protocol_status;
		const char *cause;
		const char *text;
	} refusals[] = {
		{ FCGI_OVERLOADED, "overloaded", "the application says that it is overloaded" },
		{ FCGI_CANT_MPX_CONN, "cant-mpx",
		    "the application takes the only request of a connection for a second one" },
		{ FCGI_UNKNOWN_ROLE, "unknown-role", "the application is no responder" },
	};
	uint8_t status = judging->seen->request_end.protocol_status;
	/* Who can say so is alive, and would not have less to do after a restart. */
	int is_well = judging->policy->alive && status == FCGI_OVERLOADED;
	size_t i;

	for (i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		if (refusals[i].protocol_status == status) {
			judge_begin(judging, is_well ? STATE_OK : STATE_CRITICAL,
			    refusals[i].cause);
			verdict_put(&judging->verdict, "%s", refusals[i].text);
			return;
		}
	}
	judge_begin(judging, STATE_CRITICAL, "protocol");
	verdict_put(&judging->verdict, "FCGI_END_REQUEST with the unknown protocolStatus %d",
	    status);
}

static void
judge_no_header(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	struct verdict *verdict = &judging->verdict;
	int error = seen->header_result;

	judge_begin(judging, STATE_CRITICAL, "no-header");
	if (error == -FCGI_E_SPACE) {
		verdict_put(verdict, "more than %d bytes before the body", OBSERVATION_HEADER_MAX);
		return;
	}
	verdict_put(verdict, "%s: the output begins \"",
	    fcgi_strerror(error == -FCGI_E_MORE ? FCGI_E_NO_HEADER : error));
	verdict_quote(verdict, seen->header.block, seen->header.block_len, REASON_MAX, TEXT_QUOTE);
	verdict_put(verdict, "\"");
}

static void
judge_empty(struct judging *judging)
{
	judge_begin(judging, STATE_CRITICAL, "empty");
	verdict_put(&judging->verdict, "FCGI_END_REQUEST without any output");
}

static void
judge_request(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	if (seen->has_request_end && seen->request_end.protocol_status != FCGI_REQUEST_COMPLETE)
		judge_refusal(judging);
	else if (seen->stdout_len == 0)
		judge_empty(judging);
	else if (seen->header_result != 1)
		judge_no_header(judging);
	else
		judge_responded(judging);
}

static void
judge_queue(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	judge_begin(judging, STATE_OK, "ok");
	if (judge_put_queue(judging))
		return;
	if (seen->queue_error == -FCGI_E_ELSEWHERE) {
		judge_begin(judging, STATE_UNKNOWN, "elsewhere");
		verdict_put(&judging->verdict, "%s", fcgi_strerror(seen->queue_error));
		return;
	}
	judge_begin(judging, STATE_UNKNOWN, "internal");
	verdict_put(&judging->verdict, "the kernel does not tell the queue");
	if (seen->queue_errno != 0)
		verdict_put(&judging->verdict, ": %s", strerror(seen->queue_errno));
}

static void
put_value(struct judging *judging, const char *name, const char *value)
{
	struct verdict *verdict = &judging->verdict;

	if (*value == '\0')
		return;
	verdict_put(verdict, "%s%s=", verdict->len > 0 ? " " : "", name);
	verdict_quote(verdict, value, strlen(value), REASON_MAX, 0);
}

static void
judge_values(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	judge_begin(judging, STATE_OK, "ok");
	put_value(judging, FCGI_MAX_CONNS, seen->values.max_conns);
	put_value(judging, FCGI_MAX_REQS, seen->values.max_reqs);
	put_value(judging, FCGI_MPXS_CONNS, seen->values.mpxs_conns);
	if (judging->verdict.len == 0)
		verdict_put(&judging->verdict, "answered without values");
	put_time(judging);
}

void
judge_answer(struct judging *judging)
{
	switch (judging->seen->ask) {
	case ASK_QUEUE:
		judge_queue(judging);
		break;
	case ASK_VALUES:
		judge_values(judging);
		break;
	case ASK_CONNECT:
		judge_begin(judging, STATE_OK, "ok");
		verdict_put(&judging->verdict, "connected");
		put_time(judging);
		break;
	case ASK_REQUEST:
	case ASK_PING:
	case ASK_FPM_STATUS:
		judge_request(judging);
		break;
	}
}
