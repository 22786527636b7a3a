#include "decode.h"

#include <stdio.h>
#include <string.h>

#include "fcgi_nv.h"

/* --- pairs --------------------------------------------------------------------------------- */

static void
feed_pairs(struct decode_pair *pair, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *at;
	size_t name_len, value_len, len;

	while (p < end) {
		if (pair->left > 0) {
			len = (size_t)(end - p) < pair->left ? (size_t)(end - p) : pair->left;
			pair->left -= len;
			p += len;
			continue;
		}
		pair->lengths[pair->lengths_len++] = *p++;
		at = pair->lengths;
		if (fcgi_nv_decode_lengths(&at, at + pair->lengths_len, &name_len, &value_len) < 0)
			continue;
		pair->lengths_len = 0;
		pair->left = name_len + value_len;
	}
}

static int
in_pair(const struct decode_pair *pair)
{
	return pair->lengths_len > 0 || pair->left > 0;
}

/* --- records ------------------------------------------------------------------------------- */

static int
is_management(uint8_t type)
{
	return type == FCGI_GET_VALUES || type == FCGI_GET_VALUES_RESULT ||
	    type == FCGI_UNKNOWN_TYPE;
}

static int
is_stream(uint8_t type)
{
	return type == FCGI_PARAMS || type == FCGI_STDIN || type == FCGI_DATA ||
	    type == FCGI_STDOUT || type == FCGI_STDERR;
}

static int
is_discrete(uint8_t type)
{
	return type == FCGI_BEGIN_REQUEST || type == FCGI_END_REQUEST || type == FCGI_UNKNOWN_TYPE;
}

static struct decode_request *
current(struct decode *decode)
{
	return &decode->requests[decode->reader.record.request_id];
}

static uint16_t
bit(uint8_t type)
{
	return (uint16_t)(1U << type);
}

/* All streams of the web server's that the role has; an authorizer may get no STDIN at all. */
static int
is_sent(const struct decode_request *request)
{
	if (!(request->ended & bit(FCGI_PARAMS)))
		return 0;
	if (request->role == FCGI_FILTER && !(request->ended & bit(FCGI_DATA)))
		return 0;
	return request->role == FCGI_AUTHORIZER || (request->ended & bit(FCGI_STDIN));
}

static int
tell(const struct decode *decode, struct decode_event *event, enum decode_what what)
{
	*event = (struct decode_event){
		.what = what,
		.offset = decode->offset,
		.record = decode->reader.record,
		.use = decode->use,
	};
	return (int)what;
}

static int
tell_fault(const struct decode *decode, struct decode_event *event, enum decode_fault fault)
{
	tell(decode, event, DECODE_FAULT);
	event->fault = fault;
	return DECODE_FAULT;
}

static int
begin_request(struct decode *decode, struct decode_event *event)
{
	struct decode_request *request = current(decode);
	int unfinished = request->sending && !is_sent(request);

	request->requests++;
	request->sending = 1;
	request->ended &= bit(FCGI_STDOUT) | bit(FCGI_STDERR);
	request->role = FCGI_RESPONDER;
	request->pair = (struct decode_pair){ 0 };
	decode->use = request->requests;
	return unfinished ? tell_fault(decode, event, DECODE_BEGUN_TWICE) : 0;
}

/* A record of the request's own sender. */
static int
continue_request(struct decode *decode, struct decode_event *event)
{
	struct decode_request *request = current(decode);

	decode->use = request->requests;
	if (request->sending)
		return 0;
	/* Told once, and what must have been before is not missed: the capture began too late. */
	request->requests++;
	request->sending = 1;
	request->ended = decode->reader.record.type == FCGI_PARAMS ? 0 : bit(FCGI_PARAMS);
	decode->use = request->requests;
	return tell_fault(decode, event, DECODE_NOT_BEGUN);
}

static void
continue_answer(struct decode *decode)
{
	struct decode_request *request = current(decode);

	if (!request->answering) {
		request->answering = 1;
		request->answers++;
		request->ended &= (uint16_t)~(bit(FCGI_STDOUT) | bit(FCGI_STDERR));
	}
	decode->use = request->answers;
}

