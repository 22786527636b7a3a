#include "cgi_response.h"

#include <string.h>

#include "fcgi_error.h"

/* Where in a line the next byte is. */
enum { LINE_BEGIN, IN_NAME, IN_VALUE, BEHIND_CR };

enum { STATUS_MIN = 100, STATUS_MAX = 599, STATUS_OK = 200, STATUS_FOUND = 302 };

void
cgi_response_init(struct cgi_response *response, char *block, size_t size)
{
	*response = (struct cgi_response){ .block = block, .size = size, .status = STATUS_OK };
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
cgi_response_is_name_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c))
		return 1;
	return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* Controls are what header injection is made of; none has a meaning here but the tab. */
static int
is_value_char(char c)
{
	return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* [line, end) is a line that has been checked, without its ending. */
static void
split_line(struct cgi_header *header, const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	const char *value = colon + 1;

	while (value < end && is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		end--;
	*header = (struct cgi_header){
		.name = line,
		.name_len = (size_t)(colon - line),
		.value = value,
		.value_len = (size_t)(end - value),
	};
}

static char
small_letter(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Case aside, and whatever the locale: header names are ASCII. */
static int
has_name(const struct cgi_header *header, const char *name)
{
	size_t i;

	for (i = 0; i < header->name_len; i++)
		if (small_letter(header->name[i]) != small_letter(name[i]) || name[i] == '\0')
			return 0;
	return name[i] == '\0';
}

/* Returns the status, or -FCGI_E_STATUS. */
static int
parse_status(const struct cgi_header *header)
{
	const char *p = header->value;
	int status;

	if (header->value_len < 3 || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2]) ||
	    (header->value_len > 3 && !is_blank(p[3])))
		return -FCGI_E_STATUS;
	status = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	return status < STATUS_MIN || status > STATUS_MAX ? -FCGI_E_STATUS : status;
}

/* The line from response->line to the end of the block is complete, with its ending. */
static int
end_line(struct cgi_response *response)
{
	const char *line = response->block + response->line;
	const char *end = response->block + response->block_len - 1;
	struct cgi_header header;
	int status;

	if (end > line && end[-1] == '\r')
		end--;
	if (end == line) {
		if (response->line == 0)
			return -FCGI_E_HEADER;
		response->complete = 1;
		return 1;
	}
	split_line(&header, line, end);
	if (has_name(&header, "Status")) {
		status = parse_status(&header);
		if (status < 0 || response->has_status)
			return -FCGI_E_STATUS;
		response->has_status = 1;
		response->status = status;
	} else if (has_name(&header, "Location")) {
		response->has_location = 1;
		if (!response->has_status)
			response->status = STATUS_FOUND;
	}
	response->line = response->block_len;
	response->state = LINE_BEGIN;
	return 0;
}

/* The byte is at the end of the block already. */
static int
take_byte(struct cgi_response *response, char c)
{
	if (response->state == BEHIND_CR || (c == '\n' && response->state != IN_NAME))
		return c == '\n' ? end_line(response) : -FCGI_E_HEADER;
	if (c == '\r' && response->state != IN_NAME) {
		response->state = BEHIND_CR;
		return 0;
	}
	switch (response->state) {
	case LINE_BEGIN:
		response->state = IN_NAME;
		return cgi_response_is_name_char(c) ? 0 : -FCGI_E_HEADER;
	case IN_NAME:
		if (c == ':') {
			response->state = IN_VALUE;
			return 0;
		}
		return cgi_response_is_name_char(c) ? 0 : -FCGI_E_HEADER;
	default:
		return is_value_char(c) ? 0 : -FCGI_E_HEADER;
	}
}

int
cgi_response_feed(struct cgi_response *response, const unsigned char **p, const unsigned char *end)
{
	int r;

	while (!response->complete) {
		if (*p == end)
			return -FCGI_E_MORE;
		if (response->block_len == response->size)
			return -FCGI_E_SPACE;
		response->block[response->block_len++] = (char)**p;
		r = take_byte(response, (char)*(*p)++);
		if (r < 0)
			return r;
	}
	return 1;
}

int
cgi_response_next(const struct cgi_response *response, size_t *at, struct cgi_header *header)
{
	const char *line = response->block + *at, *end;

	/* The blank line at the end has no name, and the lines before it have been checked. */
	if (!response->complete || *at >= response->block_len || *line == '\r' || *line == '\n')
		return 0;
	end = memchr(line, '\n', response->block_len - *at);
	*at = (size_t)(end + 1 - response->block);
	split_line(header, line, end[-1] == '\r' ? end - 1 : end);
	return 1;
}

int
cgi_response_find(const struct cgi_response *response, const char *name, struct cgi_header *header)
{
	size_t at = 0;

	while (cgi_response_next(response, &at, header))
		if (has_name(header, name))
			return 1;
	return 0;
}
