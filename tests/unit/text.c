#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard.h"
#include "wire.h"

static const struct {
	const unsigned char *src;
	size_t len;
	int flags;
	const char *expected;
} escapes[] = {
	{ BYTES(""), 0, "" },
	{ BYTES("plain text, ~ and !"), 0, "plain text, ~ and !" },
	{ BYTES("\n\t\r\\"), 0, "\\n\\t\\r\\\\" },
	{ BYTES("\n\t\r\\"), TEXT_KEEP_LINES, "\n\t\\r\\\\" },
	{ BYTES("say \"so\""), 0, "say \"so\"" },
	{ BYTES("say \"so\""), TEXT_QUOTE, "say \\\"so\\\"" },
	{ BYTES("\"\n"), TEXT_QUOTE | TEXT_KEEP_LINES, "\\\"\n" },
	/* Three digits always, so that a digit behind them stays one. */
	{ BYTES("\0001"), 0, "\\0001" },
	{ BYTES("\033[1;31m\007\177"), 0, "\\033[1;31m\\007\\177" },
	/* UTF-8 of two, three and four bytes: e acute, euro, a face. */
	{ BYTES("\303\251 \342\202\254 \360\237\230\200"), 0,
	    "\303\251 \342\202\254 \360\237\230\200" },
	/* Cut short, at the end and inside. */
	{ BYTES("\303"), 0, "\\303" },
	{ BYTES("\342\202"), 0, "\\342\\202" },
	{ BYTES("\342\202x"), 0, "\\342\\202x" },
	{ BYTES("\360\237\230"), 0, "\\360\\237\\230" },
	{ BYTES("\303\303\251"), 0, "\\303\303\251" },
	/* Never UTF-8: longer than needed, a surrogate, beyond U+10FFFF, stray bytes. */
	{ BYTES("\300\257"), 0, "\\300\\257" },
	{ BYTES("\301\277"), 0, "\\301\\277" },
	{ BYTES("\340\200\257"), 0, "\\340\\200\\257" },
	{ BYTES("\360\200\200\257"), 0, "\\360\\200\\200\\257" },
	{ BYTES("\355\240\200"), 0, "\\355\\240\\200" },
	{ BYTES("\364\220\200\200"), 0, "\\364\\220\\200\\200" },
	{ BYTES("\200\377\376"), 0, "\\200\\377\\376" },
	/* U+0085 and U+009B: a new line and an escape sequence to some terminals. */
	{ BYTES("\302\205\302\2331m"), 0, "\\302\\205\\302\\2331m" },
	/* U+202E turns the rest of the line around; U+2028 ends it; U+200B and U+FEFF hide. */
	{ BYTES("a\342\200\256b"), 0, "a\\342\\200\\256b" },
	{ BYTES("\342\200\250"), TEXT_KEEP_LINES, "\\342\\200\\250" },
	{ BYTES("\342\200\213\357\273\277"), 0, "\\342\\200\\213\\357\\273\\277" },
	{ BYTES("\342\201\246"), 0, "\\342\\201\\246" },
	/* U+00AD and a tag of the last planes. */
	{ BYTES("\302\255\363\240\201\201"), 0, "\\302\\255\\363\\240\\201\\201" },
};

static void
untrusted_bytes_are_escaped(void **state)
{
	unsigned char *src;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof escapes / sizeof *escapes; i++) {
		src = guard_copy(escapes[i].src, escapes[i].len);
		text = text_escape_alloc(src, escapes[i].len, escapes[i].flags);
		assert_non_null(text);
		assert_string_equal(text, escapes[i].expected);
		free(text);
		guard_free(src, escapes[i].len);
	}
}

/* Whether text could be the beginning of a longer result: no character of it is cut. */
static int
is_whole(const char *text)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + strlen(text);
	uint32_t code;
	size_t len;

	for (; p < end; p += len) {
		len = text_utf8_decode(p, end, &code);
		if (len == 0)
			return 0;
		if (*p != '\\')
			continue;
		len = p + 1 < end && p[1] >= '0' && p[1] <= '9' ? 4 : 2;
		if ((size_t)(end - p) < len)
			return 0;
	}
	return 1;
}

