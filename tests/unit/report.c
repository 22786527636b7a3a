#include "report.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "must.h"
#include "openmetrics.h"

#define BIT(metric) (UINT32_C(1) << (metric))

/* A target and all that is known of it. */
struct target {
	struct observation seen;
	struct metrics metrics;
	struct judgement judgement;
};

static struct target *
target_new(const char *name, enum state state, const char *cause, const char *text)
{
	struct target *target = calloc(1, sizeof *target);

	must(target != NULL);
	target->seen.name = name;
	target->seen.start_ns = 1000000000;
	target->seen.end_ns = 1900123456;
	target->judgement.state = state;
	must(strlen(cause) < JUDGE_CAUSE_MAX && strlen(text) < JUDGE_TEXT_MAX);
	strcpy(target->judgement.cause, cause);
	strcpy(target->judgement.text, text);
	return target;
}

static void
measure(struct target *target, enum metric metric, double value)
{
	target->metrics.has |= BIT(metric);
	target->metrics.value[metric] = value;
}

/* What the header block of an answer says. */
static void
answer(struct target *target, const char *block)
{
	const unsigned char *p = (const unsigned char *)block;
	struct observation *seen = &target->seen;

	cgi_response_init(&seen->header, seen->header_block, sizeof seen->header_block);
	must(cgi_response_feed(&seen->header, &p, p + strlen(block)) == 1);
	seen->header_result = 1;
	seen->has_request_end = 1;
	seen->connected_ns = seen->start_ns + 100000;
	seen->first_byte_ns = seen->start_ns + 1000000;
	seen->received = 200;
	seen->stdout_len = strlen(block);
}

static struct target *
busy(void)
{
	struct target *target = target_new("/run/php.sock", STATE_CRITICAL, "busy",
	    "not accepted within 0.9 s, 7 of 128 waiting");

	measure(target, METRIC_TIME, 0.900123456);
	measure(target, METRIC_QUEUE, 7);
	measure(target, METRIC_QUEUE_PCT, 5.46875);
	measure(target, METRIC_QUEUE_LIMIT, 128);
	return target;
}

static struct target *
well(void)
{
	struct target *target = target_new(":9000", STATE_OK, "ok", "200 in 1 ms");

	answer(target, "Content-Type: text/plain\r\n\r\n");
	measure(target, METRIC_TIME, 0.001);
	measure(target, METRIC_SIZE, 1234);
	return target;
}

/* php-fpm that has grown busier since it was asked before. */
static struct target *
pool(void)
{
	struct target *target = target_new("/run/php.sock", STATE_WARNING, "slow_requests",
	    "3 more");

	target->seen.ask = ASK_FPM_STATUS;
	target->seen.has_fpm = 1;
	strcpy(target->seen.fpm.pool, "www");
	strcpy(target->seen.fpm.process_manager, "static");
	measure(target, METRIC_TIME, 0.002);
	measure(target, METRIC_QUEUE, 0);
	measure(target, METRIC_QUEUE_LIMIT, 511);
	measure(target, METRIC_SATURATION, 12.5);
	measure(target, METRIC_SLOW_REQUESTS, 12);
	measure(target, METRIC_UPTIME, 86400);
	target->metrics.has_delta = BIT(METRIC_SLOW_REQUESTS);
	target->metrics.delta[METRIC_SLOW_REQUESTS] = 3;
	return target;
}

/* Writes the report of the targets, which are freed.  The text is the caller's. */
static char *
write_report(const struct report *report, size_t count, struct target **targets)
{
	struct report_item *items = calloc(count + 1, sizeof *items);
	struct judge_policy policy = { 0 };
	struct report with_policy = *report;
	struct buffer buffer = { 0 };
	size_t i;

	must(items != NULL);
	if (with_policy.policy == NULL)
		with_policy.policy = &policy;
	for (i = 0; i < count; i++)
		items[i] = (struct report_item){ &targets[i]->seen, &targets[i]->metrics,
			&targets[i]->judgement };
	assert_int_equal(report_write(&buffer, &with_policy, items, count), 0);
	assert_int_equal(buffer_append(&buffer, "", 1), 0);
	for (i = 0; i < count; i++)
		free(targets[i]);
	free(items);
	return (char *)buffer.data;
}

