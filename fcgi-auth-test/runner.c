#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "redact.h"
#include "text.h"
#include "trace_answer.h"

/* How long a connection may stay open behind the answer: no test, so that nobody waits long. */
#define LINGER_NS (200 * CLOCK_NS_PER_MS)
#define LINGER_KEPT_NS (10 * CLOCK_NS_PER_MS)

/* A case under one dialect, on its way to its result. */
struct task {
	struct runner *runner;
	size_t result;		/* its place in the results */
	int is_alone;		/* asked a second time */
	struct question question;
	int has_question;
};

/* --- what both cases and probes need ------------------------------------------------------- */

void
runner_plan(const struct runner *runner, const struct question *question,
    struct exchange_plan *plan)
{
	const struct dialect_call *call = &question->call;

	*plan = (struct exchange_plan){
		.keep_conn = call->keep_conn,
		.has_stdin = call->stdin_record != DIALECT_STDIN_NONE,
		.request_id = call->request_id,
		.timeout_ns = runner->timeout_ns,
		.connect_timeout_ns = runner->connect_timeout_ns,
		.linger_ns = call->keep_conn ? LINGER_KEPT_NS : LINGER_NS,
	};
}

struct result *
runner_add(struct runner *runner)
{
	struct result *results =
	    reallocarray(runner->results, runner->result_count + 1, sizeof *results);

	if (results == NULL)
		return NULL;
	runner->results = results;
	results[runner->result_count] = (struct result){ 0 };
	return &results[runner->result_count++];
}

int
runner_ask(const struct runner *runner, struct ask *asks, size_t count, size_t jobs,
    ask_done *done, void *to)
{
	const struct asker asker = {
		.authorizer = runner->authorizer,
		.jobs = jobs,
		.signal_fd = runner->signal_fd,
		.trace = runner->trace,
		.show_secrets = runner->judge.show_secrets,
		.done = done,
		.to = to,
	};

	return asker_run(&asker, asks, count);
}

/* --- which servers wait for no STDIN ------------------------------------------------------- */

/* Adds a name to a list, behind what parts it from those before.  Returns 0 or a negative error. */
static int
list_name(struct buffer *list, const char *separator, const char *name)
{
	if (list->len > 0 && buffer_append(list, separator, strlen(separator)) < 0)
		return -FCGI_E_SYSTEM;
	return buffer_append(list, name, strlen(name));
}

/* Those of which is() says 1, joined.  The specification is no server. */
static int
list_dialects(const struct dialects *all, int (*is)(const struct dialect *dialect),
    struct buffer *list)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < all->count; i++)
		if (strcmp(all->items[i]->name, "spec") != 0 && is(all->items[i]))
			r = list_name(list, " and ", all->items[i]->name);
	return r;
}

static int
never_ends_stdin(const struct dialect *dialect)
{
	return dialect->stdin_get == DIALECT_STDIN_NONE;
}

static int
never_ends_a_body(const struct dialect *dialect)
{
	return dialect->stdin_get != DIALECT_STDIN_NONE &&
	    dialect->stdin_post == DIALECT_STDIN_NONE;
}

/* Words for where an authorizer hangs that waits for the end of STDIN: what dialects send. */
static int
describe_hang(struct runner *runner)
{
	struct buffer always = { 0 }, bodies = { 0 };
	struct dialects all = { 0 };
	char why[512];
	int r = dialects_open_all(&all, why, sizeof why);

	if (r == 0)
		r = list_dialects(&all, never_ends_stdin, &always);
	if (r == 0)
		r = list_dialects(&all, never_ends_a_body, &bodies);
	if (r == 0 && asprintf(&runner->hang, "under %.*s, and under %.*s where the request has a "
		"body", (int)always.len, (char *)always.data, (int)bodies.len,
		(char *)bodies.data) < 0)
		r = -FCGI_E_SYSTEM;
	runner->judge.hang = runner->hang;
	buffer_free(&always);
	buffer_free(&bodies);
	dialects_reset(&all);
	return r;
}

/* --- the cases ----------------------------------------------------------------------------- */

static int
has_tag(const struct auth_case *auth_case, const char *tag)
{
	size_t i;

	for (i = 0; i < auth_case->tags.count; i++)
		if (strcmp(auth_case->tags.items[i], tag) == 0)
			return 1;
	return 0;
}

