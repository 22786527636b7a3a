#include "seen_by_rules.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What has come of the header block's end. */
enum { AT_LINE, BEHIND_LINE_CR, IN_LINE, BEHIND_LF, BEHIND_CRLF, BEHIND_CRLF_CR };

enum { NO_CONTENT = 204, RESET_CONTENT = 205, NOT_MODIFIED = 304 };

/* --- out -------------------------------------------------------------------------------------- */

static void
put(struct seen_by *seen, enum seen_by_part part, const void *data, size_t len)
{
	if (seen->error == 0 && len > 0)
		seen->error = seen->sink(seen->to, part, data, len);
}

static void
put_head(struct seen_by *seen, const char *text, size_t len)
{
	put(seen, SEEN_BY_HEAD, text, len);
}

static void
put_line(struct seen_by *seen, const char *text)
{
	put_head(seen, text, strlen(text));
	put_head(seen, "\r\n", 2);
}

static int
is_text(const char *p, size_t len)
{
	for (; len > 0; p++, len--)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return 0;
	return 1;
}

/* "HTTP/1.1", the status and its reason, from the header Status where the server takes it. */
static void
put_status_line(struct seen_by *seen, const struct cgi_header *status)
{
	const struct seen_by_rules *rules = seen->rules;
	const char *reason = seen_by_reason(rules, seen->status);
	size_t len = status->value_len;
	char number[16];

	put_head(seen, "HTTP/1.1 ", 9);
	if (status->name_len > 0 &&
	    (rules->reason == REASON_STATUS_VALUE ||
		(rules->reason == REASON_STATUS_TEXT && seen->why == NULL && len > 3 &&
		    status->value[3] == ' ' && is_text(status->value, len)))) {
		put_head(seen, status->value, len);
		put_line(seen, "");
		return;
	}
	if (status->name_len > 0 && rules->reason == REASON_STATUS_REST)
		reason = "OK";
	snprintf(number, sizeof number, "%03d%s", seen->status, *reason != '\0' ? " " : "");
	put_head(seen, number, strlen(number));
	if (status->name_len > 0 && rules->reason == REASON_STATUS_REST && len > 4) {
		put_head(seen, status->value + 4, len - 4);
		reason = "";
	}
	put_line(seen, reason);
}

/* The header with the values of its like behind it, if the server joins them. */
static void
put_header(struct seen_by *seen, size_t i)
{
	struct seen_by_header *header = &seen->headers[i];
	const struct cgi_header *text = &header->text, *other;
	size_t j;

	put_head(seen, text->name, text->name_len);
	put_head(seen, ": ", 2);
	put_head(seen, text->value, text->value_len);
	for (j = i + 1; seen->rules->merges && j < seen->header_count; j++) {
		other = &seen->headers[j].text;
		if (seen->headers[j].dropped || other->name_len != text->name_len ||
		    seen_by_is(text, "Set-Cookie") ||
		    strncasecmp(other->name, text->name, text->name_len) != 0)
			continue;
		seen->headers[j].dropped = 1;
		put_head(seen, ", ", 2);
		put_head(seen, other->value, other->value_len);
	}
	put_line(seen, "");
}

/* only: just these headers; but: not those.  NULL for either: all. */
static void
put_headers(struct seen_by *seen, const char *const *only, const char *const *but)
{
	size_t i;

	for (i = 0; i < seen->header_count; i++)
		if (!seen->headers[i].dropped &&
		    (only == NULL || seen_by_listed(only, &seen->headers[i].text)) &&
		    !seen_by_listed(but, &seen->headers[i].text))
			put_header(seen, i);
}

static void
end_head(struct seen_by *seen)
{
	put_line(seen, "");
	seen->has_head = 1;
	seen->state = IN_BODY;
}

/* The head of the application's answer. */
static void
send_head(struct seen_by *seen)
{
	const struct seen_by_rules *rules = seen->rules;
	struct cgi_header status = seen_by_status_header(seen);
	int bodyless = seen->status == NO_CONTENT || seen->status == NOT_MODIFIED;

	put_status_line(seen, &status);
	put_headers(seen, NULL, bodyless ? rules->dropped_bodyless : NULL);
	seen->no_body = seen->head_only || bodyless ||
	    (rules->empties_205 && seen->status == RESET_CONTENT);
	end_head(seen);
}

/*
 * An answer of the server's own, and the end of the application's.
 * with_headers: of the application's that are known to be good.
 */
static void
send_error(struct seen_by *seen, int status, int has_page, int with_headers)
{
	static const char *const of_page[] = { "Content-Type", "Content-Length", NULL };
	static const struct cgi_header none;
	const struct seen_by_rules *rules = seen->rules;
	int is_bad_line = status == rules->bad_header && rules->bad_header_empty && !has_page;

	seen->over = 1;
	seen->own_answer = 1;
	seen->status = status;
	if (status == 0) {
		seen->cut = 1;
		return;
	}
	put_status_line(seen, &none);
	if (with_headers)
		put_headers(seen, is_bad_line ? rules->early : NULL, is_bad_line ? NULL : of_page);
	if (has_page && rules->page_type != NULL) {
		put_head(seen, "Content-Type: ", 14);
		put_line(seen, rules->page_type);
	}
	seen->own_page = has_page && rules->page_type != NULL;
	end_head(seen);
}

static void
send_body(struct seen_by *seen, const void *data, size_t len)
{
	if (len == 0 || seen->over || (seen->eof && seen->rules->eof_ends))
		return;
	if (seen->state == HEAD_READY)
		send_head(seen);
	if (len > seen->body_left)
		len = (size_t)seen->body_left;
	if (seen->body_left != UINT64_MAX)
		seen->body_left -= len;
	if (!seen->no_body)
		put(seen, SEEN_BY_BODY, data, len);
}

