#include "judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "clock.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fpm_page.h"
#include "verdict.h"

#define BIT(metric) (UINT32_C(1) << (metric))
#define MS CLOCK_NS_PER_MS

enum { UNKNOWN_QUEUE = -1 };

/* What is seen, in short: unless it says more, a complete answer to a request after 2 ms. */
struct scene {
	enum ask ask;
	enum observation_end end;
	int error, gai_error, system_errno;
	int queue_full, waiting;
	const char *what, *denied;
	int64_t took_ms, connected_ms, first_byte_ms;
	int64_t queue, limit;		/* both 0: not known */
	int queue_error, queue_errno;
	uint64_t received;
	const char *output;		/* STDOUT */
	const char *error_output;	/* STDERR */
	int protocol_status;
	uint32_t app_status;
	const char *page;		/* the output is a header block and this status page */
	const char *script;
	const char *max_conns, *mpxs_conns;
};

struct wish {
	const char *warning, *critical;	/* "METRIC=RANGE" */
	const char *critical_too;
	int if_known, growth;
	const char *body, *header;
	const char *status;	/* of --expect-status */
	enum state error_output, app_status;
	int alive;
	int is_busy_set;
	enum state busy;
	int64_t max_children;
};

struct row {
	struct scene scene;
	struct wish wish;
	enum state state;
	const char *cause;
	const char *text;
};

static struct observation seen;	/* large */

static void
take_output(const char *output)
{
	const unsigned char *p = (const unsigned char *)output, *end = p + strlen(output);

	cgi_response_init(&seen.header, seen.header_block, sizeof seen.header_block);
	seen.stdout_len = strlen(output);
	seen.header_result = cgi_response_feed(&seen.header, &p, end);
	if (seen.header_result == -FCGI_E_MORE)
		seen.header_result = -FCGI_E_NO_HEADER;
	seen.body_len = (size_t)(end - p);
	memcpy(seen.body, p, seen.body_len);
}

static void
take_page(const char *page)
{
	struct fpm_reader reader;

	take_output("Content-Type: text/plain\r\n\r\n");
	seen.stdout_len += strlen(page);
	fpm_reader_init(&reader, &seen.fpm, "/status");
	fpm_reader_feed(&reader, page, strlen(page));
	assert_int_equal(fpm_reader_end(&reader), 0);
	seen.has_fpm = 1;
}

static void
look(const struct scene *scene)
{
	memset(&seen, 0, sizeof seen);
	seen.name = "app.sock";
	seen.ask = scene->ask;
	seen.end = scene->end;
	seen.error = scene->error;
	seen.gai_error = scene->gai_error;
	seen.system_errno = scene->system_errno;
	seen.queue_full = scene->queue_full;
	seen.waiting = scene->waiting;
	if (scene->what != NULL)
		snprintf(seen.what, sizeof seen.what, "%s", scene->what);
	if (scene->denied != NULL)
		snprintf(seen.denied, sizeof seen.denied, "%s", scene->denied);
	if (scene->error_output != NULL) {
		snprintf(seen.stderr_line, sizeof seen.stderr_line, "%s", scene->error_output);
		seen.stderr_len = strlen(scene->error_output);
	}
	seen.start_ns = CLOCK_NS_PER_S;
	seen.end_ns = seen.start_ns + (scene->took_ms > 0 ? scene->took_ms : 2) * MS;
	if (scene->connected_ms > 0)
		seen.connected_ns = seen.start_ns + scene->connected_ms * MS;
	if (scene->first_byte_ms > 0)
		seen.first_byte_ns = seen.start_ns + scene->first_byte_ms * MS;
	seen.received = scene->received;
	seen.queue = QUEUE_UNKNOWN;
	if (scene->queue != 0 || scene->limit != 0) {
		seen.queue.len = scene->queue;
		seen.queue.limit = scene->limit;
	}
	seen.queue_error = scene->queue_error;
	seen.queue_errno = scene->queue_errno;
	seen.script = scene->script;
	seen.has_request_end = scene->end == OBSERVED_ANSWER && scene->ask <= ASK_FPM_STATUS;
	seen.request_end.protocol_status = (uint8_t)scene->protocol_status;
	seen.request_end.app_status = scene->app_status;
	if (scene->output != NULL)
		take_output(scene->output);
	if (scene->page != NULL)
		take_page(scene->page);
	if (scene->max_conns != NULL)
		snprintf(seen.values.max_conns, sizeof seen.values.max_conns, "%s",
		    scene->max_conns);
	if (scene->mpxs_conns != NULL)
		snprintf(seen.values.mpxs_conns, sizeof seen.values.mpxs_conns, "%s",
		    scene->mpxs_conns);
}

static void
set_threshold(uint32_t *has, struct range *ranges, const char *text)
{
	const char *equals;
	int metric;

	if (text == NULL)
		return;
	equals = strchr(text, '=');
	metric = metric_find(text, (size_t)(equals - text));
	assert_true(metric >= 0);
	assert_int_equal(metric_parse_range(&ranges[metric], (enum metric)metric, equals + 1), 0);
	*has |= BIT(metric);
}

static void
settle(struct judge_policy *policy, const struct wish *wish)
{
	judge_policy_init(policy);
	policy->timeout_ns = 5 * CLOCK_NS_PER_S;
	set_threshold(&policy->has_warning, policy->warning, wish->warning);
	set_threshold(&policy->has_critical, policy->critical, wish->critical);
	set_threshold(&policy->has_critical, policy->critical, wish->critical_too);
	if (wish->if_known)
		policy->if_known = policy->has_critical | policy->has_warning;
	policy->growth = wish->growth;
	policy->expect_body = wish->body;
	policy->expect_header = wish->header;
	if (wish->status != NULL)
		assert_int_equal(http_status_set_parse(&policy->expect_status, wish->status), 0);
	policy->error_output = wish->error_output;
	policy->app_status = wish->app_status;
	policy->alive = wish->alive;
	if (wish->is_busy_set)
		policy->busy = wish->busy;
}

