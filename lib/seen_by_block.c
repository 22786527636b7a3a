#include "seen_by_rules.h"

#include <string.h>

enum { STATUS_MIN = 100, STATUS_LIMIT = 1000, STATUS_ERROR = 500, STATUS_OK = 200 };

static const char odd[] = "a line of the CGI header block is no header";

static int
bad(struct seen_by *seen, const char *why)
{
	seen->why = why;
	return -1;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static int
has_control(const char *p, size_t len)
{
	for (; len > 0; p++, len--)
		if (is_control(*p) && *p != '\t')
			return 1;
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

static int
is_token(const char *p, size_t len)
{
	for (; len > 0; p++, len--)
		if (*p <= ' ' || *p == 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *p) != NULL)
			return 0;
	return 1;
}

static int
is_visible(const char *p, size_t len)
{
	for (; len > 0; p++, len--)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return 0;
	return 1;
}

int
seen_by_is_sendable(const struct cgi_header *header)
{
	return header->name_len > 0 && is_token(header->name, header->name_len) &&
	    !has_control(header->value, header->value_len);
}

/* Returns 1 for a name that the server takes, 0 for a line that it skips, -1 for a bad one. */
static int
check_name(struct seen_by *seen, struct cgi_header *header)
{
	const char *name = header->name;
	size_t len = header->name_len;

	switch (seen->rules->names) {
	case NAMES_VISIBLE:
		return len > 0 && is_visible(name, len) ? 1 : -1;
	case NAMES_TOKENS:
		return len > 0 && is_token(name, len) ? 1 : -1;
	case NAMES_BLANK_END_SKIPPED:
		return len > 0 && !is_blank(name[len - 1]);
	case NAMES_WITHOUT_BLANK:
		while (len > 0 && is_blank(name[len - 1]))
			len--;
		header->name_len = len;
		return len > 0 && memchr(name, ' ', len) == NULL &&
		    memchr(name, '\t', len) == NULL ? 1 : -1;
	default:
		return 1;
	}
}

/* Returns 0, or -1 for a value that makes the line a bad one. */
static int
check_value(const struct seen_by *seen, const struct cgi_header *header)
{
	const char *value = header->value;
	size_t len = header->value_len;

	switch (seen->rules->values) {
	case VALUES_NO_NUL_CR:
		return memchr(value, '\0', len) != NULL || memchr(value, '\r', len) != NULL ? -1
											     : 0;
	case VALUES_NO_NUL_VT_FF:
		return memchr(value, '\0', len) != NULL || memchr(value, '\v', len) != NULL ||
		    memchr(value, '\f', len) != NULL ? -1 : 0;
	case VALUES_TEXT:
		return has_control(value, len) ? -1 : 0;
	default:
		return 0;
	}
}

static void
trim(struct cgi_header *header, const struct seen_by_rules *rules)
{
	while (header->value_len > 0 && header->value[0] != '\0' &&
	    strchr(rules->lead, header->value[0]) != NULL) {
		header->value++;
		header->value_len--;
	}
	while (header->value_len > 0 && header->value[header->value_len - 1] != '\0' &&
	    strchr(rules->trail, header->value[header->value_len - 1]) != NULL)
		header->value_len--;
}

static int
add_header(struct seen_by *seen, struct cgi_header *header)
{
	int r;

	trim(header, seen->rules);
	r = check_name(seen, header);
	if (r == 0)
		return 0;
	if (r < 0 || check_value(seen, header) < 0)
		return bad(seen, odd);
	if (seen->header_count == seen->headers_max)
		return bad(seen, "the CGI header block has too many headers");
	if (seen->rules->drops_empty && header->value_len == 0 && !seen_by_is(header, "Status"))
		return 0;
	seen->headers[seen->header_count++] = (struct seen_by_header){ .text = *header };
	return 0;
}

/* As lighttpd reads the first line: HTTP/x.0 or .1, one blank, three digits and a blank or end. */
static int
read_http_line(struct seen_by *seen, const char *line, size_t len)
{
	struct cgi_header header = { .name = "Status", .name_len = 6 };

	if (len < 12 || line[6] != '.' || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
	    !is_digit(line[9]))
		return bad(seen, "the answer begins with an HTTP status line that is none");
	header.value = line + 9;
	header.value_len = len - 9;
	return add_header(seen, &header);
}

/* The line goes on with the value of the last one, after one blank. */
static int
fold(struct seen_by *seen, const char *line, size_t len)
{
	struct cgi_header *last;
	char *end;

	if (seen->header_count == 0)
		return bad(seen, "the CGI header block begins with a blank");
	last = &seen->headers[seen->header_count - 1].text;
	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	end = seen->block + (last->value - seen->block) + last->value_len;
	*end = ' ';
	memmove(end + 1, line, len);
	last->value_len += len + 1;
	trim(last, seen->rules);
	return check_value(seen, last) < 0 ? bad(seen, odd) : 0;
}

/* A line of the block without its LF.  Returns 0, or -1 for a bad one. */
static int
read_line(struct seen_by *seen, const char *line, size_t len)
{
	const struct seen_by_rules *rules = seen->rules;
	const char *colon = memchr(line, ':', len);
	struct cgi_header header = { .name = line };
	int is_http = len >= 5 && memcmp(line, "HTTP/", 5) == 0, is_first = line == seen->block;

	if (rules->line_max > 0 && len > rules->line_max)
		return bad(seen, "a line of the CGI header block is too long");
	if (is_http && rules->http_line == HTTP_LINE_SKIPPED)
		return 0;
	if (is_http && is_first && rules->http_line == HTTP_LINE_FIRST_IS_STATUS)
		return read_http_line(seen, line, len);
	if (rules->folds && is_blank(*line))
		return fold(seen, line, len);
	if (colon == NULL && rules->no_colon == NO_COLON_SKIPPED_BUT_FIRST && !is_first)
		return 0;
	if (colon == NULL && rules->no_colon != NO_COLON_NAME)
		return bad(seen, "a line of the CGI header block has no colon");
	header.name_len = colon != NULL ? (size_t)(colon - line) : len;
	header.value = colon != NULL ? colon + 1 : line + len;
	header.value_len = (size_t)(line + len - header.value);
	return add_header(seen, &header);
}

/* Takes away every CR, and a NUL with all behind it.  Returns the new length. */
static size_t
as_c_string(char *line, size_t len)
{
	size_t from, to = 0;

	for (from = 0; from < len && line[from] != '\0'; from++)
		if (line[from] != '\r')
			line[to++] = line[from];
	return to;
}

int
seen_by_read_block(struct seen_by *seen, int complete)
{
	char *line = seen->block, *end = seen->block + seen->block_len, *lf;
	size_t len;

	seen->header_count = 0;
	while ((lf = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		len = (size_t)(lf - line);
		if (seen->rules->c_strings)
			len = as_c_string(line, len);
		else if (len > 0 && line[len - 1] == '\r')
			len--;
		if (len == 0)
			break;
		if (read_line(seen, line, len) < 0)
			return -1;
		line = lf + 1;
	}
	if (complete)
		seen->body_at = lf != NULL ? (size_t)(lf + 1 - seen->block) : seen->block_len;
	return 0;
}

/* --- what the headers mean -------------------------------------------------------------------- */

struct cgi_header
seen_by_status_header(const struct seen_by *seen)
{
	struct cgi_header found = { 0 };
	size_t i;

	for (i = 0; i < seen->header_count; i++) {
		if (!seen_by_is(&seen->headers[i].text, "Status"))
			continue;
		found = seen->headers[i].text;
		if (seen->rules->first_status)
			break;
	}
	return found;
}

/* The number that [p, end) begins with; STATUS_LIMIT for all that is too large. */
static int
read_number(const char **p, const char *end)
{
	int number = 0;

	for (; *p < end && is_digit(**p); (*p)++)
		if (number < STATUS_LIMIT)
			number = 10 * number + (**p - '0');
	return number < STATUS_LIMIT ? number : STATUS_LIMIT;
}

/* Returns the status, 0 for one that is none and passes, or -1 for one that is none. */
static int
read_status(const struct seen_by *seen, const struct cgi_header *header)
{
	const struct seen_by_rules *rules = seen->rules;
	const char *p = header->value, *end = p + header->value_len, *rest = p;
	int number = read_number(&rest, end), valid;

	valid = number >= STATUS_MIN && number < STATUS_LIMIT;
	switch (rules->status) {
	case STATUS_THREE_DIGITS:
		if (rest - p < 3)
			return -1;
		end = p + 3;
		number = read_number(&p, end);
		return number >= STATUS_MIN ? number : -1;
	case STATUS_THREE_AND_END:
		/* h2o takes no tab, but that is no answer anybody sends. */
		return valid && rest - p == 3 && (rest == end || is_blank(*rest)) ? number : -1;
	case STATUS_WORD:
		return valid && (rest == end || *rest == ' ') ? number : -1;
	case STATUS_UNCHECKED:
		return valid ? number : 0;
	default:
		return valid ? number : STATUS_ERROR;
	}
}

/* Of several headers of a list the first or the last alone stays. */
static void
keep_one(struct seen_by *seen, const char *const *list, size_t i, int first)
{
	struct seen_by_header *headers = seen->headers;
	size_t j;
	char name[32];

	if (!seen_by_listed(list, &headers[i].text))
		return;
	memcpy(name, headers[i].text.name, headers[i].text.name_len);
	name[headers[i].text.name_len] = '\0';
	for (j = first ? 0 : i + 1; j < (first ? i : seen->header_count); j++)
		if (seen_by_is(&headers[j].text, name))
			headers[i].dropped = 1;
}

/* Returns 0, or -1 for a length that the server does not bear. */
static int
judge_length(struct seen_by *seen, struct seen_by_header *header)
{
	const char *p = header->text.value, *end = p + header->text.value_len;
	uint64_t length = 0;
	int valid = p < end;

	for (; p < end; p++) {
		if (!is_digit(*p) || length > (UINT64_MAX / 10 - 10)) {
			valid = 0;
			break;
		}
		length = 10 * length + (uint64_t)(*p - '0');
	}
	switch (seen->rules->length) {
	case LENGTH_DROPPED:
		header->dropped = 1;
		return 0;
	case LENGTH_PASSED_IF_NUMBER:
		header->dropped = !valid;
		break;
	case LENGTH_MUST_BE_NUMBER:
		if (!valid || seen->body_left != UINT64_MAX)
			return bad(seen, "Content-Length is not one number");
		break;
	default:
		break;
	}
	if (valid)
		seen->body_left = length;
	return 0;
}

static void
lower(const char *text, size_t len, char until)
{
	char *p;

	/* The text is in the block, which is ours to change. */
	for (p = (char *)(uintptr_t)text; len > 0 && *p != until; p++, len--)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
}

/* Returns 0, -1 for what is bad, or the status of an error page. */
static int
judge_header(struct seen_by *seen, size_t i)
{
	const struct seen_by_rules *rules = seen->rules;
	struct seen_by_header *header = &seen->headers[i];
	struct cgi_header *text = &header->text;

	if (seen_by_listed(rules->dropped, text))
		header->dropped = 1;
	keep_one(seen, rules->first, i, 1);
	keep_one(seen, rules->last, i, 0);
	if (header->dropped)
		return 0;
	if (rules->names == NAMES_TOKENS_OR_PAGE && !seen_by_is_sendable(text)) {
		seen->why = "a header has a character that it may not have";
		return STATUS_ERROR;
	}
	if (seen_by_is(text, "Content-Length") && judge_length(seen, header) < 0)
		return -1;
	if (rules->own_type && seen_by_is(text, "Content-Type")) {
		*text = (struct cgi_header){ "Content-Type", 12, text->value, text->value_len };
		while (text->value_len > 0 && is_blank(text->value[text->value_len - 1]))
			text->value_len--;
		header->dropped = text->value_len == 0;
		if (rules->lower_type)
			lower(text->value, text->value_len, ';');
	}
	if (rules->lower_names)
		lower(text->name, text->name_len, '\0');
	return 0;
}

static const struct cgi_header *
find(const struct seen_by *seen, const char *name)
{
	size_t i;

	for (i = seen->header_count; i > 0; i--)
		if (seen_by_is(&seen->headers[i - 1].text, name))
			return &seen->headers[i - 1].text;
	return NULL;
}

static int
judge_status(struct seen_by *seen)
{
	const struct cgi_header *location = find(seen, "Location");
	struct cgi_header status = seen_by_status_header(seen);

	seen->status = STATUS_OK;
	if (status.name_len > 0)
		seen->status = read_status(seen, &status);
	else if (location != NULL)
		seen->status = seen->rules->location;
	if (seen->status < 0 || (seen->status == 0 && seen->rules->status != STATUS_UNCHECKED))
		return bad(seen, "the CGI Status header has no HTTP status");
	if (seen->status == STATUS_ERROR && status.name_len > 0 &&
	    (status.value_len < 3 || memcmp(status.value, "500", 3) != 0))
		seen->why = "the CGI Status header has no HTTP status";
	if (seen->status == 0)
		seen->why = "the CGI Status header has no HTTP status, and is passed on";
	if (seen->rules->local_redirect && location != NULL &&
	    (status.name_len == 0 || seen->status == STATUS_OK)) {
		if (location->value_len == 0 || location->value[0] != '/') {
			seen->why = "Location without Status is redirected by the server itself";
			return seen->rules->location;
		}
		seen->redirect = *location;
	}
	return 0;
}

int
seen_by_judge_block(struct seen_by *seen)
{
	const struct cgi_header *redirect = NULL;
	int r;
	size_t i;

	seen->body_left = UINT64_MAX;
	if (seen->rules->redirect != NULL)
		redirect = find(seen, seen->rules->redirect);
	r = judge_status(seen);
	for (i = 0; r == 0 && i < seen->header_count; i++)
		r = judge_header(seen, i);
	if (r != 0)
		return r;
	if (redirect != NULL) {
		if (redirect->value_len == 0 || strchr("/@", *redirect->value) == NULL) {
			seen->why = "X-Accel-Redirect is no place of the server's";
			return 404;
		}
		seen->redirect = *redirect;
	}
	return 0;
}
