#include "seen_by.h"

#include <string.h>

#include "fcgi_body.h"
#include "fcgi_error.h"
#include "seen_by_rules.h"

enum { TYPE_MAX_DEFINED = 11 };

const char *
seen_by_name(size_t index)
{
	return index < seen_by_rules_count ? seen_by_rules[index].name : NULL;
}

const struct seen_by_rules *
seen_by_find(const char *server)
{
	size_t i;

	for (i = 0; i < seen_by_rules_count; i++)
		if (strcmp(seen_by_rules[i].name, server) == 0)
			return &seen_by_rules[i];
	return NULL;
}

void
seen_by_init_rules(struct seen_by *seen, const struct seen_by_rules *rules, uint16_t request_id,
    int head_only, seen_by_sink *sink, void *to)
{
	/* The buffers are large, and read only as far as they were written. */
	memset(seen, 0, offsetof(struct seen_by, own_headers));
	seen->rules = rules;
	seen->sink = sink;
	seen->to = to;
	seen->request_id = request_id;
	seen->head_only = head_only != 0;
	seen->body_left = UINT64_MAX;
	seen_by_set_room(seen, seen->own_block, sizeof seen->own_block, seen->own_headers,
	    SEEN_BY_HEADERS_MAX);
}

void
seen_by_set_room(struct seen_by *seen, char *block, size_t block_max,
    struct seen_by_header *headers, size_t headers_max)
{
	seen->block = block;
	seen->block_max = block_max;
	seen->headers = headers;
	seen->headers_max = headers_max;
}

void
seen_by_restart(struct seen_by *seen)
{
	struct seen_by_header *headers = seen->headers;
	size_t headers_max = seen->headers_max, block_max = seen->block_max;
	char *block = seen->block;

	seen_by_init_rules(seen, seen->rules, seen->request_id, seen->head_only, seen->sink,
	    seen->to);
	seen_by_set_room(seen, block, block_max, headers, headers_max);
}

int
seen_by_init(struct seen_by *seen, const char *server, uint16_t request_id, int head_only,
    seen_by_sink *sink, void *to)
{
	const struct seen_by_rules *rules = seen_by_find(server);

	if (rules == NULL)
		return -FCGI_E_SYNTAX;
	seen_by_init_rules(seen, rules, request_id, head_only, sink, to);
	return 0;
}

static void
take_eof(struct seen_by *seen)
{
	if (seen->eof)
		return;
	seen->eof = 1;
	if (seen->rules->eof_ends)
		seen_by_end_answer(seen);
	else if (seen->rules->eof_ends_block && seen->state == IN_BLOCK)
		seen_by_end_answer(seen);
}

static void
take_end(struct seen_by *seen)
{
	struct fcgi_end end;

	if (seen->rules->end_checked) {
		if (seen->wire.content_length != FCGI_BODY_LEN) {
			seen_by_reject(seen, "END_REQUEST has the wrong length");
			return;
		}
		fcgi_end_decode(&end, seen->end_body);
		if (end.protocol_status != FCGI_REQUEST_COMPLETE) {
			seen_by_reject(seen, "END_REQUEST does not say REQUEST_COMPLETE");
			return;
		}
	}
	if (seen->rules->end_after_head && seen->state == IN_BLOCK)
		return;
	seen_by_end_answer(seen);
	seen->over = 1;
	seen_by_check_length(seen);
}

/* The record's header is there.  Sets seen->skipped for one whose content is not the server's. */
static void
begin_record(struct seen_by *seen)
{
	const struct seen_by_rules *rules = seen->rules;
	const struct fcgi_record *wire = &seen->wire;
	int known = wire->type == FCGI_STDOUT || wire->type == FCGI_STDERR ||
	    wire->type == FCGI_END_REQUEST;

	seen->content_left = wire->content_length;
	seen->padding_left = wire->padding_length;
	seen->record_len = 0;
	seen->skipped = !known || (rules->ids == IDS_SKIPPED &&
	    wire->request_id != seen->request_id);
	if (!known && rules->types == TYPES_UNREAD)
		seen->content_left = 0;
	if (seen->version != FCGI_VERSION_1 && !rules->any_version)
		seen_by_reject(seen, "a record has another version than 1");
	else if (rules->ids == IDS_OURS_ONLY && wire->request_id != seen->request_id)
		seen_by_reject(seen, "a record has another request id");
	else if (!known && (rules->types == TYPES_KNOWN_ONLY ||
	    (rules->types == TYPES_DEFINED && wire->type > TYPE_MAX_DEFINED))) {
		if (rules->type_ends_body && seen->state == IN_BODY)
			seen->over = 1;
		else
			seen_by_reject(seen, "a record has a type that no application sends");
	}
	/* What reads records into a buffer as they are runs out of it the sooner. */
	if (wire->type == FCGI_STDOUT && !seen->skipped && !rules->whole_records)
		seen->wire_overhead += FCGI_HEADER_LEN;
}

