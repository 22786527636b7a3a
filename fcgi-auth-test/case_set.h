/*
 * All cases of a run: those of case files, or the one that the command line asks.  Each is made of
 * the Defaults stanza before it, the command line's settings, and its own stanza; of what several
 * say the last counts.
 */
#ifndef CASE_SET_H
#define CASE_SET_H

#include <stddef.h>

#include "auth_case.h"
#include "case_field.h"
#include "dialects.h"
#include "settings.h"

enum { CASE_SET_WHY_MAX = 1024 };

/* Zero-filled before use.  The cases point into the rest. */
struct case_set {
	struct auth_case *items;
	size_t count;
	struct dialects dialects;
	struct case_maker maker;		/* private */
	char why[CASE_SET_WHY_MAX];		/* what was wrong, without a secret */
};

/*
 * Adds the cases of a file.
 * path: "-" is standard input; must live as long as the cases.
 * common: the command line's.
 * Returns 0; or -1 with why: "FILE:LINE: what is wrong", or "OPTION VALUE: what is wrong".
 */
int case_set_read(struct case_set *set, const char *path, const struct settings *common);

/* Adds the one case that is made of the command line alone.  Returns 0, or -1 with why. */
int case_set_add(struct case_set *set, const struct settings *common);

/* 1 when a password would be sent with the case, under a dialect that it is asked in. */
int case_set_sends_password(const struct case_set *set, const struct auth_case *auth_case);

void case_set_reset(struct case_set *set);

#endif