static void
check(const struct row *rows, size_t count)
{
	struct judgement judgement;
	struct judge_policy policy;
	struct metrics metrics;
	size_t i;

	for (i = 0; i < count; i++) {
		look(&rows[i].scene);
		settle(&policy, &rows[i].wish);
		metrics_take(&metrics, &seen,
		    &(struct metric_context){ .max_children = rows[i].wish.max_children });
		judge(&judgement, &policy, &seen, &metrics);
		assert_string_equal(judgement.text, rows[i].text);
		assert_string_equal(judgement.cause, rows[i].cause);
		assert_int_equal(judgement.state, rows[i].state);
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof *(rows))

#define HELLO "Content-Type: text/plain\r\n\r\nhello\n"
#define STATUS(status) "Status: " status "\r\nContent-Type: text/plain\r\n\r\nbody\n"

#define TIMED_OUT .end = OBSERVED_TIMEOUT, .took_ms = 900
#define UNCONNECTED .end = OBSERVED_CONNECT_TIMEOUT, .took_ms = 900

static void
no_connection(void **state)
{
	static const struct row rows[] = {
		{ { .end = OBSERVED_CONNECT, .system_errno = ECONNREFUSED }, { 0 },
		    STATE_CRITICAL, "refused", "nobody listens there" },
		{ { .end = OBSERVED_CONNECT, .system_errno = ENOENT }, { 0 },
		    STATE_CRITICAL, "missing", "there is no such socket" },
		{ { .end = OBSERVED_CONNECT, .system_errno = ENOTDIR }, { 0 },
		    STATE_CRITICAL, "missing", "there is no such socket" },
		{ { .end = OBSERVED_CONNECT, .system_errno = EACCES,
		      .denied = "socket is www-data:www-data 0660, we are uid 1000" }, { 0 },
		    STATE_UNKNOWN, "denied",
		    "Permission denied: socket is www-data:www-data 0660, we are uid 1000" },
		{ { .end = OBSERVED_CONNECT, .system_errno = EPERM }, { 0 },
		    STATE_UNKNOWN, "denied", "Operation not permitted" },
		{ { .end = OBSERVED_RESOLVE, .gai_error = EAI_NONAME }, { 0 },
		    STATE_UNKNOWN, "resolve",
		        "the name has no address: Name or service not known" },
		{ { .end = OBSERVED_RESOLVE, .gai_error = EAI_SYSTEM, .system_errno = EMFILE },
		    { 0 },
		    STATE_UNKNOWN, "resolve", "the name has no address: Too many open files" },
		{ { .end = OBSERVED_RESOLVE, .error = -FCGI_E_TIMEOUT, .took_ms = 900 }, { 0 },
		    STATE_UNKNOWN, "resolve", "name not resolved within 0.9 s" },
		{ { .end = OBSERVED_CONNECT, .system_errno = EAGAIN, .queue = 8, .limit = 7 },
		    { 0 },
		    STATE_CRITICAL, "queue-full", "turned away, 8 of 7 waiting" },
		{ { .end = OBSERVED_CONNECT, .system_errno = EAGAIN }, { 0 },
		    STATE_CRITICAL, "queue-full", "turned away" },
		{ { .end = OBSERVED_CONNECT_TIMEOUT, .queue_full = 1, .took_ms = 900, .queue = 8,
		      .limit = 7 }, { 0 },
		    STATE_CRITICAL, "queue-full", "turned away, 8 of 7 waiting" },
		/* TCP: the SYN is dropped. */
		{ { UNCONNECTED, .queue = 8, .limit = 7 }, { 0 },
		    STATE_CRITICAL, "queue-full", "turned away, 8 of 7 waiting" },
		{ { UNCONNECTED, .queue = 7, .limit = 7 }, { 0 },
		    STATE_CRITICAL, "no-answer", "not connected within 0.9 s" },
		{ { UNCONNECTED }, { 0 },
		    STATE_CRITICAL, "no-answer", "not connected within 0.9 s" },
		{ { UNCONNECTED, .queue = 8, .limit = -1 }, { 0 },
		    STATE_CRITICAL, "no-answer", "not connected within 0.9 s" },
		{ { .end = OBSERVED_CONNECT, .system_errno = EHOSTUNREACH }, { 0 },
		    STATE_CRITICAL, "no-answer", "No route to host" },
		{ { .end = OBSERVED_CONNECT, .system_errno = ETIMEDOUT }, { 0 },
		    STATE_CRITICAL, "no-answer", "Connection timed out" },
		{ { .end = OBSERVED_CONNECT, .system_errno = ECONNRESET }, { 0 },
		    STATE_CRITICAL, "closed", "reset before the connection was there" },
		{ { .end = OBSERVED_CONNECT, .system_errno = EPROTOTYPE }, { 0 },
		    STATE_CRITICAL, "protocol", "the socket is not of the stream kind" },
		/* Ours, not the application's: nothing is known of it. */
		{ { .end = OBSERVED_CONNECT, .system_errno = ENOMEM }, { 0 },
		    STATE_UNKNOWN, "internal", "cannot connect: Cannot allocate memory" },
		{ { .end = OBSERVED_INTERNAL, .system_errno = EMFILE }, { 0 },
		    STATE_UNKNOWN, "internal", "cannot ask: Too many open files" },
	};

	(void)state;
	CHECK(rows);
}

static void
no_answer_in_time(void **state)
{
	static const struct row rows[] = {
		{ { TIMED_OUT, .waiting = 1, .queue = 7, .limit = 128 },
		    { 0 }, STATE_CRITICAL, "busy", "not accepted within 0.9 s, 7 of 128 waiting" },
		{ { TIMED_OUT, .waiting = 1 },
		    { 0 }, STATE_CRITICAL, "busy", "not accepted within 0.9 s" },
		/* We meant to wait for 5 s, whatever the clock says. */
		{ { .end = OBSERVED_TIMEOUT, .took_ms = 5017, .waiting = 1, .queue = 7,
		    .limit = -1 },
		    { 0 }, STATE_CRITICAL, "busy", "not accepted within 5 s, 7 waiting" },
		/* The kernel says nothing of our connection, but of the queue. */
		{ { TIMED_OUT, .waiting = -1, .queue = 7, .limit = 128 },
		    { 0 }, STATE_CRITICAL, "busy", "not accepted within 0.9 s, 7 of 128 waiting" },
		{ { TIMED_OUT, .waiting = -1, .queue = 0, .limit = 128 },
		    { 0 }, STATE_CRITICAL, "no-answer", "no answer within 0.9 s" },
		/* Others wait, but ours was taken: it is not that. */
		{ { TIMED_OUT, .waiting = 0, .queue = 7, .limit = 128 },
		    { 0 }, STATE_CRITICAL, "no-answer", "accepted, but no answer within 0.9 s" },
		{ { TIMED_OUT, .waiting = -1 },
		    { 0 }, STATE_CRITICAL, "no-answer", "no answer within 0.9 s" },
		/* Who has sent something has accepted it. */
		{ { TIMED_OUT, .waiting = -1, .queue = 7, .limit = 128,
		      .received = 16, .error_output = "hm" },
		    { 0 }, STATE_CRITICAL, "no-answer",
		    "no answer within 0.9 s, 16 bytes received; stderr: hm" },
		{ { TIMED_OUT, .output = HELLO, .received = 99 },
		    { 0 }, STATE_CRITICAL, "slow",
		    "no end of the answer within 0.9 s, 99 bytes received" },
		{ { TIMED_OUT, .waiting = 1, .queue = 7, .limit = 128 },
		    { .is_busy_set = 1, .busy = STATE_WARNING },
		    STATE_WARNING, "busy", "not accepted within 0.9 s, 7 of 128 waiting" },
		{ { TIMED_OUT, .waiting = 1, .queue = 7, .limit = 128 },
		    { .is_busy_set = 1, .busy = STATE_OK, .alive = 1 },
		    STATE_OK, "busy", "not accepted within 0.9 s, 7 of 128 waiting" },
		/* --busy=ok, but somebody wants to know of long queues and times. */
		{ { TIMED_OUT, .waiting = 1, .queue = 70, .limit = 128 },
		    { .is_busy_set = 1, .busy = STATE_OK, .critical = "queue=50" },
		    STATE_CRITICAL, "queue", "70 of 128 waiting, more than 50" },
		{ { TIMED_OUT, .waiting = 1 },
		    { .is_busy_set = 1, .busy = STATE_OK, .warning = "time=500ms",
		        .critical = "queue=50" },
		    STATE_WARNING, "slow", "time 0.9 s, more than 0.5 s" },
	};

	(void)state;
	CHECK(rows);
}

static void
closed_too_early(void **state)
{
	static const struct row rows[] = {
		{ { .end = OBSERVED_CLOSED }, { 0 },
		    STATE_CRITICAL, "closed", "closed before FCGI_END_REQUEST, 0 bytes received" },
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_CLOSED, .received = 1,
		      .output = "Content-" }, { 0 },
		    STATE_CRITICAL, "closed", "closed before FCGI_END_REQUEST, 1 byte received" },
		{ { .end = OBSERVED_CLOSED, .system_errno = ECONNRESET, .received = 4096,
		      .output = HELLO }, { 0 },
		    STATE_CRITICAL, "closed",
		        "reset before FCGI_END_REQUEST, 4096 bytes received" },
		{ { .end = OBSERVED_CLOSED, .system_errno = EPIPE }, { 0 },
		    STATE_CRITICAL, "closed",
		    "Broken pipe before FCGI_END_REQUEST, 0 bytes received" },
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_CLOSED, .output = HELLO,
		      .received = 56 }, { 0 },
		    STATE_WARNING, "truncated",
		    "HTTP 200, but closed before FCGI_END_REQUEST, 56 bytes received" },
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_CLOSED, .received = 56,
		      .output = STATUS("500 Oh No") }, { 0 },
		    STATE_CRITICAL, "http-500", "HTTP 500 Oh No in 2 ms" },
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_CLOSED, .received = 56,
		      .output = HELLO }, { .critical = "size=10", .critical_too = "idle=1:" },
		    STATE_CRITICAL, "size", "34 bytes, more than 10 bytes" },
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_TRUNCATED, .received = 5 }, { 0 },
		    STATE_CRITICAL, "protocol", "closed inside a record, 5 bytes received" },
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_TRUNCATED, .received = 50,
		      .output = HELLO }, { 0 },
		    STATE_CRITICAL, "protocol", "closed inside a record, 50 bytes received" },
		/* The reset is what happened; where in a record is no matter. */
		{ { .end = OBSERVED_CLOSED, .error = -FCGI_E_TRUNCATED, .system_errno = ECONNRESET,
		      .received = 50, .output = HELLO }, { 0 },
		    STATE_CRITICAL, "closed", "reset before FCGI_END_REQUEST, 50 bytes received" },
	};

	(void)state;
	CHECK(rows);
}

