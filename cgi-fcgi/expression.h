/*
 * The part of httpd 2.4's ap_expr that rules on variables use.  A condition is made of
 *
 *	true  false  ! not  && and  || or  ( )
 *	-n WORD  -z WORD
 *	WORD = == != < <= > >= WORD			as strings
 *	WORD -eq -ne -lt -le -gt -ge WORD		as numbers
 *	WORD -in { WORD, ... }
 *	WORD =~ m#REGEX#i  WORD !~ /REGEX/
 *
 * and a word is 'text', "text", a number, $0 to $9, reqenv(WORD), env(WORD), tolower(WORD),
 * toupper(WORD), %{reqenv:TEXT} and so on, or several joined by '.'.  In text $0 to $9 and %{...}
 * are replaced and \ escapes as httpd has it; a value is text without quotes.
 */
#ifndef CGI_FCGI_EXPRESSION_H
#define CGI_FCGI_EXPRESSION_H

#include <stddef.h>

#include "params.h"
#include "regexp.h"

enum { EXPRESSION_WHY_MAX = 256 };

enum expression_kind {
	EXPRESSION_CONDITION,
	EXPRESSION_VALUE,
};

struct expression;

/* What an expression is evaluated with; it goes from one to the next.  expression_state_reset(). */
struct expression_state {
	const struct params *params;		/* the caller's */
	char *subject;				/* of $0 to $9; NULL: all are empty */
	struct regexp_span spans[REGEXP_SPANS];
	char why[EXPRESSION_WHY_MAX];		/* of a failure */
};

/*
 * library: NULL until a regular expression is met; the caller's to regexp_library_free() after all
 * expressions.
 * offset, why: on failure, the byte of the text where it was found, and what it is in one line.
 * Returns what is the caller's to expression_free(), or NULL.
 */
struct expression *expression_parse(const char *text, enum expression_kind kind,
    struct regexp_library **library, size_t *offset, char why[EXPRESSION_WHY_MAX]);
void expression_free(struct expression *expression); /* NULL is allowed */

/* Returns 1 or 0 for a condition; or -FCGI_E_SYSTEM, with state->why. */
int expression_holds(const struct expression *expression, struct expression_state *state);

/* Returns a value's text, the caller's to free(3); or NULL when memory is short. */
char *expression_text(const struct expression *expression, struct expression_state *state);

void expression_state_reset(struct expression_state *state);

/* Case does not matter to httpd.  Returns the first variable of that name, or NULL. */
const struct fcgi_nv *expression_variable(const struct params *params, const char *name,
    size_t name_len);

#endif
