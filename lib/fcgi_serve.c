#include "fcgi_serve.h"

#include <string.h>

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

static int
stream_bit(uint8_t type)
{
	switch (type) {
	case FCGI_PARAMS:
		return PARAMS_CLOSED;
	case FCGI_STDIN:
		return STDIN_CLOSED;
	default:
		return DATA_CLOSED;
	}
}

/* Section 6: PARAMS before STDIN before DATA, and DATA for a FILTER alone. */
static int
stream_allowed(const struct fcgi_serve_slot *slot, uint8_t type)
{
	if (slot->closed & stream_bit(type))
		return 0;
	switch (type) {
	case FCGI_PARAMS:
		return 1;
	case FCGI_STDIN:
		return (slot->closed & PARAMS_CLOSED) != 0;
	default:
		return slot->role == FCGI_FILTER && (slot->closed & STDIN_CLOSED) != 0;
	}
}

static int
stream_event(uint8_t type, int ended)
{
	switch (type) {
	case FCGI_PARAMS:
		return ended ? FCGI_SERVE_PARAMS_END : FCGI_SERVE_PARAMS;
	case FCGI_STDIN:
		return ended ? FCGI_SERVE_STDIN_END : FCGI_SERVE_STDIN;
	default:
		return ended ? FCGI_SERVE_DATA_END : FCGI_SERVE_DATA;
	}
}

static int
open_management(struct fcgi_serve *serve, const struct fcgi_record *record)
{
	serve->action = record->type == FCGI_GET_VALUES ? VALUES : UNKNOWN;
	return FCGI_SERVE_MORE;
}

static int
open_application(struct fcgi_serve *serve, const struct fcgi_record *record,
    struct fcgi_serve_event *event)
{
	struct fcgi_serve_slot *slot;

	serve->action = SKIP;
	if (record->type == FCGI_BEGIN_REQUEST) {
		if (record->content_length != FCGI_BODY_LEN)
			return -FCGI_E_LENGTH;
		serve->action = BEGIN;
		serve->body_len = 0;
		return FCGI_SERVE_MORE;
	}
	serve->current = find_slot(serve, record->request_id);
	if (serve->current == serve->used)
		return FCGI_SERVE_MORE;
	event->slot = serve->current;
	slot = &serve->slots[serve->current];
	switch (record->type) {
	case FCGI_ABORT_REQUEST:
		return FCGI_SERVE_ABORT;
	case FCGI_PARAMS:
	case FCGI_STDIN:
	case FCGI_DATA:
		if (!stream_allowed(slot, record->type))
			return -FCGI_E_ORDER;
		serve->action = STREAM;
		if (record->content_length > 0)
			return FCGI_SERVE_MORE;
		slot->closed = (uint8_t)(slot->closed | stream_bit(record->type));
		return stream_event(record->type, 1);
	default:
		/* Not a web server's type, or none: application ids have no answer for it. */
		return FCGI_SERVE_MORE;
	}
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
begin_request(struct fcgi_serve *serve, struct fcgi_serve_event *event)
{
	uint16_t request_id = serve->reader.record.request_id;
	struct fcgi_begin begin;
	size_t i;

	fcgi_begin_decode(&begin, serve->body);
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
		return begin_request(serve, event);
	case STREAM:
		event->slot = serve->current;
		return stream_event(serve->reader.record.type, 0);
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

static int
take_whole(struct fcgi_serve *serve, struct fcgi_serve_event *event)
{
	int r = open_application(serve, &serve->reader.record, event);

	if (r == FCGI_SERVE_MORE && event->slice.len > 0)
		r = take_content(serve, event);
	/* Nothing of it is left that could be told of somebody else. */
	serve->action = SKIP;
	return r;
}

/* --- all of them ------------------------------------------------------------------------------ */

int
fcgi_serve_next(struct fcgi_serve *serve, const unsigned char **p, const unsigned char *end,
    struct fcgi_serve_event *event)
{
	const struct fcgi_record *record = &serve->reader.record;
	int what, r = FCGI_SERVE_MORE;

	while (r == FCGI_SERVE_MORE) {
		if (is_whole(serve, p, end, &event->slice)) {
			r = take_whole(serve, event);
			continue;
		}
		what = fcgi_reader_next(&serve->reader, p, end, &event->slice);
		switch (what) {
		case FCGI_READ_RECORD:
			if (record->request_id == FCGI_NULL_REQUEST_ID)
				r = open_management(serve, record);
			else
				r = open_application(serve, record, event);
			break;
		case FCGI_READ_CONTENT:
			r = take_content(serve, event);
			break;
		case FCGI_READ_END:
			if (serve->action == VALUES)
				r = FCGI_SERVE_VALUES_END;
			if (serve->action == UNKNOWN) {
				event->type = record->type;
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
