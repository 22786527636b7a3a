/* Untrusted bytes made safe for a person's terminal or log, and secrets hidden. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

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
 * Takes one character of UTF-8, strictly (RFC 3629: no surrogates, no longer form than needed).
 * Returns the bytes it has, 1 to 4, with *code set; 0 when [p, end) does not begin with one.
 */
size_t text_utf8_decode(const unsigned char *p, const unsigned char *end, uint32_t *code);

/* 1 when all of it is well-formed UTF-8, as text_utf8_decode() has it, else 0. */
int text_is_utf8(const void *text, size_t len);

/*
 * 0 for a character that is a control, that a terminal does not show or that changes the order of
 * others; else 1.
 */
int text_is_visible(uint32_t code);

/*
 * 1 when a variable or header of that name must not be shown: passwords, Authorization, Cookie and
 * their like (HTTP_AUTHORIZATION, REMOTE_PASSWD, PHP_AUTH_PW, *_SECRET, *_TOKEN, *_API_KEY ...);
 * not what only speaks of one (PASSWORD_FILE, COOKIE_DOMAIN).
 * Case does not matter, nor '-' or '_'.
 */
int text_is_secret(const char *name, size_t len);

/* What is shown in place of a secret. */
#define TEXT_REDACTED "***"

#endif
