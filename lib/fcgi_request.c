#include "fcgi_request.h"

#include <string.h>

#include "fcgi_error.h"

static int
is_ours(const struct fcgi_request *request, const struct fcgi_record *record)
{
	return record->request_id == request->request_id && record->type >= FCGI_BEGIN_REQUEST &&
	    record->type < FCGI_GET_VALUES;
}

static int
feed_stream(uint8_t *closed, uint64_t *total, int event, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	switch (what) {
	case FCGI_READ_RECORD:
		if (*closed && record->content_length > 0)
			return -FCGI_E_ORDER;
		if (record->content_length == 0)
			*closed = 1;
		return FCGI_REQUEST_NOTHING;
	case FCGI_READ_CONTENT:
		*total += slice->len;
		return event;
	default:
		return FCGI_REQUEST_NOTHING;
	}
}

static int
feed_end(struct fcgi_request *request, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	switch (what) {
	case FCGI_READ_RECORD:
		request->body_len = 0;
		return record->content_length == FCGI_BODY_LEN ? FCGI_REQUEST_NOTHING
							       : -FCGI_E_LENGTH;
	case FCGI_READ_CONTENT:
		/* Only behind a refused header, yet the peer must never choose this length. */
		if (slice->len > (size_t)(FCGI_BODY_LEN - request->body_len))
			return -FCGI_E_LENGTH;
		memcpy(request->body + request->body_len, slice->data, slice->len);
		request->body_len = (uint8_t)(request->body_len + slice->len);
		if (request->body_len < FCGI_BODY_LEN)
			return FCGI_REQUEST_NOTHING;
		/* Its padding tells nothing more: a peer that withholds it has answered. */
		fcgi_end_decode(&request->end, request->body);
		request->ended = 1;
		return FCGI_REQUEST_END;
	default:
		return FCGI_REQUEST_NOTHING;
	}
}

int
fcgi_request_feed(struct fcgi_request *request, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	if (!is_ours(request, record)) {
		if (what == FCGI_READ_RECORD && request->foreign++ == 0)
			request->first_foreign = *record;
		return FCGI_REQUEST_FOREIGN;
	}
	if (request->ended)
		return what == FCGI_READ_RECORD ? -FCGI_E_ORDER : FCGI_REQUEST_NOTHING;
	switch (record->type) {
	case FCGI_STDOUT:
		return feed_stream(&request->stdout_closed, &request->stdout_len,
		    FCGI_REQUEST_STDOUT, record, what, slice);
	case FCGI_STDERR:
		return feed_stream(&request->stderr_closed, &request->stderr_len,
		    FCGI_REQUEST_STDERR, record, what, slice);
	case FCGI_END_REQUEST:
		return feed_end(request, record, what, slice);
	default:
		return -FCGI_E_ORDER;
	}
}
