/* The contract of scripts: keys are added, never changed; fcgi-bench(1) describes them. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_proto.h"
#include "find_max.h"
#include "gate.h"
#include "json.h"
#include "report_private.h"

enum { SCHEMA = 1 };

static void
key_text(struct json *json, const char *key, const char *value)
{
	json_key(json, key);
	json_text(json, value);
}

static void
key_uint(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_uint(json, value);
}

static void
key_double(struct json *json, const char *key, double value, int decimals)
{
	json_key(json, key);
	json_double(json, value, decimals);
}

static void
key_bool(struct json *json, const char *key, int value)
{
	json_key(json, key);
	json_bool(json, value);
}

/* A time in microseconds; null when it is not known. */
static void
key_us(struct json *json, const char *key, int is_known, double ns)
{
	json_key(json, key);
	if (is_known)
		json_double(json, ns / 1e3, 3);
	else
		json_null(json);
}

static void
key_seconds(struct json *json, const char *key, int64_t ns)
{
	json_key(json, key);
	if (ns == CLOCK_NEVER)
		json_null(json);
	else
		json_double(json, (double)ns / 1e9, 9);
}

static const char *
role_name(uint16_t role)
{
	static const char *const names[] = {
		[FCGI_RESPONDER] = "responder",
		[FCGI_AUTHORIZER] = "authorizer",
		[FCGI_FILTER] = "filter",
	};

	return names[role];
}

/* Returns 0, or -1 when memory is short. */
static int
key_histogram(struct json *json, const char *key, const struct histogram *histogram)
{
	static const struct {
		const char *key;
		double percent;
	} percentiles[] = {
		{ "p50_us", 50 },
		{ "p90_us", 90 },
		{ "p99_us", 99 },
		{ "p99_9_us", 99.9 },
		{ "p99_99_us", 99.99 },
	};
	int any = histogram->count > 0;
	char *encoded = histogram_encode(histogram);
	size_t i;

	if (encoded == NULL)
		return -1;
	json_key(json, key);
	json_object_begin(json);
	key_uint(json, "count", histogram->count);
	key_us(json, "min_us", any, (double)histogram->min_ns);
	key_us(json, "mean_us", any, histogram_mean_ns(histogram));
	for (i = 0; i < sizeof percentiles / sizeof *percentiles; i++)
		key_us(json, percentiles[i].key, histogram_valid(histogram, percentiles[i].percent),
		    (double)histogram_percentile_ns(histogram, percentiles[i].percent));
	key_us(json, "max_us", any, (double)histogram->max_ns);
	key_text(json, "hdr", encoded);
	json_object_end(json);
	free(encoded);
	return 0;
}

/* What a closed loop has not is null. */
static int
key_span(struct json *json, const char *key, const struct result *result, enum tally_span span)
{
	if (!result->plan->open_loop && (span == TALLY_RESPONSE || span == TALLY_LATENESS)) {
		json_key(json, key);
		json_null(json);
		return 0;
	}
	return key_histogram(json, key, &result->total.spans[span]);
}

static void
key_targets(struct json *json, const struct plan *plan)
{
	size_t i;

	json_key(json, "targets");
	json_array_begin(json);
	for (i = 0; i < plan->target_count; i++)
		json_text(json, plan->targets[i].name);
	json_array_end(json);
}

static void
key_schedule(struct json *json, const struct schedule *schedule)
{
	size_t i;

	key_text(json, "arrival",
	    schedule->arrival == SCHEDULE_POISSON ? "poisson" : "constant");
	json_key(json, "seed");
	if (schedule->arrival == SCHEDULE_POISSON)
		json_uint(json, schedule->seed);
	else
		json_null(json);
	json_key(json, "stages");
	json_array_begin(json);
	for (i = 0; i < schedule->stage_count; i++) {
		json_object_begin(json);
		key_seconds(json, "duration_s", schedule->stages[i].duration_ns);
		key_double(json, "rate", schedule->stages[i].rate, 6);
		json_object_end(json);
	}
	json_array_end(json);
}

/* What was run, all defaults included. */
static void
key_options(struct json *json, const struct plan *plan)
{
	json_key(json, "options");
	json_object_begin(json);
	key_uint(json, "connections", plan->connections);
	key_uint(json, "threads", plan->threads);
	key_uint(json, "streams", plan->streams);
	key_bool(json, "keep_alive", plan->keep_alive);
	json_key(json, "requests_per_connection");
	if (plan->requests_per_connection > 0)
		json_uint(json, plan->requests_per_connection);
	else
		json_null(json);
	key_seconds(json, "duration_s", plan->duration_ns);
	json_key(json, "requests");
	if (plan->request_limit > 0)
		json_uint(json, plan->request_limit);
	else
		json_null(json);
	key_seconds(json, "warmup_s", plan->warmup_ns);
	key_seconds(json, "timeout_s", plan->timeout_ns);
	key_seconds(json, "connect_timeout_s", plan->connect_timeout_ns);
	key_seconds(json, "interval_s", plan->interval_ns);
	if (plan->open_loop)
		key_schedule(json, &plan->schedule);
	json_object_end(json);
}