static void
other_protocols(void **state)
{
	static const struct row rows[] = {
		{ { .end = OBSERVED_PROTOCOL, .error = -FCGI_E_VERSION,
		      .what = "the peer speaks HTTP, not FastCGI" }, { 0 },
		    STATE_CRITICAL, "protocol", "the peer speaks HTTP, not FastCGI" },
		{ { .end = OBSERVED_PROTOCOL, .error = -FCGI_E_VERSION,
		      .what = "it sent \"\033[2J\n\"" }, { 0 },
		    STATE_CRITICAL, "protocol", "it sent \"\\033[2J\\n\"" },
		{ { .end = OBSERVED_PROTOCOL, .error = -FCGI_E_LENGTH }, { 0 },
		    STATE_CRITICAL, "protocol", "record body has the wrong length" },
	};

	(void)state;
	CHECK(rows);
}

static void
refusals(void **state)
{
	static const struct row rows[] = {
		{ { .protocol_status = FCGI_OVERLOADED }, { 0 }, STATE_CRITICAL, "overloaded",
		    "the application says that it is overloaded" },
		{ { .protocol_status = FCGI_CANT_MPX_CONN }, { 0 }, STATE_CRITICAL, "cant-mpx",
		    "the application takes the only request of a connection for a second one" },
		{ { .protocol_status = FCGI_UNKNOWN_ROLE }, { 0 }, STATE_CRITICAL, "unknown-role",
		    "the application is no responder" },
		{ { .protocol_status = 77, .output = HELLO }, { 0 }, STATE_CRITICAL, "protocol",
		    "FCGI_END_REQUEST with the unknown protocolStatus 77" },
	};

	(void)state;
	CHECK(rows);
}

