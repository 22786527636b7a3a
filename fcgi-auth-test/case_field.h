/* The fields of a case file, each read into its part of a case. */
#ifndef CASE_FIELD_H
#define CASE_FIELD_H

#include <stddef.h>

#include "auth_case.h"
#include "settings.h"

struct dialects;
struct regexp_library;

/* Where cases are made. */
struct case_maker {
	struct dialects *dialects;
	struct regexp_library *library;	/* NULL until there is a regular expression */
	const char *folder;		/* what relative names of files are relative to; NULL: the
					   current directory */
};

/*
 * Reads one setting into the case.  A field that holds one value replaces it; one that has an item
 * a line adds to them, or without any takes those away that came from Defaults.
 * why: on failure one line, without where the setting stands; may hold untrusted bytes, no secret.
 * Returns 0, or -1.
 */
int case_field_set(struct case_maker *maker, struct auth_case *auth_case,
    const struct setting *setting, char *why, size_t why_size);

/*
 * How a case gets its user and its password is said once at most in one place: 1 when both fields
 * do the same (User and User-Hex, Password and Password-File ...).
 */
int case_field_collide(const char *a, const char *b);

#endif
