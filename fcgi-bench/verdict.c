#include "verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "gate.h"

static void set(struct result *result, enum result_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first reason is the one that is told. */
static void
set(struct result *result, enum result_verdict verdict, const char *format, ...)
{
	va_list arguments;

	if (result->verdict != RESULT_GOOD)
		return;
	result->verdict = verdict;
	va_start(arguments, format);
	vsnprintf(result->reason, sizeof result->reason, format, arguments);
	va_end(arguments);
}

int
verdict_has_failures(const struct result *result, const struct options *options)
{
	const struct option_allowance *allowance = &options->allowance;
	double failed = (double)result->total.failures.total;
	double requests = failed + (double)result->total.complete;
	double allowed = allowance->in_percent ? allowance->value * requests / 100
					       : allowance->value;

	return failed > allowed;
}

static const char *
tell_when(const struct result *result)
{
	if (result->not_begun)
		return "before the load began";
	return result->duration_s > 0 ? "before the first answer" : "in the warm-up";
}

/* Failed requests are failed ones, whatever state the client was in. */
static void
judge_failures(struct result *result, const struct options *options)
{
	const struct tally *total = &result->total;
	size_t i;

	if (*result->broken != '\0')
		set(result, RESULT_FAILED, "%s", result->broken);
	if (result->interrupted && total->complete + total->failures.total == 0)
		set(result, RESULT_INCONCLUSIVE, "interrupted %s", tell_when(result));
	if (total->complete == 0)
		set(result, RESULT_FAILED, "there was no good answer");
	if (verdict_has_failures(result, options))
		set(result, RESULT_FAILED, "%" PRIu64 " of %" PRIu64 " requests failed",
		    total->failures.total, total->failures.total + total->complete);
	if (total->strays > 0)
		set(result, RESULT_FAILED, "the application sent what nobody asked for");
	for (i = 0; i < result->gate_count; i++)
		if (gate_is_count(result->gates[i].gate) && result->gates[i].condition)
			set(result, RESULT_FAILED, "%s", result->gates[i].gate->text);
}

/* Only who has asked for a rate, or has a gate, is misled by a client that could not do it. */
static void
judge_client(struct result *result)
{
	const char *doubt;
	size_t i;

	if (result->gate_count == 0 && !result->plan->open_loop)
		return;
	for (i = 0; i < result->diagnosis_count; i++) {
		doubt = diagnosis_doubt(result->diagnoses[i].kind);
		if (doubt != NULL)
			set(result, RESULT_INCONCLUSIVE, "%s", doubt);
	}
	for (i = 0; i < result->gate_count; i++)
		if (!result->gates[i].is_known)
			set(result, RESULT_INCONCLUSIVE, "%s is not known: %s",
			    result->gates[i].gate->text, result->gates[i].why);
}

void
verdict_judge(struct result *result, const struct options *options, struct gate_outcome *gates)
{
	size_t i;

	result->gates = gates;
	result->gate_count = options->gate_count;
	result->verdict = RESULT_GOOD;
	*result->reason = '\0';
	for (i = 0; i < options->gate_count; i++)
		gate_judge(&gates[i], &options->gates[i], result);
	judge_failures(result, options);
	judge_client(result);
	for (i = 0; i < options->gate_count; i++)
		if (gates[i].is_known && gates[i].condition)
			set(result, RESULT_FAILED, "%s", gates[i].gate->text);
}

enum status
verdict_status(const struct result *result)
{
	if (result->interrupted)
		return STATUS_INTERRUPTED;
	if (result->total.complete == 0)
		return STATUS_NO_ANSWER;
	switch (result->verdict) {
	case RESULT_GOOD:
		return STATUS_GOOD;
	case RESULT_INCONCLUSIVE:
		return STATUS_INCONCLUSIVE;
	default:
		return STATUS_FAILED;
	}
}
