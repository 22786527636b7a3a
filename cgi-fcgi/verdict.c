#include "verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "interrupt.h"
#include "peer_fault.h"
#include "report.h"
#include "spool.h"

enum { REASON_SIZE = 400 };

/* The application's error output may have ended without a newline: ours begins a line. */
static void
begin_line(const struct exchange *exchange)
{
	if (exchange->output.err.midline)
		fputc('\n', stderr);
}

static void __attribute__((format(printf, 2, 3)))
fail(struct exchange *exchange, const char *format, ...)
{
	const char *which = exchange->which;
	char *text = exchange->failure;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof exchange->failure, format, arguments);
	va_end(arguments);
	begin_line(exchange);
	exchange->output.err.midline = 0;
	cli_error(&exchange->options->cli, "%s%s%s", which != NULL ? which : "",
	    which != NULL ? ": " : "", text);
}

static void __attribute__((format(printf, 2, 3)))
warn(struct exchange *exchange, const char *format, ...)
{
	char text[EXCHANGE_FAILURE_SIZE];
	va_list arguments;

	if (exchange->options->cli.quiet)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	begin_line(exchange);
	exchange->output.err.midline = 0;
	cli_warn(&exchange->options->cli, "%s", text);
}

static int
is_timeout(const struct exchange *exchange)
{
	return exchange->error == -FCGI_E_TIMEOUT;
}

/* The time that has run out. */
static const char *
format_limit(char *dst, size_t size, const struct exchange *exchange)
{
	const struct options *options = exchange->options;
	int64_t ns = options->time.timeout_ns;

	switch (exchange->limit) {
	case LIMIT_CONNECT:
		ns = options->time.connect_timeout_ns;
		break;
	case LIMIT_WAIT:
		ns = options->wait_timeout_ns;
		break;
	case LIMIT_FIRST_BYTE:
		ns = options->first_byte_timeout_ns;
		break;
	case LIMIT_IDLE:
		ns = options->idle_timeout_ns;
		break;
	case LIMIT_ABORT:
		ns = options->abort_after_ns;
		break;
	default:
		break;
	}
	return clock_format_duration(dst, size, ns);
}

/* What did not come in that time. */
static const char *
name_limit(const struct exchange *exchange)
{
	switch (exchange->limit) {
	case LIMIT_FIRST_BYTE:
		return "no STDOUT";
	case LIMIT_IDLE:
		return "nothing moved";
	default:
		return "no END_REQUEST";
	}
}

/* --- not connected ------------------------------------------------------------------------- */

static int
tell_connect(struct exchange *exchange)
{
	const char *name = exchange->options->connect;
	const struct conn *conn = &exchange->conn;
	char why[REASON_SIZE] = "", duration[32];

	/* The words up to the name are the devkit's, and scripts look for them. */
	if (is_timeout(exchange)) {
		if (conn->state == CONN_RETRY)
			snprintf(why, sizeof why, ": its queue of connections is full");
		else if (conn->error != 0)
			snprintf(why, sizeof why, ": %s", strerror(conn->error));
		fail(exchange, "Could not connect to %s: timed out after %s%s", name,
		    format_limit(duration, sizeof duration, exchange), why);
		return ETIMEDOUT;
	}
	addr_explain_connect(why, sizeof why, &conn->peer, conn->error);
	fail(exchange, "Could not connect to %s: %s%s%s%s", name, strerror(conn->error),
	    *why != '\0' ? " (" : "", why, *why != '\0' ? ")" : "");
	return conn->error;
}

static int
tell_resolve(struct exchange *exchange)
{
	fail(exchange, "Could not connect to %s: %s", exchange->options->connect,
	    exchange->gai_error != 0 ? gai_strerror(exchange->gai_error)
				     : fcgi_strerror(exchange->error));
	return EXIT_RESOLVE;
}

/* --- the peer's fault ---------------------------------------------------------------------- */

static int
tell_peer(struct exchange *exchange)
{
	char reason[REASON_SIZE], progress[PEER_FAULT_SIZE], duration[32];
	int status = ETIMEDOUT;

	if (exchange->error == -FCGI_E_TIMEOUT)
		snprintf(reason, sizeof reason, "timed out after %s: %s (%s)",
		    format_limit(duration, sizeof duration, exchange), name_limit(exchange),
		    peer_fault_progress(progress, sizeof progress, exchange));
	else
		status = peer_fault_describe(reason, sizeof reason, exchange);
	fail(exchange, "%s: %s", exchange->options->connect, reason);
	return status;
}

/* --- answered ------------------------------------------------------------------------------ */

static int
tell_refused(struct exchange *exchange)
{
	static const char *const meaning[] = {
		[FCGI_CANT_MPX_CONN] = "it takes one request per connection",
		[FCGI_OVERLOADED] = "it is out of some resource",
		[FCGI_UNKNOWN_ROLE] = "it does not know the role",
	};
	uint8_t status = exchange->reply.end.protocol_status;
	const char *name = fcgi_protocol_status_name(status);

	if (name != NULL)
		fail(exchange, "%s: the application refuses with %s: %s",
		    exchange->options->connect, name, meaning[status]);
	else
		fail(exchange,
		    "%s: END_REQUEST has protocolStatus %u, which FastCGI does not define",
		    exchange->options->connect, status);
	return EXIT_PROTOCOL_STATUS;
}