static void
answers(void **state)
{
	static const struct row rows[] = {
		{ { .output = HELLO }, { 0 }, STATE_OK, "ok", "HTTP 200 in 2 ms" },
		{ { .output = STATUS("302 Found") }, { 0 }, STATE_OK, "ok",
		    "HTTP 302 Found in 2 ms" },
		{ { .output = STATUS("204") }, { 0 }, STATE_OK, "ok", "HTTP 204 in 2 ms" },
		{ { .output = STATUS("100") }, { 0 }, STATE_WARNING, "http-100",
		    "HTTP 100 in 2 ms" },
		{ { .output = STATUS("403 Forbidden"),
		      .error_output = "Access to the script '/srv/a.txt' has been denied "
		          "(see security.limit_extensions)" }, { 0 },
		    STATE_WARNING, "http-403",
		    "HTTP 403 Forbidden in 2 ms; stderr: Access to the script '/srv/a.txt' has "
		    "been "
		    "denied (see security.limit_extensions)" },
		{ { .output = STATUS("404 Not Found"), .error_output = "Primary script unknown",
		      .script = "/srv/x.php" }, { 0 },
		    STATE_WARNING, "http-404",
		    "HTTP 404 Not Found: Primary script unknown: SCRIPT_FILENAME=/srv/x.php, no "
		    "such "
		    "file for PHP?" },
		{ { .output = STATUS("500 Internal Server Error"),
		      .error_output = "PHP message: PHP Fatal error:  oops \r\n" }, { 0 },
		    STATE_CRITICAL, "http-500",
		    "HTTP 500 Internal Server Error in 2 ms; stderr: PHP message: PHP Fatal "
		    "error:  "
		    "oops" },
		{ { .output = STATUS("503 Service Unavailable") }, { 0 }, STATE_CRITICAL,
		    "http-503",
		    "HTTP 503 Service Unavailable in 2 ms" },
		{ { .output = STATUS("599 \033[31m\342\200\256") }, { 0 }, STATE_CRITICAL,
		    "no-header",
		    "malformed CGI header line: the output begins \"Status: 599 \\033\"" },
		{ { .output = STATUS("599 \302\233x") }, { 0 }, STATE_CRITICAL, "http-599",
		    "HTTP 599 \\302\\233x in 2 ms" },
		{ { .output = HELLO, .error_output = "all is \nwell" }, { 0 }, STATE_OK, "ok",
		    "HTTP 200 in 2 ms; stderr: all is \\nwell" },
		{ { .output = HELLO, .app_status = 7 }, { 0 }, STATE_OK, "ok",
		    "HTTP 200 in 2 ms; appStatus 7" },
		{ { .output = HELLO, .app_status = UINT32_MAX, .error_output = "x" }, { 0 },
		    STATE_OK, "ok", "HTTP 200 in 2 ms; appStatus -1; stderr: x" },
		{ { .end = OBSERVED_ENOUGH, .output = HELLO }, { 0 }, STATE_OK, "ok",
		    "HTTP 200 in 2 ms, the end of the body not awaited" },
		{ { .end = OBSERVED_ENOUGH, .output = STATUS("500") }, { 0 }, STATE_CRITICAL,
		    "http-500", "HTTP 500 in 2 ms" },
		{ { 0 }, { 0 }, STATE_CRITICAL, "empty", "FCGI_END_REQUEST without any output" },
		{ { .error_output = "died", .app_status = 3 }, { 0 }, STATE_CRITICAL, "empty",
		    "FCGI_END_REQUEST without any output; appStatus 3; stderr: died" },
		{ { .output = "hello\n" }, { 0 }, STATE_CRITICAL, "no-header",
		    "malformed CGI header line: the output begins \"hello\\n\"" },
		{ { .output = "Content-Type: text/plain\r\n" }, { 0 }, STATE_CRITICAL, "no-header",
		    "output ended before the CGI header block did: the output begins "
		    "\"Content-Type: text/plain\\r\\n\"" },
		{ { .output = "Status: banana\r\n\r\n" }, { 0 }, STATE_CRITICAL, "no-header",
		    "malformed CGI Status header: the output begins \"Status: banana\\r\\n\"" },
	};

	(void)state;
	CHECK(rows);
}

static void
a_header_block_without_end(void **state)
{
	static char output[OBSERVATION_HEADER_MAX + 64] = "X: ";
	const struct row row = { { .end = OBSERVED_ENOUGH, .output = output }, { 0 },
		STATE_CRITICAL, "no-header", "more than 16384 bytes before the body" };

	(void)state;
	memset(output + 3, 'x', sizeof output - 4);
	check(&row, 1);
}

