#include "number.h"

#include <errno.h>
#include <stdlib.h>

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