/* --- how it can go wrong ---------------------------------------------------------------------- */

void
seen_by_fail(struct seen_by *seen, int status, const char *why)
{
	int ready = seen->state == HEAD_READY;

	seen->why = why;
	if (!ready && seen->block_len > 0 && !seen->rules->eof_ends &&
	    seen_by_read_block(seen, 0) < 0)
		status = seen->rules->bad_header;
	send_error(seen, status, 1, ready);
}

void
seen_by_cut(struct seen_by *seen, const char *why)
{
	seen->why = why;
	seen->cut = 1;
	seen->over = 1;
}

void
seen_by_reject(struct seen_by *seen, const char *why)
{
	if (seen->state != IN_BODY)
		seen_by_fail(seen, seen->rules->broken, why);
	else
		seen_by_cut(seen, why);
}

static void
reject_block(struct seen_by *seen)
{
	const struct seen_by_rules *rules = seen->rules;

	send_error(seen, rules->bad_header, !rules->bad_header_empty, rules->bad_header_empty);
}

/* --- STDOUT ----------------------------------------------------------------------------------- */

/* Behind so many some servers do not find the end. */
static int
has_too_many_lines(const struct seen_by *seen)
{
	return seen->rules->lines_max > 0 && seen->line_count > seen->rules->lines_max;
}

/* Whether the block ends with this byte. */
static int
ends_block(struct seen_by *seen, char c)
{
	uint8_t *state = &seen->end_state;
	int any = seen->rules->block_end == END_EMPTY_LINE;

	if (seen->rules->block_end == END_TWO_LF) {
		if (c == '\n')
			return ++*state == 2;
		if (c != '\r')
			*state = 0;
		return 0;
	}
	if (any) {
		if (c == '\n' && *state != IN_LINE)
			return !has_too_many_lines(seen);
		seen->line_count += c == '\n';
		*state = c == '\n' ? AT_LINE : c == '\r' && *state == AT_LINE ? BEHIND_LINE_CR
									      : IN_LINE;
		return 0;
	}
	if (c == '\n') {
		if (*state == BEHIND_LF || *state == BEHIND_CRLF_CR)
			return 1;
		*state = *state == BEHIND_LINE_CR ? BEHIND_CRLF : BEHIND_LF;
	} else if (c == '\r')
		*state = *state == BEHIND_CRLF ? BEHIND_CRLF_CR : BEHIND_LINE_CR;
	else
		*state = IN_LINE;
	return 0;
}

static void
take_redirect(struct seen_by *seen)
{
	seen->status = 0;
	seen->why = "the server asks itself for another URL instead";
	seen->over = 1;
}

static void
end_block(struct seen_by *seen)
{
	int page;

	if (seen_by_read_block(seen, 1) < 0) {
		reject_block(seen);
		return;
	}
	page = seen_by_judge_block(seen);
	if (page < 0)
		reject_block(seen);
	else if (page > 0)
		send_error(seen, page, 1, page == seen->rules->location);
	else if (seen->redirect.value_len > 0)
		take_redirect(seen);
	else {
		seen->state = HEAD_READY;
		if (!seen->rules->late_head)
			send_head(seen);
		send_body(seen, seen->block + seen->body_at, seen->block_len - seen->body_at);
	}
}

/* Returns how many bytes belonged to the block. */
static size_t
take_block(struct seen_by *seen, const unsigned char *p, size_t len)
{
	size_t max = seen->rules->wire_max, taken = 0;

	while (taken < len && !seen->over && seen->state == IN_BLOCK) {
		if (seen->block_len == seen->block_max ||
		    (max > 0 && seen->block_len + seen->wire_overhead >= max)) {
			seen->why = "the CGI header block is too large";
			reject_block(seen);
			break;
		}
		seen->block[seen->block_len++] = (char)p[taken];
		if (ends_block(seen, (char)p[taken++]))
			end_block(seen);
	}
	return taken;
}

void
seen_by_take_stdout(struct seen_by *seen, const unsigned char *p, size_t len)
{
	size_t taken = 0;

	if (seen->state == IN_BLOCK)
		taken = take_block(seen, p, len);
	send_body(seen, p + taken, len - taken);
}

/* Without a header block mod_proxy_fcgi sends what there is when it is told that this is all. */
static void
send_raw(struct seen_by *seen)
{
	size_t len = seen->eof ? seen->block_len : 0;

	seen->why = seen->block_len == 0 ? "the answer is empty"
					 : "the answer ended before the CGI header block did";
	seen->status = seen->rules->no_header;
	seen->header_count = 0;
	send_head(seen);
	if (!seen->no_body)
		put(seen, SEEN_BY_BODY, seen->block, len);
}

void
seen_by_end_answer(struct seen_by *seen)
{
	const struct seen_by_rules *rules = seen->rules;

	if (seen->state == HEAD_READY)
		send_head(seen);
	if (seen->state == IN_BODY)
		return;
	if (rules->eof_ends)
		send_raw(seen);
	else if (seen->block_len == 0)
		seen_by_fail(seen, rules->empty, "the answer is empty");
	else
		seen_by_fail(seen, rules->no_header,
		    "the answer ended before the CGI header block did");
}

void
seen_by_check_length(struct seen_by *seen)
{
	if (!seen->cut && !seen->no_body && !seen->own_page && seen->state == IN_BODY &&
	    seen->body_left != UINT64_MAX && seen->body_left > 0)
		seen_by_cut(seen, "Content-Length promises more than there is");
}
