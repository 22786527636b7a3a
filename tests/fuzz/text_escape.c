/*
 * Escaping: nothing that a terminal obeys comes out, nothing is lost (it can be undone), and a
 * buffer that is too small holds the beginning of the same text, cut between characters.
 *
 *	byte 0		flags
 *	byte 1		size of the small buffer
 *	the rest	the text
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "target.h"
#include "text.h"

/* Takes one character or escape of the result; *len: what it stands for, 1 to 4 bytes. */
static size_t
undo_one(unsigned char dst[4], size_t *len, const unsigned char *p, const unsigned char *end)
{
	static const char letters[] = "n\nt\tr\r\\\\\"\"";
	uint32_t code;
	size_t taken, i;

	*len = 1;
	if (*p != '\\') {
		taken = text_utf8_decode(p, end, &code);
		must(taken > 0);
		memcpy(dst, p, taken);
		*len = taken;
		return taken;
	}
	must(end - p >= 2);
	for (i = 0; i + 1 < sizeof letters; i += 2) {
		if (p[1] == (unsigned char)letters[i]) {
			dst[0] = (unsigned char)letters[i + 1];
			return 2;
		}
	}
	must(end - p >= 4);
	for (i = 1; i < 4; i++)
		must(p[i] >= '0' && p[i] <= (i == 1 ? '3' : '7'));
	dst[0] = (unsigned char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
	return 4;
}

static void
check_undone(const unsigned char *text, size_t text_len, const uint8_t *src, size_t len)
{
	const unsigned char *p = text, *end = text + text_len;
	unsigned char one[4];
	size_t one_len, at = 0;

	while (p < end) {
		p += undo_one(one, &one_len, p, end);
		must(one_len <= len - at && memcmp(one, src + at, one_len) == 0);
		at += one_len;
	}
	must(at == len);
}

/* Only what is seen, and no quote that ends a quotation. */
static void
check_harmless(const unsigned char *text, size_t text_len, int flags)
{
	const unsigned char *p = text, *end = text + text_len;
	uint32_t code;
	size_t len;

	for (; p < end; p += len) {
		len = text_utf8_decode(p, end, &code);
		must(len > 0);
		if (code == '\n' || code == '\t')
			must((flags & TEXT_KEEP_LINES) != 0);
		else
			must(text_is_visible(code));
		if (code == '\\') {
			must(end - p >= 2);
			len = 2;
		}
		must(code != '"' || (flags & TEXT_QUOTE) == 0);
	}
}

static void
check_small(const char *text, size_t text_len, size_t size, const uint8_t *src, size_t len,
    int flags)
{
	char *small = malloc(size + 1);
	unsigned char one[4];
	size_t used, one_len;

	must(small != NULL);
	memset(small, 'x', size + 1);
	must(text_escape(small, size, src, len, flags) == text_len);
	must(small[size] == 'x');
	if (size > 0) {
		used = strlen(small);
		must(used < size && memcmp(small, text, used) == 0);
		/* Cut only where the next character would not have fitted whole. */
		if (used < text_len)
			must(used + undo_one(one, &one_len, (const unsigned char *)text + used,
				    (const unsigned char *)text + text_len) >= size);
	}
	free(small);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *src = data + 2;
	size_t len, text_len;
	char *text;
	int flags;

	if (size < 2)
		return -1;
	len = size - 2;
	flags = data[0] & (TEXT_KEEP_LINES | TEXT_QUOTE);
	text = text_escape_alloc(src, len, flags);
	must(text != NULL);
	text_len = strlen(text);
	must(text_escape(NULL, 0, src, len, flags) == text_len);
	check_harmless((const unsigned char *)text, text_len, flags);
	check_undone((const unsigned char *)text, text_len, src, len);
	check_small(text, text_len, data[1], src, len, flags);
	check_small(text, text_len, text_len, src, len, flags);
	check_small(text, text_len, text_len + 1, src, len, flags);
	must(text_is_secret((const char *)src, len) <= 1);
	free(text);
	return 0;
}
