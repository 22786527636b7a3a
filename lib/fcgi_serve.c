#include "fcgi_serve.h"

#include <string.h>
#include <bsd/sys/endian.h>

#include "fcgi_error.h"

/* What the current record's content is to become. */
enum { SKIP, BEGIN, STREAM, VALUES, UNKNOWN };

/* Bits of fcgi_serve_slot.closed. */
enum { PARAMS_CLOSED = 1, STDIN_CLOSED = 2, DATA_CLOSED = 4 };

/* Returns the slot of a request, or serve->used when there is none. */
static size_t
find_slot(const struct fcgi_serve *serve, uint16_t request_id)
{
	size_t i;

	for (i = 0; i < serve->used; i++)
		if (serve->slots[i].request_id == request_id)
			break;
	return i;
}

size_t
fcgi_serve_active(const struct fcgi_serve *serve)
{
	size_t i, count = 0;

	for (i = 0; i < serve->used; i++)
		count += serve->slots[i].request_id != FCGI_NULL_REQUEST_ID;
	return count;
}

void
fcgi_serve_done(struct fcgi_serve *serve, size_t slot)
{
	/*
	 * The current record may be this slot's and only half taken: its rest must not be told of
	 * whoever gets the slot next.
	 */
	if (serve->action == STREAM && serve->current == slot)
		serve->action = SKIP;
	serve->slots[slot] = (struct fcgi_serve_slot){ 0 };
	while (serve->used > 0 && serve->slots[serve->used - 1].request_id == FCGI_NULL_REQUEST_ID)
		serve->used--;
}

/* Section 6: PARAMS before STDIN before DATA, and DATA for a FILTER alone. */
struct stream {
	uint8_t bit;		/* of closed, 0: not a stream */
	uint8_t after;		/* the bit of the stream that has to be closed before, 0: none */
	uint8_t event;
	uint8_t end_event;
};

static const struct stream streams[] = {
	[FCGI_PARAMS] = { PARAMS_CLOSED, 0, FCGI_SERVE_PARAMS, FCGI_SERVE_PARAMS_END },
	[FCGI_STDIN] = { STDIN_CLOSED, PARAMS_CLOSED, FCGI_SERVE_STDIN, FCGI_SERVE_STDIN_END },
	[FCGI_DATA] = { DATA_CLOSED, STDIN_CLOSED, FCGI_SERVE_DATA, FCGI_SERVE_DATA_END },
};

static int
is_stream(uint8_t type)
{
	return type < sizeof streams / sizeof *streams && streams[type].bit != 0;
}

static int
is_allowed(const struct fcgi_serve_slot *slot, uint8_t type)
{
	const struct stream *stream = &streams[type];

	return (slot->closed & (stream->bit | stream->after)) == stream->after &&
	    (type != FCGI_DATA || slot->role == FCGI_FILTER);
}

static int
open_management(struct fcgi_serve *serve, const struct fcgi_record *record)
{
	serve->action = record->type == FCGI_GET_VALUES ? VALUES : UNKNOWN;
	return FCGI_SERVE_MORE;
}

static inline int
open_stream(struct fcgi_serve_slot *slot, const struct fcgi_record *record, uint8_t *action)
{
	if (!is_allowed(slot, record->type))
		return -FCGI_E_ORDER;
	*action = STREAM;
	if (record->content_length > 0)
		return FCGI_SERVE_MORE;
	slot->closed = (uint8_t)(slot->closed | streams[record->type].bit);
	return streams[record->type].end_event;
}

/* *action: SKIP, and what is to become of the content instead. */
static inline int
open_application(const struct fcgi_serve *serve, const struct fcgi_record *record,
    struct fcgi_serve_event *event, uint8_t *action)
{
	size_t slot;

	if (record->type == FCGI_BEGIN_REQUEST) {
		if (record->content_length != FCGI_BODY_LEN)
			return -FCGI_E_LENGTH;
		*action = BEGIN;
		return FCGI_SERVE_MORE;
	}
	slot = find_slot(serve, record->request_id);
	if (slot == serve->used)
		return FCGI_SERVE_MORE;
	event->slot = slot;
	if (is_stream(record->type))
		return open_stream(&serve->slots[slot], record, action);
	/* The rest are no types of a web server, or none at all: an id has no answer for them. */
	return record->type == FCGI_ABORT_REQUEST ? FCGI_SERVE_ABORT : FCGI_SERVE_MORE;
}

static int
reject(struct fcgi_serve_event *event, uint16_t request_id, uint8_t protocol_status, uint8_t flags)
{
	event->request_id = request_id;
	event->protocol_status = protocol_status;
	event->flags = flags;
	return FCGI_SERVE_REJECT;
}

static int
begin_request(struct fcgi_serve *serve, const unsigned char *body, struct fcgi_serve_event *event)
{
	uint16_t request_id = serve->reader.record.request_id;
	struct fcgi_begin begin;
	size_t i;

	fcgi_begin_decode(&begin, body);
	if (find_slot(serve, request_id) < serve->used)
		return -FCGI_E_ORDER;
	if (fcgi_role_name(begin.role) == NULL)
		return reject(event, request_id, FCGI_UNKNOWN_ROLE, begin.flags);
	i = find_slot(serve, FCGI_NULL_REQUEST_ID);
	if (i == serve->slot_count)
		return reject(event, request_id,
		    serve->slot_count == 1 ? FCGI_CANT_MPX_CONN : FCGI_OVERLOADED, begin.flags);
	serve->slots[i] = (struct fcgi_serve_slot){
		.request_id = request_id,
		.role = begin.role,
		.flags = begin.flags,
	};
	if (i == serve->used)
		serve->used++;
	event->slot = i;
	return FCGI_SERVE_BEGIN;
}

