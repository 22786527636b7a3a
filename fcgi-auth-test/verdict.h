/*
 * What a web server does with an authorizer's reply: who is let in, with which variables, and what
 * of the reply reaches the user.  The rules are those of the real servers, as they were seen to
 * act: Apache httpd's mod_authnz_fcgi and mod_fcgid 2.3.9, lighttpd 1.4.69, nginx 1.22.1
 * (auth_request); mod_fastcgi 2.4 by its source; "spec" is the FastCGI specification (section 6.3)
 * taken strictly.
 * Pure: no I/O.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "auth_case.h"
#include "reply.h"

enum verdict_server {
	VERDICT_SPEC,
	VERDICT_AUTHNZ,			/* mod_authnz_fcgi as AuthBasicProvider or in Require */
	VERDICT_AUTHNZ_CHECK,		/* ... as AuthnzFcgiCheckAuthnProvider */
	VERDICT_FCGID,
	VERDICT_FASTCGI,
	VERDICT_FASTCGI_COMPAT,		/* mod_fastcgi with -compat */
	VERDICT_LIGHTTPD,
	VERDICT_NGINX,
	VERDICT_SERVERS
};

/*
 * How the server is configured where that changes what a reply means.  Begin with
 * verdict_defaults(): zero-filled is none of the servers' defaults.
 */
struct verdict_settings {
	enum auth_phase phase;
	int authoritative;	/* 0: a "no" asks the next module instead */
	int require_basic;	/* AuthnzFcgiCheckAuthnProvider's RequireBasicAuth */
	const char *user;	/* of the request's Basic credentials; NULL: it has none */
	const char *user_expr;	/* UserExpr, one that verdict_user_expr_check() takes; NULL: none */
	const char *default_user; /* DefaultUser; NULL: none */
};

enum verdict_decision {
	VERDICT_NONE,		/* nothing was judged, or the reply is larger than what can be */
	VERDICT_ALLOW,
	VERDICT_DENY,		/* the user is refused with status */
	VERDICT_ERROR,		/* likewise, but with one of 500 and up, or without an answer: the
				   server takes the reply for none, or it says so itself */
	VERDICT_NEXT,		/* not authoritative: the next module decides.  Status and headers
				   are those of the page that it may let the user see */
};

/* A name and a value, each ending in a NUL that is not counted. */
struct verdict_entry {
	char *name;
	char *value;
	size_t value_len;
	uint32_t name_hash;	/* private: there may be thousands to compare with */
};

struct verdict_list {
	struct verdict_entry *items;
	size_t count;
};

/* Zero-filled before use. */
struct verdict {
	enum verdict_decision decision;
	int status;		/* of the HTTP answer to the user; of VERDICT_ALLOW: the status
				   line of the page that follows, 200 but for oddities; 0: none */
	const char *why;	/* a constant sentence; NULL: nothing odd */
	struct verdict_list variables; /* set for the application behind, as it sees them */
	struct verdict_list headers; /* of the reply's that reach the user, be he let in or not */
	size_t body_len;	/* bytes of the reply's body that reach the user */
};

/* The name for --verdict and reports: "mod_authnz_fcgi", "mod_authnz_fcgi-check", ... */
const char *verdict_name(enum verdict_server server);

/* Returns an enum verdict_server, or -FCGI_E_SYNTAX. */
int verdict_find(const char *name);

/* The same server as it acts in that phase: mod_authnz_fcgi has two ways. */
enum verdict_server verdict_in_phase(enum verdict_server server, enum auth_phase phase);

void verdict_defaults(struct verdict_settings *settings, enum auth_phase phase);

/*
 * Of the expressions of httpd those are known that can be evaluated without it: text, in which
 * %{reqenv:NAME} and %{env:NAME} stand for a variable that the authorizer has set, and
 * %{REMOTE_USER} for the user of the Basic credentials.
 * Returns 0, or -FCGI_E_SYNTAX: it is none of these.
 */
int verdict_user_expr_check(const char *user_expr);

/*
 * Judges a finished reply.  What the verdict held before is given back.
 * Of more than REPLY_HEADERS_MAX headers it is VERDICT_NONE.
 * Returns 0, or -FCGI_E_SYSTEM: no memory.
 */
int verdict_judge(struct verdict *verdict, enum verdict_server server, const struct reply *reply,
    const struct verdict_settings *settings);

/*
 * "allow", "deny 401", "error 500", "error (no answer)", "next", "none".
 * Returns dst.
 */
char *verdict_describe(char *dst, size_t size, const struct verdict *verdict);

void verdict_reset(struct verdict *verdict);

#endif