/* What a header alone says, once its id is right. */
static int
begin_in_order(struct decode *decode, struct decode_event *event)
{
	const struct fcgi_record *record = &decode->reader.record;
	struct decode_request *request = current(decode);
	int r = 0;

	if (record->type == FCGI_BEGIN_REQUEST)
		return begin_request(decode, event);
	if (fcgi_record_sender(record->type) == FCGI_SENDER_APPLICATION)
		continue_answer(decode);
	else
		r = continue_request(decode, event);
	if (r != 0)
		return r;
	if (is_stream(record->type) && record->content_length > 0 &&
	    (request->ended & bit(record->type)))
		return tell_fault(decode, event, DECODE_AFTER_END);
	return 0;
}

static int
begin_record(struct decode *decode, struct decode_event *event)
{
	const struct fcgi_record *record = &decode->reader.record;

	decode->use = 0;
	decode->body_len = 0;
	decode->pair = (struct decode_pair){ 0 };
	if (fcgi_record_sender(record->type) == FCGI_SENDER_UNKNOWN)
		return 0;
	if (is_management(record->type) != (record->request_id == FCGI_NULL_REQUEST_ID))
		return tell_fault(decode, event, DECODE_BAD_ID);
	if (is_discrete(record->type) && record->content_length != FCGI_BODY_LEN) {
		if (record->type == FCGI_END_REQUEST)
			current(decode)->answering = 0;
		return tell_fault(decode, event, DECODE_BAD_LENGTH);
	}
	if (is_management(record->type))
		return 0;
	if (record->request_id > decode->last_id)
		decode->last_id = record->request_id;
	return begin_in_order(decode, event);
}

/* An application record with id 0 belongs to nobody. */
static int
has_owner(const struct fcgi_record *record)
{
	return record->request_id != FCGI_NULL_REQUEST_ID && !is_management(record->type);
}

static int
take_content(struct decode *decode, struct decode_event *event, const struct fcgi_slice *slice)
{
	const struct fcgi_record *record = &decode->reader.record;
	const unsigned char *end = slice->data + slice->len;
	size_t room = (size_t)(FCGI_BODY_LEN - decode->body_len);

	if (record->type == FCGI_GET_VALUES || record->type == FCGI_GET_VALUES_RESULT)
		feed_pairs(&decode->pair, slice->data, end);
	if (is_discrete(record->type)) {
		memcpy(decode->body + decode->body_len, slice->data,
		    slice->len < room ? slice->len : room);
		decode->body_len = (uint8_t)(decode->body_len +
		    (slice->len < room ? slice->len : room));
	}
	if (!has_owner(record) || !is_stream(record->type))
		return 0;
	if (record->type == FCGI_PARAMS)
		feed_pairs(&current(decode)->pair, slice->data, end);
	tell(decode, event, DECODE_STREAM);
	event->slice = *slice;
	return DECODE_STREAM;
}

static int
end_stream(struct decode *decode, struct decode_event *event)
{
	struct decode_request *request = current(decode);
	uint8_t type = decode->reader.record.type;

	request->ended |= bit(type);
	if (type == FCGI_PARAMS && in_pair(&request->pair)) {
		request->pair = (struct decode_pair){ 0 };
		decode->then = DECODE_STREAM_END;
		return tell_fault(decode, event, DECODE_BAD_PAIR);
	}
	return tell(decode, event, DECODE_STREAM_END);
}

static int
end_record(struct decode *decode, struct decode_event *event)
{
	const struct fcgi_record *record = &decode->reader.record;

	if (in_pair(&decode->pair))
		return tell_fault(decode, event, DECODE_BAD_PAIR);
	if (!has_owner(record) || fcgi_record_sender(record->type) == FCGI_SENDER_UNKNOWN)
		return tell(decode, event, DECODE_OTHER);
	if (is_stream(record->type))
		return record->content_length == 0 ? end_stream(decode, event) : 0;
	if (record->type == FCGI_ABORT_REQUEST) {
		current(decode)->sending = 0;
		return tell(decode, event, DECODE_ABORT);
	}
	if (record->content_length != FCGI_BODY_LEN)
		return 0;
	if (record->type == FCGI_BEGIN_REQUEST) {
		tell(decode, event, DECODE_BEGIN);
		fcgi_begin_decode(&event->begin, decode->body);
		current(decode)->role = event->begin.role;
		return DECODE_BEGIN;
	}
	tell(decode, event, DECODE_END);
	fcgi_end_decode(&event->end, decode->body);
	current(decode)->answering = 0;
	return DECODE_END;
}