/* Into every size of buffer, which ends at an unreadable page. */
static void
nothing_is_written_beyond_the_buffer(void **state)
{
	size_t i, size, full;
	char *dst;

	(void)state;
	for (i = 0; i < sizeof escapes / sizeof *escapes; i++) {
		full = strlen(escapes[i].expected);
		for (size = 0; size <= full + 2; size++) {
			dst = guard_copy(NULL, size);
			assert_int_equal(text_escape(dst, size, escapes[i].src, escapes[i].len,
			    escapes[i].flags), full);
			if (size > 0) {
				assert_true(memchr(dst, '\0', size) != NULL);
				assert_memory_equal(dst, escapes[i].expected, strlen(dst));
				assert_true(is_whole(dst));
				/* No more room is left over than one character takes. */
				assert_true(strlen(dst) == full || size - strlen(dst) <= 4);
			}
			guard_free(dst, size);
		}
	}
}

/* Later, shorter characters do not slip in behind one that had no room. */
static void
a_cut_text_has_no_holes(void **state)
{
	char dst[4];

	(void)state;
	assert_int_equal(text_escape(dst, sizeof dst, "a\001b", 3, 0), 6);
	assert_string_equal(dst, "a");
}

/* Reads the escapes back. */
static size_t
unescape(unsigned char *dst, const char *src)
{
	size_t len = 0;

	for (; *src != '\0'; len++) {
		if (*src != '\\') {
			dst[len] = (unsigned char)*src++;
			continue;
		}
		switch (src[1]) {
		case 'n':
			dst[len] = '\n';
			break;
		case 't':
			dst[len] = '\t';
			break;
		case 'r':
			dst[len] = '\r';
			break;
		case '\\':
		case '"':
			dst[len] = (unsigned char)src[1];
			break;
		default:
			dst[len] = (unsigned char)((src[1] - '0') << 6 | (src[2] - '0') << 3 |
			    (src[3] - '0'));
			src += 2;
		}
		src += 2;
	}
	return len;
}

/* Over all pairs of bytes with a tail that could complete a character: nothing is lost. */
static void
escapes_can_be_read_back(void **state)
{
	static const char tails[][3] = { "", "\200", "\277\277", "x", "1" };
	unsigned char src[4], back[32];
	char text[32];
	unsigned a, b;
	size_t i, j, len;

	(void)state;
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			for (i = 0; i < sizeof tails / sizeof *tails; i++) {
				src[0] = (unsigned char)a;
				src[1] = (unsigned char)b;
				len = 2 + strlen(tails[i]);
				memcpy(src + 2, tails[i], len - 2);
				assert_true(text_escape(text, sizeof text, src, len, TEXT_QUOTE) <
				    sizeof text);
				for (j = 0; text[j] != '\0'; j++)
					assert_true((unsigned char)text[j] >= ' ' &&
					    text[j] != 0x7f);
				assert_int_equal(unescape(back, text), len);
				assert_memory_equal(back, src, len);
			}
		}
	}
}

static size_t
encode(unsigned char *dst, uint32_t code)
{
	if (code < 0x80) {
		dst[0] = (unsigned char)code;
		return 1;
	}
	if (code < 0x800) {
		dst[0] = (unsigned char)(0xc0 | code >> 6);
		dst[1] = (unsigned char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		dst[0] = (unsigned char)(0xe0 | code >> 12);
		dst[1] = (unsigned char)(0x80 | (code >> 6 & 63));
		dst[2] = (unsigned char)(0x80 | (code & 63));
		return 3;
	}
	dst[0] = (unsigned char)(0xf0 | code >> 18);
	dst[1] = (unsigned char)(0x80 | (code >> 12 & 63));
	dst[2] = (unsigned char)(0x80 | (code >> 6 & 63));
	dst[3] = (unsigned char)(0x80 | (code & 63));
	return 4;
}

/* Each in a buffer that ends with it, and without its last byte. */
static void
every_character_is_decoded(void **state)
{
	unsigned char *edge = guard_copy(NULL, 4), bytes[4], *p;
	uint32_t code, decoded;
	size_t len;

	(void)state;
	for (code = 0; code < 0x110100; code++) {
		len = encode(bytes, code);
		p = edge + 4 - len;
		memcpy(p, bytes, len);
		if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
			assert_int_equal(text_utf8_decode(p, p + len, &decoded), 0);
			continue;
		}
		assert_int_equal(text_utf8_decode(p, p + len, &decoded), len);
		assert_int_equal(decoded, code);
		p = edge + 4 - (len - 1);
		memcpy(p, bytes, len - 1);
		assert_int_equal(text_utf8_decode(p, p + len - 1, &decoded), 0);
	}
	guard_free(edge, 4);
}

