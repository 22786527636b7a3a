/*
 * deb822 stanzas, the one file format of the toolkit: "Name: value" lines, stanzas parted by empty
 * lines.  A line that begins with a blank continues the value, "#" in column 0 begins a comment,
 * wherever it stands.
 *
 *	Case: good password
 *	Expect-Variables:
 *	 AUTHN_1=authn_01
 *	 AUTHN_2=
 *
 * grep-dctrl(1) and awk(1) with RS="" read it too.
 */
#ifndef STANZA_H
#define STANZA_H

#include <stddef.h>
#include <stdio.h>

#include "buffer.h"

enum { STANZA_FIELDS_MAX = 1000 };	/* of one stanza */

/*
 * The value is what stands behind the colon, without the blanks around it, and the continuation
 * lines, each without its first blank; joined by '\n'.  Where nothing stands behind the colon it
 * begins with the first continuation line.  A continuation line of "." alone is an empty line.
 */
struct stanza_field {
	char *name;
	char *value;		/* NUL-terminated, and without a NUL in it */
	size_t value_len;
	size_t line;		/* where it begins, from 1 */
};

/* Never without a field, never with two of one name. */
struct stanza {
	struct stanza_field *fields;
	size_t count;
	size_t line;		/* of its first field */
};

/* Zero-filled before use; stanza_reset() gives its memory back. */
struct stanza_file {
	struct stanza *items;
	size_t count;
};

struct stanza_fault {
	size_t line;
	const char *why;	/* a constant: "the name is followed by no colon" */
};

/*
 * Reads all that follows in the file, LINE_FILE_MAX bytes at most.  A line may end in CRLF; the last needs no newline.
 * Returns 0; -FCGI_E_SYNTAX with the fault set; -FCGI_E_SYSTEM with errno (EFBIG: more than that) and line 0.  After a
 * failure the stanzas are empty.
 */
int stanza_read(struct stanza_file *stanzas, FILE *file, struct stanza_fault *fault);

/* The field of that name, case aside; NULL when there is none. */
const struct stanza_field *stanza_get(const struct stanza *stanza, const char *name);

/*
 * Takes the next line of a field that has one item a line; empty ones are passed over.
 * *at: 0 at first, moved on.
 * *text, *len: the line in the value, not terminated, without the blanks around it.
 * Returns 1, or 0 when there are no more.
 */
int stanza_next_line(const struct stanza_field *field, size_t *at, const char **text, size_t *len);

void stanza_reset(struct stanza_file *stanzas);

/*
 * Writes a field so that stanza_read() returns the same value; an empty line ends the stanza.
 * name: as a stanza may have it.
 * Returns 0; -FCGI_E_SYNTAX, with nothing written, for what no stanza can hold: a NUL, a line that
 * ends in CR, and, in a value that cannot stand behind the colon, a line of "." or of blanks alone;
 * -FCGI_E_SYSTEM when memory is short.
 */
int stanza_put(struct buffer *out, const char *name, const void *value, size_t len);

#endif