/* The kept bytes of a header that is none, or not all there. */
static int
tell_header(struct decode *decode, struct decode_event *event, enum decode_fault fault)
{
	decode->broken = 1;
	tell_fault(decode, event, fault);
	event->header_len = decode->reader.have;
	memcpy(event->header, decode->reader.header, event->header_len);
	event->offset = decode->passed - event->header_len;
	return DECODE_FAULT;
}

int
decode_next(struct decode *decode, const unsigned char **p, const unsigned char *end,
    struct decode_event *event)
{
	const unsigned char *from;
	struct fcgi_slice slice;
	int what, told = 0;

	if (decode->then != 0) {
		told = decode->then;
		decode->then = 0;
		return tell(decode, event, (enum decode_what)told);
	}
	while (told == 0) {
		from = *p;
		if (decode->broken)
			*p = end;
		what = decode->broken ? FCGI_READ_MORE
				      : fcgi_reader_next(&decode->reader, p, end, &slice);
		decode->passed += (uint64_t)(*p - from);
		switch (what) {
		case FCGI_READ_MORE:
			event->what = DECODE_MORE;
			return DECODE_MORE;
		case FCGI_READ_RECORD:
			decode->offset = decode->passed - FCGI_HEADER_LEN;
			told = begin_record(decode, event);
			break;
		case FCGI_READ_CONTENT:
			told = take_content(decode, event, &slice);
			break;
		case FCGI_READ_END:
			told = end_record(decode, event);
			break;
		default:
			told = tell_header(decode, event, DECODE_NOT_FASTCGI);
		}
	}
	return told;
}

/* --- the capture's end --------------------------------------------------------------------- */

static int
finish_record(struct decode *decode, struct decode_event *event)
{
	struct fcgi_reader *reader = &decode->reader;

	if (reader->have > 0)
		return tell_header(decode, event, DECODE_CUT_HEADER);
	decode->broken = 1;
	tell_fault(decode, event,
	    fcgi_reader_pending(reader) > 0 ? DECODE_CUT_CONTENT : DECODE_CUT_PADDING);
	event->missing = fcgi_reader_pending(reader);
	event->offset = decode->passed;
	return DECODE_FAULT;
}

static int
finish_stream(const struct decode *decode, struct decode_event *event, unsigned id)
{
	const struct decode_request *request = &decode->requests[id];

	tell_fault(decode, event, DECODE_NO_END);
	event->offset = decode->passed;
	event->use = request->requests;
	event->record.request_id = (uint16_t)id;
	event->record.type = !(request->ended & bit(FCGI_PARAMS)) ? FCGI_PARAMS
	    : !(request->ended & bit(FCGI_STDIN)) && request->role != FCGI_AUTHORIZER
	    ? FCGI_STDIN
	    : FCGI_DATA;
	return DECODE_FAULT;
}

int
decode_finish(struct decode *decode, struct decode_event *event)
{
	struct decode_request *request;

	/* What is missing behind a break is no news. */
	if (!decode->broken && !fcgi_reader_between_records(&decode->reader))
		return finish_record(decode, event);
	for (; !decode->broken && decode->finished <= decode->last_id; decode->finished++) {
		request = &decode->requests[decode->finished];
		if (request->sending && !is_sent(request)) {
			request->sending = 0;
			return finish_stream(decode, event, decode->finished);
		}
		if (request->answering) {
			request->answering = 0;
			tell_fault(decode, event, DECODE_NO_END_REQUEST);
			event->offset = decode->passed;
			event->use = request->answers;
			event->record.request_id = (uint16_t)decode->finished;
			return DECODE_FAULT;
		}
	}
	event->what = DECODE_MORE;
	return 0;
}

/* --- words --------------------------------------------------------------------------------- */