/* Whatever follows a byte that cannot begin a character, and whatever does not continue one. */
static void
what_is_no_character_is_not_decoded(void **state)
{
	static const unsigned char leads[] = { 0xc3, 0xe2, 0xf0, 0xf4 };
	unsigned char bytes[4];
	uint32_t code;
	unsigned lead;
	size_t i, j;

	(void)state;
	for (lead = 0x80; lead < 256; lead++) {
		memset(bytes, 0x90, sizeof bytes);
		bytes[0] = (unsigned char)lead;
		if (lead < 0xc2 || lead > 0xf4)
			assert_int_equal(text_utf8_decode(bytes, bytes + 4, &code), 0);
	}
	for (i = 0; i < sizeof leads; i++) {
		for (j = 1; j < (leads[i] < 0xe0 ? 2 : leads[i] < 0xf0 ? 3 : 4); j++) {
			memset(bytes, 0x80, sizeof bytes);
			bytes[0] = leads[i];
			bytes[1] = leads[i] == 0xf0 ? 0x90 : 0x80;
			assert_true(text_utf8_decode(bytes, bytes + 4, &code) > 0);
			bytes[j] = 0x41;
			assert_int_equal(text_utf8_decode(bytes, bytes + 4, &code), 0);
			bytes[j] = 0xc1;
			assert_int_equal(text_utf8_decode(bytes, bytes + 4, &code), 0);
		}
	}
}

