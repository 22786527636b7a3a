/*
 * ProxyFCGISetEnvIf: the rules by which Apache's mod_proxy_fcgi changes variables before it sends
 * them, as they stand in its configuration:
 *
 *	[ProxyFCGISetEnvIf] CONDITION NAME [VALUE]
 *
 * each quoted with " or ' where there are blanks in it.  Without a value it is set to nothing, and
 * !NAME is taken away.  The condition and the value are expression.h's; every rule sees what those
 * before it did, their $1 too, as it is with httpd.
 */
#ifndef CGI_FCGI_SETENVIF_H
#define CGI_FCGI_SETENVIF_H

#include <stddef.h>

#include "params.h"

struct setenvif;

/* Returns rules, none yet, the caller's to setenvif_free(); or NULL when memory is short. */
struct setenvif *setenvif_new(void);
void setenvif_free(struct setenvif *rules); /* NULL is allowed */

/*
 * Adds a rule behind the others.
 * why: on failure "column N: what is wrong", without a line's end; may hold bytes of the rule.
 * Returns 0; -FCGI_E_SYNTAX; or -FCGI_E_SYSTEM (memory).
 */
int setenvif_add(struct setenvif *rules, const char *rule, char *why, size_t why_size);

/*
 * Adds the rules of a file, one a line: '#' begins a line of comment, a line that ends in '\' goes
 * on in the next, blank lines are skipped.
 * path: "-" is standard input.
 * why: on failure "PATH: why it cannot be read" or "PATH:LINE: column N: what is wrong", the column
 * as if a continued line were one.
 * Returns as setenvif_add(), FCGI_E_SYSTEM also for a file that cannot be read.
 */
int setenvif_add_file(struct setenvif *rules, const char *path, char *why, size_t why_size);

/*
 * Applies all of them in order.  As with httpd the case of names does not matter, and a variable
 * that is there keeps the name it has.
 * why: on failure "PATH:LINE: what is wrong" or "rule N: what is wrong".
 * Returns 0, or -FCGI_E_SYSTEM (memory, or a match that takes too many steps): httpd answers that
 * the service is unavailable, so the request is not to be sent.
 */
int setenvif_apply(const struct setenvif *rules, struct params *params, char *why, size_t why_size);

#endif