static void
what_is_expected_of_an_answer(void **state)
{
	static const struct row rows[] = {
		{ { .output = STATUS("404") }, { .status = "600,404" }, STATE_OK, "ok",
		    "HTTP 404 in 2 ms" },
		{ { .output = STATUS("404") }, { .status = "400-404" }, STATE_OK, "ok",
		    "HTTP 404 in 2 ms" },
		{ { .output = STATUS("404") }, { .status = "200-299" }, STATE_CRITICAL,
		    "http-404", "HTTP 404 in 2 ms, not as --expect-status says" },
		{ { .output = HELLO }, { .status = "201-299" }, STATE_CRITICAL, "http-200",
		    "HTTP 200 in 2 ms, not as --expect-status says" },
		{ { .output = HELLO }, { .body = "ell" }, STATE_OK, "ok", "HTTP 200 in 2 ms" },
		{ { .output = HELLO }, { .body = "hell\"o\"" }, STATE_CRITICAL, "body",
		    "the body has no \"hell\\\"o\\\"\", it begins \"hello\\n\"" },
		{ { .output = "Status: 200\r\n\r\n" }, { .body = "x" }, STATE_CRITICAL, "body",
		    "the body has no \"x\", it is empty" },
		/* The header block is not the body. */
		{ { .output = HELLO }, { .body = "Content" }, STATE_CRITICAL, "body",
		    "the body has no \"Content\", it begins \"hello\\n\"" },
		{ { .output = HELLO }, { .header = "Content-Type" }, STATE_OK, "ok",
		    "HTTP 200 in 2 ms" },
		{ { .output = HELLO }, { .header = "content-type: plain" }, STATE_OK, "ok",
		    "HTTP 200 in 2 ms" },
		{ { .output = HELLO }, { .header = "Content-Type: html" }, STATE_CRITICAL, "header",
		    "there is no header \"Content-Type: html\"" },
		{ { .output = HELLO }, { .header = "Content" }, STATE_CRITICAL, "header",
		    "there is no header \"Content\"" },
		{ { .output = "A: 1\nA: 2\n\n" }, { .header = "A: 2" }, STATE_OK, "ok",
		    "HTTP 200 in 2 ms" },
		/* The first of equals, the worst of all. */
		{ { .output = STATUS("500") }, { .body = "x", .header = "Y" }, STATE_CRITICAL,
		    "http-500", "HTTP 500 in 2 ms" },
		{ { .output = STATUS("404") }, { .body = "x" }, STATE_CRITICAL, "body",
		    "the body has no \"x\", it begins \"body\\n\"" },
		{ { .output = HELLO, .error_output = "x" }, { .error_output = STATE_WARNING },
		    STATE_WARNING, "stderr", "error output: x" },
		{ { .output = HELLO, .error_output = "x" }, { .error_output = STATE_CRITICAL },
		    STATE_CRITICAL, "stderr", "error output: x" },
		{ { .output = STATUS("404"), .error_output = "x" },
		    { .error_output = STATE_WARNING }, STATE_WARNING, "http-404",
		    "HTTP 404 in 2 ms; stderr: x" },
		{ { .output = HELLO, .app_status = 7 }, { .app_status = STATE_WARNING },
		    STATE_WARNING, "app-status", "appStatus 7" },
		{ { .output = HELLO, .app_status = 7 }, { .app_status = STATE_CRITICAL },
		    STATE_CRITICAL, "app-status", "appStatus 7" },
		{ { .output = HELLO, .app_status = 7, .error_output = "x" },
		    { .app_status = STATE_CRITICAL, .error_output = STATE_WARNING },
		    STATE_CRITICAL, "app-status", "appStatus 7; stderr: x" },
		{ { .output = HELLO }, { .app_status = STATE_CRITICAL,
		      .error_output = STATE_CRITICAL }, STATE_OK, "ok", "HTTP 200 in 2 ms" },
	};

	(void)state;
	CHECK(rows);
}

static void
pings(void **state)
{
	static const struct row rows[] = {
		{ { .ask = ASK_PING, .output = "Content-Type: text/plain\r\n\r\npong" }, { 0 },
		    STATE_OK, "ok", "pong in 2 ms" },
		{ { .ask = ASK_PING, .output = HELLO }, { 0 }, STATE_CRITICAL, "body",
		    "the body is not \"pong\", it begins \"hello\\n\"" },
		{ { .ask = ASK_PING, .output = "A: b\r\n\r\npongs" }, { 0 }, STATE_CRITICAL, "body",
		    "the body is not \"pong\", it begins \"pongs\"" },
		{ { .ask = ASK_PING, .output = "A: b\r\n\r\n" }, { 0 }, STATE_CRITICAL, "body",
		    "the body is not \"pong\", it is empty" },
		/* ping.response may be another. */
		{ { .ask = ASK_PING, .output = HELLO }, { .body = "hello" }, STATE_OK, "ok",
		    "pong in 2 ms" },
		/* What a 404 says is no word on the ping page. */
		{ { .ask = ASK_PING, .output = STATUS("404 Not Found"), .script = "/ping",
		      .error_output = "Primary script unknown" }, { 0 },
		    STATE_WARNING, "http-404",
		    "HTTP 404 Not Found: Primary script unknown: SCRIPT_FILENAME=/ping, no such "
		    "ping.path?" },
		{ { .ask = ASK_PING, .output = STATUS("204") }, { 0 }, STATE_WARNING, "http-204",
		    "HTTP 204 in 2 ms" },
		{ { .ask = ASK_PING, .output = STATUS("404") }, { .body = "pong" }, STATE_CRITICAL,
		    "body", "the body is not \"pong\", it begins \"body\\n\"" },
		{ { .ask = ASK_PING, .output = STATUS("503") }, { 0 }, STATE_CRITICAL, "http-503",
		    "HTTP 503 in 2 ms" },
		{ { .ask = ASK_PING, .end = OBSERVED_TIMEOUT, .waiting = 1, .queue = 1,
		      .limit = 128, .took_ms = 900 }, { 0 },
		    STATE_CRITICAL, "busy", "not accepted within 0.9 s, 1 of 128 waiting" },
	};

	(void)state;
	CHECK(rows);
}

