#include "cgi_response.h"

#include <string.h>

#include "fcgi_error.h"

void
cgi_response_init(struct cgi_response *response, char *block, size_t size)
{
	*response = (struct cgi_response){ .block = block, .size = size };
	cgi_block_init(&response->grammar);
	response->status = response->grammar.status;
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

int
cgi_response_feed(struct cgi_response *response, const unsigned char **p, const unsigned char *end)
{
	size_t room = response->size - response->block_len;
	const unsigned char *begin = *p;
	const unsigned char *stop = (size_t)(end - begin) > room ? begin + room : end;
	int r = cgi_block_feed(&response->grammar, p, stop);

	if (*p > begin)
		memcpy(response->block + response->block_len, begin, (size_t)(*p - begin));
	response->block_len += (size_t)(*p - begin);
	response->complete = response->grammar.complete;
	response->status = response->grammar.status;
	response->has_status = response->grammar.has_status;
	response->has_location = response->grammar.has_location;
	return r == -FCGI_E_MORE && *p < end ? -FCGI_E_SPACE : r;
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
