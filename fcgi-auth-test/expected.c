#include "expected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "regexp.h"

static int
compile(struct auth_expected *expected, struct regexp_library **library, char *why,
    size_t why_size)
{
	char reason[256];
	size_t offset;

	if (*library == NULL)
		*library = regexp_library_new(why, why_size);
	if (*library == NULL)
		return -1;
	expected->regexp = regexp_compile(*library, expected->value, expected->value_len, 0,
	    &offset, reason, sizeof reason);
	if (expected->regexp != NULL)
		return 0;
	snprintf(why, why_size, "%s, at its character %zu", reason, offset + 1);
	return -1;
}

int
expected_set(struct auth_expected *expected, const char *text, size_t len,
    struct regexp_library **library, char *why, size_t why_size)
{
	int is_regexp = len > 0 && *text == '~';

	expected->value = strndup(text + is_regexp, len - (size_t)is_regexp);
	if (expected->value == NULL) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	expected->value_len = strlen(expected->value);
	return is_regexp ? compile(expected, library, why, why_size) : 0;
}

int
expected_matches(const struct auth_expected *expected, const void *data, size_t len)
{
	struct regexp_span spans[REGEXP_SPANS];
	char why[256];

	if (expected->value == NULL)
		return 1;
	if (expected->regexp != NULL)
		return regexp_match(expected->regexp, data != NULL ? data : "", len, spans, why,
			   sizeof why) == 1;
	return len == expected->value_len && (len == 0 || memcmp(data, expected->value, len) == 0);
}
