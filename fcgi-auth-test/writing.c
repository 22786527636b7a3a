#include "writing.h"

#include <stdio.h>
#include <string.h>

#include "fcgi_error.h"
#include "stanza.h"

void
writing_fail(struct writing *writing, int error, const char *what)
{
	if (writing->error != 0)
		return;
	writing->error = error;
	if (error == -FCGI_E_SYNTAX)
		snprintf(writing->run->why, writing->run->why_size, "%s: %s",
		    writing->result->title, what);
}

void
writing_put(struct writing *writing, const char *name, const void *value, size_t len)
{
	int r = stanza_put(&writing->out, name, value, len);

	if (r < 0)
		writing_fail(writing, r, "it has what no case file can hold");
}

void
writing_put_text(struct writing *writing, const char *name, const char *value)
{
	writing_put(writing, name, value, strlen(value));
}

void
writing_put_lines(struct writing *writing, const char *name, const struct buffer *lines)
{
	if (lines->len > 0)
		writing_put(writing, name, lines->data, lines->len);
}

void
writing_add_bytes(struct writing *writing, struct buffer *lines, const void *data, size_t len)
{
	if (buffer_append(lines, data, len) < 0)
		writing_fail(writing, -FCGI_E_SYSTEM, "");
}

void
writing_add_text(struct writing *writing, struct buffer *lines, const char *text)
{
	writing_add_bytes(writing, lines, text, strlen(text));
}

void
writing_begin_line(struct writing *writing, struct buffer *lines)
{
	if (lines->len > 0)
		writing_add_text(writing, lines, "\n");
}

void
writing_put_list(struct writing *writing, const char *name, const struct auth_lines *list)
{
	struct buffer lines = { 0 };
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strchr(list->items[i], '\n') != NULL)
			writing_fail(writing, -FCGI_E_SYNTAX, "a value of several lines in a field that "
			    "has one item a line");
		writing_begin_line(writing, &lines);
		writing_add_text(writing, &lines, list->items[i]);
	}
	writing_put_lines(writing, name, &lines);
	buffer_free(&lines);
}

/* --- bytes of any value -------------------------------------------------------------------- */

/* Whether they stand in a field as they are: one line, without blanks around it. */
static int
is_plain(const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] < ' ' || p[i] == 0x7f)
			return 0;
	return len == 0 || (p[0] != ' ' && p[len - 1] != ' ');
}

void
writing_put_bytes(struct writing *writing, const char *name, const char *hex_name,
    const struct auth_bytes *bytes)
{
	struct buffer hex = { 0 };
	char digits[3];
	size_t i;

	if (is_plain((const unsigned char *)bytes->data, bytes->len)) {
		writing_put(writing, name, bytes->data, bytes->len);
		return;
	}
	for (i = 0; i < bytes->len; i++) {
		snprintf(digits, sizeof digits, "%02x", (unsigned char)bytes->data[i]);
		writing_add_bytes(writing, &hex, digits, 2);
	}
	writing_put(writing, hex_name, hex.data, hex.len);
	explicit_bzero(hex.data, hex.len);
	buffer_free(&hex);
}

void
writing_add_expected(struct writing *writing, struct buffer *line, const unsigned char *p,
    size_t len, int whole)
{
	/* What a regular expression and a line of a field take for themselves. */
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    " !\"%&',-/:;<=>@_`~";
	char code[5];
	size_t i;

	if (whole && is_plain(p, len) && (len == 0 || *p != '~')) {
		writing_add_bytes(writing, line, p, len);
		return;
	}
	writing_add_text(writing, line, "~\\A");
	for (i = 0; i < len; i++) {
		if (p[i] != '\0' && strchr(plain, p[i]) != NULL) {
			writing_add_bytes(writing, line, &p[i], 1);
		} else {
			snprintf(code, sizeof code, "\\x%02x", p[i]);
			writing_add_text(writing, line, code);
		}
	}
	if (whole)
		writing_add_text(writing, line, "\\z");
}
