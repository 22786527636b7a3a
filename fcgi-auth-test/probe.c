#include "probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_writer.h"
#include "runner.h"
#include "text.h"
#include "trace_answer.h"

/* An authorizer that does without STDIN answers about as soon as it did with it. */
#define PATIENCE_LEAST_NS (2 * CLOCK_NS_PER_S)
enum { PATIENCE_FACTOR = 20 };
/* It closes the connection when it is done, or soon after. */
#define CLOSE_NS (2 * CLOCK_NS_PER_S)
/* An id that does not fit into one byte: 0x0102. */
enum { LARGE_ID = 258 };
enum { LARGE_COOKIE = 64 * 1024, SMALL_RECORD = 61, PARALLEL = 8 };

/* Both kinds of questions that the probes are made of, and where a probe stands. */
struct probing {
	struct runner *runner;
	const struct auth_case *good;	/* of the result that was let in */
	const struct dialect *dialect;
	enum auth_phase phase;
	int64_t usual_ns;		/* how long the answer took then */
	struct auth_case nobody;	/* the same without any credentials; shares its strings */
	int has_nobody;			/* they are another question than with them */
	int nobody_is_let_in;		/* as probe_state() has found */
	struct result result;		/* of the probe under way */
};

/* --- one question ------------------------------------------------------------------------------- */

/* How a question differs from the one that the dialect would ask. */
struct twist {
	int nobody;			/* ask without credentials */
	enum auth_stdin stdin_record;
	enum auth_choice keep_conn;
	uint16_t request_id;		/* 0: the usual */
	uint16_t role;			/* 0: the usual */
	int pairs;			/* one pair a record, all padded */
	int split;			/* pairs lie in two records */
	size_t cookie_len;		/* of a cookie that is sent besides */
	int64_t timeout_ns;		/* 0: the usual */
	int64_t linger_ns;		/* 0: the usual */
	size_t cut;			/* send only that many bytes and hang up; 0: all */
};

/* What came of one. */
struct answer {
	struct probing *probing;
	struct question question;
	struct result result;		/* as judge_answer() leaves it */
	int needed_stdin;
	int closed;
};

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
twist_call(struct dialect_call *call, const struct twist *twist)
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

