/*
 * The client's half as its owner uses it, reader and requests together, told as a transcript.  It
 * asserts on the way what their headers promise.
 */
#ifndef CLIENT_SIDE_H
#define CLIENT_SIDE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_reader.h"
#include "fcgi_request.h"
#include "must.h"
#include "transcript.h"

/* Zero-filled, then client_side_start(). */
struct client_side {
	struct fcgi_reader reader;
	struct fcgi_request requests[2]; /* of the ids 1 and 2 */
	size_t request_count;
	uint64_t stdout_len[2]; /* what the transcript says, to compare */
	uint64_t stderr_len[2];
	int error; /* < 0 once the connection is of no more use */
	struct transcript transcript;
};

static inline void
client_side_start(struct client_side *side, size_t request_count)
{
	size_t i;

	*side = (struct client_side){ .request_count = request_count };
	for (i = 0; i < request_count; i++)
		side->requests[i].request_id = (uint16_t)(i + 1);
	transcript_start(&side->transcript);
}

static inline int
client_side_is_foreign(const struct fcgi_record *record, uint16_t request_id)
{
	return record->request_id != request_id || record->type == 0 ||
	    record->type >= FCGI_GET_VALUES;
}

static inline void
client_side_tell(struct client_side *side, size_t i, int event, const struct fcgi_slice *slice)
{
	const struct fcgi_request *request = &side->requests[i];
	char label[16];

	must((event == FCGI_REQUEST_FOREIGN) ==
	    client_side_is_foreign(&side->reader.record, request->request_id));
	must(event != FCGI_REQUEST_FOREIGN || request->foreign > 0);
	switch (event) {
	case FCGI_REQUEST_NOTHING:
	case FCGI_REQUEST_FOREIGN:
		break;
	case FCGI_REQUEST_STDOUT:
		snprintf(label, sizeof label, "STDOUT/%d", request->request_id);
		transcript_content(&side->transcript, label, slice->data, slice->len);
		side->stdout_len[i] += slice->len;
		must(!request->stdout_closed && !request->ended);
		break;
	case FCGI_REQUEST_STDERR:
		snprintf(label, sizeof label, "STDERR/%d", request->request_id);
		transcript_content(&side->transcript, label, slice->data, slice->len);
		side->stderr_len[i] += slice->len;
		must(!request->stderr_closed && !request->ended);
		break;
	case FCGI_REQUEST_END:
		transcript_say(&side->transcript, "END/%d %08x:%d", request->request_id,
		    request->end.app_status, request->end.protocol_status);
		must(request->ended);
		break;
	default:
		must(event == -FCGI_E_LENGTH || event == -FCGI_E_ORDER);
		transcript_say(&side->transcript, "error/%d: %s", request->request_id,
		    fcgi_strerror(event));
		side->error = event;
	}
}

/* Takes one piece; of type pieces_feed_fn. */
static inline void
client_side_feed(void *self, const unsigned char *p, const unsigned char *end)
{
	struct client_side *side = self;
	struct fcgi_slice slice = { NULL, 0 };
	const unsigned char *before;
	size_t i, pending;
	int what = FCGI_READ_MORE;

	while (side->error == 0) {
		before = p;
		pending = fcgi_reader_pending(&side->reader);
		what = fcgi_reader_next(&side->reader, &p, end, &slice);
		must(p >= before && p <= end);
		if (what <= 0)
			break;
		if (what == FCGI_READ_CONTENT) {
			must(slice.len > 0 && slice.data == before && slice.data + slice.len == p);
			must(fcgi_reader_pending(&side->reader) + slice.len == pending);
		}
		if (what == FCGI_READ_RECORD)
			must(fcgi_reader_pending(&side->reader) ==
			    side->reader.record.content_length);
		must(fcgi_reader_between_records(&side->reader) == (what == FCGI_READ_END));
		for (i = 0; i < side->request_count && side->error == 0; i++)
			client_side_tell(side, i,
			    fcgi_request_feed(&side->requests[i], &side->reader.record, what,
				&slice),
			    &slice);
	}
	if (side->error == 0 && what < 0) {
		must(what == -FCGI_E_VERSION);
		must(side->reader.have > 0 && side->reader.header[0] != FCGI_VERSION_1);
		transcript_say(&side->transcript, "error: %s", fcgi_strerror(what));
		side->error = what;
	}
	must(side->error < 0 || p == end);
}

/*
 * The connection has ended.
 * Returns the transcript, to be given back with transcript_free().  At its end: "cut" when a record
 * was not complete, and for each request which streams were closed and what was foreign.
 */
static inline const char *
client_side_end(struct client_side *side)
{
	const struct fcgi_request *request;
	size_t i;

	if (side->error == 0 && !fcgi_reader_between_records(&side->reader))
		transcript_say(&side->transcript, "cut");
	for (i = 0; i < side->request_count; i++) {
		request = &side->requests[i];
		must(request->stdout_len == side->stdout_len[i]);
		must(request->stderr_len == side->stderr_len[i]);
		if (request->stdout_closed)
			transcript_say(&side->transcript, "stdout-closed/%d", request->request_id);
		if (request->stderr_closed)
			transcript_say(&side->transcript, "stderr-closed/%d", request->request_id);
		if (request->foreign > 0)
			transcript_say(&side->transcript, "foreign/%d: %llu, first type %d id %d",
			    request->request_id, (unsigned long long)request->foreign,
			    request->first_foreign.type, request->first_foreign.request_id);
	}
	return transcript_end(&side->transcript);
}

#endif
