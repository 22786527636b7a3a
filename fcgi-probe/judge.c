#include "judge.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "fcgi_error.h"
#include "judge_private.h"

enum { QUOTE_MAX = 300 };

void
judge_policy_init(struct judge_policy *policy)
{
	memset(policy, 0, sizeof *policy);
	policy->busy = STATE_CRITICAL;
	policy->error_output = STATE_OK;
	policy->app_status = STATE_OK;
}

enum state
judge_worst(enum state a, enum state b)
{
	static const int rank[] = {
		[STATE_OK] = 0,
		[STATE_WARNING] = 1,
		[STATE_UNKNOWN] = 2,
		[STATE_CRITICAL] = 3,
	};

	return rank[a] >= rank[b] ? a : b;
}

const char *
judge_state_name(enum state state)
{
	static const char *const names[] = {
		[STATE_OK] = "OK",
		[STATE_WARNING] = "WARNING",
		[STATE_CRITICAL] = "CRITICAL",
		[STATE_UNKNOWN] = "UNKNOWN",
	};

	return names[state];
}

void
judge_begin(struct judging *judging, enum state state, const char *cause)
{
	verdict_begin(&judging->verdict, judging->judgement, state, cause);
}

int
judge_put_queue(struct judging *judging)
{
	const struct metrics *metrics = judging->metrics;

	if (!(metrics->has & 1U << METRIC_QUEUE))
		return 0;
	verdict_put(&judging->verdict, "%.0f", metrics->value[METRIC_QUEUE]);
	if (metrics->has & 1U << METRIC_QUEUE_LIMIT)
		verdict_put(&judging->verdict, " of %.0f", metrics->value[METRIC_QUEUE_LIMIT]);
	verdict_put(&judging->verdict, " waiting");
	return 1;
}

/* How long we have waited in vain: as long as we meant to, not the moment more that it took. */
static void
put_wait(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	int64_t ns = seen->end_ns - seen->start_ns, most = judging->policy->timeout_ns;
	char text[METRIC_TEXT_MAX];

	if (most > 0 && ns > most)
		ns = most;
	verdict_put(&judging->verdict, "within %s",
	    metric_format(text, sizeof text, METRIC_TIME, (double)ns / 1e9));
}

static void
put_received(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	verdict_put(&judging->verdict, ", %llu byte%s received", (unsigned long long)seen->received,
	    seen->received == 1 ? "" : "s");
}

static void
judge_queue_full(struct judging *judging)
{
	judge_begin(judging, STATE_CRITICAL, "queue-full");
	verdict_put(&judging->verdict, "turned away");
	if (judging->metrics->has & 1U << METRIC_QUEUE)
		verdict_put(&judging->verdict, ", ");
	(void)judge_put_queue(judging);
}

static void
judge_unresolved(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	judge_begin(judging, STATE_UNKNOWN, "resolve");
	if (seen->error == -FCGI_E_TIMEOUT) {
		verdict_put(&judging->verdict, "name not resolved ");
		put_wait(judging);
		return;
	}
	verdict_put(&judging->verdict, "the name has no address: %s",
	    seen->gai_error == EAI_SYSTEM ? strerror(seen->system_errno)
					  : gai_strerror(seen->gai_error));
}

static void
judge_denied(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	judge_begin(judging, STATE_UNKNOWN, "denied");
	verdict_put(&judging->verdict, "%s", strerror(seen->system_errno));
	if (seen->denied[0] != '\0') {
		verdict_put(&judging->verdict, ": ");
		verdict_quote(&judging->verdict, seen->denied, strlen(seen->denied), QUOTE_MAX, 0);
	}
}

/* A relative path as well, but hardly meant as one. */
static int
is_like_a_host(const char *name)
{
	return strchr(name, '/') == NULL && strchr(name, ':') == NULL && *name != '@' &&
	    strstr(name, ".sock") == NULL;
}

