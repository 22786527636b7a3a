#include "probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_writer.h"
#include "probe_private.h"
#include "text.h"

/* An authorizer that does without STDIN answers about as soon as it did with it. */
#define PATIENCE_LEAST_NS (2 * CLOCK_NS_PER_S)
enum { PATIENCE_FACTOR = 20 };
/* It closes the connection when it is done, or soon after. */
#define CLOSE_NS (2 * CLOCK_NS_PER_S)
/* An id that does not fit into one byte: 0x0102. */
enum { LARGE_ID = 258 };
enum { LARGE_COOKIE = 64 * 1024, PARALLEL = 8 };

/* --- what is found ------------------------------------------------------------------------- */

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
	if (probing->is_reached) {
		r = result_find(&probing->result, &probing->runner->judge.policy, check, escaped);
	} else {
		/* That nobody is there is no fault that a check has a name for. */
		probing->result.trouble = RESULT_UNREACHABLE;
		r = result_fail(&probing->result, "%s", escaped);
	}
	free(escaped);
	return r;
}

/* Asks the good question with a twist; who is not let in then has the fault that check names. */
static int
expect_in(struct probing *probing, enum check_id check, const struct probe_twist *twist,
    const char *when)
{
	struct probe_answer answer;
	char text[512];
	int r = probe_ask_one(probing, twist, &answer);

	if (r == 0 && !probe_lets_in(&answer))
		r = find(probing, check, "%s: %s", when,
		    probe_describe(&answer, text, sizeof text));
	probe_drop(&answer);
	return r;
}

/* Whether this probe has found something: what follows would but find it again. */
static int
has_found(const struct probing *probing)
{
	return probing->result.finding_count > 0 || probing->result.failures.count > 0;
}

static int64_t
patience_ns(const struct probing *probing)
{
	int64_t ns = PATIENCE_FACTOR * probing->usual_ns;

	return ns > PATIENCE_LEAST_NS ? ns : PATIENCE_LEAST_NS;
}

/* --- the probes ---------------------------------------------------------------------------- */

static int
probe_no_stdin(struct probing *probing)
{
	const struct probe_twist twist = {
		.stdin_record = AUTH_STDIN_NONE, .timeout_ns = patience_ns(probing) };
	struct probe_answer answer;
	char text[512];
	int r = probe_ask_one(probing, &twist, &answer);

	if (r == 0 && !probe_lets_in(&answer))
		r = find(probing, CHECK_A1, "%s%s%s", probe_describe(&answer, text, sizeof text),
		    answer.needed_stdin ? "; it hangs " : "",
		    answer.needed_stdin ? probing->runner->judge.hang : "");
	probe_drop(&answer);
	return r;
}

static int
probe_stdin_end(struct probing *probing)
{
	const struct probe_twist twist = { .stdin_record = AUTH_STDIN_EMPTY };

	return expect_in(probing, CHECK_A2, &twist, "with the empty STDIN record");
}

static int
probe_large_id(struct probing *probing)
{
	const struct probe_twist twist = { .request_id = LARGE_ID };

	return expect_in(probing, CHECK_A5, &twist, "asked under the id 258");
}

static int
probe_records(struct probing *probing)
{
	const struct probe_twist pairs = { .pairs = 1 }, split = { .split = 1 };
	struct probe_answer answer;
	char text[512], what[600];
	int r = expect_in(probing, CHECK_A6, &pairs, "with one pair a record, padded");

	if (r != 0 || has_found(probing))
		return r;
	r = probe_ask_one(probing, &split, &answer);
	/* No server sends pairs so, but the specification allows it. */
	if (r == 0 && !probe_lets_in(&answer)) {
		snprintf(what, sizeof what, "with pairs that lie in two records: %s",
		    probe_describe(&answer, text, sizeof text));
		r = result_warn(&probing->result, &probing->runner->judge.policy, CHECK_A6, what);
	}
	probe_drop(&answer);
	return r;
}

