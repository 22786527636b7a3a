#include "cgi_block.h"

#include <string.h>

#include "fcgi_error.h"

/* Where the next byte is. */
enum { LINE_BEGIN, IN_NAME, IN_VALUE, BEHIND_CR, BEHIND_EMPTY_CR };

/* The names that matter. */
enum { OTHER_NAME, STATUS_NAME, LOCATION_NAME, LENGTH_NAME };

static const char names[][16] = {
	[STATUS_NAME] = "status",
	[LOCATION_NAME] = "location",
	[LENGTH_NAME] = "content-length",
};

enum { STATUS_MIN = 100, STATUS_MAX = 599, STATUS_OK = 200, STATUS_FOUND = 302 };

/* The digits of a status, what has to follow them, and what is none. */
enum { CODE_DIGITS = 3, CODE_END = 4, BAD_CODE = 5 };

/* A length has digits, and may have blanks behind. */
enum { LENGTH_DIGITS = 1, LENGTH_END = 2 };

static const uint8_t name_chars[256] = {
	['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['!'] = 1, ['#'] = 1, ['$'] = 1,
	['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1,
	['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
};

int
cgi_block_is_name_char(char c)
{
	return name_chars[(unsigned char)c];
}

int
cgi_block_is_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!cgi_block_is_name_char(name[i]))
			return 0;
	return len > 0;
}

void
cgi_block_init(struct cgi_block *block)
{
	*block = (struct cgi_block){ .status = STATUS_OK, .content_length = CGI_BLOCK_NO_LENGTH };
}

/* Controls are what header injection is made of; none has a meaning here but the tab. */
static int
is_value_char(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* Whether one of eight bytes is a control character. */
static int
has_control(uint64_t bytes)
{
	uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
	uint64_t del = bytes ^ 0x7f * ones;

	return ((((bytes - ' ' * ones) & ~bytes) | ((del - ones) & ~del)) & highs) != 0;
}

static const unsigned char *
skip_value(const unsigned char *p, const unsigned char *end)
{
	uint64_t bytes;

	for (; end - p >= 8; p += 8) {
		memcpy(&bytes, p, sizeof bytes);
		if (has_control(bytes))
			break;
	}
	while (p < end && is_value_char(*p))
		p++;
	return p;
}

/* [p, end) is not empty.  Case aside, and whatever the locale: header names are ASCII. */
static void
match_name(struct cgi_block *block, const unsigned char *p, const unsigned char *end)
{
	const char *name;

	if (block->state == LINE_BEGIN) {
		block->matched = 0;
		block->name = (*p | 0x20) == 's' ? STATUS_NAME
		    : (*p | 0x20) == 'l'	 ? LOCATION_NAME
		    : (*p | 0x20) == 'c'	 ? LENGTH_NAME
						 : OTHER_NAME;
	}
	for (; block->name != OTHER_NAME && p < end; p++) {
		name = names[block->name] + block->matched;
		if (*name != '\0' && (*p | 0x20) == *name)
			block->matched++;
		else
			block->name = OTHER_NAME;
	}
}

/* The name is complete: is it the one, or only its beginning? */
static void
end_name(struct cgi_block *block)
{
	if (block->name != OTHER_NAME && names[block->name][block->matched] != '\0')
		block->name = OTHER_NAME;
	block->has_header = 1;
	block->state = IN_VALUE;
	block->code = 0;
	block->code_len = 0;
	block->length = 0;
}

static const unsigned char *
take_code(struct cgi_block *block, const unsigned char *p, const unsigned char *end)
{
	for (; p < end && is_value_char(*p); p++) {
		int blank = *p == ' ' || *p == '\t';

		if (block->code_len < CODE_DIGITS && *p >= '0' && *p <= '9')
			block->code = block->code * 10 + (*p - '0');
		else if (block->code_len == 0 && blank)
			continue;
		else if (block->code_len < CODE_DIGITS || (block->code_len == CODE_DIGITS && !blank))
			block->code_len = BAD_CODE;
		if (block->code_len < CODE_END)
			block->code_len++;
	}
	return p;
}

static const unsigned char *
take_length(struct cgi_block *block, const unsigned char *p, const unsigned char *end)
{
	for (; p < end && is_value_char(*p); p++) {
		int blank = *p == ' ' || *p == '\t';

		if (blank && block->code_len == LENGTH_DIGITS)
			block->code_len = LENGTH_END;
		else if (blank)
			continue;
		else if (*p < '0' || *p > '9' || block->code_len > LENGTH_DIGITS ||
		    block->length > (INT64_MAX - 9) / 10)
			block->code_len = BAD_CODE;
		else
			block->code_len = LENGTH_DIGITS;
		if (block->code_len == LENGTH_DIGITS)
			block->length = block->length * 10 + (*p - '0');
	}
	return p;
}

/* A Content-Length is complete.  The same twice is one (RFC 9110, section 8.6). */
static void
end_length(struct cgi_block *block)
{
	int64_t length = block->code_len == LENGTH_DIGITS || block->code_len == LENGTH_END
	    ? block->length
	    : CGI_BLOCK_BAD_LENGTH;

	if (block->content_length != CGI_BLOCK_NO_LENGTH && block->content_length != length)
		length = CGI_BLOCK_BAD_LENGTH;
	block->content_length = length;
}

/* A line with a header is complete. */
static int
end_header(struct cgi_block *block)
{
	block->state = LINE_BEGIN;
	if (block->name == STATUS_NAME) {
		if (block->has_status || block->code_len < CODE_DIGITS ||
		    block->code_len == BAD_CODE || block->code < STATUS_MIN ||
		    block->code > STATUS_MAX)
			return -FCGI_E_STATUS;
		block->has_status = 1;
		block->status = block->code;
	} else if (block->name == LOCATION_NAME) {
		block->has_location = 1;
		if (!block->has_status)
			block->status = STATUS_FOUND;
	} else if (block->name == LENGTH_NAME) {
		end_length(block);
	}
	return 0;
}

/* A line of nothing is complete: the end, but not the beginning. */
static int
end_block(struct cgi_block *block)
{
	if (!block->has_header)
		return -FCGI_E_HEADER;
	block->complete = 1;
	return 1;
}

/* Takes what is all of one kind.  *p < end. */
static void
take_run(struct cgi_block *block, const unsigned char **p, const unsigned char *end)
{
	const unsigned char *at = *p;

	switch (block->state) {
	case LINE_BEGIN:
	case IN_NAME:
		while (at < end && name_chars[*at])
			at++;
		if (at == *p)
			break;
		match_name(block, *p, at);
		block->state = IN_NAME;
		*p = at;
		break;
	case IN_VALUE:
		*p = block->name == STATUS_NAME	 ? take_code(block, *p, end)
		    : block->name == LENGTH_NAME ? take_length(block, *p, end)
						 : skip_value(*p, end);
		break;
	default:
		break;
	}
}

/* Takes the byte that ends a run.  Returns 1 at the end of the block, 0, or an error. */
static int
take_end(struct cgi_block *block, unsigned char c)
{
	switch (block->state) {
	case IN_NAME:
		if (c != ':')
			return -FCGI_E_HEADER;
		end_name(block);
		return 0;
	case LINE_BEGIN:
		if (c == '\n')
			return end_block(block);
		block->state = BEHIND_EMPTY_CR;
		return c == '\r' ? 0 : -FCGI_E_HEADER;
	case IN_VALUE:
		if (c == '\n')
			return end_header(block);
		block->state = BEHIND_CR;
		return c == '\r' ? 0 : -FCGI_E_HEADER;
	case BEHIND_CR:
		return c == '\n' ? end_header(block) : -FCGI_E_HEADER;
	default:
		return c == '\n' ? end_block(block) : -FCGI_E_HEADER;
	}
}

int
cgi_block_feed(struct cgi_block *block, const unsigned char **p, const unsigned char *end)
{
	int r;

	if (block->complete)
		return 1;
	while (*p < end) {
		take_run(block, p, end);
		if (*p == end)
			break;
		r = take_end(block, *(*p)++);
		if (r != 0)
			return r;
	}
	return -FCGI_E_MORE;
}