static void
utf8_is_told_from_other_bytes(void **state)
{
	static const char *const good[] = { "", "a", "a\n\033", "\302\200", "x\342\202\254y",
		"\364\217\277\277" };
	static const char *const bad[] = { "\200", "a\377", "\342\202", "\342\202x", "\300\200",
		"\355\240\200", "\364\220\200\200" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(text_is_utf8(good[i], strlen(good[i])), 1);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(text_is_utf8(bad[i], strlen(bad[i])), 0);
	assert_int_equal(text_is_utf8(NULL, 0), 1);
	assert_int_equal(text_is_utf8("a\0b", 3), 1);
}

static void
hidden_characters_are_known(void **state)
{
	static const uint32_t hidden[] = { 0, 0x1f, 0x7f, 0x80, 0x9f, 0xad, 0x61c, 0x200b, 0x200f,
		0x2028, 0x202e, 0x2066, 0x2069, 0xfe0f, 0xfeff, 0xfffe, 0xffff, 0x1fffe, 0x1ffff,
		0xe0001, 0xe0fff, 0x10ffff };
	static const uint32_t shown[] = { ' ', '~', 0xa0, 0xac, 0xae, 0x61b, 0x61d, 0x200a, 0x2010,
		0x2027, 0x202f, 0x205f, 0x2070, 0xfefe, 0xff00, 0xfffd, 0x10000, 0x1fffd, 0x1f600,
		0xe1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof hidden / sizeof *hidden; i++)
		assert_int_equal(text_is_visible(hidden[i]), 0);
	for (i = 0; i < sizeof shown / sizeof *shown; i++)
		assert_int_equal(text_is_visible(shown[i]), 1);
}

static const char *const secrets[] = {
	"HTTP_AUTHORIZATION", "Authorization", "REDIRECT_HTTP_AUTHORIZATION", "Proxy-Authorization",
	"HTTP_PROXY_AUTHORIZATION", "HTTP_COOKIE", "Cookie", "cookie", "Set-Cookie",
	"REMOTE_PASSWD", "PHP_AUTH_PW", "PHP_AUTH_DIGEST", "AUTH_PASSWORD", "DB_PASSWORD_2",
	"PGPASSWORD", "MYSQL_PWD", "SSHPASS", "DB_PASS", "smtp-pass", "CLIENT_SECRET",
	"SECRET_KEY_BASE", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HTTP_X_CSRF_TOKEN",
	"X-Auth-Token", "accessToken", "API_KEY", "X-Api-Key", "apikey", "APP_KEY",
	"SSL_PRIVATE_KEY", "GPG_PASSPHRASE", "CREDENTIALS", "ID_JWT", "token", "A_P_I__K-E-Y_",
};

static const char *const no_secrets[] = {
	"", "_", "-", "K", "AUTH_TYPE", "HTTP_HOST", "REMOTE_USER", "PHP_AUTH_USER", "PHP_SELF",
	"PWD", "pwd", "OLDPWD", "PATH", "PATH_INFO", "HTTP_COOKIE_POLICY", "SESSION_COOKIE_DOMAIN",
	"COOKIE_NAME", "TOKEN_TTL", "BYPASS", "COMPASS", "PASSENGER_ENV", "HTTP_X_BYPASS",
	"MYSQL_PASSWORD_FILE", "SECRETS_PATH", "PASSWORD_POLICY", "AWS_ACCESS_KEY_ID",
	"HTTP_SEC_WEBSOCKET_KEY", "CONTENT_LENGTH", "QUERY_STRING", "SSL_CLIENT_S_DN", "KEY",
	"HTTP_IF_NONE_MATCH", "WWW-Authenticate", "HTTP_KEEP_ALIVE", "MONKEY",
};

static int
is_secret(const char *name)
{
	size_t len = strlen(name);
	char *edge = guard_copy(name, len);
	int r = text_is_secret(edge, len);

	guard_free(edge, len);
	return r;
}

static void
secrets_are_told_by_their_name(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof secrets / sizeof *secrets; i++)
		if (!is_secret(secrets[i]))
			fail_msg("%s would be shown", secrets[i]);
	for (i = 0; i < sizeof no_secrets / sizeof *no_secrets; i++)
		if (is_secret(no_secrets[i]))
			fail_msg("%s would be hidden", no_secrets[i]);
	/* A NUL in the name hides nothing behind it. */
	assert_true(text_is_secret("x\0_TOKEN", 8));
}

/* A hang guard more than an assertion: the time must not grow with the square of the length. */
static void
a_long_name_takes_no_long_time(void **state)
{
	size_t len = 4 << 20;
	char *name = malloc(len);

	(void)state;
	assert_non_null(name);
	memset(name, '_', len);
	assert_false(text_is_secret(name, len));
	memset(name, 'K', len);
	assert_false(text_is_secret(name, len));
	free(name);
}

static void
emptiness_needs_no_memory(void **state)
{
	char *text, dst[1] = { 'x' };

	(void)state;
	assert_int_equal(text_escape(NULL, 0, NULL, 0, 0), 0);
	assert_int_equal(text_escape(dst, 1, NULL, 0, 0), 0);
	assert_int_equal(dst[0], '\0');
	assert_false(text_is_secret(NULL, 0));
	text = text_escape_alloc(NULL, 0, 0);
	assert_string_equal(text, "");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untrusted_bytes_are_escaped),
		cmocka_unit_test(nothing_is_written_beyond_the_buffer),
		cmocka_unit_test(a_cut_text_has_no_holes),
		cmocka_unit_test(escapes_can_be_read_back),
		cmocka_unit_test(every_character_is_decoded),
		cmocka_unit_test(what_is_no_character_is_not_decoded),
		cmocka_unit_test(utf8_is_told_from_other_bytes),
		cmocka_unit_test(hidden_characters_are_known),
		cmocka_unit_test(secrets_are_told_by_their_name),
		cmocka_unit_test(a_long_name_takes_no_long_time),
		cmocka_unit_test(emptiness_needs_no_memory),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
