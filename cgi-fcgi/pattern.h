/*
 * The regular expressions of Apache's configuration: PCRE2 with the options that httpd sets.  The
 * library is loaded when the first one is compiled: a request without any must not pay for it.
 */
#ifndef CGI_FCGI_PATTERN_H
#define CGI_FCGI_PATTERN_H

#include <stddef.h>

struct pattern_library;
struct pattern;

/* $0 to $9. */
enum { PATTERN_SPANS = 10 };

/* A part of the subject; one that took no part in the match is empty. */
struct pattern_span {
	size_t start;
	size_t len;
};

/*
 * why: on failure one line, which names the package to install.
 * Returns the library, the caller's to pattern_library_free() after all its patterns; or NULL.
 */
struct pattern_library *pattern_library_new(char *why, size_t why_size);
void pattern_library_free(struct pattern_library *library); /* NULL is allowed */

/*
 * offset: on failure, the byte of the text where it was found; why: what it is.
 * Returns what is the caller's to pattern_free(), or NULL.
 */
struct pattern *pattern_compile(const struct pattern_library *library, const char *text, size_t len,
    int ignore_case, size_t *offset, char *why, size_t why_size);
void pattern_free(struct pattern *pattern); /* NULL is allowed */

/* 1 when there are parentheses that capture: only then does httpd set $0 to $9. */
int pattern_captures(const struct pattern *pattern);

/*
 * spans: PATTERN_SPANS of them, filled when it matches.
 * Returns 1 or 0; or -FCGI_E_SYSTEM with a line in why: memory, or a match that takes more steps
 * than httpd allows (and takes for none).
 */
int pattern_match(const struct pattern *pattern, const char *subject, size_t len,
    struct pattern_span *spans, char *why, size_t why_size);

#endif
