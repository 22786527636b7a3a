/*
 * The application's half as its owner uses it, told as a transcript.  It asserts on the way what
 * fcgi_serve.h promises, above all the order of a request's events.
 */
#ifndef SERVER_SIDE_H
#define SERVER_SIDE_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi_error.h"
#include "fcgi_serve.h"
#include "must.h"
#include "transcript.h"

/* Bits of server_side.ended, one a stream. */
enum { SERVER_SIDE_PARAMS = 1, SERVER_SIDE_STDIN = 2, SERVER_SIDE_DATA = 4 };

struct server_side {
	struct fcgi_serve serve;
	struct fcgi_serve_slot slots[4];
	int answers;	/* 1: a request is done as soon as its role has all it reads, or aborted */
	uint8_t ended[4]; /* by slot: streams whose end was told */
	size_t active;	  /* requests begun and not done */
	int error;	  /* < 0 once the connection is to be closed */
	struct transcript transcript;
};

/* slot_count: 1 to 4. */
static inline void
server_side_start(struct server_side *side, size_t slot_count, int answers)
{
	*side = (struct server_side){ .answers = answers };
	side->serve.slots = side->slots;
	side->serve.slot_count = slot_count;
	transcript_start(&side->transcript);
}

static inline void
server_side_done(struct server_side *side, size_t slot)
{
	transcript_say(&side->transcript, "done/%d", side->slots[slot].request_id);
	fcgi_serve_done(&side->serve, slot);
	side->active--;
}

static inline void
server_side_content(struct server_side *side, const char *name,
    const struct fcgi_serve_event *event, uint8_t stream, uint8_t before)
{
	char label[16];

	must((side->ended[event->slot] & stream) == 0);
	must((side->ended[event->slot] & before) == before);
	snprintf(label, sizeof label, "%s/%d", name, side->slots[event->slot].request_id);
	transcript_content(&side->transcript, label, event->slice.data, event->slice.len);
}

static inline void
server_side_stream_end(struct server_side *side, const char *name,
    const struct fcgi_serve_event *event, uint8_t stream, uint8_t before, int last_role)
{
	const struct fcgi_serve_slot *slot = &side->slots[event->slot];

	must((side->ended[event->slot] & stream) == 0);
	must((side->ended[event->slot] & before) == before);
	side->ended[event->slot] |= stream;
	transcript_say(&side->transcript, "%s_END/%d", name, slot->request_id);
	if (side->answers && slot->role == last_role)
		server_side_done(side, event->slot);
}

static inline void
server_side_tell(struct server_side *side, int what, const struct fcgi_serve_event *event)
{
	const struct fcgi_serve_slot *slot = &side->slots[event->slot];
	struct transcript *transcript = &side->transcript;

	switch (what) {
	case FCGI_SERVE_BEGIN:
		side->ended[event->slot] = 0;
		side->active++;
		transcript_say(transcript, "BEGIN/%d slot %zu %s flags %d", slot->request_id,
		    event->slot, fcgi_role_name(slot->role), slot->flags);
		break;
	case FCGI_SERVE_REJECT:
		transcript_say(transcript, "REJECT/%d %s flags %d", event->request_id,
		    fcgi_protocol_status_name(event->protocol_status), event->flags);
		break;
	case FCGI_SERVE_PARAMS:
		server_side_content(side, "PARAMS", event, SERVER_SIDE_PARAMS, 0);
		break;
	case FCGI_SERVE_PARAMS_END:
		server_side_stream_end(side, "PARAMS", event, SERVER_SIDE_PARAMS, 0,
		    FCGI_AUTHORIZER);
		break;
	case FCGI_SERVE_STDIN:
		server_side_content(side, "STDIN", event, SERVER_SIDE_STDIN, SERVER_SIDE_PARAMS);
		break;
	case FCGI_SERVE_STDIN_END:
		server_side_stream_end(side, "STDIN", event, SERVER_SIDE_STDIN, SERVER_SIDE_PARAMS,
		    FCGI_RESPONDER);
		break;
	case FCGI_SERVE_DATA:
		must(slot->role == FCGI_FILTER);
		server_side_content(side, "DATA", event, SERVER_SIDE_DATA, SERVER_SIDE_STDIN);
		break;
	case FCGI_SERVE_DATA_END:
		must(slot->role == FCGI_FILTER);
		server_side_stream_end(side, "DATA", event, SERVER_SIDE_DATA, SERVER_SIDE_STDIN,
		    FCGI_FILTER);
		break;
	case FCGI_SERVE_ABORT:
		transcript_say(transcript, "ABORT/%d", slot->request_id);
		if (side->answers)
			server_side_done(side, event->slot);
		break;
	case FCGI_SERVE_VALUES:
		transcript_content(transcript, "VALUES", event->slice.data, event->slice.len);
		break;
	case FCGI_SERVE_VALUES_END:
		transcript_say(transcript, "VALUES_END");
		break;
	case FCGI_SERVE_UNKNOWN:
		must(event->type != FCGI_GET_VALUES);
		transcript_say(transcript, "UNKNOWN %d", event->type);
		break;
	default:
		must(what == -FCGI_E_VERSION || what == -FCGI_E_LENGTH || what == -FCGI_E_ORDER);
		transcript_say(transcript, "error: %s", fcgi_strerror(what));
		side->error = what;
	}
}

static inline int
server_side_has_slot(int what)
{
	return what == FCGI_SERVE_BEGIN || what == FCGI_SERVE_ABORT ||
	    (what >= FCGI_SERVE_PARAMS && what <= FCGI_SERVE_DATA_END);
}

static inline int
server_side_has_slice(int what)
{
	return what == FCGI_SERVE_PARAMS || what == FCGI_SERVE_STDIN || what == FCGI_SERVE_DATA ||
	    what == FCGI_SERVE_VALUES;
}

/* Takes one piece; of type pieces_feed_fn. */
static inline void
server_side_feed(void *self, const unsigned char *p, const unsigned char *end)
{
	struct server_side *side = self;
	struct fcgi_serve_event event;
	const unsigned char *before;
	int what;

	while (side->error == 0) {
		before = p;
		memset(&event, 0xee, sizeof event);
		what = fcgi_serve_next(&side->serve, &p, end, &event);
		must(p >= before && p <= end);
		if (what == FCGI_SERVE_MORE)
			break;
		if (server_side_has_slot(what)) {
			must(event.slot < side->serve.slot_count);
			must(side->slots[event.slot].request_id != FCGI_NULL_REQUEST_ID);
		} else {
			event.slot = 0;
		}
		if (server_side_has_slice(what))
			must(event.slice.len > 0 && event.slice.data >= before &&
			    event.slice.data + event.slice.len <= p);
		server_side_tell(side, what, &event);
		must(fcgi_serve_active(&side->serve) == side->active);
	}
	must(side->error < 0 || p == end);
}

/*
 * The connection has ended.
 * Returns the transcript, to be given back with transcript_free().  "cut" at its end says that a
 * record was not complete.
 */
static inline const char *
server_side_end(struct server_side *side)
{
	if (side->error == 0 && !fcgi_reader_between_records(&side->serve.reader))
		transcript_say(&side->transcript, "cut");
	return transcript_end(&side->transcript);
}

#endif
