/* Untrusted bytes made safe for a person's terminal or log, and secrets hidden. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

enum text_flags {
	TEXT_KEEP_LINES = 1,	/* newline and tab pass as they are */
	TEXT_QUOTE = 2,		/* '"' becomes \", for text shown between double quotes */
};

/*
 * Escapes bytes: printable ASCII and well-formed printable UTF-8 pass (no C1 controls, no
 * bidirectional overrides, no invisible separators that forge a line); \ becomes \\, the usual
 * letters \n \t \r, everything else \ooo.
 * dst, size: always terminated when size > 0; a character is written whole or not at all.
 * flags: of enum text_flags.
 * Returns the length the whole result has, as snprintf(3) does: >= size means that it was cut.
 */
size_t text_escape(char *dst, size_t size, const void *src, size_t len, int flags);

/*
 * The same into fresh memory.
 * Returns a string that is the caller's to free(3), or NULL when memory is short.
 */
char *text_escape_alloc(const void *src, size_t len, int flags);

/*
 * 1 when a variable or header of that name must not be shown: passwords, Authorization, Cookie and
 * their like (HTTP_AUTHORIZATION, REMOTE_PASSWD, PHP_AUTH_PW, *_SECRET, *_TOKEN, *_API_KEY ...).
 * Case does not matter, nor '-' or '_'.
 */
int text_is_secret(const char *name, size_t len);

/* What is shown in place of a secret. */
#define TEXT_REDACTED "***"

#endif
