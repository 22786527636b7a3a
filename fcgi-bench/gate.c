#include "gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "number.h"
#include "result.h"

static const struct {
	const char *name;
	enum gate_metric metric;
} plain[] = {
	{ "rps", GATE_RPS },
	{ "errors", GATE_ERRORS },
	{ "timeouts", GATE_TIMEOUTS },
	{ "starved", GATE_STARVED },
	{ "unsent", GATE_UNSENT },
	{ "server_cpu", GATE_SERVER_CPU },
};

static const struct {
	const char *prefix;
	int span;
} spans[] = {
	{ "response_", TALLY_RESPONSE },
	{ "service_", TALLY_SERVICE },
	{ "lateness_", TALLY_LATENESS },
	{ "connect_", TALLY_CONNECT },
	{ "first_byte_", TALLY_FIRST_BYTE },
	{ "", GATE_SPAN_OF_THE_LOOP },
};

static const struct {
	const char *name;
	enum gate_figure figure;
} figures[] = {
	{ "min", GATE_MIN },
	{ "mean", GATE_MEAN },
	{ "max", GATE_MAX },
};

/* The longer first: one begins as another does. */
static const struct {
	const char *sign;
	enum gate_op op;
} ops[] = {
	{ ">=", GATE_NOT_BELOW },
	{ "<=", GATE_NOT_ABOVE },
	{ "==", GATE_IS },
	{ "!=", GATE_IS_NOT },
	{ ">", GATE_ABOVE },
	{ "<", GATE_BELOW },
};

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static int
is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* "p99.9", "max": what follows the span.  Returns 0, or -1. */
static int
read_figure(struct gate *gate, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof figures / sizeof *figures; i++)
		if (is_word(text, len, figures[i].name)) {
			gate->figure = figures[i].figure;
			return 0;
		}
	if (len < 2 || *text != 'p' || number_decimal(&gate->percent, text + 1, len - 1) < 0 ||
	    gate->percent <= 0 || gate->percent > 100)
		return -1;
	gate->figure = GATE_PERCENTILE;
	return 0;
}

static int
read_metric(struct gate *gate, const char *text, size_t len)
{
	size_t i, skip;

	for (i = 0; i < sizeof plain / sizeof *plain; i++)
		if (is_word(text, len, plain[i].name)) {
			gate->metric = plain[i].metric;
			return 0;
		}
	for (i = 0; i < sizeof spans / sizeof *spans; i++) {
		skip = strlen(spans[i].prefix);
		if (len < skip || memcmp(text, spans[i].prefix, skip) != 0)
			continue;
		gate->metric = GATE_LATENCY;
		gate->span = spans[i].span;
		return read_figure(gate, text + skip, len - skip);
	}
	return -1;
}

static int
read_duration(struct gate *gate, const char *text, size_t len, char *why, size_t why_size)
{
	char copy[64];
	int64_t ns;

	if (len > 0 && len < sizeof copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		/* Elsewhere a bare number is seconds, which nobody means by "p99>20". */
		if (copy[len - 1] >= '0' && copy[len - 1] <= '9') {
			snprintf(why, why_size, "a time has a unit: us, ms, s, m or h");
			return -FCGI_E_SYNTAX;
		}
		if (clock_parse_duration(copy, &ns) == 0) {
			gate->value = (double)ns;
			return 0;
		}
	}
	snprintf(why, why_size, "not a time such as 20ms");
	return -FCGI_E_SYNTAX;
}

int
gate_is_count(const struct gate *gate)
{
	return gate->metric == GATE_ERRORS || gate->metric == GATE_TIMEOUTS ||
	    gate->metric == GATE_STARVED || gate->metric == GATE_UNSENT;
}

/* A share may have a fraction, and so may a rate; half a request is none. */
static int
read_plain(struct gate *gate, int is_count, const char *text, size_t len)
{
	if (is_count && !gate->in_percent && memchr(text, '.', len) != NULL)
		return -1;
	return number_decimal(&gate->value, text, len) < 0 || gate->value < 0 ? -1 : 0;
}

static int
read_value(struct gate *gate, const char *text, size_t len, char *why, size_t why_size)
{
	int is_count = gate_is_count(gate);

	if (gate->metric == GATE_LATENCY || gate->metric == GATE_SERVER_CPU)
		return read_duration(gate, text, len, why, why_size);
	if (is_count && len > 0 && text[len - 1] == '%') {
		gate->in_percent = 1;
		len--;
	}
	if (read_plain(gate, is_count, text, len) == 0)
		return 0;
	snprintf(why, why_size, is_count ? "not a whole number, nor a share such as 1%%"
					 : "not a number of requests a second");
	return -FCGI_E_SYNTAX;
}

