/*
 * One case: the HTTP request and the identity that a web server has before it, how it asks the
 * authorizer, and what is expected of the answer.  All that a case file's stanza or the command
 * line says, with the defaults filled in.
 */
#ifndef AUTH_CASE_H
#define AUTH_CASE_H

#include <stddef.h>
#include <stdint.h>

struct dialect;
struct regexp;

/* What the server wants to know: its phase, as modules of httpd call it. */
enum auth_phase {
	AUTH_AUTHENTICATOR,	/* who is it: user and password are sent */
	AUTH_AUTHORIZER,	/* may this user, who is known already */
	AUTH_ACCESS_CHECKER,	/* may this request, before anybody is known */
	AUTH_AUTHNZ,		/* both of the first two in one call */
	AUTH_CHECK,		/* AuthnzFcgiCheckAuthnProvider: it finds out who that is */
	AUTH_PHASE_COUNT,
};

/* "authenticator", "access-checker" ...; NULL-terminated, in the order of the enum. */
extern const char *const auth_phase_names[];

/* The STDIN stream: what the dialect says, or what the case says in its place. */
enum auth_stdin {
	AUTH_STDIN_DIALECT,
	AUTH_STDIN_NONE,	/* no record at all */
	AUTH_STDIN_EMPTY,	/* the empty one that ends the stream */
};

/* A choice that a case may leave to the dialect. */
enum auth_choice {
	AUTH_DIALECT,
	AUTH_NO,
	AUTH_YES,
};

/* Bytes of any value; NUL-terminated besides.  data NULL: not given, which is not "". */
struct auth_bytes {
	char *data;
	size_t len;
};

/* A header of the HTTP request, as struct preset_header. */
struct auth_header {
	char *name;
	char *value;	/* "": the header is not sent; NULL: it is, without a value */
};

/* Where a password came from: a case file that is written from the case names it again. */
enum auth_password_source {
	AUTH_PASSWORD_NONE,
	AUTH_PASSWORD_TEXT,	/* it stood in the case file */
	AUTH_PASSWORD_HEX,
	AUTH_PASSWORD_FILE,	/* password_name is the file */
	AUTH_PASSWORD_ENV,	/* password_name is the environment's variable */
	AUTH_PASSWORD_HIDDEN,	/* a descriptor or the terminal: nothing that could be named */
};

/* One of the lines of Headers, Params, Unset and the like. */
struct auth_lines {
	char **items;
	size_t count;
};

/* A text that is to be found: literally, or as a regular expression. */
struct auth_expected {
	char *name;		/* of a header or variable; NULL for a body and error output */
	char *value;		/* NULL: it only has to be there */
	size_t value_len;
	struct regexp *regexp;	/* of value; NULL: that is meant literally */
};

struct auth_expected_list {
	struct auth_expected *items;
	size_t count;
};

enum auth_decision_wanted {
	AUTH_WANT_ANY,		/* no Expect */
	AUTH_WANT_ALLOW,
	AUTH_WANT_DENY,
	AUTH_WANT_ERROR,	/* nothing that is an answer, or a status of 500 and above */
};

struct auth_expect {
	enum auth_decision_wanted decision;
	int status;				/* of a deny: the authorizer's own; 0: any */
	struct auth_expected_list headers;
	struct auth_expected_list variables;	/* without their "Variable-" */
	struct auth_lines no_variables;
	struct auth_expected *body;		/* NULL: any */
	struct auth_expected *error_output;	/* of STDERR; NULL: any */
	int64_t max_time_ns;			/* CLOCK_NEVER: any */
};

/*
 * Everything is the case's own but dialect.  Read by many, written by case_field.c alone.
 */
struct auth_case {
	char *name;			/* never NULL */
	const char *file;		/* where it stands, for messages; NULL: the command line */
	size_t line;

	const struct dialect *dialect;	/* NULL: each one that knows the phase */
	int has_phase;			/* 0: that of the dialect for cases that name none */
	enum auth_phase phase;

	char *method;			/* "GET" */
	char *target;			/* as in the request line: "/protected/report?y=2024" */
	char *protocol;			/* "HTTP/1.0"; NULL: the dialect's */
	struct auth_header *headers;	/* in order; among them Host only if the case names it */
	size_t header_count;
	char *remote_addr;		/* NULL: the dialect's, 127.0.0.1 */

	struct auth_bytes user;
	struct auth_bytes password;
	char *auth_type;		/* AUTH_TYPE of a user who is known; "" where the case says
					   none; NULL: Basic */
	enum auth_password_source password_source;
	char *password_name;

	struct auth_lines params;	/* "NAME=VALUE": sent too, or in place of the dialect's */
	struct auth_lines unset;	/* names: not sent */
	enum auth_stdin stdin_record;
	enum auth_choice keep_conn;

	struct auth_expect expect;
	struct auth_lines ignore;	/* IDs of checks */
	char *skip;			/* why it is not run; NULL: it is */
	struct auth_lines tags;
};

/*
 * Gives the case a password that is not of a case file.
 * file: where it came from; NULL: nowhere that could be named.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int auth_case_set_password(struct auth_case *auth_case, const char *password, const char *file);

/*
 * Adds a copy of the text; behind the items there is a NULL.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int auth_lines_add(struct auth_lines *lines, const char *text, size_t len);
void auth_lines_reset(struct auth_lines *lines);

/* Gives back what one text, or a list of them, holds. */
void auth_expected_reset(struct auth_expected *expected);
void auth_expected_list_reset(struct auth_expected_list *list);

/* Gives back all it holds; secrets are wiped. */
void auth_case_reset(struct auth_case *auth_case);

#endif
