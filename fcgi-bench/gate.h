/*
 * A condition on the figures of a run, for --fail-if and --find-max: METRIC OP VALUE UNIT, such as
 * "p99>20ms", "errors>0.1%", "rps<5000".  Pure.
 */
#ifndef FCGI_BENCH_GATE_H
#define FCGI_BENCH_GATE_H

#include <stddef.h>
#include <stdint.h>

struct result;

enum gate_metric {
	GATE_RPS,
	GATE_LATENCY,		/* of a span: a percentile, min, mean or max */
	GATE_ERRORS,
	GATE_TIMEOUTS,
	GATE_STARVED,
	GATE_SERVER_CPU,	/* time per complete request */
};

enum gate_figure { GATE_PERCENTILE, GATE_MIN, GATE_MEAN, GATE_MAX };

enum gate_op { GATE_ABOVE, GATE_NOT_BELOW, GATE_BELOW, GATE_NOT_ABOVE, GATE_IS, GATE_IS_NOT };

/* A span that is none: response in an open loop, else service. */
enum { GATE_SPAN_OF_THE_LOOP = -1 };

struct gate {
	const char *text;	/* as it was given; the owner's */
	enum gate_metric metric;
	int span;		/* of a latency: enum tally_span, or GATE_SPAN_OF_THE_LOOP */
	enum gate_figure figure;
	double percent;		/* of a percentile: above 0, 100 at most */
	enum gate_op op;
	double value;		/* ns; requests a second; how many, or with in_percent a share */
	int in_percent;
};

/* What became of one.  The value is in its JSON unit: us for times, % where the gate has it. */
struct gate_outcome {
	const struct gate *gate;
	int is_known;		/* 0: the run cannot tell, and why is set */
	int condition;		/* it is true: what --fail-if fails for */
	double value;
	char why[160];
};

/*
 * Reads a condition.  Blanks around its parts are skipped.
 * text: has to live as long as the gate.  why: on failure, one line, all of it ours or quoted.
 * Returns 0, or -FCGI_E_SYNTAX.
 */
int gate_parse(struct gate *gate, const char *text, char *why, size_t why_size);

void gate_judge(struct gate_outcome *outcome, const struct gate *gate,
    const struct result *result);

/* "us", "%" or "": the unit of an outcome's value. */
const char *gate_unit(const struct gate *gate);

#endif