static void
key_fingerprint(struct json *json, const struct host *host)
{
	json_key(json, "fingerprint");
	json_object_begin(json);
	key_text(json, "program", "fcgi-bench " PACKAGE_VERSION);
	key_text(json, "hostname", host->hostname);
	key_text(json, "kernel", host->kernel);
	key_text(json, "cpu", host->cpu);
	key_uint(json, "cpus", host->cpus);
	key_text(json, "clocksource", host->clocksource);
	json_object_end(json);
}

static void
key_errors(struct json *json, const struct failure_table *failures)
{
	char cause[FAILURE_CAUSE_MAX];
	int phase, begun;
	size_t i;

	json_key(json, "errors");
	json_object_begin(json);
	key_uint(json, "total", failures->total);
	for (phase = 0; phase < FAILURE_PHASES; phase++) {
		begun = 0;
		for (i = 0; i < failures->count; i++) {
			if (failures->rows[i].failure.phase != phase)
				continue;
			if (!begun++) {
				json_key(json, failure_phase_name((enum failure_phase)phase));
				json_object_begin(json);
			}
			key_uint(json,
			    failure_cause(cause, sizeof cause, &failures->rows[i].failure),
			    failures->rows[i].times);
		}
		if (begun)
			json_object_end(json);
	}
	json_object_end(json);
}

static void
key_connections(struct json *json, const struct tally *total)
{
	json_key(json, "connections");
	json_object_begin(json);
	key_uint(json, "used", total->connections_used);
	key_uint(json, "starved", total->connections_starved);
	key_uint(json, "reconnected", total->reconnects);
	key_uint(json, "made", total->connects);
	key_uint(json, "keep_alive_refused", total->refused_keep_alive);
	key_uint(json, "strays", total->strays);
	json_object_end(json);
}

static void
key_ends(struct json *json, const struct result *result)
{
	json_key(json, "client");
	json_object_begin(json);
	key_double(json, "cpu_us_per_request", result->client_cpu_us, 3);
	key_bool(json, "saturated", result->client_saturated);
	json_key(json, "limit_rps");
	if (result->client_limit_rps > 0)
		json_double(json, result->client_limit_rps, 1);
	else
		json_null(json);
	key_double(json, "steal", result->steal, 4);
	json_object_end(json);
	json_key(json, "server");
	if (!result->has_server_cpu) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	key_double(json, "cpu_us_per_request", result->server_cpu_us, 3);
	key_text(json, "name", *result->server_name != '\0' ? result->server_name : NULL);
	json_object_end(json);
}

/* Returns 0, or -1 when memory is short. */
static int
put_share(struct json *json, const struct share *share)
{
	key_uint(json, "complete", share->complete);
	key_uint(json, "failed", share->failed);
	if (share->detail != NULL) {
		key_errors(json, &share->detail->failures);
		return key_histogram(json, "latency", &share->detail->latency);
	}
	json_key(json, "errors");
	json_null(json);
	json_key(json, "latency");
	json_null(json);
	return 0;
}

/* The kinds of requests one by one.  Returns as put_share(). */
static int
key_kinds(struct json *json, const struct result *result)
{
	const struct payloads *payloads = &result->plan->targets->payloads;
	size_t i;
	int r = 0;

	json_key(json, "inputs");
	json_array_begin(json);
	for (i = 0; r == 0 && i < payloads->count; i++) {
		json_object_begin(json);
		key_text(json, "name", payloads->items[i].name);
		key_text(json, "role", role_name(payloads->items[i].role));
		key_uint(json, "weight", payloads->items[i].weight);
		r = put_share(json, &result->kinds.items[i]);
		json_object_end(json);
	}
	json_array_end(json);
	return r;
}

/* Likewise the targets. */
static int
key_by_target(struct json *json, const struct result *result)
{
	const struct plan *plan = result->plan;
	size_t i;
	int r = 0;

	json_key(json, "by_target");
	json_array_begin(json);
	for (i = 0; r == 0 && i < plan->target_count; i++) {
		json_object_begin(json);
		key_text(json, "name", plan->targets[i].name);
		r = put_share(json, &result->targets.items[i]);
		json_object_end(json);
	}
	json_array_end(json);
	return r;
}

static void
put_interval(struct json *json, const struct result_interval *interval)
{
	key_uint(json, "complete", interval->complete);
	key_uint(json, "failed", interval->failed);
	key_us(json, "p50_us", interval->p50_ns > 0, (double)interval->p50_ns);
	key_us(json, "p99_us", interval->p99_ns > 0, (double)interval->p99_ns);
	key_us(json, "max_us", interval->max_ns > 0, (double)interval->max_ns);
	json_object_end(json);
}

static void
key_intervals(struct json *json, const struct result *result)
{
	const struct result_interval *interval;
	size_t i;

	json_key(json, "intervals");
	json_array_begin(json);
	for (i = 0; i < result->interval_count; i++) {
		interval = &result->intervals[i];
		json_object_begin(json);
		key_double(json, "end_s", (double)interval->end_ns / 1e9, 6);
		key_double(json, "length_s", (double)interval->length_ns / 1e9, 6);
		put_interval(json, interval);
	}
	json_array_end(json);
	json_key(json, "after_end");
	json_object_begin(json);
	put_interval(json, &result->after_end);
}