static void
judge_unconnected(struct judging *judging)
{
	static const struct {
		int system_errno;
		const char *cause;
		const char *text; /* NULL: the system's words say it */
	} causes[] = {
		{ ECONNREFUSED, "refused", "nobody listens there" },
		{ ENOENT, "missing", "there is no such socket" },
		{ ENOTDIR, "missing", "there is no such socket" },
		{ ECONNRESET, "closed", "reset before the connection was there" },
		{ ETIMEDOUT, "no-answer", NULL },
		{ EHOSTUNREACH, "no-answer", NULL },
		{ EHOSTDOWN, "no-answer", NULL },
		{ ENETUNREACH, "no-answer", NULL },
		{ EPROTOTYPE, "protocol", "the socket is not of the stream kind" },
	};
	int system_errno = judging->seen->system_errno;
	size_t i;

	if (system_errno == EAGAIN) {
		judge_queue_full(judging);
		return;
	}
	if (system_errno == EACCES || system_errno == EPERM) {
		judge_denied(judging);
		return;
	}
	for (i = 0; i < sizeof causes / sizeof *causes; i++)
		if (causes[i].system_errno == system_errno)
			break;
	if (i == sizeof causes / sizeof *causes) {
		judge_begin(judging, STATE_UNKNOWN, "internal");
		verdict_put(&judging->verdict, "cannot connect: %s", strerror(system_errno));
		return;
	}
	judge_begin(judging, STATE_CRITICAL, causes[i].cause);
	verdict_put(&judging->verdict, "%s",
	    causes[i].text != NULL ? causes[i].text : strerror(system_errno));
	if (system_errno == ENOENT && is_like_a_host(judging->seen->name)) {
		verdict_put(&judging->verdict, "; a port would be ");
		verdict_quote(&judging->verdict, judging->seen->name,
		    strlen(judging->seen->name), QUOTE_MAX, 0);
		verdict_put(&judging->verdict, ":PORT");
	}
}

static void
judge_connect_timeout(struct judging *judging)
{
	const struct metrics *metrics = judging->metrics;
	uint32_t needed = 1U << METRIC_QUEUE | 1U << METRIC_QUEUE_LIMIT;

	/* A full queue of TCP just does not answer. */
	if (judging->seen->queue_full ||
	    ((metrics->has & needed) == needed &&
		metrics->value[METRIC_QUEUE] > metrics->value[METRIC_QUEUE_LIMIT])) {
		judge_queue_full(judging);
		return;
	}
	judge_begin(judging, STATE_CRITICAL, "no-answer");
	verdict_put(&judging->verdict, "not connected ");
	put_wait(judging);
}

/*
 * Connected in time, but the answer was not complete.  Whether anybody has accepted the connection
 * says the kernel, or, where it does not say it of ours, its queue.
 */
static void
judge_timeout(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	struct verdict *verdict = &judging->verdict;
	int waiting = seen->waiting;

	if (seen->stdout_len > 0) {
		judge_begin(judging, STATE_CRITICAL, "slow");
		verdict_put(verdict, "no end of the answer ");
		put_wait(judging);
		put_received(judging);
		return;
	}
	if (waiting < 0 && seen->received == 0)
		waiting = judging->metrics->has & 1U << METRIC_QUEUE &&
		    judging->metrics->value[METRIC_QUEUE] > 0;
	if (waiting > 0) {
		judge_begin(judging, judging->policy->busy, "busy");
		verdict_put(verdict, "not accepted ");
		put_wait(judging);
		if (judging->metrics->has & 1U << METRIC_QUEUE)
			verdict_put(verdict, ", ");
		(void)judge_put_queue(judging);
		return;
	}
	judge_begin(judging, STATE_CRITICAL, "no-answer");
	verdict_put(verdict, seen->waiting == 0 ? "accepted, but no answer " : "no answer ");
	put_wait(judging);
	if (seen->received > 0)
		put_received(judging);
}

static void
judge_closed(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	struct verdict *verdict = &judging->verdict;

	if (seen->system_errno == 0 && seen->error == -FCGI_E_TRUNCATED) {
		judge_begin(judging, STATE_CRITICAL, "protocol");
		verdict_put(verdict, "closed inside a record");
	} else if (seen->system_errno == 0 && seen->header_result == 1) {
		/* All web servers pass such an answer on as if nothing were wrong. */
		judge_begin(judging, STATE_WARNING, "truncated");
		verdict_put(verdict, "HTTP %d, but closed before FCGI_END_REQUEST",
		    seen->header.status);
		put_received(judging);
		judge_status(judging);
		return;
	} else {
		judge_begin(judging, STATE_CRITICAL, "closed");
		if (seen->system_errno == 0)
			verdict_put(verdict, "closed before FCGI_END_REQUEST");
		else
			verdict_put(verdict, "%s before FCGI_END_REQUEST",
			    seen->system_errno == ECONNRESET ? "reset"
							     : strerror(seen->system_errno));
	}
	put_received(judging);
}