static void
describe_cut(char *dst, size_t size, const struct decode_event *event, const char *type)
{
	const struct fcgi_record *record = &event->record;

	if (event->fault == DECODE_CUT_HEADER)
		snprintf(dst, size,
		    "the capture ends inside a record header, %zu of its %d bytes there",
		    event->header_len, FCGI_HEADER_LEN);
	else if (event->fault == DECODE_CUT_CONTENT)
		snprintf(dst, size,
		    "the capture ends inside a record (%s of request %u), %zu of its %u bytes "
		    "missing", type, record->request_id, event->missing, record->content_length);
	else
		snprintf(dst, size,
		    "the capture ends inside the padding of a record (%s of request %u)", type,
		    record->request_id);
}

static void
describe_order(char *dst, size_t size, const struct decode_event *event, const char *type)
{
	const struct fcgi_record *record = &event->record;

	switch (event->fault) {
	case DECODE_AFTER_END:
		snprintf(dst, size, "%s of request %u goes on after its end", type,
		    record->request_id);
		break;
	case DECODE_NOT_BEGUN:
		snprintf(dst, size, "%s of request %u, which BEGIN_REQUEST has not begun", type,
		    record->request_id);
		break;
	case DECODE_BEGUN_TWICE:
		snprintf(dst, size, "BEGIN_REQUEST of request %u, which is still being sent",
		    record->request_id);
		break;
	case DECODE_BAD_PAIR:
		snprintf(dst, size, "a name-value pair runs past the end of %s of request %u", type,
		    record->request_id);
		break;
	case DECODE_NO_END:
		snprintf(dst, size, "the capture ends before %s of request %u does", type,
		    record->request_id);
		break;
	default:
		snprintf(dst, size, "the capture ends before END_REQUEST of request %u",
		    record->request_id);
	}
}

/* How the files of tcpdump begin, in either order of bytes, and those of pcapng. */
static int
is_pcap(const struct decode_event *event)
{
	static const char magic[][5] = {
		"\324\303\262\241", "\241\262\303\324", "\115\074\262\241", "\241\262\074\115",
		"\n\r\r\n",
	};
	size_t i;

	for (i = 0; i < sizeof magic / sizeof *magic; i++)
		if (event->header_len >= 4 && memcmp(event->header, magic[i], 4) == 0)
			return 1;
	return 0;
}

/* "48 54 54 50 (HTTP)": what is no header may be anything. */
static void
describe_header(char *dst, size_t size, const struct decode_event *event)
{
	char hex[3 * FCGI_HEADER_LEN + 1] = "", text[FCGI_HEADER_LEN + 1] = "";
	size_t i;

	if (is_pcap(event)) {
		snprintf(dst, size, "not a record of FastCGI version 1 but of packets (pcap)");
		return;
	}
	for (i = 0; i < event->header_len; i++) {
		snprintf(hex + 3 * i, 4, "%02x ", event->header[i]);
		text[i] = (char)(event->header[i] < ' ' || event->header[i] > '~'
			? '.'
			: event->header[i]);
	}
	snprintf(dst, size, "not a record of FastCGI version 1: %s(%s)", hex, text);
}

char *
decode_describe(char *dst, size_t size, const struct decode_event *event)
{
	const struct fcgi_record *record = &event->record;
	const char *name = fcgi_record_name(record->type);
	char type[16];

	snprintf(type, sizeof type, "type %u", record->type);
	if (name == NULL)
		name = type;
	switch (event->fault) {
	case DECODE_NOT_FASTCGI:
		describe_header(dst, size, event);
		break;
	case DECODE_CUT_HEADER:
	case DECODE_CUT_CONTENT:
	case DECODE_CUT_PADDING:
		describe_cut(dst, size, event, name);
		break;
	case DECODE_BAD_LENGTH:
		snprintf(dst, size, "%s has a body of %u bytes, not %d", name,
		    record->content_length, FCGI_BODY_LEN);
		break;
	case DECODE_BAD_ID:
		snprintf(dst, size, "%s has id %u, %s", name, record->request_id,
		    record->request_id == FCGI_NULL_REQUEST_ID
			? "which only management records have"
			: "but management records have 0");
		break;
	default:
		describe_order(dst, size, event, name);
	}
	return dst;
}
