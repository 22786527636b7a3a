#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "exchange.h"
#include "fcgi_error.h"
#include "interrupt.h"
#include "report.h"
#include "request.h"
#include "start.h"
#include "trace_file.h"
#include "verdict.h"

struct session {
	struct options *options;
	const struct addr *addr;
	struct exchange *exchange;
	struct request request;
	struct trace_file trace_file;
	char which[64];
	int is_connected;	/* by the request before */
};

/* What a request may take counts from its own beginning. */
static void
set_deadline(struct session *session)
{
	const struct options *options = session->options;
	struct exchange *exchange = session->exchange;

	exchange->deadline_ns = clock_after(clock_now_ns(), options->time.timeout_ns);
	interrupt_alarm(exchange->deadline_ns);
}

/* --abort-after counts from when there is something to abort. */
static void
set_abort_alarm(struct session *session)
{
	int64_t abort_ns = clock_after(clock_now_ns(), session->options->abort_after_ns);

	if (abort_ns < session->exchange->deadline_ns)
		interrupt_alarm(abort_ns);
}

static void
prepare(struct session *session)
{
	struct options *options = session->options;

	session->exchange = calloc(1, sizeof *session->exchange);
	if (session->exchange == NULL)
		cli_die(&options->cli, 1, "out of memory");
	session->exchange->interrupt_fd = interrupt_catch();
	if (session->exchange->interrupt_fd < 0)
		cli_die(&options->cli, 1, "cannot catch signals: %s", strerror(errno));
	set_deadline(session);
	trace_file_open(&session->trace_file, options);
	output_init(&session->exchange->output, options);
	report_check(options);
	request_prepare(&session->request, options, session->addr);
	interrupt_hold();
}

/* Ends it.  Returns the exit status. */
static int
finish(struct session *session, int status)
{
	status = verdict_close(session->exchange, status);
	if (trace_file_close(&session->trace_file, session->options) != 0 && status == 0)
		status = 1;
	request_reset(&session->request);
	free(session->exchange);
	return status;
}

/*
 * Connects, after starting the application if that is what the command line wants.
 * Returns 0; an exit status after telling why the application cannot be started; or -1 with an
 * ending that is still to be told.
 */
static int
open_connection(struct session *session)
{
	const struct options *options = session->options;
	struct exchange *exchange = session->exchange;
	struct trace *trace = session->trace_file.trace;
	int starts = options->form == FORM_BIND_OR_START, status = 0, opened;

	opened = exchange_open(exchange, options, session->addr, options->wait && !starts, trace);
	if (opened < 0 && starts && exchange_is_unserved(exchange)) {
		status = start_application(options, session->addr);
		if (status == 0)
			opened = exchange_open(exchange, options, session->addr, 0, trace);
	}
	if (opened < 0)
		output_unreached(&exchange->output);
	return status != 0 ? status : opened;
}

/* --- one after the other ------------------------------------------------------------------- */

/* The connection that was kept ended before anything of the answer came over it. */
static int
was_stale(const struct exchange *exchange)
{
	return exchange->ending == ENDED_PEER && exchange->conn.received == 0 &&
	    (exchange->error == -FCGI_E_CLOSED || exchange->error == -FCGI_E_SYSTEM);
}

static void
note_reconnection(struct session *session)
{
	if (session->trace_file.trace != NULL)
		trace_note(session->trace_file.trace,
		    "the application has closed the connection: connecting again");
}

/* Returns as open_connection(). */
static int
exchange_once(struct session *session)
{
	struct exchange *exchange = session->exchange;
	int64_t start_ns = clock_now_ns();
	int r = 0;

	if (session->is_connected && exchange_is_kept(exchange)) {
		exchange->times = (struct exchange_times){ .start_ns = start_ns };
		set_abort_alarm(session);
		exchange_run(exchange, &session->request);
		if (!was_stale(exchange))
			return 0;
	}
	/* Only then: a connection that never was has the number of standard input. */
	if (session->is_connected) {
		note_reconnection(session);
		exchange_close(exchange);
	}
	r = open_connection(session);
	if (r == 0) {
		set_abort_alarm(session);
		exchange_run(exchange, &session->request);
	}
	return r;
}

