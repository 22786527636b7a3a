#include "control_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"

static const char program[] = "fcgistarter/";
static const char version[] = "1";

static const char *const commands[] = {
	[CONTROL_STATUS] = "status",
	[CONTROL_JSON] = "json",
	[CONTROL_NAME] = "name",
	[CONTROL_RELOAD] = "reload",
	[CONTROL_STOP] = "stop",
};

static const char *const replies[] = {
	[CONTROL_WAIT] = "wait",
	[CONTROL_OK] = "ok",
	[CONTROL_FAILED] = "failed",
};

const char *
control_line_word(enum control_command command)
{
	return commands[command];
}

/* Takes what stands before the next blank, and the blank. */
static const char *
take_word(const char **p, const char *end, size_t *len)
{
	const char *word = *p;
	const char *blank = memchr(word, ' ', (size_t)(end - word));

	*len = (size_t)((blank != NULL ? blank : end) - word);
	*p = blank != NULL ? blank + 1 : end;
	return word;
}

static int
is_word(const char *word, size_t len, const char *expected)
{
	return len == strlen(expected) && memcmp(word, expected, len) == 0;
}

/* Takes "fcgistarter/1 ".  Returns 0, -FCGI_E_VERSION or -FCGI_E_SYNTAX. */
static int
take_version(const char **p, const char *end)
{
	size_t head_len = sizeof program - 1;
	size_t len;
	const char *word = take_word(p, end, &len);

	if (len <= head_len || memcmp(word, program, head_len) != 0)
		return -FCGI_E_SYNTAX;
	return is_word(word + head_len, len - head_len, version) ? 0 : -FCGI_E_VERSION;
}

static int
find_word(const char *const *words, size_t count, const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (is_word(word, len, words[i]))
			return (int)i;
	return -FCGI_E_SYNTAX;
}

int
control_line_read_request(const char *line, size_t len)
{
	const char *end = line + len;
	const char *p = line;
	int r = take_version(&p, end);

	if (r < 0)
		return r;
	return find_word(commands, sizeof commands / sizeof *commands, p, (size_t)(end - p));
}

static int
read_wait(const char *p, const char *end, int64_t *wait_ms)
{
	if (p == end)
		return -FCGI_E_SYNTAX;
	for (*wait_ms = 0; p < end; p++)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(*wait_ms, 10, wait_ms) ||
		    __builtin_add_overflow(*wait_ms, *p - '0', wait_ms))
			return -FCGI_E_SYNTAX;
	return CONTROL_WAIT;
}

int
control_line_read_reply(const char *line, size_t len, const char **text, size_t *text_len,
    int64_t *wait_ms)
{
	const char *end = line + len;
	const char *p = line;
	const char *word;
	size_t word_len;
	int reply = take_version(&p, end);

	if (reply < 0)
		return reply;
	word = take_word(&p, end, &word_len);
	reply = find_word(replies, sizeof replies / sizeof *replies, word, word_len);
	*text = p;
	*text_len = (size_t)(end - p);
	return reply == CONTROL_WAIT ? read_wait(p, end, wait_ms) : reply;
}

size_t
control_line_request(char *dst, enum control_command command)
{
	return (size_t)snprintf(dst, CONTROL_LINE_MAX, "%s%s %s\n", program, version,
	    commands[command]);
}

size_t
control_line_wait(char *dst, int64_t wait_ms)
{
	return (size_t)snprintf(dst, CONTROL_LINE_MAX, "%s%s %s %" PRId64 "\n", program, version,
	    replies[CONTROL_WAIT], wait_ms);
}

size_t
control_line_result(char *dst, int ok, const char *text)
{
	int len = snprintf(dst, CONTROL_LINE_MAX - 1, "%s%s %s%s%s", program, version,
	    replies[ok ? CONTROL_OK : CONTROL_FAILED], text != NULL ? " " : "",
	    text != NULL ? text : "");
	char *p;

	if (len > CONTROL_LINE_MAX - 2)
		len = CONTROL_LINE_MAX - 2;
	for (p = dst; p < dst + len; p++)
		if (*p == '\n')
			*p = ' ';
	dst[len] = '\n';
	dst[len + 1] = '\0';
	return (size_t)len + 1;
}