/* An application ignores what it needs only when it is PHP's way: then say what it lacks. */
static void
warn_of_php_variables(struct exchange *exchange)
{
	static const char *const needed[] = { "REQUEST_METHOD", "SCRIPT_FILENAME" };
	const struct options *options = exchange->options;
	struct cgi_header header;
	size_t i;

	/* Of a capture the variables are not known. */
	if (options->tool != TOOL_NONE || exchange->output.header_result != 1 ||
	    !cgi_response_find(&exchange->output.header, "X-Powered-By", &header) ||
	    header.value_len < 3 || memcmp(header.value, "PHP", 3) != 0)
		return;
	for (i = 0; i < sizeof needed / sizeof *needed; i++)
		if (params_get(&options->params, needed[i]) == NULL)
			warn(exchange, "%s is not set, and PHP answers nothing useful "
			    "without it", needed[i]);
}

/* Standard input is the same for all requests, so this is told once. */
static void
warn_of_ignored_input(struct exchange *exchange)
{
	const struct options *options = exchange->options;
	const char *length = params_get(&options->params, "CONTENT_LENGTH");
	/* nginx sends an empty one when there is no body. */
	int no_length = length == NULL || *length == '\0';

	if (exchange->input_told || options->http.data != NULL || options->no_stdin ||
	    options->stream || (!no_length && options->content_length < 0) || !body_stdin_ignored())
		return;
	exchange->input_told = 1;
	if (no_length)
		warn(exchange, "standard input was not sent: CONTENT_LENGTH is %s (-d - sets it)",
		    length == NULL ? "not set" : "empty");
	else
		warn(exchange, "standard input was not sent: --content-length does not ask for "
		    "that (-d - does)");
}

static void
warn_of_input(struct exchange *exchange)
{
	const char *data = exchange->options->http.data;

	if (exchange->input_missing > 0 && data != NULL && strcmp(data, "-") != 0)
		warn(exchange, "-d %s ended %" PRIu64 " bytes before the length that it had",
		    data, exchange->input_missing);
	else if (exchange->input_missing > 0)
		warn(exchange,
		    "standard input ended %" PRIu64 " bytes before CONTENT_LENGTH was reached",
		    exchange->input_missing);
	warn_of_ignored_input(exchange);
}

static void
warn_of_foreign(struct exchange *exchange)
{
	const struct fcgi_request *reply = &exchange->reply;
	const struct fcgi_record *first = &reply->first_foreign;

	if (reply->foreign > 0)
		warn(exchange,
		    "%s: skipped %" PRIu64 " record%s that %s no part of the answer, the first of "
		    "type %u and request id %u",
		    exchange->options->connect, reply->foreign, reply->foreign == 1 ? "" : "s",
		    reply->foreign == 1 ? "is" : "are", first->type, first->request_id);
}

static const char *
describe_header(const struct exchange *exchange)
{
	int result = exchange->output.header_result;

	if (result == -FCGI_E_SPACE)
		return "it is larger than 65536 bytes";
	return fcgi_strerror(result == -FCGI_E_MORE ? FCGI_E_NO_HEADER : result);
}

/* --fail: what that server's user would take for a failure. */
static int
tell_seen_failure(struct exchange *exchange)
{
	const struct seen_by *seen = exchange->output.seen;
	const char *name = exchange->options->connect, *server = exchange->options->seen_by;

	if (seen->redirect.value_len > 0 || (!seen->cut && seen->status > 0 && seen->status < 400))
		return 0;
	if (!seen->has_head)
		fail(exchange, "%s: no answer as seen by %s", name, server);
	else
		fail(exchange, "%s: HTTP status %d%s as seen by %s", name, seen->status,
		    seen->cut ? ", and a body that is cut," : "", server);
	return EXIT_FAIL;
}

/* --fail: what a web server's client would take for a failure. */
static int
tell_failure(struct exchange *exchange)
{
	const struct output *output = &exchange->output;
	const char *name = exchange->options->connect;

	if (output->seen != NULL)
		return tell_seen_failure(exchange);
	if (output->header_result == 1 && output->header.status < 400)
		return 0;
	if (output->header_result == 1)
		fail(exchange, "%s: HTTP status %d", name, output->header.status);
	else if (exchange->reply.stdout_len == 0)
		fail(exchange, "%s: the answer is empty", name);
	else
		fail(exchange, "%s: the answer has no CGI header block: %s", name,
		    describe_header(exchange));
	return EXIT_FAIL;
}

/* Why a web server answers with something else than the application did. */
static void
warn_of_seen(struct exchange *exchange)
{
	const struct seen_by *seen = exchange->output.seen;
	const char *server = exchange->options->seen_by;

	if (seen == NULL || seen->why == NULL)
		return;
	if (seen->redirect.value_len > 0)
		warn(exchange, "%s would ask itself for %.*s in place of this answer", server,
		    (int)seen->redirect.value_len, seen->redirect.value);
	else if (!seen->has_head)
		warn(exchange, "%s would not answer at all: %s", server, seen->why);
	else if (seen->own_page)
		warn(exchange, "%s would answer with an error page of its own: %s", server,
		    seen->why);
	else
		warn(exchange, "as seen by %s%s: %s", server, seen->cut ? " the body is cut" : "",
		    seen->why);
}