/* Returns 0, or a negative error. */
static int
make(struct probing *probing, const struct twist *twist, struct answer *answer, struct ask *ask)
{
	const struct auth_case *asked = twist->nobody ? &probing->nobody : probing->good;
	char why[600];
	int r;

	*answer = (struct answer){ .probing = probing };
	*ask = (struct ask){ .title = probing->result.title, .owner = answer };
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

static int
take_answer(void *to, struct ask *ask, struct exchange *exchange)
{
	struct answer *answer = ask->owner;
	struct runner *runner = to;
	struct judge judge = runner->judge;

	judge.timeout_ns = ask->plan.timeout_ns;
	answer->needed_stdin = exchange->needed_stdin;
	answer->closed = exchange->closed;
	if (ask->plan.trace != NULL)
		trace_answer(ask->plan.trace, &answer->question, exchange, judge.show_secrets);
	return judge_answer(&judge, &answer->question, exchange, &answer->result);
}

static void
drop(struct answer *answer)
{
	question_reset(&answer->question);
	result_reset(&answer->result);
}

static int
ask_one(struct probing *probing, const struct twist *twist, struct answer *answer)
{
	struct ask ask;
	int r = make(probing, twist, answer, &ask);

	if (r == 0)
		r = runner_ask(probing->runner, &ask, 1, 1, take_answer, probing->runner);
	buffer_free(&ask.wire);
	return r;
}

static int
lets_in(const struct answer *answer)
{
	return answer->result.trouble == RESULT_ANSWERED &&
	    result_verdict(&answer->result)->decision == VERDICT_ALLOW;
}

/* --- what is found ------------------------------------------------------------------------------ */

__attribute__((format(printf, 3, 4))) static int
find(struct probing *probing, enum check_id check, const char *format, ...)
{
	char text[1024], *escaped;
	va_list arguments;
	int r;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	escaped = text_escape_alloc(text, strlen(text), 0);
	if (escaped == NULL)
		return -FCGI_E_SYSTEM;
	r = result_find(&probing->result, &probing->runner->judge.policy, check, escaped);
	free(escaped);
	return r;
}

/* "no answer within 2s", "deny 401". */
static const char *
describe(const struct answer *answer, char *dst, size_t size)
{
	char decision[64];

	if (answer->result.trouble_text != NULL)
		snprintf(dst, size, "%s", answer->result.trouble_text);
	else
		snprintf(dst, size, "%s", verdict_describe(decision, sizeof decision,
		    result_verdict(&answer->result)));
	return dst;
}

/* Asks the good question with a twist; who is not let in then has the fault that check names. */
static int
expect_in(struct probing *probing, enum check_id check, const struct twist *twist,
    const char *when)
{
	struct answer answer;
	char text[512];
	int r = ask_one(probing, twist, &answer);

	if (r == 0 && !lets_in(&answer))
		r = find(probing, check, "%s: %s", when, describe(&answer, text, sizeof text));
	drop(&answer);
	return r;
}

static int64_t
patience_ns(const struct probing *probing)
{
	int64_t ns = PATIENCE_FACTOR * probing->usual_ns;

	return ns > PATIENCE_LEAST_NS ? ns : PATIENCE_LEAST_NS;
}

/* --- the probes --------------------------------------------------------------------------------- */

static int
probe_no_stdin(struct probing *probing)
{
	const struct twist twist = {
		.stdin_record = AUTH_STDIN_NONE, .timeout_ns = patience_ns(probing) };
	struct answer answer;
	char text[512];
	int r = ask_one(probing, &twist, &answer);

	if (r == 0 && !lets_in(&answer))
		r = find(probing, CHECK_A1, "%s%s%s", describe(&answer, text, sizeof text),
		    answer.needed_stdin ? "; it hangs " : "",
		    answer.needed_stdin ? probing->runner->judge.hang : "");
	drop(&answer);
	return r;
}

static int
probe_stdin_end(struct probing *probing)
{
	const struct twist twist = { .stdin_record = AUTH_STDIN_EMPTY };

	return expect_in(probing, CHECK_A2, &twist, "with the empty STDIN record");
}

static int
probe_large_id(struct probing *probing)
{
	const struct twist twist = { .request_id = LARGE_ID };

	return expect_in(probing, CHECK_A5, &twist, "asked under the id 258");
}

static int
probe_records(struct probing *probing)
{
	const struct twist pairs = { .pairs = 1 }, split = { .split = 1 };
	struct answer answer;
	char text[512];
	int r = expect_in(probing, CHECK_A6, &pairs, "with one pair a record, padded");

	if (r != 0)
		return r;
	r = ask_one(probing, &split, &answer);
	/* No server sends pairs so, but the specification allows it. */
	if (r == 0 && !lets_in(&answer))
		r = result_warn(&probing->result, &probing->runner->judge.policy, CHECK_A6,
		    describe(&answer, text, sizeof text));
	drop(&answer);
	return r;
}

static int
probe_close(struct probing *probing)
{
	const struct twist twist = { .keep_conn = AUTH_NO, .linger_ns = CLOSE_NS };
	struct answer answer;
	char limit[32];
	int r = ask_one(probing, &twist, &answer);

	if (r == 0 && answer.result.trouble == RESULT_ANSWERED && !answer.closed)
		r = find(probing, CHECK_A7, "the connection is open %s after the answer",
		    clock_format_duration(limit, sizeof limit, CLOSE_NS));
	drop(&answer);
	return r;
}

static int
probe_state(struct probing *probing)
{
	const struct twist good = { 0 }, nobody = { .nobody = 1 };
	struct answer answer;
	int r = expect_in(probing, CHECK_A8, &good, "asked again");

	if (r != 0)
		return r;
	r = ask_one(probing, &nobody, &answer);
	probing->nobody_is_let_in = r == 0 && lets_in(&answer);
	if (probing->nobody_is_let_in)
		r = find(probing, CHECK_A8,
		    "behind a question that was let in, one without credentials is, too");
	drop(&answer);
	return r == 0 ? expect_in(probing, CHECK_A8, &good,
			    "asked again behind a question without credentials")
		      : r;
}

/* Half of them with credentials, half without, all at the same time. */
static int
probe_parallel(struct probing *probing)
{
	const struct twist good = { 0 }, nobody = { .nobody = 1 };
	struct answer answers[PARALLEL];
	struct ask asks[PARALLEL];
	char text[512];
	size_t i, made = 0;
	int r = 0;

	for (i = 0; r == 0 && i < PARALLEL; i++, made++)
		r = make(probing, i % 2 == 0 ? &good : &nobody, &answers[i], &asks[i]);
	if (r == 0)
		r = runner_ask(probing->runner, asks, PARALLEL, PARALLEL, take_answer,
		    probing->runner);
	for (i = 0; r == 0 && probing->result.finding_count == 0 && i < PARALLEL; i++)
		if (lets_in(&answers[i]) != (i % 2 == 0 || probing->nobody_is_let_in))
			r = find(probing, CHECK_A9, "%s credentials, beside %d others: %s",
			    i % 2 == 0 ? "with" : "without", PARALLEL - 1,
			    describe(&answers[i], text, sizeof text));
	for (i = 0; i < made; i++) {
		buffer_free(&asks[i].wire);
		drop(&answers[i]);
	}
	return r;
}

/* Sends the beginning of a question and hangs up; what follows is to be as before. */
static int
hang_up(struct probing *probing, size_t bytes, const char *when)
{
	const struct twist cut = { .cut = bytes }, whole = { 0 };
	struct answer answer;
	int r = ask_one(probing, &cut, &answer);

	drop(&answer);
	return r == 0 ? expect_in(probing, CHECK_A10, &whole, when) : r;
}

/* FCGI_GET_VALUES, padded as servers pad it, on a connection of its own. */
static int
get_values(struct probing *probing)
{
	const struct twist whole = { 0 };
	unsigned char record[256];
	struct fcgi_writer writer;
	struct answer answer;
	struct ask ask;
	int r = make(probing, &whole, &answer, &ask);

	fcgi_writer_init(&writer, record, sizeof record, 1);
	(void)fcgi_writer_get_values(&writer, fcgi_writer_standard_values);
	buffer_clear(&ask.wire);
	if (r == 0)
		r = buffer_append(&ask.wire, record, (size_t)(writer.p - record));
	ask.plan.hang_up = 1;
	if (r == 0)
		r = runner_ask(probing->runner, &ask, 1, 1, take_answer, probing->runner);
	buffer_free(&ask.wire);
	drop(&answer);
	return r == 0 ? expect_in(probing, CHECK_A10, &whole,
			    "behind FCGI_GET_VALUES on another connection")
		      : r;
}

static int
probe_survival(struct probing *probing)
{
	const struct twist cookie = { .cookie_len = LARGE_COOKIE };
	int r = hang_up(probing, FCGI_HEADER_LEN + FCGI_BODY_LEN,
	    "behind a connection that was dropped after BEGIN_REQUEST");

	if (r == 0)
		r = hang_up(probing, FCGI_HEADER_LEN + FCGI_BODY_LEN + FCGI_HEADER_LEN + 5,
		    "behind a connection that was dropped inside PARAMS");
	if (r == 0)
		r = expect_in(probing, CHECK_A10, &cookie, "with a cookie of 64 KB");
	return r == 0 ? get_values(probing) : r;
}

static int
probe_role(struct probing *probing)
{
	const struct twist twist = {
		.role = FCGI_RESPONDER, .timeout_ns = patience_ns(probing) };
	struct answer answer;
	int r = ask_one(probing, &twist, &answer);

	if (r == 0 && lets_in(&answer))
		r = find(probing, CHECK_A11, "it lets the same request in when called as RESPONDER");
	drop(&answer);
	return r;
}

/* --- all of them -------------------------------------------------------------------------------- */

static int
has_credentials(const struct probing *probing)
{
	return probing->has_nobody;
}

static int
is_authorizer(const struct probing *probing)
{
	return probing->dialect->role == FCGI_AUTHORIZER;
}

static const struct probe {
	const char *title;
	int (*run)(struct probing *probing);
	int (*applies)(const struct probing *probing);	/* NULL: always */
	const char *unless;				/* why it does not apply */
} probes[] = {
	{ "A1 answers without an STDIN record", probe_no_stdin, is_authorizer,
	    "this server calls a responder, which may wait for its body" },
	{ "A2 answers with the empty STDIN record", probe_stdin_end, NULL, NULL },
	{ "A5 answers under the id that it was asked under", probe_large_id, NULL, NULL },
	{ "A6 reads PARAMS however they are cut", probe_records, NULL, NULL },
	{ "A7 closes the connection", probe_close, NULL, NULL },
	{ "A8 keeps nothing of the request before", probe_state, has_credentials,
	    "the request is the same without credentials" },
	{ "A9 gives each its own answer", probe_parallel, has_credentials,
	    "the request is the same without credentials" },
	{ "A10 survives what clients do", probe_survival, NULL, NULL },
	{ "A11 is no responder", probe_role, is_authorizer, "this server calls a responder" },
};

static int
add_probe(struct probing *probing, const struct probe *probe, const char *skip)
{
	struct result *result = &probing->result, *place;
	int64_t start_ns = clock_now_ns();
	int r = 0;

	*result = (struct result){
		.auth_case = probing->good,
		.is_probe = 1,
		.dialect = probing->dialect,
		.phase = probing->phase,
		.title = strdup(probe->title),
		.skipped = skip != NULL ? strdup(skip) : NULL,
	};
	if (result->title == NULL || (skip != NULL && result->skipped == NULL))
		r = -FCGI_E_SYSTEM;
	if (r == 0 && skip == NULL)
		r = probe->run(probing);
	result->time_ns = clock_now_ns() - start_ns;
	result_settle(result);
	place = r == 0 ? runner_add(probing->runner) : NULL;
	if (place == NULL) {
		result_reset(result);
		return r != 0 ? r : -FCGI_E_SYSTEM;
	}
	*place = *result;
	*result = (struct result){ 0 };
	return 0;
}

/* The same case without user, password, and headers that are secret. */
static int
make_nobody(struct probing *probing)
{
	struct auth_case *nobody = &probing->nobody;
	size_t i;

	*nobody = *probing->good;
	nobody->user = (struct auth_bytes){ 0 };
	nobody->password = (struct auth_bytes){ 0 };
	nobody->header_count = 0;
	nobody->headers = calloc(probing->good->header_count + 1, sizeof *nobody->headers);
	if (nobody->headers == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < probing->good->header_count; i++)
		if (!text_is_secret(probing->good->headers[i].name,
			strlen(probing->good->headers[i].name)))
			nobody->headers[nobody->header_count++] = probing->good->headers[i];
	probing->has_nobody = probing->good->user.data != NULL ||
	    nobody->header_count < probing->good->header_count;
	return 0;
}

static const struct result *
find_good(const struct runner *runner)
{
	size_t i;

	for (i = 0; i < runner->result_count; i++)
		if (runner->results[i].state == RESULT_PASSED &&
		    runner->results[i].trouble == RESULT_ANSWERED &&
		    result_verdict(&runner->results[i])->decision == VERDICT_ALLOW)
			return &runner->results[i];
	return NULL;
}

int
probe_all(struct runner *runner)
{
	const struct result *good = find_good(runner);
	struct probing probing = { .runner = runner };
	const char *skip = NULL;
	size_t i;
	int r = 0;

	if (runner->result_count == 0)
		return 0;
	if (good == NULL) {
		good = &runner->results[0];
		skip = "no case was let in";
	}
	probing.good = good->auth_case;
	probing.dialect = good->dialect;
	probing.phase = good->phase;
	probing.usual_ns = good->time_ns;
	r = make_nobody(&probing);
	for (i = 0; r == 0 && i < sizeof probes / sizeof *probes; i++)
		r = add_probe(&probing, &probes[i],
		    skip == NULL && probes[i].applies != NULL && !probes[i].applies(&probing)
			? probes[i].unless
			: skip);
	free(probing.nobody.headers);
	return r;
}
