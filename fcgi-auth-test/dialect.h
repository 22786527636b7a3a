/*
 * Dialects: how each web server asks an authorizer, phase by phase: the role, the variables, how
 * they are cut into records, and whether there is any STDIN record.  What a server does is data: a
 * file of dialects/, compiled in, or one of the user's own in the same form; see dialects/README.
 */
#ifndef DIALECT_H
#define DIALECT_H

#include <stddef.h>
#include <stdint.h>

#include "auth_case.h"
#include "params.h"
#include "preset.h"

struct preset_rules;

enum dialect_stdin {
	DIALECT_STDIN_NONE,	/* no STDIN record at all */
	DIALECT_STDIN_EMPTY,	/* the empty one that ends the stream */
};

/* How PARAMS are cut into records. */
struct dialect_records {
	size_t max_len;		/* content bytes of one record at most: 1 to 65535 */
	int one_pair;		/* each pair has a record of its own */
	int split;		/* records are full, wherever pairs end; else only a pair that is
				   longer than a record is split, which no server does */
	int padded;		/* to a multiple of 8 bytes */
};

/* Zero-filled before dialect_open(); dialect_close() gives its memory back. */
struct dialect {
	char *name;
	char *server;		/* the dialect built in whose server this one is about: of one that
				   is built in mostly itself */
	unsigned int phases;	/* 1 << enum auth_phase of each that it knows */
	enum auth_phase phase;	/* of a case that names none */
	uint16_t role;		/* of enum fcgi_role: nginx calls a RESPONDER */
	int keep_conn;		/* whether it sets FCGI_KEEP_CONN */
	enum dialect_stdin stdin_get;	/* of a request without a body */
	enum dialect_stdin stdin_post;	/* of one that has a body */
	struct dialect_records records;
	struct preset_rules *rules;	/* private: of each phase */
};

/*
 * name: one of dialect_name(), or a file when there is a slash in it.
 * why: on failure, one line without the program's name; may hold untrusted bytes.
 * Returns 0, -FCGI_E_SYNTAX (there is no such dialect, or "FILE:LINE: what is wrong"), or
 * -FCGI_E_SYSTEM.  On failure there is nothing to close.
 */
int dialect_open(struct dialect *dialect, const char *name, char *why, size_t why_size);
void dialect_close(struct dialect *dialect);

/* The names of those built in, in the order of the page: index 0 and up.  NULL behind the last. */
const char *dialect_name(size_t index);

int dialect_knows(const struct dialect *dialect, enum auth_phase phase);

/* One question.  All of it is the caller's. */
struct dialect_question {
	enum auth_phase phase;
	/*
	 * The HTTP request, but for user and password.  A header Authorization of its own takes the
	 * place of the one that is made of the user and the password.
	 */
	struct preset_request request;
	/*
	 * Any bytes, as a browser would put them into "Authorization: Basic": a server that takes
	 * that apart makes its REMOTE_USER and REMOTE_PASSWD of it, httpd only up to a NUL, and of
	 * the first ':'.  NULL: there is none.  Without a password there is no REMOTE_PASSWD, and
	 * no ':' in the header.
	 */
	const void *user, *password;
	size_t user_len, password_len;
	const char *protocol;	/* NULL: HTTP/1.1 */
	const char *auth_type;	/* how the server knows the user; NULL: Basic.  Another one has no
				   header made for it; "": there is no AUTH_TYPE either */
};

/*
 * Adds the variables that the server would send, in its order.  What a case sets or unsets besides
 * is up to the caller, afterwards.
 * question: its phase is one that the dialect knows.
 * why: on failure one line: what is wrong with the request, or why the server would refuse it.
 * Returns 0, -FCGI_E_SYNTAX, or -FCGI_E_SYSTEM.
 */
int dialect_params(const struct dialect *dialect, const struct dialect_question *question,
    struct params *params, char *why, size_t why_size);

/* Whether the server would send an STDIN record: it depends on whether there is a body. */
enum dialect_stdin dialect_stdin(const struct dialect *dialect,
    const struct dialect_question *question);

#endif
