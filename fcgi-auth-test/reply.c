#include "reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fcgi_error.h"

void
reply_init(struct reply *reply, uint16_t request_id)
{
	*reply = (struct reply){ .request.request_id = request_id };
}

static int
keep(struct buffer *buffer, const struct fcgi_slice *slice)
{
	return buffer_append(buffer, slice->data, slice->len);
}

/* One result of the reader.  Returns 0 or an error. */
static int
take(struct reply *reply, int what, const struct fcgi_slice *slice)
{
	int event = fcgi_request_feed(&reply->request, &reply->reader.record, what, slice);

	switch (event) {
	case FCGI_REQUEST_STDOUT:
		return keep(&reply->out, slice);
	case FCGI_REQUEST_STDERR:
		return keep(&reply->err, slice);
	case -FCGI_E_ORDER:
		if (reply->error == 0)
			reply->error = event;
		return 0;
	default:
		return event < 0 ? event : 0;
	}
}

/* Returns 0, 1 behind END_REQUEST, or an error. */
static int
read_records(struct reply *reply, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *start = p;
	size_t base = reply->wire.len - (size_t)(end - start);
	struct fcgi_slice slice;
	int what = 0, r;

	while (reply->end_at == 0 &&
	    (what = fcgi_reader_next(&reply->reader, &p, end, &slice)) > 0) {
		r = take(reply, what, &slice);
		if (r < 0)
			return r;
		if (what == FCGI_READ_END && reply->request.ended)
			reply->end_at = base + (size_t)(p - start);
	}
	if (reply->end_at > 0)
		reply->late_len += (size_t)(end - p);
	return what < 0 ? what : reply->request.ended;
}

int
reply_feed(struct reply *reply, const unsigned char *p, size_t len)
{
	int r;

	if (reply->ending == REPLY_BROKEN)
		return reply->error;
	if (len > REPLY_WIRE_MAX - reply->wire.len) {
		reply->ending = REPLY_TOO_LARGE;
		return -FCGI_E_SPACE;
	}
	if (buffer_append(&reply->wire, p, len) < 0)
		return -FCGI_E_SYSTEM;
	r = read_records(reply, p, p + len);
	if (r == -FCGI_E_VERSION || r == -FCGI_E_LENGTH) {
		reply->ending = REPLY_BROKEN;
		reply->error = r;
	} else if (r > 0)
		reply->ending = REPLY_ENDED;
	return r;
}

/* --- the header block ------------------------------------------------------------------------- */

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
add_header(struct reply *reply, const struct cgi_header *header)
{
	struct cgi_header *more;

	if (reply->header_count == REPLY_HEADERS_MAX) {
		reply->oddities |= REPLY_TOO_MANY;
		return 0;
	}
	more = reallocarray(reply->headers, reply->header_count + 1, sizeof *more);
	if (more == NULL)
		return -FCGI_E_SYSTEM;
	reply->headers = more;
	more[reply->header_count++] = *header;
	return 0;
}

/* The number of a Status header, 0 if it does not begin with one, whole and within its bounds. */
static int
status_number(const struct cgi_header *header)
{
	const char *p = header->value;
	size_t i;
	int number = 0;

	if (header->value_len < 3 || (header->value_len > 3 && !is_blank(p[3])))
		return 0;
	for (i = 0; i < 3; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		number = 10 * number + (p[i] - '0');
	}
	return number >= 100 && number <= 599 ? number : 0;
}

static void
take_status(struct reply *reply, const struct cgi_header *header)
{
	if (reply->status_count++ == 0)
		reply->status = status_number(header);
}

/* A line that is not empty, without its end. */
static int
read_line(struct reply *reply, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *end = line + len;
	struct cgi_header header = { .name = line };

	if (memchr(line, '\r', len) != NULL)
		reply->oddities |= REPLY_BARE_CR;
	if (memchr(line, '\0', len) != NULL)
		reply->oddities |= REPLY_NUL;
	if (is_blank(*line)) {
		reply->oddities |= REPLY_FOLDED;
		return 0;
	}
	if (colon == NULL) {
		reply->oddities |= len >= 5 && memcmp(line, "HTTP/", 5) == 0 ? REPLY_HTTP_LINE
									     : REPLY_NO_COLON;
		return 0;
	}
	header.name_len = (size_t)(colon - line);
	while (header.name_len > 0 && is_blank(line[header.name_len - 1])) {
		reply->oddities |= REPLY_BLANK_BEFORE_COLON;
		header.name_len--;
	}
	if (header.name_len == 0) {
		reply->oddities |= REPLY_NO_NAME;
		return 0;
	}
	for (header.value = colon + 1; header.value < end && is_blank(*header.value);)
		header.value++;
	while (end > header.value && is_blank(end[-1]))
		end--;
	header.value_len = (size_t)(end - header.value);
	if (header.name_len == 6 && strncasecmp(header.name, "Status", 6) == 0)
		take_status(reply, &header);
	return add_header(reply, &header);
}

static int
read_block(struct reply *reply)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };
	const char *line = (const char *)reply->out.data, *lf, *end;
	size_t len;

	if (reply->out.len == 0) {
		reply->oddities |= REPLY_EMPTY;
		return 0;
	}
	end = line + reply->out.len;
	if (reply->out.len >= sizeof mark && memcmp(line, mark, sizeof mark) == 0)
		reply->oddities |= REPLY_BOM;
	for (; line < end; line = lf + 1) {
		lf = memchr(line, '\n', (size_t)(end - line));
		if (lf == NULL)
			break;
		len = (size_t)(lf - line);
		if (len > 0 && line[len - 1] == '\r')
			len--;
		if (len == 0) {
			if (line == (const char *)reply->out.data)
				reply->oddities |= REPLY_BLANK_FIRST;
			reply->body = (const unsigned char *)lf + 1;
			reply->body_len = (size_t)(end - lf - 1);
			return 0;
		}
		if (read_line(reply, line, len) < 0)
			return -FCGI_E_SYSTEM;
	}
	reply->oddities |= REPLY_UNENDED;
	return line < end ? read_line(reply, line, (size_t)(end - line)) : 0;
}

int
reply_finish(struct reply *reply, enum reply_ending ending)
{
	if (reply->ending == REPLY_OPEN)
		reply->ending = ending == REPLY_CLOSED &&
			!fcgi_reader_between_records(&reply->reader)
		    ? REPLY_TRUNCATED
		    : ending;
	return read_block(reply);
}

const struct cgi_header *
reply_header(const struct reply *reply, const char *name, size_t index)
{
	const struct cgi_header *header;
	size_t len = strlen(name), i;

	for (i = 0; i < reply->header_count; i++) {
		header = &reply->headers[i];
		if (header->name_len == len && strncasecmp(header->name, name, len) == 0 &&
		    index-- == 0)
			return header;
	}
	return NULL;
}

const char *
reply_variable(const struct cgi_header *header, size_t *len)
{
	static const char prefix[] = "Variable-";
	const size_t prefix_len = sizeof prefix - 1;

	if (header->name_len < prefix_len ||
	    strncasecmp(header->name, prefix, prefix_len) != 0)
		return NULL;
	*len = header->name_len - prefix_len;
	return header->name + prefix_len;
}

static void
wipe(struct buffer *buffer)
{
	if (buffer->data != NULL)
		explicit_bzero(buffer->data, buffer->size);
	buffer_free(buffer);
}

void
reply_reset(struct reply *reply)
{
	wipe(&reply->wire);
	wipe(&reply->out);
	wipe(&reply->err);
	free(reply->headers);
	*reply = (struct reply){ 0 };
}
