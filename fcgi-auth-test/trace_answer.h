/* The answer below the records of a trace, without what is secret. */
#ifndef TRACE_ANSWER_H
#define TRACE_ANSWER_H

#include "exchange.h"
#include "question.h"
#include "trace.h"

/* run: of all questions, or NULL.  What memory is too short for is left out. */
void trace_answer(struct trace *trace, const struct question *question,
    const struct exchange *exchange, const struct secrets *run, int show_secrets);

#endif
