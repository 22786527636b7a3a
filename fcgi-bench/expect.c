#include "expect.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "number.h"

int
expect_set_length(struct expect *expect, const char *text)
{
	long long length;

	if (number_parse(&length, text, 0, INT64_MAX) != NULL)
		return -FCGI_E_SYNTAX;
	expect->length = (uint64_t)length;
	expect->has_length = 1;
	return 0;
}

/*
 * Where to go on when the text's first i bytes fit and the next one does not (Knuth, Morris and
 * Pratt): so nothing of the body need be kept, however it is cut.
 */
static void
prepare(size_t *next, const char *text, size_t len)
{
	size_t i, matched = 0;

	next[0] = 0;
	for (i = 1; i < len; i++) {
		while (matched > 0 && text[i] != text[matched])
			matched = next[matched - 1];
		matched += text[i] == text[matched];
		next[i] = matched;
	}
}

int
expect_set_body(struct expect *expect, const void *text, size_t len)
{
	size_t *next;
	char *copy;

	if (len == 0)
		return -FCGI_E_SYNTAX;
	copy = malloc(len);
	next = reallocarray(NULL, len, sizeof *next);
	if (copy == NULL || next == NULL) {
		free(copy);
		free(next);
		return -FCGI_E_SYSTEM;
	}
	memcpy(copy, text, len);
	prepare(next, copy, len);
	free(expect->body);
	free(expect->body_next);
	expect->body = copy;
	expect->body_len = len;
	expect->body_next = next;
	return 0;
}

size_t
expect_feed(const struct expect *expect, size_t matched, const unsigned char *p, size_t len)
{
	const char *body = expect->body;
	size_t i = 0;

	/* What lies here whole is found faster so; behind its last chance only the end counts. */
	if (matched == 0 && len >= expect->body_len) {
		if (memmem(p, len, body, expect->body_len) != NULL)
			return expect->body_len;
		i = len - expect->body_len + 1;
	}
	for (; i < len && matched < expect->body_len; i++) {
		while (matched > 0 && (char)p[i] != body[matched])
			matched = expect->body_next[matched - 1];
		matched += (char)p[i] == body[matched];
	}
	return matched;
}

int
expect_set_sha256(struct expect *expect, const char *text)
{
	unsigned char sum[EXPECT_SHA256_LEN];
	int byte;
	size_t i;

	if (strlen(text) != 2 * sizeof sum)
		return -FCGI_E_SYNTAX;
	for (i = 0; i < sizeof sum; i++) {
		byte = number_hex_byte(text + 2 * i);
		if (byte < 0)
			return -FCGI_E_SYNTAX;
		sum[i] = (unsigned char)byte;
	}
	memcpy(expect->sha256, sum, sizeof sum);
	expect->has_sha256 = 1;
	return 0;
}

int
expect_copy(struct expect *to, const struct expect *from)
{
	*to = *from;
	to->body = NULL;
	to->body_next = NULL;
	to->body_len = 0;
	return from->body != NULL ? expect_set_body(to, from->body, from->body_len) : 0;
}

void
expect_reset(struct expect *expect)
{
	free(expect->body);
	free(expect->body_next);
	*expect = (struct expect){ 0 };
}
