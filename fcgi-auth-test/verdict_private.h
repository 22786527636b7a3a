/* What the servers' judges have in common: verdict.c runs them, each fills in the verdict. */
#ifndef VERDICT_PRIVATE_H
#define VERDICT_PRIVATE_H

#include "seen_by.h"
#include "seen_by_rules.h"
#include "verdict.h"

struct judging {
	struct verdict *verdict;
	const struct verdict_settings *settings;
	const struct reply *reply;
	struct seen_by *seen;	/* the reply, read by the server's own rules */
	int ended;		/* END_REQUEST has come, as far as the server sees */
	size_t body_len;	/* bytes behind the header block */
	const char *first;	/* those of them that came at once with the block's end */
	size_t first_len;
	size_t rest_len;	/* bytes of the connection that came after those */
	int in_body;		/* the block had ended before what is being fed */
	int error;		/* what verdict_judge() returns */
};

/* Changes the rules for responders into those for authorizers. */
typedef void verdict_adapt(struct seen_by_rules *rules);
/* Decides. */
typedef void verdict_decide(struct judging *judging);

verdict_adapt verdict_adapt_authnz, verdict_adapt_fcgid, verdict_adapt_fastcgi;
verdict_adapt verdict_adapt_lighttpd;
verdict_decide verdict_decide_authnz, verdict_decide_check, verdict_decide_fcgid;
verdict_decide verdict_decide_fastcgi, verdict_decide_compat;
verdict_decide verdict_decide_lighttpd, verdict_decide_nginx, verdict_decide_spec;

/* What becomes of a name that is in the list already. */
enum verdict_again {
	VERDICT_JOIN,		/* the values are joined by ", " */
	VERDICT_FIRST,		/* the first stays */
	VERDICT_LAST,
	VERDICT_EACH,		/* all stay */
};

/* The name as some servers make it of a header's. */
enum verdict_spelling { VERDICT_AS_IT_IS, VERDICT_UPPER, VERDICT_UPSTREAM };

/* Adds to a list.  No memory: judging->error. */
void verdict_add(struct judging *judging, struct verdict_list *list,
    const struct cgi_header *header, enum verdict_again again, enum verdict_spelling spelling);

/* Adds the variable of a header that is a Variable-*.  Returns 1, or 0 for another header. */
int verdict_add_variable(struct judging *judging, const struct cgi_header *header,
    enum verdict_again again, enum verdict_spelling spelling);

/* What reaches the user is the server's own alone. */
void verdict_drop_headers(struct judging *judging);

/*
 * The decision: an allow, or a refusal with that status, which is an error from 500 on and when
 * there is none (0).
 */
void verdict_allow(struct judging *judging, const char *why);
void verdict_refuse(struct judging *judging, int status, const char *why);

#endif