/* None of the unwanted tags, and one of the others if there are such. */
static int
is_chosen(const struct runner *runner, const struct auth_case *auth_case)
{
	int chosen = 0, wanted = 0;
	const char *tag;
	size_t i;

	for (i = 0; i < runner->tags->count; i++) {
		tag = runner->tags->items[i];
		if (*tag == '!' && has_tag(auth_case, tag + 1))
			return 0;
		wanted |= *tag != '!';
		chosen |= *tag != '!' && has_tag(auth_case, tag);
	}
	return chosen || !wanted;
}

static int
add_result(struct runner *runner, const struct auth_case *auth_case, const struct dialect *dialect)
{
	struct result *result = runner_add(runner);
	const char *skip = auth_case->skip;

	if (result == NULL)
		return -FCGI_E_SYSTEM;
	result->auth_case = auth_case;
	result->dialect = dialect;
	result->phase = auth_case->has_phase ? auth_case->phase : dialect->phase;
	if (asprintf(&result->title, "%s%s%s%s", auth_case->name,
		auth_case->dialect == NULL ? " (" : "",
		auth_case->dialect == NULL ? dialect->name : "",
		auth_case->dialect == NULL ? ")" : "") < 0) {
		result->title = NULL;
		return -FCGI_E_SYSTEM;
	}
	if (skip == NULL)
		return 0;
	result->state = RESULT_SKIPPED;
	result->skipped = text_escape_alloc(skip, strlen(skip), 0);
	return result->skipped != NULL ? 0 : -FCGI_E_SYSTEM;
}

static int
add_results(struct runner *runner, const struct auth_case *auth_case)
{
	const struct dialects *dialects = &runner->cases->dialects;
	const struct dialect *dialect;
	const char *name;
	size_t i, k;
	int r = 0;

	if (auth_case->dialect != NULL)
		return add_result(runner, auth_case, auth_case->dialect);
	for (i = 0; r == 0 && (name = dialect_name(i)) != NULL; i++) {
		dialect = NULL;
		for (k = 0; k < dialects->count; k++)
			if (strcmp(dialects->items[k]->name, name) == 0)
				dialect = dialects->items[k];
		if (dialect != NULL &&
		    (!auth_case->has_phase || dialect_knows(dialect, auth_case->phase)))
			r = add_result(runner, auth_case, dialect);
	}
	return r;
}

static int
refuse_to_ask(struct result *result, const char *why)
{
	char *escaped = text_escape_alloc(why, strlen(why), 0);
	int r = -FCGI_E_SYSTEM;

	if (escaped != NULL)
		r = result_fail(result, "%s would not ask this: %s", result->dialect->name,
		    escaped);
	free(escaped);
	result_settle(result);
	result->is_done = 1;
	return r;
}

/* Makes the question of a result.  Returns 1, 0 when there is none to ask, or a negative error. */
static int
prepare(struct runner *runner, struct task *task, struct ask *ask)
{
	struct result *result = &runner->results[task->result];
	char why[600];
	int r;

	if (result->state == RESULT_SKIPPED) {
		result->is_done = 1;
		return 0;
	}
	r = question_make(&task->question, result->auth_case, result->dialect, result->phase, why,
	    sizeof why);
	if (r == -FCGI_E_SYNTAX)
		return refuse_to_ask(result, why);
	if (r < 0)
		return r;
	task->has_question = 1;
	*ask = (struct ask){ .title = result->title, .owner = task };
	runner_plan(runner, &task->question, &ask->plan);
	r = question_encode(&task->question, &ask->wire);
	if (r == 0 && !task->is_alone)
		r = runner_learn(runner, &task->question);
	return r < 0 ? r : 1;
}

/* The parameters are the report's from now on. */
static int
done(void *to, struct ask *ask, struct exchange *exchange)
{
	struct task *task = ask->owner;
	struct runner *runner = to;
	struct result *result = &runner->results[task->result];
	int r;

	if (ask->plan.trace != NULL)
		trace_answer(ask->plan.trace, &task->question, exchange, runner->judge.secrets,
		    runner->judge.show_secrets);
	r = judge_answer(&runner->judge, &task->question, exchange, result);
	if (r == 0)
		r = judge_expectations(&runner->judge, &task->question, result);
	result->params = task->question.params;
	task->question.params = (struct params){ 0 };
	result->is_done = r == 0;
	return r == 0 && !task->is_alone ? runner_tell_done(runner) : r;
}