static int
take_content(struct fcgi_serve *serve, struct fcgi_serve_event *event)
{
	switch (serve->action) {
	case BEGIN:
		memcpy(serve->body + serve->body_len, event->slice.data, event->slice.len);
		serve->body_len = (uint8_t)(serve->body_len + event->slice.len);
		if (serve->body_len < FCGI_BODY_LEN)
			return FCGI_SERVE_MORE;
		return begin_request(serve, serve->body, event);
	case STREAM:
		event->slot = serve->current;
		return streams[serve->reader.record.type].event;
	case VALUES:
		return FCGI_SERVE_VALUES;
	default:
		return FCGI_SERVE_MORE;
	}
}

/* --- a record that lies whole in the input ---------------------------------------------------- */

/* Only a request's own: what a management record tells is in more than one event. */
static int
is_whole(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_slice *slice)
{
	const unsigned char *at = *p;

	return end - at >= FCGI_HEADER_LEN && (at[2] | at[3]) != 0 &&
	    fcgi_reader_whole(&serve->reader, p, end, slice);
}

static inline int
take_whole(struct fcgi_serve *serve, struct fcgi_serve_event *event)
{
	const struct fcgi_record *record = &serve->reader.record;
	uint8_t action = SKIP;
	int r = open_application(serve, record, event, &action);

	if (action == BEGIN)
		return begin_request(serve, event->slice.data, event);
	return action == STREAM && r == FCGI_SERVE_MORE ? streams[record->type].event : r;
}

/* --- all of them ------------------------------------------------------------------------------ */

static int
open_record(struct fcgi_serve *serve, struct fcgi_serve_event *event)
{
	const struct fcgi_record *record = &serve->reader.record;
	int r;

	serve->action = SKIP;
	if (record->request_id == FCGI_NULL_REQUEST_ID)
		return open_management(serve, record);
	r = open_application(serve, record, event, &serve->action);
	if (serve->action == STREAM)
		serve->current = event->slot;
	serve->body_len = 0;
	return r;
}

/* Out of line: so a whole record, which needs fewer registers, does not save them all. */
static __attribute__((noinline)) int
take_parts(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_serve_event *event)
{
	int what, r = FCGI_SERVE_MORE;

	while (r == FCGI_SERVE_MORE) {
		what = fcgi_reader_next(&serve->reader, p, end, &event->slice);
		switch (what) {
		case FCGI_READ_RECORD:
			r = open_record(serve, event);
			break;
		case FCGI_READ_CONTENT:
			r = take_content(serve, event);
			break;
		case FCGI_READ_END:
			if (serve->action == VALUES)
				r = FCGI_SERVE_VALUES_END;
			if (serve->action == UNKNOWN) {
				event->type = serve->reader.record.type;
				r = FCGI_SERVE_UNKNOWN;
			}
			serve->action = SKIP;
			break;
		default:
			return what;
		}
	}
	return r;
}

int
fcgi_serve_next(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_serve_event *event)
{
	int r = FCGI_SERVE_MORE;

	if (*p == end && fcgi_reader_between_records(&serve->reader))
		return FCGI_SERVE_MORE;
	while (r == FCGI_SERVE_MORE && is_whole(serve, p, end, &event->slice))
		r = take_whole(serve, event);
	return r != FCGI_SERVE_MORE ? r : take_parts(serve, p, end, event);
}

/* --- a request that lies whole in the input --------------------------------------------------- */

/* Takes a record of that type and id that lies whole in the input, its padding too; 0: it does not. */
static inline int
take_record(const unsigned char **p, const unsigned char *end, enum fcgi_type type, uint16_t id,
    struct fcgi_slice *content)
{
	const uint32_t start = (uint32_t)FCGI_VERSION_1 << 24 | (uint32_t)type << 16 | id;
	const unsigned char *at = *p;
	size_t len;

	if (end - at < FCGI_HEADER_LEN || be32dec(at) != start)
		return 0;
	content->data = at + FCGI_HEADER_LEN;
	content->len = be16dec(at + 4);
	len = FCGI_HEADER_LEN + content->len + at[6];
	if ((size_t)(end - at) < len)
		return 0;
	*p = at + len;
	return 1;
}

int
fcgi_serve_request(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_serve_event *event)
{
	const unsigned char *at = *p;
	struct fcgi_slice body, params, params_end, stdin_end;
	struct fcgi_begin begin;
	uint16_t id;

	/* The first slot is free when the connection is idle, and nearly always it is. */
	if (serve->used > 0 || !fcgi_reader_between_records(&serve->reader) ||
	    end - at < FCGI_HEADER_LEN)
		return 0;
	id = be16dec(at + 2);
	if (id == FCGI_NULL_REQUEST_ID ||
	    !take_record(&at, end, FCGI_BEGIN_REQUEST, id, &body) || body.len != FCGI_BODY_LEN ||
	    !take_record(&at, end, FCGI_PARAMS, id, &params) || params.len == 0 ||
	    !take_record(&at, end, FCGI_PARAMS, id, &params_end) || params_end.len > 0 ||
	    !take_record(&at, end, FCGI_STDIN, id, &stdin_end) || stdin_end.len > 0)
		return 0;
	fcgi_begin_decode(&begin, body.data);
	if (begin.role != FCGI_RESPONDER)
		return 0;
	serve->slots[0] = (struct fcgi_serve_slot){
		.request_id = id,
		.role = begin.role,
		.flags = begin.flags,
		.closed = PARAMS_CLOSED | STDIN_CLOSED,
	};
	serve->used = 1;
	event->slot = 0;
	event->slice = params;
	*p = at;
	return 1;
}