static void
status_pages(void **state)
{
	static const struct row rows[] = {
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE, .queue = 6, .limit = 50 }, { 0 },
		    STATE_OK, "ok", "pool www: 1 of 3 active, 6 of 50 waiting, in 2 ms" },
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE }, { 0 },
		    STATE_OK, "ok", "pool www: 1 of 3 active, 3 of 128 waiting, in 2 ms" },
		{ { .ask = ASK_FPM_STATUS,
		      .page = "pool: \033[31m\nprocess manager: dynamic\nstart since: 1\n"
			      "accepted conn: 1\nidle processes: 1\nactive processes: 2\n"
			      "total processes: 3\n" }, { 0 },
		    STATE_OK, "ok", "pool \\033[31m: 2 of 3 active in 2 ms" },
		/* An old fault: fewer than none are active. */
		{ { .ask = ASK_FPM_STATUS,
		      .page = "pool: www\nprocess manager: dynamic\nstart since: 1\n"
			      "accepted conn: 1\nidle processes: 1\nactive processes: -2\n"
			      "total processes: 3\n" }, { 0 },
		    STATE_OK, "ok", "HTTP 200 in 2 ms" },
		{ { .ask = ASK_FPM_STATUS, .output = HELLO }, { 0 }, STATE_UNKNOWN, "no-status",
		    "HTTP 200, but what came is no status page of php-fpm" },
		{ { .ask = ASK_FPM_STATUS, .output = STATUS("500") }, { 0 }, STATE_UNKNOWN,
		    "http-500", "HTTP 500 in 2 ms" },
		{ { .ask = ASK_FPM_STATUS, .output = STATUS("404 Not Found"), .script = "/status",
		      .error_output = "Primary script unknown" }, { 0 },
		    STATE_UNKNOWN, "http-404",
		    "HTTP 404 Not Found: Primary script unknown: SCRIPT_FILENAME=/status, no such "
		    "pm.status_path?" },
		{ { .ask = ASK_FPM_STATUS, .output = STATUS("302") }, { 0 }, STATE_UNKNOWN,
		    "http-302", "HTTP 302 in 2 ms" },
		/* What is expected of its status does not make it a page. */
		{ { .ask = ASK_FPM_STATUS, .output = STATUS("404") }, { .status = "404" },
		    STATE_UNKNOWN, "no-status",
		    "HTTP 404, but what came is no status page of php-fpm" },
		{ { .ask = ASK_FPM_STATUS }, { 0 }, STATE_CRITICAL, "empty",
		    "FCGI_END_REQUEST without any output" },
		{ { .ask = ASK_FPM_STATUS, .end = OBSERVED_CONNECT, .system_errno = ECONNREFUSED },
		    { .critical = "active=1" }, STATE_CRITICAL, "refused", "nobody listens there" },
	};

	(void)state;
	CHECK(rows);
}

static void
thresholds(void **state)
{
	static const struct row rows[] = {
		{ { .output = HELLO, .took_ms = 2018 }, { .warning = "time=2s" }, STATE_WARNING,
		    "slow", "time 2.02 s, more than 2 s" },
		{ { .output = HELLO, .took_ms = 2018 }, { .warning = "time=1s",
		    .critical = "time=2" },
		    STATE_CRITICAL, "slow", "time 2.02 s, more than 2 s" },
		{ { .output = HELLO, .took_ms = 2000 }, { .critical = "time=2" }, STATE_OK, "ok",
		    "HTTP 200 in 2 s" },
		{ { .output = HELLO, .took_ms = 90, .connected_ms = 50 },
		    { .warning = "connect=20ms" },
		    STATE_WARNING, "slow", "connect 50 ms, more than 20 ms" },
		{ { .output = HELLO, .took_ms = 90, .first_byte_ms = 50 },
		    { .critical = "first_byte=20ms" },
		    STATE_CRITICAL, "slow", "first_byte 50 ms, more than 20 ms" },
		/* Quick, but too quick for somebody. */
		{ { .output = HELLO }, { .warning = "time=1:" }, STATE_WARNING, "time",
		    "2 ms, less than 1 s" },
		{ { .output = HELLO }, { .critical = "size=0:10" }, STATE_CRITICAL, "size",
		    "34 bytes, more than 10 bytes" },
		{ { .output = HELLO }, { .critical = "size=@30:40" }, STATE_CRITICAL, "size",
		    "34 bytes, from 30 bytes to 40 bytes" },
		{ { .output = HELLO }, { .critical = "size=@~:40" }, STATE_CRITICAL, "size",
		    "34 bytes, not more than 40 bytes" },
		{ { .output = HELLO }, { .critical = "size=@30:" }, STATE_CRITICAL, "size",
		    "34 bytes, not less than 30 bytes" },
		{ { .output = HELLO, .queue = 25, .limit = 128 }, { .critical = "queue=20" },
		    STATE_CRITICAL, "queue", "25 of 128 waiting, more than 20" },
		{ { .output = HELLO, .queue = 96, .limit = 128 }, { .critical = "queue_pct=70%" },
		    STATE_CRITICAL, "queue_pct", "75%, 96 of 128 waiting, more than 70%" },
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE }, { .critical = "saturation=30%" },
		    STATE_CRITICAL, "saturation", "33.33%, more than 30%" },
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE },
		    { .critical = "saturation=30%", .max_children = 10 }, STATE_OK, "ok",
		    "pool www: 1 of 3 active, 3 of 128 waiting, in 2 ms" },
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE }, { .warning = "idle=3:" },
		    STATE_WARNING, "idle", "2, less than 3" },
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE },
		    { .critical = "longest_request=200ms" }, STATE_CRITICAL, "longest_request",
		    "0.205 s, more than 0.2 s: GET /report.php, script /srv/report.php, pid 1525" },
		/* The worst, and of equals the first. */
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE },
		    { .warning = "queue=0", .critical = "idle=3:", .critical_too = "active=0" },
		    STATE_CRITICAL, "idle", "2, less than 3" },
		{ { .output = STATUS("404") }, { .warning = "time=1ms" }, STATE_WARNING, "http-404",
		    "HTTP 404 in 2 ms" },
		{ { .output = STATUS("404") }, { .critical = "time=1ms" }, STATE_CRITICAL, "slow",
		    "time 2 ms, more than 1 ms" },
		{ { .output = STATUS("500") }, { .critical = "time=1ms" }, STATE_CRITICAL,
		    "http-500", "HTTP 500 in 2 ms" },
	};

	(void)state;
	CHECK(rows);
}