static int
probe_close(struct probing *probing)
{
	const struct probe_twist twist = { .keep_conn = AUTH_NO, .linger_ns = CLOSE_NS };
	struct probe_answer answer;
	char limit[32];
	int r = probe_ask_one(probing, &twist, &answer);

	if (r == 0 && answer.result.trouble == RESULT_ANSWERED && !answer.closed)
		r = find(probing, CHECK_A7, "the connection is open %s after the answer",
		    clock_format_duration(limit, sizeof limit, CLOSE_NS));
	probe_drop(&answer);
	return r;
}

/* Who is let in without credentials in any case is not let in by what is left over. */
static int
tell_open(struct probing *probing)
{
	struct result *result = &probing->result;

	if (has_found(probing))
		return 0;
	result->skipped = strdup("without credentials it is let in, too, so that nothing which "
	    "was kept could be seen");
	return result->skipped != NULL ? 0 : -FCGI_E_SYSTEM;
}

static int
probe_state(struct probing *probing)
{
	const struct probe_twist good = { 0 }, nobody = { .nobody = 1 };
	struct probe_answer answer;
	int r = 0;

	if (probing->before == PROBE_UNKNOWN)
		r = probe_look_at_nobody(probing);
	if (r == 0)
		r = expect_in(probing, CHECK_A8, &good, "asked again");
	if (r != 0 || has_found(probing))
		return r;
	r = probe_ask_one(probing, &nobody, &answer);
	probing->nobody_is_let_in = r == 0 && probe_lets_in(&answer);
	probe_drop(&answer);
	if (r == 0 && probing->nobody_is_let_in)
		return probing->before == PROBE_LET_IN
		    ? tell_open(probing)
		    : find(probing, CHECK_A8, "behind a question that was let in, one without "
			"credentials is, too");
	if (r != 0 || has_found(probing))
		return r;
	return expect_in(probing, CHECK_A8, &good,
	    "asked again behind a question without credentials");
}

/* Half of them with credentials, half without, all at the same time. */
static int
probe_parallel(struct probing *probing)
{
	const struct probe_twist good = { 0 }, nobody = { .nobody = 1 };
	struct probe_answer answers[PARALLEL];
	struct ask asks[PARALLEL];
	char text[512];
	size_t i, made = 0;
	int r = 0;

	for (i = 0; r == 0 && i < PARALLEL; i++, made++)
		r = probe_make(probing, i % 2 == 0 ? &good : &nobody, &answers[i], &asks[i]);
	if (r == 0)
		r = probe_ask(probing, asks, PARALLEL);
	for (i = 0; r == 0 && !has_found(probing) && i < PARALLEL; i++)
		if (probe_lets_in(&answers[i]) != (i % 2 == 0 || probing->nobody_is_let_in))
			r = find(probing, CHECK_A9, "%s credentials, beside %d others: %s",
			    i % 2 == 0 ? "with" : "without", PARALLEL - 1,
			    probe_describe(&answers[i], text, sizeof text));
	for (i = 0; i < made; i++) {
		buffer_free(&asks[i].wire);
		probe_drop(&answers[i]);
	}
	return r;
}

/* Sends the beginning of a question and hangs up; what follows is to be as before. */
static int
hang_up(struct probing *probing, size_t bytes, const char *when)
{
	const struct probe_twist cut = { .cut = bytes }, whole = { 0 };
	struct probe_answer answer;
	int r = probe_ask_one(probing, &cut, &answer);

	probe_drop(&answer);
	return r == 0 ? expect_in(probing, CHECK_A10, &whole, when) : r;
}

/* FCGI_GET_VALUES, padded as servers pad it, on a connection of its own. */
static int
get_values(struct probing *probing)
{
	const struct probe_twist whole = { 0 };
	unsigned char record[256];
	struct fcgi_writer writer;
	struct probe_answer answer;
	struct ask ask;
	int r = probe_make(probing, &whole, &answer, &ask);

	fcgi_writer_init(&writer, record, sizeof record, 1);
	(void)fcgi_writer_get_values(&writer, fcgi_writer_standard_values);
	buffer_clear(&ask.wire);
	if (r == 0)
		r = buffer_append(&ask.wire, record, (size_t)(writer.p - record));
	ask.plan.hang_up = 1;
	if (r == 0)
		r = probe_ask(probing, &ask, 1);
	buffer_free(&ask.wire);
	probe_drop(&answer);
	return r == 0 ? expect_in(probing, CHECK_A10, &whole,
			    "behind FCGI_GET_VALUES on another connection")
		      : r;
}

