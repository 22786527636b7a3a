/* A judgement while it is being made: the worst that was found, and its words. */
#ifndef VERDICT_H
#define VERDICT_H

#include "judge.h"

struct verdict {
	struct judgement *judgement;
	size_t len;		/* of the text */
	int has_error_output;	/* the text tells of it already */
};

/* What is the case unless something worse is found; the text begins anew. */
void verdict_begin(struct verdict *verdict, struct judgement *judgement, enum state state,
    const char *cause);

/*
 * Something wrong was found.
 * Returns 1 when it is worse than what was found so far, and counts from now on: the text begins
 * anew.  Else 0, and nothing has changed.
 */
int verdict_accuse(struct verdict *verdict, enum state state, const char *cause);

/* Add to the text; what does not fit is cut off. */
void verdict_put(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Untrusted bytes, at most max bytes of their escaped form; "..." for the rest. */
void verdict_quote(struct verdict *verdict, const void *bytes, size_t len, size_t max, int flags);

#endif
