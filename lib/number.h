/*
 * A number out of text, without exceptions.  strtonum(3) of libbsd would do most of it, but a
 * program that needs nothing else of that library is spared loading it (and libmd with it): nearly
 * half the instructions of a small request, from exec to exit.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stddef.h>

/*
 * Reads a decimal number: digits, after a '-' if need be; no blanks, no '+'.
 * *number: set on success.
 * Returns NULL, or the word for what is wrong with it: "invalid", "too small" or "too large".
 */
const char *number_parse(long long *number, const char *text, long long min, long long max);

/* Digits before the point, which a double keeps, and behind it. */
enum { NUMBER_WHOLE_MAX = 15, NUMBER_FRACTION_MAX = 9 };

/*
 * Reads a decimal number of len bytes: digits, with a fraction if wanted, after a '-' if need be.
 * Nothing else.
 * Returns 0, or -FCGI_E_SYNTAX with *value unchanged.
 */
int number_decimal(double *value, const char *text, size_t len);

/*
 * The byte that two hexadecimal digits stand for, of either case; -1 when they are none.  The second
 * is not looked at when the first is none.
 */
int number_hex_byte(const char *digits);

#endif