static int
probe_survival(struct probing *probing)
{
	const struct probe_twist cookie = { .cookie_len = LARGE_COOKIE };
	int r = hang_up(probing, FCGI_HEADER_LEN + FCGI_BODY_LEN,
	    "behind a connection that was dropped after BEGIN_REQUEST");

	if (r == 0 && !has_found(probing))
		r = hang_up(probing, FCGI_HEADER_LEN + FCGI_BODY_LEN + FCGI_HEADER_LEN + 5,
		    "behind a connection that was dropped inside PARAMS");
	if (r == 0 && !has_found(probing))
		r = expect_in(probing, CHECK_A10, &cookie, "with a cookie of 64 KB");
	return r == 0 && !has_found(probing) ? get_values(probing) : r;
}

static int
probe_role(struct probing *probing)
{
	/* A responder may wait for the end of its body. */
	const struct probe_twist twist = {
		.role = FCGI_RESPONDER,
		.stdin_record = AUTH_STDIN_EMPTY,
		.timeout_ns = patience_ns(probing),
	};
	struct probe_answer answer;
	int r = probe_ask_one(probing, &twist, &answer);

	if (r == 0 && probe_lets_in(&answer))
		r = find(probing, CHECK_A11, "it lets the same request in as a responder");
	probe_drop(&answer);
	return r;
}

/* --- all of them --------------------------------------------------------------------------- */

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

size_t
probe_count(void)
{
	return sizeof probes / sizeof *probes;
}

static int
add_probe(struct probing *probing, const struct probe *probe, const char *skip)
{
	struct result *result = &probing->result, *place;
	int64_t start_ns = clock_now_ns();
	int r = 0;

	probing->is_reached = 0;
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
	place->is_done = 1;
	*result = (struct result){ 0 };
	return runner_tell_done(probing->runner);
}

/* Not one that should not have been. */
static int
was_rightly_let_in(const struct result *result)
{
	return result->state != RESULT_SKIPPED && result->trouble == RESULT_ANSWERED &&
	    result->reply.wire.len > 0 && result_decided(result) == AUTH_WANT_ALLOW &&
	    (result->auth_case->expect.decision == AUTH_WANT_ALLOW ||
		result->auth_case->expect.decision == AUTH_WANT_ANY);
}

static const struct result *
find_good(const struct runner *runner)
{
	size_t i;

	for (i = 0; i < runner->result_count; i++)
		if (was_rightly_let_in(&runner->results[i]))
			return &runner->results[i];
	return NULL;
}

/* Whether the authorizer has survived what a probe has found.  Returns 1, 0 or a negative error. */
static int
still_answers(struct probing *probing)
{
	const struct probe_twist plain = { .timeout_ns = patience_ns(probing) };
	struct probe_answer answer;
	int r;

	r = probe_ask_one(probing, &plain, &answer);
	if (r == 0)
		r = answer.result.trouble == RESULT_ANSWERED;
	probe_drop(&answer);
	return r;
}

static int
run_all(struct probing *probing, const char *skip)
{
	const struct result *last;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof probes / sizeof *probes; i++) {
		const struct probe *probe = &probes[i];

		r = add_probe(probing, probe, skip == NULL && probe->applies != NULL &&
			!probe->applies(probing) ? probe->unless : skip);
		last = &probing->runner->results[probing->runner->result_count - 1];
		if (r != 0 || (last->finding_count == 0 && last->failures.count == 0))
			continue;
		r = still_answers(probing);
		if (r == 0)
			skip = "the authorizer does not answer any more";
		r = r < 0 ? r : 0;
	}
	return r;
}

int
probe_all(struct runner *runner)
{
	const struct result *good = find_good(runner);
	struct probing probing = { .runner = runner };
	const char *skip = NULL;
	int r;

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
	if (good->auth_case == runner->before.auth_case && good->dialect == runner->before.dialect)
		probing.before = runner->before.outcome;
	r = probe_make_nobody(&probing);
	if (r == 0)
		r = run_all(&probing, skip);
	probe_drop_nobody(&probing);
	return r;
}