/* What was asked for cannot be told without a header block. */
static void
warn_of_header(struct exchange *exchange)
{
	const struct options *options = exchange->options;
	const struct output *output = &exchange->output;

	if (output->seen != NULL || output->header_result == 1 || options->fail ||
	    (options->parts == OUTPUT_ALL && !options->status_line && options->header_file == NULL))
		return;
	if (exchange->reply.stdout_len == 0)
		warn(exchange, "%s: the answer is empty", options->connect);
	else
		warn(exchange, "%s: the answer has no CGI header block: %s", options->connect,
		    describe_header(exchange));
}

static int
tell_stderr(struct exchange *exchange)
{
	uint64_t len = exchange->reply.stderr_len;

	fail(exchange, "%s: there was error output, %" PRIu64 " byte%s", exchange->options->connect,
	    len, len == 1 ? "" : "s");
	return EXIT_FAIL_STDERR;
}

/* Where the answer, or what became of it, could not be written to. */
static int
tell_output(struct exchange *exchange)
{
	const struct output *output = &exchange->output;
	const char *name = output->error_name != NULL ? output->error_name : "standard output";
	char duration[32];

	if (output->error == ETIMEDOUT)
		fail(exchange, "timed out after %s: %s takes no more",
		    format_limit(duration, sizeof duration, exchange), name);
	else
		fail(exchange, "%s: %s", name, strerror(output->error));
	return output->error;
}

static int
tell_complete(struct exchange *exchange)
{
	const struct options *options = exchange->options;
	uint32_t app_status = exchange->reply.end.app_status;
	int status = 0;

	if (exchange->output.error != 0)
		return tell_output(exchange);
	if (exchange->reply.end.protocol_status != FCGI_REQUEST_COMPLETE)
		return tell_refused(exchange);
	warn_of_foreign(exchange);
	warn_of_php_variables(exchange);
	warn_of_header(exchange);
	/* exit(2) keeps 8 bits: what would vanish there must not look like success. */
	if (app_status != 0 && exchange->which != NULL)
		fail(exchange, "the application's status is %" PRIu32, app_status);
	if (app_status != 0)
		return (app_status & 255) != 0 ? (int)(app_status & 255) : 1;
	if (options->fail)
		status = tell_failure(exchange);
	if (status == 0 && options->fail_stderr && exchange->reply.stderr_len > 0)
		status = tell_stderr(exchange);
	return status;
}

/* What was asked for is no failure, unless the application was not told. */
static int
tell_aborted(struct exchange *exchange)
{
	char progress[PEER_FAULT_SIZE], duration[32];

	if (exchange->abort_sent)
		return 0;
	fail(exchange, "%s: after %s ABORT_REQUEST could not be sent: the application does not take "
	    "what was sent before (%s)", exchange->options->connect,
	    format_limit(duration, sizeof duration, exchange),
	    peer_fault_progress(progress, sizeof progress, exchange));
	return ETIMEDOUT;
}

static int
tell_ending(struct exchange *exchange)
{
	switch (exchange->ending) {
	case ENDED_RESOLVE:
		return tell_resolve(exchange);
	case ENDED_CONNECT:
		return tell_connect(exchange);
	case ENDED_PEER:
		return tell_peer(exchange);
	case ENDED_OUTPUT:
		return tell_output(exchange);
	case ENDED_INPUT:
		fail(exchange, "standard input: %s", strerror(exchange->input_error));
		return exchange->input_error;
	case ENDED_SIGNAL:
		fail(exchange, "interrupted: %s", strsignal(interrupt_signal()));
		return 128 + interrupt_signal();
	case ENDED_KEEP:
		fail(exchange, "cannot keep an answer in %s: %s", spool_directory(),
		    strerror(exchange->keep_error));
		return exchange->keep_error;
	case ENDED_ABORTED:
		return tell_aborted(exchange);
	default:
		return tell_complete(exchange);
	}
}

int
verdict_tell(struct exchange *exchange)
{
	int status, error;

	exchange->failure[0] = '\0';
	if (exchange->ending != ENDED_RESOLVE && exchange->ending != ENDED_CONNECT)
		warn_of_input(exchange);
	warn_of_seen(exchange);
	status = tell_ending(exchange);
	error = report_write(exchange, status);
	if (error == 0)
		return status;
	/* Unless the answer has met with that already. */
	if (exchange->output.error != error || exchange->output.error_name != NULL)
		fail(exchange, "standard output: %s", strerror(error));
	return status != 0 ? status : error;
}

int
verdict_close(struct exchange *exchange, int status)
{
	int had = exchange->output.error, error = 0;

	output_close(&exchange->output);
	if (had == 0 && exchange->output.error != 0)
		error = tell_output(exchange);
	output_reset(&exchange->output);
	return status != 0 ? status : error;
}
