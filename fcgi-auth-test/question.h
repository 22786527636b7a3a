/* A case in the words of a dialect: the variables and the bytes that the server would send. */
#ifndef QUESTION_H
#define QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "auth_case.h"
#include "buffer.h"
#include "check.h"
#include "dialect.h"
#include "dialect_call.h"
#include "params.h"

/* Zero-filled before use. */
struct question {
	const struct auth_case *auth_case;
	const struct dialect *dialect;
	enum auth_phase phase;
	struct params params;		/* all that are sent */
	struct dialect_call call;	/* role, flags, STDIN: may be changed before encoding */
};

/*
 * phase: one that the dialect knows.
 * why: on failure one line: why the server would not ask this; may hold untrusted bytes.
 * Returns 0, -FCGI_E_SYNTAX, or -FCGI_E_SYSTEM.
 */
int question_make(struct question *question, const struct auth_case *auth_case,
    const struct dialect *dialect, enum auth_phase phase, char *why, size_t why_size);

/* Adds the records of the request.  Returns 0, or -FCGI_E_SYSTEM. */
int question_encode(const struct question *question, struct buffer *wire);

/*
 * 1 when the password would be sent, be it as a variable or in one, were there one.  0 also when
 * the question cannot be asked at all.
 */
int question_sends_password(const struct auth_case *auth_case, const struct dialect *dialect,
    enum auth_phase phase);

/* What of the question the checks of its answer have to know.  Points into it. */
void question_context(const struct question *question, struct check_context *context);

void question_reset(struct question *question);

#endif