static void
judge_protocol(struct judging *judging)
{
	const struct observation *seen = judging->seen;

	judge_begin(judging, STATE_CRITICAL, "protocol");
	if (seen->what[0] != '\0')
		verdict_quote(&judging->verdict, seen->what, strlen(seen->what), QUOTE_MAX, 0);
	else
		verdict_put(&judging->verdict, "%s", fcgi_strerror(seen->error));
}

static void
judge_end(struct judging *judging)
{
	switch (judging->seen->end) {
	case OBSERVED_ANSWER:
	case OBSERVED_ENOUGH:
		judge_answer(judging);
		break;
	case OBSERVED_RESOLVE:
		judge_unresolved(judging);
		break;
	case OBSERVED_CONNECT:
		judge_unconnected(judging);
		break;
	case OBSERVED_CONNECT_TIMEOUT:
		judge_connect_timeout(judging);
		break;
	case OBSERVED_TIMEOUT:
		judge_timeout(judging);
		break;
	case OBSERVED_CLOSED:
		judge_closed(judging);
		break;
	case OBSERVED_PROTOCOL:
		judge_protocol(judging);
		break;
	case OBSERVED_INTERNAL:
		judge_begin(judging, STATE_UNKNOWN, "internal");
		verdict_put(&judging->verdict, "cannot ask: %s",
		    strerror(judging->seen->system_errno));
		break;
	case OBSERVED_ELSEWHERE:
		judge_begin(judging, STATE_UNKNOWN, "elsewhere");
		verdict_put(&judging->verdict, "%s", fcgi_strerror(FCGI_E_ELSEWHERE));
		break;
	}
}

/* The first line, which may end as it would for a terminal or a web page. */
static void
put_error_output(struct judging *judging)
{
	const char *line = judging->seen->stderr_line;
	size_t len = strlen(line);

	while (len > 0 && strchr("\r\n\t ", line[len - 1]) != NULL)
		len--;
	verdict_quote(&judging->verdict, line, len, QUOTE_MAX, 0);
	judging->verdict.has_error_output = 1;
}

/* --stderr and --app-status; what they let pass is told all the same. */
static void
judge_side_effects(struct judging *judging)
{
	const struct observation *seen = judging->seen;
	const struct judge_policy *policy = judging->policy;
	struct verdict *verdict = &judging->verdict;
	int has_output = seen->stderr_len > 0;
	int has_status = seen->has_request_end && seen->request_end.app_status != 0;
	/* What exit(3) was given, as the shell would show it of a negative one. */
	int32_t app_status = (int32_t)seen->request_end.app_status;

	if (has_output && verdict_accuse(verdict, policy->error_output, "stderr")) {
		verdict_put(verdict, "error output: ");
		put_error_output(judging);
	}
	if (has_status && verdict_accuse(verdict, policy->app_status, "app-status"))
		verdict_put(verdict, "appStatus %d", app_status);
	else if (has_status)
		verdict_put(verdict, "; appStatus %d", app_status);
	if (has_output && !verdict->has_error_output) {
		verdict_put(verdict, "; stderr: ");
		put_error_output(judging);
	}
}

static void
put_giving_up(struct judging *judging)
{
	char text[METRIC_TEXT_MAX];

	verdict_put(&judging->verdict, "; gave up after %s",
	    metric_format(text, sizeof text, METRIC_TIME,
		(double)judging->seen->gave_up_ns / CLOCK_NS_PER_S));
}

void
judge(struct judgement *judgement, const struct judge_policy *policy,
    const struct observation *seen, const struct metrics *metrics)
{
	struct judging judging = {
		.policy = policy,
		.seen = seen,
		.metrics = metrics,
		.judgement = judgement,
	};
	enum observation_end end = seen->end;

	judge_end(&judging);
	/* Who is busy, or truncated, may be well otherwise; all else is CRITICAL already. */
	if (end == OBSERVED_ANSWER || end == OBSERVED_ENOUGH)
		judge_thresholds(&judging, 1);
	else if (end == OBSERVED_TIMEOUT || end == OBSERVED_CLOSED)
		judge_thresholds(&judging, 0);
	judge_side_effects(&judging);
	if (seen->gave_up_ns > 0)
		put_giving_up(&judging);
}