#define WRITE(report, ...)                                                                         \
	write_report(report, sizeof((struct target *[]){ __VA_ARGS__ }) / sizeof(struct target *), \
	    (struct target *[]){ __VA_ARGS__ })

static void
is_text(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static void
test_one_target(void **state)
{
	const struct report report = { 0 };

	(void)state;
	is_text(WRITE(&report, busy()),
	    "FCGI CRITICAL /run/php.sock - busy: not accepted within 0.9 s, 7 of 128 waiting | "
	    "time=0.900123s;;;0 queue=7;;;0;128 queue_pct=5.5%;; queue_limit=128;;;0\n");
	is_text(WRITE(&report, well()),
	    "FCGI OK :9000 - 200 in 1 ms | time=0.001000s;;;0 size=1234B;;;0\n");
	/* Nothing measured: no bar. */
	is_text(WRITE(&report, target_new("a:1", STATE_UNKNOWN, "resolve", "no such host")),
	    "FCGI UNKNOWN a:1 - resolve: no such host\n");
}

static void
test_thresholds(void **state)
{
	struct judge_policy policy = {
		.has_warning = BIT(METRIC_TIME) | BIT(METRIC_SLOW_REQUESTS),
		.has_critical = BIT(METRIC_TIME) | BIT(METRIC_SATURATION),
	};
	const struct report report = { .policy = &policy };
	char *text;

	(void)state;
	policy.warning[METRIC_TIME] = (struct range){ 0, 0.5, 0 };
	policy.critical[METRIC_TIME] = (struct range){ 0, 2, 0 };
	policy.warning[METRIC_SLOW_REQUESTS] = (struct range){ 0, 1, 0 };
	policy.critical[METRIC_SATURATION] = (struct range){ -INFINITY, 90, 0 };
	text = WRITE(&report, pool());
	assert_non_null(strstr(text, " time=0.002000s;0.5;2;0 "));
	assert_non_null(strstr(text, " saturation=12.5%;;~:90 "));
	/* The counter itself is judged, its growth only shown. */
	assert_non_null(strstr(text, " slow_requests=12c;1;;0 slow_requests_growth=3;;;0 "));
	free(text);
	/* With a state the growth is judged; the counter is not, known or not. */
	policy.growth = 1;
	text = WRITE(&report, pool());
	assert_non_null(strstr(text, " slow_requests=12c;;;0 slow_requests_growth=3;1;;0 "));
	free(text);
}

static void
test_several_targets(void **state)
{
	const struct report report = { 0 };

	(void)state;
	is_text(WRITE(&report, busy(), well(), target_new("a:1", STATE_UNKNOWN, "resolve", "none")),
	    "FCGI CRITICAL - 2 of 3 targets are not OK: /run/php.sock busy, a:1 resolve | "
	    "ok=1;;;0;3 warning=0;;;0;3 critical=1;;;0;3 unknown=1;;;0;3\n"
	    "FCGI CRITICAL /run/php.sock - busy: not accepted within 0.9 s, 7 of 128 waiting\n"
	    "FCGI OK :9000 - 200 in 1 ms\n"
	    "FCGI UNKNOWN a:1 - resolve: none | "
	    "'/run/php.sock time'=0.900123s;;;0 '/run/php.sock queue'=7;;;0;128 "
	    "'/run/php.sock queue_pct'=5.5%;; '/run/php.sock queue_limit'=128;;;0\n"
	    "':9000 time'=0.001000s;;;0 ':9000 size'=1234B;;;0\n");
	is_text(WRITE(&report, target_new("a", STATE_OK, "ok", "well"),
		    target_new("b", STATE_OK, "ok", "well")),
	    "FCGI OK - all 2 targets are OK | "
	    "ok=2;;;0;2 warning=0;;;0;2 critical=0;;;0;2 unknown=0;;;0;2\n"
	    "FCGI OK a - well\nFCGI OK b - well\n");
}

static void
test_quiet(void **state)
{
	const struct report report = { .quiet = 1 };

	(void)state;
	is_text(WRITE(&report, well()), "");
	is_text(WRITE(&report, well(), well()), "");
	is_text(WRITE(&report, target_new("b", STATE_WARNING, "slow", "x")),
	    "FCGI WARNING b - slow: x\n");
	is_text(WRITE(&report, well(), target_new("b", STATE_WARNING, "slow", "x")),
	    "FCGI WARNING - 1 of 2 targets is not OK: b slow | "
	    "ok=1;;;0;2 warning=1;;;0;2 critical=0;;;0;2 unknown=0;;;0;2\n"
	    "FCGI WARNING b - slow: x\n");
}

/* A name or text of others neither ends the line nor the text, nor makes figures. */
static void
test_foreign_text(void **state)
{
	const struct report report = { 0 };
	struct target *odd = target_new("/a|b=c'd\n", STATE_CRITICAL, "closed",
	    "it said 'x' | time=0s");

	(void)state;
	measure(odd, METRIC_TIME, 1);
	is_text(WRITE(&report, odd, target_new("b", STATE_OK, "ok", "well")),
	    "FCGI CRITICAL - 1 of 2 targets is not OK: /a\\174b=c'd\\n closed | "
	    "ok=1;;;0;2 warning=0;;;0;2 critical=1;;;0;2 unknown=0;;;0;2\n"
	    "FCGI CRITICAL /a\\174b=c'd\\n - closed: it said 'x' \\174 time=0s\n"
	    "FCGI OK b - well | '/a\\174b_c''d\\012 time'=1.000000s;;;0\n");
}

/* The figures stay whole on a line that monitors would have cut. */
static void
test_long_text(void **state)
{
	const struct report report = { 0 };
	char name[4000], *text, *bar;
	struct target *target;
	size_t i;

	(void)state;
	/* Every byte of it is written as four. */
	memset(name, '\377', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	target = target_new(name, STATE_CRITICAL, "busy", "");
	memset(target->judgement.text, '|', JUDGE_TEXT_MAX - 1);
	for (i = 0; i < METRIC_COUNT; i++)
		measure(target, (enum metric)i, 1);
	text = WRITE(&report, target);
	assert_true(strlen(text) <= REPORT_LINE_MAX);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_non_null(strstr(text, "\\377... - busy: \\174"));
	bar = strstr(text, "... | time=1.000000s;");
	assert_non_null(bar);
	assert_non_null(strstr(bar, " uptime=1s;;;0"));
	assert_memory_equal(text, "FCGI CRITICAL \\377\\377", 22);
	free(text);
}

/* A character is not cut in two. */
static void
test_cut(void **state)
{
	const struct report report = { 0 };
	struct target *targets[3];
	char *text, name[400];
	size_t shift, at, len;

	(void)state;
	for (shift = 0; shift < 3; shift++) {
		for (at = 0; at + 3 < sizeof name; at += 3)
			memcpy(name + at, "\342\202\254", 3);
		name[at - shift * 3] = '\0';
		memset(name, 'x', shift);
		memmove(name + shift, name + 3, strlen(name + 3) + 1);
		for (at = 0; at < 3; at++)
			targets[at] = target_new(name, STATE_CRITICAL, "closed", "x");
		text = write_report(&report, 3, targets);
		len = (size_t)(strstr(text, "... |") - text);
		assert_true(len + 3 <= 1023);
		assert_memory_equal(text + len - 3, "\342\202\254", 3);
		free(text);
	}
}

static void
test_many_bad_ones(void **state)
{
	const struct report report = { .quiet = 1 };
	struct target *targets[200];
	char names[200][8], *text;
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++) {
		snprintf(names[i], sizeof names[i], ":%zu", i + 1);
		targets[i] = target_new(names[i], STATE_CRITICAL, "refused", "x");
	}
	text = write_report(&report, 200, targets);
	assert_non_null(strstr(text, ", :9 refused, :10 refused and 190 more | ok=0;;;0;200 "));
	assert_non_null(strstr(text, "\nFCGI CRITICAL :200 - refused: x\n"));
	free(text);
}

static void
test_verbose(void **state)
{
	const struct report report = { .verbose = 1 };
	struct target *target = well();

	(void)state;
	answer(target, "Status: 404 Not Found\r\nSet-Cookie: a=secret\r\nX-Bar: a|b\r\n\r\n");
	strcpy(target->seen.stderr_line, "Primary \033script");
	target->seen.stderr_len = 20;
	target->seen.request_end.app_status = 7;
	is_text(WRITE(&report, target),
	    "FCGI OK :9000 - 200 in 1 ms | time=0.001000s;;;0 size=1234B;;;0\n"
	    "  connected after 0.000100 s, first byte after 0.001000 s, end after 0.900123 s; "
	    "200 bytes received, 59 of STDOUT, 20 of STDERR\n"
	    "  Status: 404 Not Found\n"
	    "  Set-Cookie: ***\n"
	    "  X-Bar: a\\174b\n"
	    "  STDERR: Primary \\033script\n"
	    "  END_REQUEST: REQUEST_COMPLETE, appStatus 7\n");
	target = target_new("b", STATE_OK, "ok", "well");
	strcpy(target->seen.values.max_conns, "1\n");
	is_text(WRITE(&report, pool(), target),
	    "FCGI WARNING - 1 of 2 targets is not OK: /run/php.sock slow_requests | "
	    "ok=1;;;0;2 warning=1;;;0;2 critical=0;;;0;2 unknown=0;;;0;2\n"
	    "FCGI WARNING /run/php.sock - slow_requests: 3 more\n"
	    "  end after 0.900123 s; 0 bytes received, 0 of STDOUT, 0 of STDERR\n"
	    "  pool: www\n"
	    "  process manager: static\n"
	    "FCGI OK b - well\n"
	    "  end after 0.900123 s; 0 bytes received, 0 of STDOUT, 0 of STDERR\n"
	    "  FCGI_MAX_CONNS: 1\\n | "
	    "'/run/php.sock time'=0.002000s;;;0 '/run/php.sock queue'=0;;;0;511 "
	    "'/run/php.sock queue_limit'=511;;;0 '/run/php.sock saturation'=12.5%;; "
	    "'/run/php.sock slow_requests'=12c;;;0 '/run/php.sock slow_requests_growth'=3;;;0 "
	    "'/run/php.sock uptime'=86400s;;;0\n");
}

static void
test_lines(void **state)
{
	const struct report report = { .lines = 1, .when_ms = INT64_C(1700000000123) };
	const struct report quiet = { .lines = 1, .quiet = 1 };

	(void)state;
	is_text(WRITE(&report, busy(), well()),
	    "2023-11-14T22:13:20Z FCGI CRITICAL /run/php.sock - "
	    "busy: not accepted within 0.9 s, 7 of 128 waiting\n"
	    "2023-11-14T22:13:20Z FCGI OK :9000 - 200 in 1 ms\n");
	is_text(WRITE(&quiet, well()), "");
	is_text(write_report(&report, 0, NULL), "");
}

#define BUSY_JSON                                                                                  \
	"{\"target\":\"/run/php.sock\",\"when\":1700000000.123,\"ask\":\"request\","               \
	"\"state\":\"CRITICAL\",\"cause\":\"busy\","                                               \
	"\"text\":\"not accepted within 0.9 s, 7 of 128 waiting\","                                \
	"\"metrics\":{\"time\":0.900123,\"queue\":7,\"queue_pct\":5.5,\"queue_limit\":128},"       \
	"\"growth\":{},\"http_status\":null,\"app_status\":null,\"protocol_status\":null,"         \
	"\"stderr\":null,\"received_bytes\":0}"

#define WELL_JSON                                                                                  \
	"{\"target\":\":9000\",\"when\":1700000000.123,\"ask\":\"request\","                       \
	"\"state\":\"OK\",\"cause\":\"ok\",\"text\":\"200 in 1 ms\","                              \
	"\"metrics\":{\"time\":0.001000,\"size\":1234},"                                           \
	"\"growth\":{},\"http_status\":200,\"app_status\":0,"                                      \
	"\"protocol_status\":\"REQUEST_COMPLETE\",\"stderr\":null,\"received_bytes\":200"

static void
test_json(void **state)
{
	const struct report report = { .format = REPORT_JSON, .when_ms = INT64_C(1700000000123) };
	const struct report lines = { .format = REPORT_JSON, .lines = 1,
		.when_ms = INT64_C(1700000000123) };
	const struct report verbose = { .format = REPORT_JSON, .verbose = 1, .quiet = 1,
		.when_ms = INT64_C(1700000000123) };
	struct target *target = well();

	(void)state;
	is_text(WRITE(&report, busy(), well()), "[" BUSY_JSON "," WELL_JSON "}]\n");
	is_text(WRITE(&report, well()), "[" WELL_JSON "}]\n");
	is_text(WRITE(&lines, busy(), well()), BUSY_JSON "\n" WELL_JSON "}\n");
	is_text(write_report(&report, 0, NULL), "[]\n");
	is_text(write_report(&lines, 0, NULL), "");
	answer(target, "Set-Cookie: a=secret\nX-A: \"\377\"\n\n");
	is_text(WRITE(&verbose, target), "[" WELL_JSON ",\"headers\":[[\"Set-Cookie\",\"***\"],"
	    "[\"X-A\",{\"base64\":\"Iv8i\"}]]}]\n");
}

static void
test_json_of_pages(void **state)
{
	const struct report report = { .format = REPORT_JSON };
	struct target *values = target_new("b", STATE_OK, "ok", "well"), *fpm = pool();
	char *text;

	(void)state;
	values->seen.ask = ASK_VALUES;
	strcpy(values->seen.values.mpxs_conns, "0");
	strcpy(fpm->seen.stderr_line, "a \"word\"");
	fpm->seen.stderr_len = 8;
	text = WRITE(&report, fpm, values);
	assert_non_null(strstr(text, "\"ask\":\"fpm-status\","));
	assert_non_null(strstr(text, "\"growth\":{\"slow_requests\":3},"));
	assert_non_null(strstr(text, "\"stderr\":\"a \\\"word\\\"\","));
	assert_non_null(strstr(text, ",\"pool\":\"www\",\"process_manager\":\"static\"}"));
	assert_non_null(strstr(text, ",\"values\":{\"FCGI_MPXS_CONNS\":\"0\"}}]\n"));
	free(text);
}

/* Checked, and then compared. */
static void
is_exposition(char *text, const char *expected)
{
	const char *wrong;
	size_t line;

	wrong = openmetrics_check(text, strlen(text), &line);
	if (wrong != NULL)
		fail_msg("line %zu: %s\n%s", line, wrong, text);
	is_text(text, expected);
}

static void
test_openmetrics(void **state)
{
	const struct report report = { .format = REPORT_OPENMETRICS };

	(void)state;
	is_exposition(WRITE(&report, busy(), well()),
	    "# TYPE fcgi_up gauge\n"
	    "# HELP fcgi_up Whether the target was found OK or WARNING.\n"
	    "fcgi_up{target=\"/run/php.sock\"} 0\n"
	    "fcgi_up{target=\":9000\"} 1\n"
	    "# TYPE fcgi_probe_state gauge\n"
	    "# HELP fcgi_probe_state 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n"
	    "fcgi_probe_state{target=\"/run/php.sock\"} 2\n"
	    "fcgi_probe_state{target=\":9000\"} 0\n"
	    "# TYPE fcgi_probe_cause_info gauge\n"
	    "# HELP fcgi_probe_cause_info What the target was asked, and why it was judged so.\n"
	    "fcgi_probe_cause_info{target=\"/run/php.sock\",ask=\"request\",cause=\"busy\"} 1\n"
	    "fcgi_probe_cause_info{target=\":9000\",ask=\"request\",cause=\"ok\"} 1\n"
	    "# TYPE fcgi_http_status gauge\n"
	    "# HELP fcgi_http_status HTTP status of the answer.\n"
	    "fcgi_http_status{target=\":9000\"} 200\n"
	    "# TYPE fcgi_probe_duration_seconds gauge\n"
	    "# UNIT fcgi_probe_duration_seconds seconds\n"
	    "# HELP fcgi_probe_duration_seconds Time from the start of the probe to its end.\n"
	    "fcgi_probe_duration_seconds{target=\"/run/php.sock\"} 0.900123\n"
	    "fcgi_probe_duration_seconds{target=\":9000\"} 0.001000\n"
	    "# TYPE fcgi_probe_stdout_bytes gauge\n"
	    "# UNIT fcgi_probe_stdout_bytes bytes\n"
	    "# HELP fcgi_probe_stdout_bytes Bytes of output, the header block included.\n"
	    "fcgi_probe_stdout_bytes{target=\":9000\"} 1234\n"
	    "# TYPE fcgi_probe_queue gauge\n"
	    "# HELP fcgi_probe_queue Connections that wait to be accepted.\n"
	    "fcgi_probe_queue{target=\"/run/php.sock\"} 7\n"
	    "# TYPE fcgi_probe_queue_percent gauge\n"
	    "# HELP fcgi_probe_queue_percent Connections that wait, in percent of the limit.\n"
	    "fcgi_probe_queue_percent{target=\"/run/php.sock\"} 5.5\n"
	    "# TYPE fcgi_probe_queue_limit gauge\n"
	    "# HELP fcgi_probe_queue_limit Connections that may wait, as given to listen(2).\n"
	    "fcgi_probe_queue_limit{target=\"/run/php.sock\"} 128\n"
	    "# EOF\n");
	is_exposition(write_report(&report, 0, NULL), "# EOF\n");
}

static void
test_openmetrics_of_fpm(void **state)
{
	const struct report report = { .format = REPORT_OPENMETRICS };
	struct target *down = target_new(":9000", STATE_CRITICAL, "refused", "x");
	const char *wrong;
	size_t line;
	char *text;

	(void)state;
	down->seen.ask = ASK_FPM_STATUS;
	text = WRITE(&report, pool(), down);
	wrong = openmetrics_check(text, strlen(text), &line);
	assert_null(wrong);
	assert_non_null(strstr(text, "\nphpfpm_up{target=\"/run/php.sock\",pool=\"www\"} 1\n"
	    "phpfpm_up{target=\":9000\"} 0\n"));
	assert_non_null(strstr(text, "# TYPE phpfpm_slow_requests counter\n"));
	assert_non_null(strstr(text,
	    "\nphpfpm_slow_requests_total{target=\"/run/php.sock\",pool=\"www\"} 12\n"));
	assert_non_null(strstr(text,
	    "\nphpfpm_listen_queue{target=\"/run/php.sock\",pool=\"www\"} 0\n"));
	assert_non_null(strstr(text,
	    "\nphpfpm_listen_queue_length{target=\"/run/php.sock\",pool=\"www\"} 511\n"));
	assert_non_null(strstr(text, "\nfcgi_probe_queue{target=\"/run/php.sock\"} 0\n"));
	free(text);
}

/* Every figure that there is, so that no family's name or help is wrong. */
static void
test_openmetrics_of_all(void **state)
{
	const struct report report = { .format = REPORT_OPENMETRICS };
	struct target *target = pool();
	const char *wrong;
	size_t line;
	char *text;
	int i;

	(void)state;
	for (i = 0; i < METRIC_COUNT; i++)
		measure(target, (enum metric)i, i + 0.25);
	text = WRITE(&report, target, busy());
	wrong = openmetrics_check(text, strlen(text), &line);
	if (wrong != NULL)
		fail_msg("line %zu: %s\n%s", line, wrong, text);
	free(text);
}

static void
test_openmetrics_labels(void **state)
{
	const struct report report = { .format = REPORT_OPENMETRICS };
	char *text;
	size_t line;

	(void)state;
	text = WRITE(&report, target_new("/a\"b\\c\nd", STATE_OK, "ok", "x"),
	    target_new("/\377", STATE_OK, "ok", "x"), target_new("/\342\202\254", STATE_OK, "ok", "x"),
	    target_new("", STATE_OK, "ok", "x"));
	assert_null(openmetrics_check(text, strlen(text), &line));
	assert_non_null(strstr(text, "\nfcgi_up{target=\"/a\\\"b\\\\c\\nd\"} 1\n"
	    "fcgi_up{target=\"/\\\\377\"} 1\n"
	    "fcgi_up{target=\"/\342\202\254\"} 1\n"
	    "fcgi_up{target=\"\"} 1\n"));
	free(text);
	/* One that was given twice is there once. */
	text = WRITE(&report, well(), busy(), well());
	assert_null(openmetrics_check(text, strlen(text), &line));
	assert_non_null(strstr(text, "\nfcgi_up{target=\":9000\"} 1\n"
	    "fcgi_up{target=\"/run/php.sock\"} 0\n# TYPE"));
	free(text);
}

/* The checker would have found it. */
static void
test_checker(void **state)
{
#define A "# TYPE a gauge\n# HELP a b\n"
#define C "# TYPE c counter\n# HELP c d\n"
	static const char *const bad[] = { "", "# EOF", "\n# EOF\n", A "a 1\n", A "a 1\n# EOF\n\n",
		"# EOF\n# EOF\n", "a 1\n# EOF\n", A "# EOF\n", A "b 1\n# EOF\n", A "a 1 2\n# EOF\n",
		A "a  1\n# EOF\n", A "a{} 1 \n# EOF\n", A "a 1\r\n# EOF\n", A "a x\n# EOF\n",
		A "a 1.\n1\n# EOF\n", A "a_total 1\n# EOF\n", C "c 1\n# EOF\n",
		C "c_total -1\n# EOF\n", C "c_total NaN\n# EOF\n", A "a 1\na 2\n# EOF\n",
		A "a{b=\"1\"} 1\na{b=\"1\"} 2\n# EOF\n", A "a{b=\"1\",b=\"2\"} 1\n# EOF\n",
		A "a{b=1} 1\n# EOF\n", A "a{b=\"\\x\"} 1\n# EOF\n", A "a{b=\"\"\"} 1\n# EOF\n",
		A "a{b=\"} 1\n# EOF\n", A "a{b=\"\",} 1\n# EOF\n", A "a{0=\"\"} 1\n# EOF\n",
		A "a{__a=\"\"} 1\n# EOF\n", A "a{b=\"\377\"} 1\n# EOF\n",
		A "a{b=\"\"c=\"\"} 1\n# EOF\n", A "a 1\n" C "c_total 1\n" A "a{b=\"\"} 1\n# EOF\n",
		A C "c_total 1\n# EOF\n", A "a 1\n# HELP a b\n# EOF\n", A "# HELP a b\na 1\n# EOF\n",
		A "# UNIT a s\na 1\n# EOF\n",
		"# TYPE a_s gauge\n# HELP a_s b\n# UNIT a_s m\na_s 1\n# EOF\n",
		"# TYPE a info\n# HELP a b\na_info 1\n# EOF\n",
		"# TYPE a_total counter\n# HELP a_total b\na_total_total 1\n# EOF\n",
		"# HELP a b\n# TYPE a gauge\na 1\n# EOF\n", "# TYPE a gauge\na 1\n# EOF\n",
		"# TYPE a gauge\n# HELP a b\\c\na 1\n# EOF\n", "# a comment\n# EOF\n",
		"# TYPE 0 gauge\n# HELP 0 b\n0 1\n# EOF\n" };
	static const char *const good[] = { "# EOF\n", A "a 1\n# EOF\n", A "a{} -1.5\n# EOF\n",
		C "c_total 1\nc_total{d=\"\"} 2\n# EOF\n", A "a{b=\"\\\\\\\"\\n\",c=\"}\"} NaN\n# EOF\n",
		A "a 1\n" C "c_total .5\n# EOF\n",
		"# TYPE a_s gauge\n# UNIT a_s s\n# HELP a_s \\\\\\n\na_s 1\n# EOF\n" };
	size_t i, line;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (openmetrics_check(bad[i], strlen(bad[i]), &line) == NULL)
			fail_msg("passes: %s", bad[i]);
	for (i = 0; i < sizeof good / sizeof *good; i++)
		if (openmetrics_check(good[i], strlen(good[i]), &line) != NULL)
			fail_msg("does not pass: %s", good[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_target),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_several_targets),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_foreign_text),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_many_bad_ones),
		cmocka_unit_test(test_verbose),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_pages),
		cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_openmetrics_of_fpm),
		cmocka_unit_test(test_openmetrics_of_all),
		cmocka_unit_test(test_openmetrics_labels),
		cmocka_unit_test(test_checker),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