/* A threshold that cannot be judged must not pass for one that is kept. */
static void
thresholds_on_what_is_not_known(void **state)
{
	static const struct row rows[] = {
		{ { .output = HELLO }, { .critical = "idle=1:" }, STATE_UNKNOWN, "idle",
		    "not known" },
		{ { .output = HELLO }, { .warning = "idle=1:" }, STATE_UNKNOWN, "idle",
		    "not known" },
		{ { .output = HELLO, .queue_error = -FCGI_E_ELSEWHERE }, { .critical = "queue=20" },
		    STATE_UNKNOWN, "queue",
		    "not known: no such listener in this network namespace" },
		{ { .output = HELLO, .queue_error = -FCGI_E_SYSTEM, .queue_errno = EACCES },
		    { .critical = "queue_pct=20" }, STATE_UNKNOWN, "queue_pct",
		    "not known: Permission denied" },
		{ { .ask = ASK_FPM_STATUS,
		      .page = "pool: www\nprocess manager: dynamic\nstart since: 1\n"
			      "accepted conn: 1\nidle processes: 1\nactive processes: 2\n"
			      "total processes: 3\n" }, { .critical = "saturation=90%" },
		    STATE_UNKNOWN, "saturation",
		    "not known: the pool is not static, --max-children is missing" },
		/* Known or not, something worse is. */
		{ { .output = STATUS("500") }, { .critical = "idle=1:" }, STATE_CRITICAL,
		    "http-500",
		    "HTTP 500 in 2 ms" },
		{ { .output = HELLO, .queue = 30, .limit = 128 },
		    { .critical = "queue=20", .warning = "idle=1:" }, STATE_CRITICAL, "queue",
		    "30 of 128 waiting, more than 20" },
		/* But worse than a warning. */
		{ { .output = STATUS("404") }, { .critical = "idle=1:" }, STATE_UNKNOWN, "idle",
		    "not known" },
		/* Nobody was asked: it is no wonder. */
		{ { .end = OBSERVED_TIMEOUT, .waiting = 1, .took_ms = 900 },
		    { .critical = "first_byte=1", .is_busy_set = 1, .busy = STATE_WARNING },
		    STATE_WARNING, "busy", "not accepted within 0.9 s" },
		/* --readiness */
		{ { .output = HELLO }, { .critical = "queue_pct=80", .if_known = 1 }, STATE_OK,
		    "ok",
		    "HTTP 200 in 2 ms" },
		{ { .output = HELLO, .queue = 103, .limit = 128 },
		    { .critical = "queue_pct=80", .if_known = 1 }, STATE_CRITICAL, "queue_pct",
		    "80.47%, 103 of 128 waiting, more than 80%" },
		/* Growth is known from the second time on. */
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE },
		    { .critical = "slow_requests=0", .growth = 1 }, STATE_OK, "ok",
		    "pool www: 1 of 3 active, 3 of 128 waiting, in 2 ms" },
		{ { .ask = ASK_FPM_STATUS, .page = FPM_PAGE },
		    { .critical = "slow_requests=0" }, STATE_CRITICAL, "slow_requests",
		    "5, more than 0" },
		{ { .output = HELLO }, { .critical = "slow_requests=0", .growth = 1 },
		    STATE_UNKNOWN,
		    "slow_requests", "not known" },
	};

	(void)state;
	CHECK(rows);
}

static void
growth_of_counters(void **state)
{
	struct metrics before, metrics;
	struct judgement judgement;
	struct judge_policy policy;

	(void)state;
	look(&(struct scene){ .ask = ASK_FPM_STATUS, .page = FPM_PAGE });
	settle(&policy, &(struct wish){ .critical = "max_children_reached=0", .growth = 1 });
	metrics_take(&metrics, &seen, &(struct metric_context){ 0 });
	before = metrics;
	metrics_compare(&metrics, &before);
	judge(&judgement, &policy, &seen, &metrics);
	assert_int_equal(judgement.state, STATE_OK);
	before.value[METRIC_MAX_CHILDREN_REACHED] = 1;
	metrics_compare(&metrics, &before);
	judge(&judgement, &policy, &seen, &metrics);
	assert_int_equal(judgement.state, STATE_CRITICAL);
	assert_string_equal(judgement.cause, "max_children_reached");
	assert_string_equal(judgement.text, "grew by 3, more than 0");
}

static void
what_is_alive(void **state)
{
	static const struct row rows[] = {
		{ { .output = HELLO }, { .alive = 1 }, STATE_OK, "ok", "HTTP 200 in 2 ms" },
		{ { .output = STATUS("404 Not Found"), .error_output = "Primary script unknown",
		      .script = "/" }, { .alive = 1 },
		    STATE_OK, "ok", "HTTP 404 Not Found in 2 ms; stderr: Primary script unknown" },
		{ { .output = STATUS("403") }, { .alive = 1 }, STATE_OK, "ok", "HTTP 403 in 2 ms" },
		{ { .output = STATUS("499") }, { .alive = 1 }, STATE_OK, "ok", "HTTP 499 in 2 ms" },
		{ { .output = STATUS("500") }, { .alive = 1 }, STATE_CRITICAL, "http-500",
		    "HTTP 500 in 2 ms" },
		{ { .output = STATUS("503") }, { .alive = 1 }, STATE_CRITICAL, "http-503",
		    "HTTP 503 in 2 ms" },
		{ { .ask = ASK_PING, .output = HELLO }, { .alive = 1 }, STATE_OK, "ok",
		    "pong in 2 ms" },
		{ { .ask = ASK_PING, .output = STATUS("404") }, { .alive = 1 }, STATE_OK, "ok",
		    "HTTP 404 in 2 ms" },
		{ { .ask = ASK_FPM_STATUS, .output = STATUS("404") }, { .alive = 1 }, STATE_OK,
		    "ok",
		    "HTTP 404 in 2 ms" },
		{ { .protocol_status = FCGI_OVERLOADED }, { .alive = 1 }, STATE_OK, "overloaded",
		    "the application says that it is overloaded" },
		/* What was asked for explicitly counts all the same. */
		{ { .output = STATUS("404") }, { .alive = 1, .status = "200" },
		    STATE_CRITICAL, "http-404", "HTTP 404 in 2 ms, not as --expect-status says" },
		{ { .output = HELLO }, { .alive = 1, .body = "x" }, STATE_CRITICAL, "body",
		    "the body has no \"x\", it begins \"hello\\n\"" },
		/* The dead. */
		{ { 0 }, { .alive = 1 }, STATE_CRITICAL, "empty",
		    "FCGI_END_REQUEST without any output" },
		{ { .end = OBSERVED_CONNECT, .system_errno = ECONNREFUSED }, { .alive = 1 },
		    STATE_CRITICAL, "refused", "nobody listens there" },
		{ { .end = OBSERVED_TIMEOUT, .waiting = 0, .took_ms = 900 },
		    { .alive = 1, .is_busy_set = 1, .busy = STATE_OK }, STATE_CRITICAL, "no-answer",
		    "accepted, but no answer within 0.9 s" },
	};

	(void)state;
	CHECK(rows);
}