static int
ask_tasks(struct runner *runner, struct task *tasks, size_t count, size_t jobs)
{
	struct ask *asks = calloc(count + 1, sizeof *asks);
	size_t ask_count = 0, i;
	int r = 0;

	if (asks == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; r >= 0 && i < count; i++) {
		r = prepare(runner, &tasks[i], &asks[ask_count]);
		ask_count += r > 0;
	}
	secrets_sort(&runner->secrets);
	if (r >= 0)
		r = runner_ask(runner, asks, ask_count, jobs, done, runner);
	for (i = 0; i < ask_count; i++)
		buffer_free(&asks[i].wire);
	for (i = 0; i < count; i++)
		if (tasks[i].has_question)
			question_reset(&tasks[i].question);
	free(asks);
	return r;
}

/* --- cross-talk ---------------------------------------------------------------------------- */

/* What a result was before it was asked. */
static int
renew(struct result *result, const struct result *old)
{
	*result = (struct result){
		.auth_case = old->auth_case, .dialect = old->dialect, .phase = old->phase };
	result->title = strdup(old->title);
	return result->title != NULL ? 0 : -FCGI_E_SYSTEM;
}

/*
 * What failed among others and passes alone had somebody else's answer, or none because of them: it
 * stays failed, and A9 says why.
 */
static int
ask_alone(struct runner *runner, size_t index)
{
	struct result beside = runner->results[index];
	struct task task = { .runner = runner, .result = index, .is_alone = 1 };
	int r = renew(&runner->results[index], &beside), passes;

	if (r == 0)
		r = ask_tasks(runner, &task, 1, 1);
	passes = r == 0 && runner->results[index].state == RESULT_PASSED;
	result_reset(&runner->results[index]);
	runner->results[index] = beside;
	if (!passes)
		return r;
	return result_find(&runner->results[index], &runner->judge.policy, CHECK_A9,
	    "asked alone it passes, and beside other questions it does not");
}

static int
look_for_crosstalk(struct runner *runner)
{
	size_t i, count = runner->result_count;
	int r = 0;

	for (i = 0; r == 0 && i < count; i++) {
		if (runner->results[i].state == RESULT_FAILED &&
		    runner->results[i].trouble != RESULT_UNREACHABLE)
			r = ask_alone(runner, i);
		runner->checked = i + 1;
		if (r == 0)
			r = runner_tell_done(runner);
	}
	return r;
}

/* --- all of it ----------------------------------------------------------------------------- */

static int
ask_cases(struct runner *runner)
{
	struct task *tasks = calloc(runner->result_count + 1, sizeof *tasks);
	size_t i;
	int r;

	if (tasks == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < runner->result_count; i++)
		tasks[i] = (struct task){ .runner = runner, .result = i };
	r = ask_tasks(runner, tasks, runner->result_count, runner->jobs);
	free(tasks);
	return r;
}

static int
run(struct runner *runner)
{
	size_t i;
	int r = describe_hang(runner);

	if (r == 0)
		r = runner_list_users(runner);
	for (i = 0; r == 0 && i < runner->cases->count; i++)
		if (is_chosen(runner, &runner->cases->items[i]))
			r = add_results(runner, &runner->cases->items[i]);
	if (r == 0 && runner->result_count > 0)
		runner->total = runner->result_count + (runner->probes ? probe_count() : 0);
	runner->checked = runner->jobs > 1 ? 0 : SIZE_MAX;
	if (r == 0 && runner->probes)
		r = probe_before(runner, &runner->before);
	if (r == 0)
		r = ask_cases(runner);
	if (r == 0 && runner->jobs > 1)
		r = look_for_crosstalk(runner);
	runner->checked = SIZE_MAX;
	if (r == 0)
		r = runner_tell_done(runner);
	if (r == 0 && runner->probes)
		r = probe_all(runner);
	return r;
}

int
runner_run(struct runner *runner)
{
	int r = run(runner);

	if (r != 0)
		runner_tell_rest(runner);
	return r;
}

void
runner_reset(struct runner *runner)
{
	size_t i;

	for (i = 0; i < runner->result_count; i++)
		result_reset(&runner->results[i]);
	free(runner->results);
	free(runner->hang);
	free(runner->users);
	secrets_reset(&runner->secrets);
}