static void
take_content(struct seen_by *seen, const unsigned char *p, size_t len)
{
	size_t room = sizeof seen->end_body - seen->record_len;

	if (seen->skipped)
		return;
	if (seen->wire.type == FCGI_END_REQUEST && seen->record_len < sizeof seen->end_body)
		memcpy(seen->end_body + seen->record_len, p, len < room ? len : room);
	if (seen->wire.type == FCGI_STDOUT && seen->rules->whole_records)
		memcpy(seen->record + seen->record_len, p, len);
	else if (seen->wire.type == FCGI_STDOUT)
		seen_by_take_stdout(seen, p, len);
}

/* All of the record has come, its padding too. */
static void
end_record(struct seen_by *seen)
{
	seen->header_have = 0;
	if (seen->skipped)
		return;
	if (seen->wire.type == FCGI_STDOUT && !seen->rules->whole_records)
		seen->wire_overhead += seen->wire.padding_length;
	if (seen->wire.type == FCGI_END_REQUEST)
		take_end(seen);
	else if (seen->wire.type == FCGI_STDOUT && seen->wire.content_length == 0)
		take_eof(seen);
	else if (seen->wire.type == FCGI_STDOUT && seen->rules->whole_records)
		seen_by_take_stdout(seen, seen->record, seen->wire.content_length);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Returns 1 when the header is complete. */
static int
take_header(struct seen_by *seen, const unsigned char **p, const unsigned char *end)
{
	unsigned char *header = seen->wire_header;
	size_t len = smaller((size_t)(end - *p), (size_t)(FCGI_HEADER_LEN - seen->header_have));

	memcpy(header + seen->header_have, *p, len);
	*p += len;
	seen->header_have = (uint8_t)(seen->header_have + len);
	if (seen->header_have < FCGI_HEADER_LEN)
		return 0;
	/* Some servers never look at the version, which is no reason for our decoder to stop. */
	seen->version = header[0];
	header[0] = FCGI_VERSION_1;
	(void)fcgi_record_decode(&seen->wire, header, header + FCGI_HEADER_LEN);
	begin_record(seen);
	return 1;
}

int
seen_by_feed(struct seen_by *seen, const unsigned char *p, const unsigned char *end)
{
	size_t len;

	while (!seen->over && seen->error == 0 && p < end) {
		if (seen->header_have < FCGI_HEADER_LEN) {
			if (!take_header(seen, &p, end))
				break;
		} else if (seen->content_left > 0) {
			len = smaller((size_t)(end - p), seen->content_left);
			take_content(seen, p, len);
			p += len;
			seen->content_left = (uint16_t)(seen->content_left - len);
			seen->record_len = (uint16_t)(seen->record_len + len);
		} else {
			len = smaller((size_t)(end - p), seen->padding_left);
			p += len;
			seen->padding_left = (uint8_t)(seen->padding_left - len);
		}
		if (seen->header_have == FCGI_HEADER_LEN && seen->content_left == 0 &&
		    seen->padding_left == 0 && !seen->over)
			end_record(seen);
	}
	if (seen->error < 0)
		return seen->error;
	return seen->over;
}

int
seen_by_end(struct seen_by *seen, enum seen_by_ending ending)
{
	const struct seen_by_rules *rules = seen->rules;
	int in_record = seen->header_have == FCGI_HEADER_LEN && !seen->skipped;

	if (seen->over || seen->error < 0)
		return seen->error < 0 ? seen->error : 1;
	if (ending == SEEN_BY_NOT_CONNECTED)
		seen_by_fail(seen, rules->not_connected, "the application cannot be reached");
	else if (seen->state != IN_BODY && ending == SEEN_BY_TIMED_OUT)
		seen_by_fail(seen, rules->timed_out, "the answer did not come in time");
	else if (seen->state != IN_BODY)
		seen_by_fail(seen, rules->half != 0 && in_record ? rules->half : rules->closed,
		    "the connection ended before the answer did");
	else if (ending == SEEN_BY_TIMED_OUT)
		seen_by_cut(seen, "the answer was not complete in time");
	else if (rules->eof_ends && !seen->eof)
		seen_by_cut(seen, "the connection ended before the answer did");
	seen->over = 1;
	seen_by_check_length(seen);
	return seen->error < 0 ? seen->error : 1;
}
