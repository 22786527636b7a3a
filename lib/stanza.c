#include "stanza.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "fcgi_error.h"
#include "line.h"

/* What is being read. */
struct reader {
	struct stanza_file *stanzas;
	struct stanza_fault *fault;
	size_t line;
	int inside;		/* the last of the stanzas may get more fields */
	struct buffer value;	/* of the last field of it, as far as it was read */
	int continued;		/* it has a continuation line */
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Of [*p, *end). */
static void
trim(const char **p, const char **end)
{
	while (*p < *end && is_blank(**p))
		(*p)++;
	while (*end > *p && is_blank((*end)[-1]))
		(*end)--;
}

static int
fail(struct reader *reader, const char *why)
{
	*reader->fault = (struct stanza_fault){ .line = reader->line, .why = why };
	return -FCGI_E_SYNTAX;
}

static struct stanza *
last_stanza(const struct reader *reader)
{
	return &reader->stanzas->items[reader->stanzas->count - 1];
}

/* The value of the last field is complete. */
static int
end_field(struct reader *reader)
{
	struct stanza *stanza;
	struct stanza_field *field;

	if (!reader->inside)
		return 0;
	stanza = last_stanza(reader);
	field = &stanza->fields[stanza->count - 1];
	field->value_len = reader->value.len;
	if (buffer_append(&reader->value, "", 1) < 0)
		return -FCGI_E_SYSTEM;
	field->value = malloc(reader->value.len);
	if (field->value == NULL)
		return -FCGI_E_SYSTEM;
	memcpy(field->value, reader->value.data, reader->value.len);
	buffer_clear(&reader->value);
	return 0;
}

static int
begin_stanza(struct reader *reader)
{
	struct stanza_file *stanzas = reader->stanzas;
	struct stanza *items = array_grow(stanzas->items, stanzas->count, sizeof *items);

	if (items == NULL)
		return -FCGI_E_SYSTEM;
	stanzas->items = items;
	items[stanzas->count++] = (struct stanza){ .line = reader->line };
	reader->inside = 1;
	return 0;
}

static int
add_field(struct reader *reader, const char *name, size_t len)
{
	struct stanza *stanza = last_stanza(reader);
	struct stanza_field *fields = array_grow(stanza->fields, stanza->count, sizeof *fields);
	char *copy;

	if (fields == NULL)
		return -FCGI_E_SYSTEM;
	stanza->fields = fields;
	copy = strndup(name, len);
	if (copy == NULL)
		return -FCGI_E_SYSTEM;
	if (stanza_get(stanza, copy) != NULL || stanza->count == STANZA_FIELDS_MAX) {
		free(copy);
		return fail(reader, stanza->count == STANZA_FIELDS_MAX
			? "the stanza has too many fields" : "the stanza has this field already");
	}
	fields[stanza->count++] = (struct stanza_field){ .name = copy, .line = reader->line };
	return 0;
}

/* What Debian's policy has for the name of a field: printable ASCII, and no comment nor list. */
static size_t
name_len(const char *p, const char *end)
{
	const char *begin = p;

	if (p < end && *p == '-')
		return 0;
	while (p < end && *p > ' ' && *p < 0x7f && *p != ':')
		p++;
	return (size_t)(p - begin);
}

static int
take_field(struct reader *reader, const char *p, const char *end)
{
	size_t len = name_len(p, end);
	const char *value;
	int r;

	if (len == 0)
		return fail(reader, "there is no name of a field");
	if (p + len == end || p[len] != ':')
		return fail(reader, "the name is followed by no colon");
	r = end_field(reader);
	if (r == 0 && !reader->inside)
		r = begin_stanza(reader);
	if (r == 0)
		r = add_field(reader, p, len);
	if (r < 0)
		return r;
	reader->continued = 0;
	value = p + len + 1;
	trim(&value, &end);
	return buffer_append(&reader->value, value, (size_t)(end - value));
}

static int
take_continuation(struct reader *reader, const char *p, const char *end)
{
	const char *text = p + 1, *text_end = end;
	int first = reader->value.len == 0 && !reader->continued;

	trim(&p, &text_end);
	if (p == text_end)
		return fail(reader, "a line of blanks: an empty one ends the stanza, \" .\" is an "
				    "empty line of a value");
	if (!reader->inside)
		return fail(reader, "the line begins with a blank, but there is no field to continue");
	reader->continued = 1;
	if (end - text == 1 && *text == '.')
		end = text;
	if (!first && buffer_append(&reader->value, "\n", 1) < 0)
		return -FCGI_E_SYSTEM;
	return buffer_append(&reader->value, text, (size_t)(end - text));
}

static int
take_line(struct reader *reader, const char *p, const char *end)
{
	int r = 0;

	if (memchr(p, '\0', (size_t)(end - p)) != NULL)
		return fail(reader, "there is a NUL in the line");
	if (end > p && end[-1] == '\r')
		end--;
	if (p == end) {
		r = end_field(reader);
		reader->inside = 0;
	} else if (is_blank(*p)) {
		r = take_continuation(reader, p, end);
	} else if (*p != '#') {
		r = take_field(reader, p, end);
	}
	return r;
}

int
stanza_read(struct stanza_file *stanzas, FILE *file, struct stanza_fault *fault)
{
	struct reader reader = { .stanzas = stanzas, .fault = fault };
	struct buffer line = { 0 };
	size_t left = LINE_FILE_MAX;
	const char *text;
	int r = 0, more = 1, saved;

	*stanzas = (struct stanza_file){ 0 };
	*fault = (struct stanza_fault){ 0 };
	while (r == 0 && (more = line_read(&line, file, '\n', &left)) > 0) {
		reader.line++;
		text = (const char *)line.data;
		r = take_line(&reader, text, text + line.len);
	}
	if (r == 0)
		r = more == 0 ? end_field(&reader) : more;
	saved = errno;
	buffer_free(&line);
	buffer_free(&reader.value);
	if (r < 0)
		stanza_reset(stanzas);
	errno = saved;
	return r;
}

const struct stanza_field *
stanza_get(const struct stanza *stanza, const char *name)
{
	size_t i;

	for (i = 0; i < stanza->count; i++)
		if (strcasecmp(stanza->fields[i].name, name) == 0)
			return &stanza->fields[i];
	return NULL;
}

int
stanza_next_line(const struct stanza_field *field, size_t *at, const char **text, size_t *len)
{
	const char *value_end = field->value + field->value_len, *p, *end;

	while (*at < field->value_len) {
		p = field->value + *at;
		end = memchr(p, '\n', field->value_len - *at);
		if (end == NULL)
			end = value_end;
		*at = (size_t)(end - field->value) + 1;
		trim(&p, &end);
		if (p < end) {
			*text = p;
			*len = (size_t)(end - p);
			return 1;
		}
	}
	return 0;
}

void
stanza_reset(struct stanza_file *stanzas)
{
	struct stanza *stanza;
	size_t i, k;

	for (i = 0; i < stanzas->count; i++) {
		stanza = &stanzas->items[i];
		for (k = 0; k < stanza->count; k++) {
			free(stanza->fields[k].name);
			free(stanza->fields[k].value);
		}
		free(stanza->fields);
	}
	free(stanzas->items);
	*stanzas = (struct stanza_file){ 0 };
}

/* Whether a continuation line can hold it. */
static int
is_writable(const char *p, const char *end)
{
	const char *text = p, *text_end = end;

	if (p == end)
		return 1;
	trim(&text, &text_end);
	return text < text_end && end[-1] != '\r' && !(end - p == 1 && *p == '.');
}

/* [p, end) as continuation lines. */
static int
put_lines(struct buffer *out, const char *p, const char *end)
{
	const char *newline;
	int r;

	for (;; p = newline + 1) {
		newline = memchr(p, '\n', (size_t)(end - p));
		if (newline == NULL)
			newline = end;
		if (!is_writable(p, newline))
			return -FCGI_E_SYNTAX;
		r = buffer_append(out, "\n ", 2);
		if (r == 0)
			r = p == newline ? buffer_append(out, ".", 1)
					 : buffer_append(out, p, (size_t)(newline - p));
		if (r < 0 || newline == end)
			return r;
	}
}

/* Whether it may stand behind the colon. */
static int
is_one_line(const char *p, const char *end)
{
	return p < end && !is_blank(*p) && !is_blank(end[-1]) && end[-1] != '\r' &&
	    memchr(p, '\n', (size_t)(end - p)) == NULL;
}

int
stanza_put(struct buffer *out, const char *name, const void *value, size_t len)
{
	const char *p = len > 0 ? value : "", *end = p + len;
	size_t before = out->len;
	int r;

	if (memchr(p, '\0', len) != NULL)
		return -FCGI_E_SYNTAX;
	r = buffer_append(out, name, strlen(name));
	if (r == 0)
		r = buffer_append(out, ":", 1);
	if (r == 0 && is_one_line(p, end)) {
		r = buffer_append(out, " ", 1);
		if (r == 0)
			r = buffer_append(out, p, len);
	} else if (r == 0 && len > 0) {
		r = put_lines(out, p, end);
	}
	if (r == 0)
		r = buffer_append(out, "\n", 1);
	if (r < 0)
		out->len = before;
	return r;
}