static int
run_repeat(struct session *session)
{
	const struct options *options = session->options;
	struct exchange *exchange = session->exchange;
	int status = 0, r;
	long long i;

	for (i = 0; i < options->repeat && status == 0; i++) {
		if (i > 0)
			set_deadline(session);
		if (options->repeat > 1) {
			snprintf(session->which, sizeof session->which, "request %lld of %lld", i + 1,
			    options->repeat);
			exchange->which = session->which;
		}
		r = exchange_once(session);
		session->is_connected = r == 0 && i + 1 < options->repeat &&
		    (options->flags & FCGI_KEEP_CONN);
		/* At once: many applications serve nobody else until we have gone. */
		if (!session->is_connected)
			exchange_close(exchange);
		status = r > 0 ? r : verdict_tell(exchange);
	}
	exchange_close(exchange);
	return status;
}

/* --- several at a time --------------------------------------------------------------------- */

static void
begin_requests(struct session *session, struct multiplex *multiplex, struct sender *senders)
{
	const struct options *options = session->options;
	struct exchange *exchange = session->exchange;
	int i, count = (int)options->multiplex;

	set_abort_alarm(session);
	exchange_begin(exchange, &session->request);
	for (i = 0; i < count; i++)
		sender_init(&senders[i], &session->request, (uint16_t)(options->request_id + i));
	exchange->multiplex = multiplex;
	exchange->senders = senders;
	exchange->sender_count = count;
}

static int
tell(struct session *session, const struct multiplex *multiplex)
{
	snprintf(session->which, sizeof session->which, "request id %u",
	    multiplex->first_id + (unsigned)multiplex->turn);
	session->exchange->which = session->which;
	return verdict_tell(session->exchange);
}

/* Whether the next answer can be written, and told of, if there is one. */
static int
is_writable(const struct exchange *exchange)
{
	if (ferror(stdout))
		return 0;
	return exchange->ending == ENDED_COMPLETE || exchange->ending == ENDED_PEER ||
	    exchange->ending == ENDED_ABORTED;
}

/* Passes the answers on, in the order of their ids.  Returns the first status that is not 0. */
static int
pass_answers(struct session *session, struct multiplex *multiplex)
{
	struct exchange *exchange = session->exchange;
	int status, told, cut, unanswered = 0;
	struct waiting *waiting;

	exchange_finish(exchange);
	status = tell(session, multiplex);
	cut = exchange->ending != ENDED_COMPLETE;
	while (is_writable(exchange) && (waiting = multiplex_next(multiplex)) != NULL) {
		if (cut && !waiting->reply.ended) {
			unanswered++;
			continue;
		}
		if (exchange_next(exchange, waiting))
			exchange_finish(exchange);
		cut |= exchange->ending != ENDED_COMPLETE;
		if (multiplex->turn + 1 == multiplex->count)
			exchange_close(exchange);
		told = tell(session, multiplex);
		status = status != 0 ? status : told;
	}
	if (unanswered > 0 && status != 0)
		cli_error(&session->options->cli, "%d more of the %d requests got no answer",
		    unanswered, multiplex->count);
	return status;
}

static int
run_multiplex(struct session *session)
{
	const struct options *options = session->options;
	struct sender *senders = calloc((size_t)options->multiplex, sizeof *senders);
	struct exchange *exchange = session->exchange;
	struct multiplex multiplex;
	int status;

	if (senders == NULL ||
	    multiplex_init(&multiplex, options->request_id, (int)options->multiplex) < 0)
		cli_die(&options->cli, 1, "out of memory");
	status = open_connection(session);
	if (status == 0) {
		begin_requests(session, &multiplex, senders);
		status = pass_answers(session, &multiplex);
	} else if (status < 0) {
		status = verdict_tell(exchange);
	}
	exchange_close(exchange);
	multiplex_reset(&multiplex);
	free(senders);
	return status;
}

int
session_run(struct options *options, const struct addr *addr)
{
	struct session session = { .options = options, .addr = addr };
	int status;

	prepare(&session);
	status = options->multiplex > 1 ? run_multiplex(&session) : run_repeat(&session);
	return finish(&session, status);
}
