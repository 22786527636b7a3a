#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t
text_utf8_decode(const unsigned char *p, const unsigned char *end, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len, i;
	uint32_t sum;

	if (p == end)
		return 0;
	if (*p < 0x80) {
		*code = *p;
		return 1;
	}
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	len = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	if ((size_t)(end - p) < len)
		return 0;
	sum = *p & (0x7fU >> len);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		sum = sum << 6 | (p[i] & 0x3fU);
	}
	/* Longer than needed, a surrogate, or beyond the last character: not UTF-8 (RFC 3629). */
	if (sum < smallest[len] || (sum >= 0xd800 && sum <= 0xdfff) || sum > 0x10ffff)
		return 0;
	*code = sum;
	return len;
}

int
text_is_utf8(const void *text, size_t len)
{
	const unsigned char *p = text, *end = len > 0 ? p + len : p;
	uint32_t code;
	size_t taken;

	for (; p < end; p += taken) {
		taken = text_utf8_decode(p, end, &code);
		if (taken == 0)
			return 0;
	}
	return 1;
}

int
text_is_visible(uint32_t code)
{
	/* Controls, and what Unicode lets a display leave out or turn around. */
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x034f, 0x034f },
		{ 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};
	size_t i;

	/* The last two of every plane are no characters. */
	if ((code & 0xfffe) == 0xfffe)
		return 0;
	for (i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return 0;
	return 1;
}

/*
 * One character: takes it from [p, end), puts what stands for it into dst (4 bytes hold any).
 * Returns the bytes taken; *len: the bytes put.
 */
static size_t
escape_one(char dst[4], size_t *len, const unsigned char *p, const unsigned char *end, int flags)
{
	static const char letters[] = "\nn\tt\rr\\\\\"\"";
	uint32_t code = 0;
	size_t taken = text_utf8_decode(p, end, &code), i;

	if ((flags & TEXT_KEEP_LINES) && (*p == '\n' || *p == '\t')) {
		dst[0] = (char)*p;
		*len = 1;
		return 1;
	}
	for (i = 0; i + 1 < sizeof letters; i += 2) {
		if (*p != (unsigned char)letters[i] || (*p == '"' && !(flags & TEXT_QUOTE)))
			continue;
		dst[0] = '\\';
		dst[1] = letters[i + 1];
		*len = 2;
		return 1;
	}
	if (taken > 0 && text_is_visible(code)) {
		memcpy(dst, p, taken);
		*len = taken;
		return taken;
	}
	/* Bytes, not the character: what is hidden is shown as what was sent. */
	dst[0] = '\\';
	dst[1] = (char)('0' + (*p >> 6));
	dst[2] = (char)('0' + (*p >> 3 & 7));
	dst[3] = (char)('0' + (*p & 7));
	*len = 4;
	return 1;
}

size_t
text_escape(char *dst, size_t size, const void *src, size_t len, int flags)
{
	const unsigned char *p = src, *end = len > 0 ? p + len : p;
	size_t total = 0, room = size > 0 ? size - 1 : 0, used = 0, put;
	char one[4];

	while (p < end) {
		p += escape_one(one, &put, p, end, flags);
		if (used == total && room - used >= put) {
			memcpy(dst + used, one, put);
			used += put;
		}
		total += put;
	}
	if (size > 0)
		dst[used] = '\0';
	return total;
}

char *
text_escape_alloc(const void *src, size_t len, int flags)
{
	size_t size = text_escape(NULL, 0, src, len, flags) + 1;
	char *dst = malloc(size);

	if (dst != NULL)
		(void)text_escape(dst, size, src, len, flags);
	return dst;
}

/* The name without '-' and '_', in capitals, read backwards or forwards a letter at a time. */
static int
is_separator(char c)
{
	return c == '-' || c == '_';
}

static char
capital(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* Returns where a name that ends in word begins with it, or NULL. */
static const char *
ends_in(const char *name, const char *end, const char *word)
{
	size_t left = strlen(word);

	while (left > 0) {
		while (end > name && is_separator(end[-1]))
			end--;
		if (end == name || capital(end[-1]) != word[left - 1])
			return NULL;
		end--;
		left--;
	}
	return end;
}

/* A list of words ends with an empty one. */
enum { WORD_SIZE = 16 };

static int
ends_in_any(const char *name, const char *end, const char words[][WORD_SIZE])
{
	for (; **words != '\0'; words++)
		if (ends_in(name, end, *words) != NULL)
			return 1;
	return 0;
}

/* A word of its own: "DB_PASS", but not "BYPASS". */
static int
ends_in_word(const char *name, const char *end, const char *word)
{
	const char *at = ends_in(name, end, word);

	return at != NULL && (at == name || is_separator(at[-1]));
}

static int
contains_any(const char *name, const char *end, const char words[][WORD_SIZE])
{
	const char *at;

	/* Not where a separator stands: a name of nothing else would be walked over and over. */
	for (at = name; at < end; at++)
		if (!is_separator(*at) && ends_in_any(name, at + 1, words))
			return 1;
	return 0;
}

int
text_is_secret(const char *name, size_t len)
{
	/* Secret wherever they stand (AWS_SECRET_ACCESS_KEY, HTTP_AUTHORIZATION_2) ... */
	static const char anywhere[][WORD_SIZE] = { "PASSWORD", "PASSWD", "PASSPHRASE", "SECRET",
		"AUTHORIZATION", "CREDENTIAL", "" };
	/* ... unless the value is but about one: a path, as images of databases want it, a rule. */
	static const char about[][WORD_SIZE] = { "FILE", "PATH", "POLICY", "LENGTH", "TTL", "" };
	/* Secret where they end the name: HTTP_COOKIE, but not COOKIE_DOMAIN. */
	static const char at_end[][WORD_SIZE] = { "COOKIE", "COOKIES", "TOKEN", "TOKENS", "AUTHDIGEST",
		"APIKEY", "APIKEYS", "ACCESSKEY", "APPKEY", "AUTHKEY", "ENCRYPTIONKEY", "MASTERKEY",
		"PRIVATEKEY", "SIGNINGKEY", "SSHPASS", "" };
	/* Short ones, where they are the last word. */
	static const char last_word[][WORD_SIZE] = { "PASS", "PW", "PWD", "JWT", "" };
	const char *end = len > 0 ? name + len : name;
	size_t i;

	if (ends_in_any(name, end, at_end))
		return 1;
	for (i = 0; *last_word[i] != '\0'; i++)
		if (ends_in_word(name, end, last_word[i]))
			/* PWD alone is the shell's working directory. */
			return strcmp(last_word[i], "PWD") != 0 || len > 3;
	return contains_any(name, end, anywhere) && !ends_in_any(name, end, about);
}
