/*
 * The regular expressions of Apache's configuration: PCRE2 with the options that httpd sets.  The
 * library is loaded when the first one is compiled: a request without any must not pay for it.
 */
#ifndef REGEXP_H
#define REGEXP_H

#include <stddef.h>

struct regexp_library;
struct regexp;

/* $0 to $9. */
enum { REGEXP_SPANS = 10 };

/* A part of the subject; one that took no part in the match is empty. */
struct regexp_span {
	size_t start;
	size_t len;
};

/*
 * why: on failure one line, which names the package to install.
 * Returns the library, the caller's to regexp_library_free() after all its patterns; or NULL.
 */
struct regexp_library *regexp_library_new(char *why, size_t why_size);
void regexp_library_free(struct regexp_library *library); /* NULL is allowed */

/*
 * offset: on failure, the byte of the text where it was found; why: what it is.
 * Returns what is the caller's to regexp_free(), or NULL.
 */
struct regexp *regexp_compile(const struct regexp_library *library, const char *text, size_t len,
    int ignore_case, size_t *offset, char *why, size_t why_size);
void regexp_free(struct regexp *regexp); /* NULL is allowed */

/* 1 when there are parentheses that capture: only then does httpd set $0 to $9. */
int regexp_captures(const struct regexp *regexp);

/*
 * spans: REGEXP_SPANS of them, filled when it matches.
 * Returns 1 or 0; or -FCGI_E_SYSTEM with a line in why: memory, or a match that takes more steps
 * than httpd allows (and takes for none).
 */
int regexp_match(const struct regexp *regexp, const char *subject, size_t len,
    struct regexp_span *spans, char *why, size_t why_size);

#endif