static void
key_diagnoses(struct json *json, const struct result *result)
{
	size_t i;

	json_key(json, "diagnoses");
	json_array_begin(json);
	for (i = 0; i < result->diagnosis_count; i++) {
		json_object_begin(json);
		key_text(json, "kind", diagnosis_name(result->diagnoses[i].kind));
		key_text(json, "text", result->diagnoses[i].text);
		json_object_end(json);
	}
	json_array_end(json);
}

static void
key_gates(struct json *json, const struct result *result)
{
	const struct gate_outcome *outcome;
	size_t i;

	json_key(json, "gates");
	json_array_begin(json);
	for (i = 0; i < result->gate_count; i++) {
		outcome = &result->gates[i];
		json_object_begin(json);
		key_text(json, "expression", outcome->gate->text);
		json_key(json, "value");
		if (outcome->is_known)
			json_double(json, outcome->value, 3);
		else
			json_null(json);
		key_text(json, "unit", gate_unit(outcome->gate));
		json_key(json, "holds");
		if (outcome->is_known)
			json_bool(json, !outcome->condition);
		else
			json_null(json);
		json_object_end(json);
	}
	json_array_end(json);
}

static void
key_search(struct json *json, const struct result *result)
{
	static const char *const outcomes[] = {
		[FIND_MAX_GOOD] = "good",
		[FIND_MAX_BAD] = "bad",
		[FIND_MAX_CLIENT] = "client",
		[FIND_MAX_UNKNOWN] = "unknown",
	};
	const struct find_max *search = result->search;
	size_t i;

	json_key(json, "find_max");
	if (search == NULL) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	key_text(json, "condition", result->condition->text);
	json_key(json, "rate");
	if (search->best > 0)
		json_double(json, search->best, 6);
	else
		json_null(json);
	key_bool(json, "client_limited", search->client_limited);
	json_key(json, "trials");
	json_array_begin(json);
	for (i = 0; i < search->trial_count; i++) {
		json_object_begin(json);
		key_double(json, "rate", search->trials[i].rate, 6);
		key_double(json, "achieved", search->trials[i].achieved, 6);
		json_key(json, "value");
		if (search->trials[i].has_value)
			json_double(json, search->trials[i].value, 3);
		else
			json_null(json);
		key_text(json, "outcome", outcomes[search->trials[i].outcome]);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

/* Returns 0, or -1 when memory is short. */
static int
put_run(struct json *json, const struct result *result)
{
	const struct tally *total = &result->total;

	key_text(json, "mode", report_mode(result->plan));
	key_double(json, "started", (double)result->started_ms / 1e3, 3);
	key_targets(json, result->plan);
	key_options(json, result->plan);
	key_fingerprint(json, &result->host);
	key_double(json, "duration_s", result->duration_s, 6);
	key_double(json, "rps", result->rps, 6);
	json_key(json, "requests");
	json_object_begin(json);
	key_uint(json, "complete", total->complete);
	key_uint(json, "failed", total->failures.total);
	key_uint(json, "unsent", total->unsent);
	key_uint(json, "in_window", total->in_window);
	key_uint(json, "cut_off", total->cut_off);
	key_uint(json, "with_stderr", total->with_stderr);
	key_uint(json, "unassigned", result->unassigned);
	json_object_end(json);
	key_errors(json, &total->failures);
	if (key_span(json, "response", result, TALLY_RESPONSE) < 0 ||
	    key_span(json, "service", result, TALLY_SERVICE) < 0 ||
	    key_span(json, "lateness", result, TALLY_LATENESS) < 0 ||
	    key_span(json, "connect", result, TALLY_CONNECT) < 0 ||
	    key_span(json, "first_byte", result, TALLY_FIRST_BYTE) < 0)
		return -1;
	key_connections(json, total);
	json_key(json, "bytes");
	json_object_begin(json);
	key_uint(json, "sent", total->sent_bytes);
	key_uint(json, "received", total->received_bytes);
	json_object_end(json);
	key_ends(json, result);
	if (key_kinds(json, result) < 0 || key_by_target(json, result) < 0)
		return -1;
	key_intervals(json, result);
	key_diagnoses(json, result);
	key_gates(json, result);
	key_search(json, result);
	key_bool(json, "interrupted", result->interrupted);
	key_text(json, "verdict", report_verdict(result->verdict));
	key_text(json, "reason", *result->reason != '\0' ? result->reason : NULL);
	return 0;
}

int
report_json(FILE *to, const struct result *result)
{
	struct json json;
	int r = 0;

	json_init(&json, json_to_file, to);
	json_object_begin(&json);
	key_uint(&json, "schema", SCHEMA);
	if (result->plan != NULL) {
		r = put_run(&json, result);
	} else {
		key_text(&json, "mode", "self-test");
		key_fingerprint(&json, &result->host);
		key_double(&json, "rps", result->client_limit_rps, 1);
	}
	json_object_end(&json);
	fputs("\n", to);
	return r < 0 ? r : json_finish(&json);
}
