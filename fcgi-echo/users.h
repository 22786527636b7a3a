/* Who is known: a file as htpasswd(1) writes it, with hashes that crypt(3) reads. */
#ifndef USERS_H
#define USERS_H

#include <stddef.h>
#include <stdio.h>

#include "fcgi_reader.h"

struct users_entry {
	char *name;
	char *hash;
};

/* Zero-filled before use. */
struct users {
	struct users_entry *entries;
	size_t count;
	size_t size;		/* private */
};

/*
 * Reads lines of NAME:HASH; empty ones and those that begin with '#' are left out, and so is
 * whatever follows a second ':'.
 * line: the number of the line that went wrong.  why: what is wrong with it.
 * Returns 0; -FCGI_E_SYNTAX with line and why; -FCGI_E_SYSTEM with errno.
 */
int users_read(struct users *users, FILE *file, size_t *line, const char **why);

void users_reset(struct users *users);

/*
 * The hash of a user; NULL when there is none of that name.  The last of several of a name wins.
 */
const char *users_find(const struct users *users, const struct fcgi_slice *name);

#endif
