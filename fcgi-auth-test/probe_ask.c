#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "probe_private.h"
#include "trace_answer.h"

enum { SMALL_RECORD = 61 };

static int
add_cookie(struct question *question, size_t len)
{
	char *cookie = malloc(len);
	int r;

	if (cookie == NULL)
		return -FCGI_E_SYSTEM;
	memset(cookie, 'c', len);
	cookie[1] = '=';
	r = params_set(&question->params, "HTTP_COOKIE", strlen("HTTP_COOKIE"), cookie, len);
	free(cookie);
	return r;
}

static void
twist_call(struct dialect_call *call, const struct probe_twist *twist)
{
	if (twist->stdin_record != AUTH_STDIN_DIALECT)
		call->stdin_record = twist->stdin_record == AUTH_STDIN_NONE
		    ? DIALECT_STDIN_NONE
		    : DIALECT_STDIN_EMPTY;
	if (twist->keep_conn != AUTH_DIALECT)
		call->keep_conn = twist->keep_conn == AUTH_YES;
	if (twist->request_id != 0)
		call->request_id = twist->request_id;
	if (twist->role != 0)
		call->role = twist->role;
	if (twist->pairs) {
		call->records.one_pair = 1;
		call->records.padded = 1;
	}
	if (twist->split)
		call->records = (struct dialect_records){ .max_len = SMALL_RECORD, .split = 1 };
}

int
probe_make(struct probing *probing, const struct probe_twist *twist,
    struct probe_answer *answer, struct ask *ask)
{
	const struct auth_case *asked = twist->nobody ? &probing->nobody : probing->good;
	char why[600];
	int r;

	*answer = (struct probe_answer){ .probing = probing };
	*ask = (struct ask){ .owner = answer,
		.title = probing->result.title != NULL ? probing->result.title : "still there?" };
	answer->result.auth_case = asked;
	answer->result.dialect = probing->dialect;
	answer->result.phase = probing->phase;
	r = question_make(&answer->question, asked, probing->dialect, probing->phase, why,
	    sizeof why);
	if (r == 0 && twist->cookie_len > 0)
		r = add_cookie(&answer->question, twist->cookie_len);
	if (r < 0)
		return r;
	twist_call(&answer->question.call, twist);
	runner_plan(probing->runner, &answer->question, &ask->plan);
	if (twist->timeout_ns > 0)
		ask->plan.timeout_ns = clock_earlier(ask->plan.timeout_ns, twist->timeout_ns);
	if (twist->linger_ns > 0)
		ask->plan.linger_ns = twist->linger_ns;
	r = question_encode(&answer->question, &ask->wire);
	if (twist->cut > 0) {
		ask->plan.hang_up = 1;
		if (twist->cut < ask->wire.len)
			ask->wire.len = twist->cut;
	}
	return r;
}

/* To nobody no secret is told: what others have is their own. */
static int
take_leaks(struct runner *runner, struct probe_answer *answer)
{
	struct result *result = &answer->probing->result;
	const struct result_finding *finding;
	size_t i;
	int r = 0;

	if (answer->result.auth_case != &answer->probing->nobody)
		return 0;
	for (i = 0; r == 0 && i < answer->result.finding_count; i++) {
		finding = &answer->result.findings[i];
		if ((finding->check == CHECK_V4 || finding->check == CHECK_S1) &&
		    !result_has(result, finding->check))
			r = result_find(result, &runner->judge.policy, finding->check,
			    finding->detail);
	}
	return r;
}

static int
take_answer(void *to, struct ask *ask, struct exchange *exchange)
{
	struct probe_answer *answer = ask->owner;
	struct runner *runner = to;
	struct judge judge = runner->judge;
	int r;

	judge.timeout_ns = ask->plan.timeout_ns;
	answer->needed_stdin = exchange->needed_stdin;
	answer->closed = exchange->closed;
	if (ask->plan.trace != NULL)
		trace_answer(ask->plan.trace, &answer->question, exchange, judge.secrets,
		    judge.show_secrets);
	if (exchange->reply.ending != REPLY_NOT_CONNECTED)
		answer->probing->is_reached = 1;
	r = judge_answer(&judge, &answer->question, exchange, &answer->result);
	return r == 0 ? take_leaks(runner, answer) : r;
}

void
probe_drop(struct probe_answer *answer)
{
	question_reset(&answer->question);
	result_reset(&answer->result);
}

int
probe_ask(struct probing *probing, struct ask *asks, size_t count)
{
	return runner_ask(probing->runner, asks, count, count, take_answer, probing->runner);
}

int
probe_ask_one(struct probing *probing, const struct probe_twist *twist,
    struct probe_answer *answer)
{
	struct ask ask;
	int r = probe_make(probing, twist, answer, &ask);

	if (r == 0)
		r = probe_ask(probing, &ask, 1);
	buffer_free(&ask.wire);
	return r;
}

int
probe_lets_in(const struct probe_answer *answer)
{
	return answer->result.trouble == RESULT_ANSWERED &&
	    result_verdict(&answer->result)->decision == VERDICT_ALLOW;
}

const char *
probe_describe(const struct probe_answer *answer, char *dst, size_t size)
{
	char decision[64];

	if (answer->result.trouble_text != NULL)
		snprintf(dst, size, "%s", answer->result.trouble_text);
	else
		snprintf(dst, size, "%s", verdict_describe(decision, sizeof decision,
		    result_verdict(&answer->result)));
	return dst;
}
