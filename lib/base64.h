/* Base 64 (RFC 4648, section 4): padded, no line breaks. */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>

/* The characters that len bytes become. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* dst: BASE64_LEN(len) characters, not terminated.  Returns how many. */
size_t base64_encode(char *dst, const void *src, size_t len);

/*
 * dst: room for len / 4 * 3 bytes.
 * Returns how many there are, or -1 when src is no Base 64: a foreign character, or not padded.
 */
ptrdiff_t base64_decode(unsigned char *dst, const void *src, size_t len);

#endif
