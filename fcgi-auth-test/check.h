/*
 * What is checked of an authorizer: stable names, how bad each is, and the findings of one reply.
 * check_reply() tells what one reply shows; what takes an exchange of its own to find out (A1, A2,
 * A7 to A11, T1) is asked by the runner, which finds it itself.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "auth_case.h"
#include "reply.h"
#include "secrets.h"
#include "verdict.h"

enum check_id {
	CHECK_A1, CHECK_A2, CHECK_A3, CHECK_A4, CHECK_A5, CHECK_A6, CHECK_A7, CHECK_A8, CHECK_A9,
	CHECK_A10, CHECK_A11,
	CHECK_R1, CHECK_R2, CHECK_R3, CHECK_R4, CHECK_R5, CHECK_R6, CHECK_R7, CHECK_R8, CHECK_R9,
	CHECK_R10, CHECK_R11, CHECK_R12, CHECK_R13,
	CHECK_V1, CHECK_V2, CHECK_V3, CHECK_V4, CHECK_V5, CHECK_V6,
	CHECK_T1, CHECK_T3,
	CHECK_S1,
	CHECK_COUNT
};

enum check_severity { CHECK_IGNORED, CHECK_WARNING, CHECK_FAILURE };

struct check_about {
	const char *name;	/* "A1": what -W, --ignore and Ignore: take, for ever */
	enum check_severity severity;
	const char *what;	/* completes "the authorizer ...": "sends more than one Status" */
};

/* Indexed by enum check_id. */
extern const struct check_about check_about[CHECK_COUNT];

/* Returns an enum check_id, or -FCGI_E_SYNTAX.  Case aside. */
int check_find(const char *name);

/* A set of checks holds the bit of each. */
static inline uint64_t
check_bit(enum check_id check)
{
	return UINT64_C(1) << check;
}

/* What --strict, -W, --ignore and a case's Ignore say. */
struct check_policy {
	int strict;		/* warnings are failures */
	uint64_t raised;	/* -W: this warning is a failure */
	uint64_t ignored;	/* wins */
};

enum check_severity check_severity(const struct check_policy *policy, enum check_id check);

/* One thing found. */
struct finding {
	enum check_id check;
	char *detail;		/* what exactly, one line, escaped, without secrets; never NULL */
};

/* Zero-filled before use. */
struct findings {
	struct finding *items;
	size_t count;
};

void findings_reset(struct findings *findings);

/* What the reply answered.  Zero-filled where something is not known. */
struct check_context {
	enum auth_phase phase;
	enum verdict_server server;	/* who has asked */
	struct fcgi_slice password;	/* what must not come back; none: data NULL.  Its base64
					   and that of "user:password" are known by themselves */
	struct fcgi_slice user;
	struct fcgi_slice authorization; /* HTTP_AUTHORIZATION as it was sent */
	const struct secrets *run;	/* those of other questions, which must not come back
					   either; NULL: there are none */
	const char *const *trusted_headers; /* --trusted-header: set by the front end itself; NULL-
					   terminated, or NULL */
};

/*
 * Judges a finished reply: A3, A4, A5, R*, V*, S1.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int check_reply(struct findings *findings, const struct reply *reply,
    const struct check_context *context);

#endif