int
gate_parse(struct gate *gate, const char *text, char *why, size_t why_size)
{
	const char *p = skip_blanks(text), *sign = p + strcspn(p, "<>=! \t"), *end;
	struct gate read = { .text = text };
	size_t i;

	if (read_metric(&read, p, (size_t)(sign - p)) < 0) {
		snprintf(why, why_size, "no such metric; fcgi-bench(1) lists them: rps, p99, "
		    "max, mean, errors, timeouts, unsent, service_p99, connect_p99, ...");
		return -FCGI_E_SYNTAX;
	}
	p = skip_blanks(sign);
	for (i = 0; i < sizeof ops / sizeof *ops; i++)
		if (strncmp(p, ops[i].sign, strlen(ops[i].sign)) == 0)
			break;
	if (i == sizeof ops / sizeof *ops) {
		snprintf(why, why_size, "not METRIC, then > >= < <= == or !=, then VALUE");
		return -FCGI_E_SYNTAX;
	}
	read.op = ops[i].op;
	p = skip_blanks(p + strlen(ops[i].sign));
	for (end = p + strlen(p); end > p && (end[-1] == ' ' || end[-1] == '\t'); end--)
		;
	/* None of them is in a value, but all of them are in what people write between two. */
	if (strpbrk(p, ",;&|<>=!") != NULL) {
		snprintf(why, why_size, "more than one condition: each --fail-if has its own, and "
		    "--find-max has one");
		return -FCGI_E_SYNTAX;
	}
	if (read_value(&read, p, (size_t)(end - p), why, why_size) < 0)
		return -FCGI_E_SYNTAX;
	*gate = read;
	return 0;
}

static int
compare(double figure, enum gate_op op, double value)
{
	switch (op) {
	case GATE_ABOVE:
		return figure > value;
	case GATE_NOT_BELOW:
		return figure >= value;
	case GATE_BELOW:
		return figure < value;
	case GATE_NOT_ABOVE:
		return figure <= value;
	case GATE_IS:
		return !(figure < value || figure > value);
	default:
		return figure < value || figure > value;
	}
}

static double
share(const struct gate *gate, uint64_t times, uint64_t of)
{
	if (!gate->in_percent)
		return (double)times;
	return of > 0 ? 100.0 * (double)times / (double)of : 0;
}

/* In ns.  Returns 0, or -1 with why when the run cannot tell. */
static int
latency(double *ns, const struct gate *gate, const struct result *result, char *why,
    size_t why_size)
{
	int span = gate->span != GATE_SPAN_OF_THE_LOOP ? gate->span
	    : result->plan->open_loop		       ? TALLY_RESPONSE
						       : TALLY_SERVICE;
	const struct histogram *histogram = &result->total.spans[span];

	if (histogram->count == 0) {
		snprintf(why, why_size, span == TALLY_CONNECT
			? "no connection was made after the warm-up"
			: "there was no good answer");
		return -1;
	}
	if (gate->figure == GATE_PERCENTILE && gate->percent < 100 &&
	    !histogram_valid(histogram, gate->percent)) {
		snprintf(why, why_size, "%" PRIu64 " samples do not tell: it takes %" PRIu64,
		    histogram->count, histogram_needed(gate->percent));
		return -1;
	}
	switch (gate->figure) {
	case GATE_MIN:
		*ns = (double)histogram->min_ns;
		break;
	case GATE_MEAN:
		*ns = histogram_mean_ns(histogram);
		break;
	case GATE_MAX:
		*ns = (double)histogram->max_ns;
		break;
	default:
		*ns = (double)histogram_percentile_ns(histogram, gate->percent);
	}
	return 0;
}

/* In the gate's own unit.  Returns as latency(). */
static int
measure(double *figure, const struct gate *gate, const struct result *result, char *why,
    size_t why_size)
{
	const struct tally *total = &result->total;
	uint64_t requests = total->complete + total->failures.total;

	switch (gate->metric) {
	case GATE_RPS:
		*figure = result->rps;
		return 0;
	case GATE_ERRORS:
		*figure = share(gate, total->failures.total, requests);
		return 0;
	case GATE_TIMEOUTS:
		*figure = share(gate, failure_times(&total->failures, FAILURE_TIMEOUT), requests);
		return 0;
	case GATE_STARVED:
		*figure = share(gate, total->connections_starved,
		    total->connections_starved + total->connections_used);
		return 0;
	case GATE_UNSENT:
		*figure = share(gate, total->unsent, requests);
		return 0;
	case GATE_SERVER_CPU:
		*figure = result->server_cpu_us * 1000;
		if (!result->has_server_cpu)
			snprintf(why, why_size, "%s", result->server_why);
		return result->has_server_cpu ? 0 : -1;
	default:
		return latency(figure, gate, result, why, why_size);
	}
}

void
gate_judge(struct gate_outcome *outcome, const struct gate *gate, const struct result *result)
{
	int is_time = gate->metric == GATE_LATENCY || gate->metric == GATE_SERVER_CPU;
	double figure;

	*outcome = (struct gate_outcome){ .gate = gate };
	if (measure(&figure, gate, result, outcome->why, sizeof outcome->why) < 0)
		return;
	outcome->is_known = 1;
	outcome->condition = compare(figure, gate->op, gate->value);
	outcome->value = is_time ? figure / 1000 : figure;
}

const char *
gate_unit(const struct gate *gate)
{
	if (gate->metric == GATE_LATENCY || gate->metric == GATE_SERVER_CPU)
		return "us";
	return gate->in_percent ? "%" : "";
}