static void
what_asks_no_application(void **state)
{
	static const struct row rows[] = {
		{ { .ask = ASK_QUEUE, .queue = 7, .limit = 128 }, { 0 }, STATE_OK, "ok",
		    "7 of 128 waiting" },
		{ { .ask = ASK_QUEUE, .queue = 7, .limit = -1 }, { 0 }, STATE_OK, "ok",
		    "7 waiting" },
		{ { .ask = ASK_QUEUE, .queue = 7, .limit = 128 }, { .critical = "queue=5" },
		    STATE_CRITICAL, "queue", "7 of 128 waiting, more than 5" },
		{ { .ask = ASK_QUEUE, .end = OBSERVED_ELSEWHERE }, { 0 }, STATE_UNKNOWN,
		    "elsewhere", "no such listener in this network namespace" },
		{ { .ask = ASK_QUEUE, .queue_error = -FCGI_E_ELSEWHERE }, { 0 }, STATE_UNKNOWN,
		    "elsewhere", "no such listener in this network namespace" },
		{ { .ask = ASK_QUEUE, .queue_error = -FCGI_E_SYSTEM, .queue_errno = EACCES }, { 0 },
		    STATE_UNKNOWN, "internal",
		    "the kernel does not tell the queue: Permission denied" },
		{ { .ask = ASK_VALUES, .max_conns = "1", .mpxs_conns = "0\n" }, { 0 }, STATE_OK,
		    "ok", "FCGI_MAX_CONNS=1 FCGI_MPXS_CONNS=0\\n in 2 ms" },
		{ { .ask = ASK_VALUES }, { 0 }, STATE_OK, "ok", "answered without values in 2 ms" },
		{ { .ask = ASK_CONNECT }, { 0 }, STATE_OK, "ok", "connected in 2 ms" },
		{ { .ask = ASK_CONNECT }, { .critical = "connect=1ms" }, STATE_UNKNOWN, "connect",
		    "not known" },
	};

	(void)state;
	CHECK(rows);
}

/* Bounded and on one line, whatever an application says. */
static void
texts_are_bounded(void **state)
{
	static char output[9000], error_output[512];
	struct judgement judgement;
	struct judge_policy policy;
	struct metrics metrics;

	(void)state;
	memset(output, '\033', sizeof output - 1);
	memcpy(output, "Status: 404 ", 12);
	memset(output + 12, 0xc2, 7000);
	memcpy(output + 7012, "\r\n\r\n", 4);
	memset(error_output, '\033', sizeof error_output - 1);
	look(&(struct scene){ .output = output, .error_output = error_output, .app_status = 9 });
	settle(&policy, &(struct wish){ .body = "x" });
	metrics_take(&metrics, &seen, &(struct metric_context){ 0 });
	judge(&judgement, &policy, &seen, &metrics);
	assert_true(strlen(judgement.text) < sizeof judgement.text - 1);
	assert_null(strpbrk(judgement.text, "\n\033\302"));
	assert_non_null(strstr(judgement.text, "..."));
	assert_non_null(strstr(judgement.text, "; appStatus 9; stderr: \\033\\033"));
}

static void
a_verdict_is_cut_where_its_text_ends(void **state)
{
	struct judgement judgement;
	struct verdict verdict;
	int i;

	(void)state;
	verdict_begin(&verdict, &judgement, STATE_OK, "ok");
	verdict_quote(&verdict, "abcdef", 6, 6, 0);
	verdict_quote(&verdict, "ghijkl", 6, 5, 0);
	assert_string_equal(judgement.text, "abcdefghijk...");
	for (i = 0; i < 300; i++)
		verdict_put(&verdict, "%s", "words");
	assert_int_equal(verdict.len, sizeof judgement.text - 1);
	assert_int_equal(strlen(judgement.text), sizeof judgement.text - 1);
	verdict_quote(&verdict, "more", 4, 10, 0);
	assert_int_equal(strlen(judgement.text), sizeof judgement.text - 1);
	assert_int_equal(verdict_accuse(&verdict, STATE_WARNING, "why"), 1);
	assert_string_equal(judgement.text, "");
	assert_int_equal(verdict_accuse(&verdict, STATE_WARNING, "again"), 0);
	assert_string_equal(judgement.cause, "why");
}

static void
the_worst_of_two(void **state)
{
	static const enum state order[] = { STATE_OK, STATE_WARNING, STATE_UNKNOWN,
	    STATE_CRITICAL };
	int i, j;

	(void)state;
	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			assert_int_equal(judge_worst(order[i], order[j]), order[i > j ? i : j]);
}

static void
states_have_their_names_and_numbers(void **state)
{
	static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_string_equal(judge_state_name((enum state)i), names[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_connection),
		cmocka_unit_test(no_answer_in_time),
		cmocka_unit_test(closed_too_early),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(refusals),
		cmocka_unit_test(answers),
		cmocka_unit_test(a_header_block_without_end),
		cmocka_unit_test(what_is_expected_of_an_answer),
		cmocka_unit_test(pings),
		cmocka_unit_test(status_pages),
		cmocka_unit_test(thresholds),
		cmocka_unit_test(thresholds_on_what_is_not_known),
		cmocka_unit_test(growth_of_counters),
		cmocka_unit_test(what_is_alive),
		cmocka_unit_test(what_asks_no_application),
		cmocka_unit_test(texts_are_bounded),
		cmocka_unit_test(a_verdict_is_cut_where_its_text_ends),
		cmocka_unit_test(the_worst_of_two),
		cmocka_unit_test(states_have_their_names_and_numbers),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
