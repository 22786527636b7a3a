/*
 * One stanza of a case file under construction.  What goes wrong is kept in it: the first failure
 * counts, and what follows does no harm.
 */
#ifndef FCGI_AUTH_TEST_WRITING_H
#define FCGI_AUTH_TEST_WRITING_H

#include <stddef.h>

#include "auth_case.h"
#include "buffer.h"
#include "redact.h"
#include "report_private.h"

/* Filled in by the owner, who gives the buffers back. */
struct writing {
	struct buffer out;
	struct buffer notes;		/* comments before it */
	const struct report_run *run;
	const struct result *result;
	const char *name;		/* of the case */
	struct redact redact;
	int error;			/* 0, -FCGI_E_SYSTEM, or -FCGI_E_SYNTAX with the run's why */
};

/* what: for -FCGI_E_SYNTAX, behind the title of the case. */
void writing_fail(struct writing *writing, int error, const char *what);

/* A field, which stanza_put() has to be able to write. */
void writing_put(struct writing *writing, const char *name, const void *value, size_t len);
void writing_put_text(struct writing *writing, const char *name, const char *value);

/* A field that has one item a line; nothing when there are none. */
void writing_put_lines(struct writing *writing, const char *name, const struct buffer *lines);
void writing_put_list(struct writing *writing, const char *name, const struct auth_lines *list);

/* Bytes of any value: as they are, or in hexadecimal under hex_name. */
void writing_put_bytes(struct writing *writing, const char *name, const char *hex_name,
    const struct auth_bytes *bytes);

/* Parts of such lines; begin_line parts one from the line before. */
void writing_begin_line(struct writing *writing, struct buffer *lines);
void writing_add_bytes(struct writing *writing, struct buffer *lines, const void *data, size_t len);
void writing_add_text(struct writing *writing, struct buffer *lines, const char *text);

/*
 * Bytes as what is expected: literally where that can be written so, else as a regular expression
 * of PCRE2 in which each is named.
 * whole: 1; 0 when more may follow them.
 */
void writing_add_expected(struct writing *writing, struct buffer *line, const unsigned char *p,
    size_t len, int whole);

#endif
