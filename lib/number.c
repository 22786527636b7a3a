#include "number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *
number_parse(long long *number, const char *text, long long min, long long max)
{
	long long read;
	char *end;

	/* strtoll(3) skips leading blanks and takes a '+': neither is a number a user means. */
	if (!is_digit(*text) && !(*text == '-' && is_digit(text[1])))
		return "invalid";
	errno = 0;
	read = strtoll(text, &end, 10);
	if (*end != '\0')
		return "invalid";
	if (read < min || (errno == ERANGE && *text == '-'))
		return "too small";
	if (read > max || errno == ERANGE)
		return "too large";
	*number = read;
	return NULL;
}

int
number_decimal(double *value, const char *text, size_t len)
{
	static const char digits[] = "0123456789";
	char number[40];
	size_t at, whole, fraction = 0;

	if (len >= sizeof number)
		return -FCGI_E_SYNTAX;
	memcpy(number, text, len);
	number[len] = '\0';
	/* strtod(3) would take blanks, exponents, hexadecimal, "inf" and "nan" too. */
	at = number[0] == '-';
	whole = strspn(number + at, digits);
	at += whole;
	if (number[at] == '.') {
		fraction = strspn(number + at + 1, digits);
		at += 1 + fraction;
		if (fraction == 0)
			return -FCGI_E_SYNTAX;
	}
	if (at != len || whole + fraction == 0 || whole > NUMBER_WHOLE_MAX ||
	    fraction > NUMBER_FRACTION_MAX)
		return -FCGI_E_SYNTAX;
	*value = strtod(number, NULL);
	return 0;
}

static int
hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
number_hex_byte(const char *digits)
{
	int high = hex_digit(digits[0]), low = high < 0 ? -1 : hex_digit(digits[1]);

	return low < 0 ? -1 : high << 4 | low;
}
