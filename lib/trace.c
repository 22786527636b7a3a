#include "trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fcgi_body.h"
#include "fcgi_reader.h"
#include "text.h"
#include "trace_dump.h"
#include "trace_pair.h"

enum {
	STRANGE_SHOWN_MAX = 64,	/* bytes of a peer that does not speak FastCGI */
	SPLIT_MAX = 16,		/* requests that may be in the midst of a pair */
};

struct direction {
	char mark;		/* '?' between records: the next one's type will tell */
	uint8_t from_capture;
	struct fcgi_reader reader;
	uint64_t offset;	/* of the current record */
	uint64_t passed;	/* bytes */
	uint8_t body_wanted;	/* the record's line waits for its body */
	uint8_t body_len;
	unsigned char body[FCGI_BODY_LEN];
	struct trace_pair pair;	/* of the current record */
	struct trace_pair split[SPLIT_MAX]; /* those that go on in their request's next PARAMS */
	size_t split_count;
	uint8_t split_lost;	/* there were more: PARAMS cannot be followed any longer */
	struct trace_dump dump;	/* of the current record */
	uint8_t strange;	/* not FastCGI: only counted */
	uint64_t strange_len;
};

struct trace {
	FILE *out;
	struct trace_style style;
	struct direction sent;
	struct direction received;
};

struct trace *
trace_new(FILE *out, const struct trace_style *style)
{
	struct trace *trace = calloc(1, sizeof *trace);

	if (trace == NULL)
		return NULL;
	trace->out = out;
	trace->style = *style;
	trace->sent.mark = '>';
	trace->received.mark = '<';
	return trace;
}

/* --- lines --------------------------------------------------------------------------------- */

static void
begin_line(const struct trace *trace, char mark)
{
	struct timespec now;
	struct tm day;

	if (trace->style.times && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	    localtime_r(&now.tv_sec, &day) != NULL)
		fprintf(trace->out, "%02d:%02d:%02d.%06ld ", day.tm_hour, day.tm_min, day.tm_sec,
		    now.tv_nsec / 1000);
	fprintf(trace->out, "%c ", mark);
}

__attribute__((format(printf, 3, 4))) static void
print_line(const struct trace *trace, const struct direction *direction, const char *format, ...)
{
	va_list args;

	begin_line(trace, direction->mark);
	va_start(args, format);
	vfprintf(trace->out, format, args);
	va_end(args);
	fputc('\n', trace->out);
}

static void
print_record(const struct trace *trace, const struct direction *direction, const char *rest)
{
	const struct fcgi_record *record = &direction->reader.record;
	const char *name = fcgi_record_name(record->type);
	char number[16], offset[32] = "";

	snprintf(number, sizeof number, "type %u", record->type);
	if (trace->style.offsets)
		snprintf(offset, sizeof offset, " at=%" PRIu64, direction->offset);
	print_line(trace, direction, "%s id=%u len=%u pad=%u%s%s", name != NULL ? name : number,
	    record->request_id, record->content_length, record->padding_length, offset, rest);
}

/* --- pairs --------------------------------------------------------------------------------- */

static void
print_pair(const struct trace *trace, const struct direction *direction)
{
	const struct trace_pair *pair = &direction->pair;
	size_t name_len = pair->name_len < pair->kept_len ? pair->name_len : pair->kept_len;
	const char *name = (const char *)pair->kept;
	const char *value = name_len > 0 ? name + name_len : name;
	size_t value_len = pair->kept_len - name_len;
	char note[96] = "", *name_text, *value_text;

	if (!trace->style.show_secrets && trace_pair_is_secret(pair)) {
		value = TEXT_REDACTED;
		value_len = strlen(TEXT_REDACTED);
	}
	if (pair->kept_len < pair->name_len + pair->value_len)
		snprintf(note, sizeof note, "... (cut: name of %zu bytes, value of %zu)",
		    pair->name_len, pair->value_len);
	name_text = text_escape_alloc(name, name_len, 0);
	value_text = text_escape_alloc(value, value_len, 0);
	if (name_text != NULL && value_text != NULL)
		print_line(trace, direction, "  %s=%s%s", name_text, value_text, note);
	else
		print_line(trace, direction, "  (a pair that memory is too short for)");
	free(name_text);
	free(value_text);
}

static int
wants_contents(const struct trace *trace, uint8_t type)
{
	if (trace->style.contents != TRACE_TEXT)
		return trace->style.contents == TRACE_HEX;
	return type > FCGI_MAXTYPE || type == FCGI_STDIN || type == FCGI_STDOUT ||
	    type == FCGI_STDERR || type == FCGI_DATA || type == 0;
}

static void
feed_pairs(const struct trace *trace, struct direction *direction, const struct fcgi_slice *slice)
{
	struct trace_pair *pair = &direction->pair;
	const unsigned char *p = slice->data, *end = p + slice->len;
	size_t len, hidden;

	while (p < end) {
		len = trace_pair_feed(pair, p, end, &hidden);
		if (trace->style.contents == TRACE_HEX)
			trace_dump_add(&direction->dump, p, len,
			    trace->style.show_secrets ? 0 : hidden);
		p += len;
		if (trace_pair_complete(pair)) {
			print_pair(trace, direction);
			trace_pair_reset(pair);
		}
	}
}

/* Takes the pair that a request's last PARAMS record left unfinished, if any. */
static struct trace_pair
take_split(struct direction *direction, uint16_t request_id)
{
	struct trace_pair pair = { 0 };
	size_t i;

	for (i = 0; i < direction->split_count; i++) {
		if (direction->split[i].request_id != request_id)
			continue;
		pair = direction->split[i];
		direction->split[i] = direction->split[--direction->split_count];
		break;
	}
	return pair;
}

static void
end_pairs(const struct trace *trace, struct direction *direction)
{
	struct trace_pair *pair = &direction->pair;

	if (pair->lengths_len == 0)
		return;
	if (direction->reader.record.type != FCGI_PARAMS) {
		print_line(trace, direction, "  (a pair runs past the end of the record)");
		trace_pair_reset(pair);
	} else if (direction->split_count < SPLIT_MAX) {
		pair->request_id = direction->reader.record.request_id;
		direction->split[direction->split_count++] = *pair;
		*pair = (struct trace_pair){ 0 };
	} else {
		print_line(trace, direction, "  (too many split pairs: none are shown from here on)");
		direction->split_lost = 1;
		trace_pair_reset(pair);
	}
}

/* --- records ------------------------------------------------------------------------------- */

static void
print_begin(const struct trace *trace, const struct direction *direction)
{
	struct fcgi_begin begin;
	const char *role;
	char number[16], rest[64], flags[16];

	fcgi_begin_decode(&begin, direction->body);
	role = fcgi_role_name(begin.role);
	snprintf(number, sizeof number, "%u", begin.role);
	snprintf(flags, sizeof flags, "%#x", begin.flags);
	snprintf(rest, sizeof rest, " role=%s flags=%s", role != NULL ? role : number,
	    begin.flags == FCGI_KEEP_CONN ? "KEEP_CONN" : flags);
	print_record(trace, direction, rest);
}

static void
print_end(const struct trace *trace, const struct direction *direction)
{
	struct fcgi_end end;
	const char *status;
	char number[16], rest[80];

	fcgi_end_decode(&end, direction->body);
	status = fcgi_protocol_status_name(end.protocol_status);
	snprintf(number, sizeof number, "%u", end.protocol_status);
	snprintf(rest, sizeof rest, " appStatus=%" PRIu32 " protocolStatus=%s", end.app_status,
	    status != NULL ? status : number);
	print_record(trace, direction, rest);
}

static void
print_unknown_type(const struct trace *trace, const struct direction *direction)
{
	char rest[16];

	snprintf(rest, sizeof rest, " type=%u", fcgi_unknown_type_decode(direction->body));
	print_record(trace, direction, rest);
}

static void
feed_body(const struct trace *trace, struct direction *direction, const struct fcgi_slice *slice)
{
	memcpy(direction->body + direction->body_len, slice->data, slice->len);
	direction->body_len = (uint8_t)(direction->body_len + slice->len);
	if (direction->body_len < FCGI_BODY_LEN)
		return;
	direction->body_wanted = 0;
	switch (direction->reader.record.type) {
	case FCGI_BEGIN_REQUEST:
		print_begin(trace, direction);
		break;
	case FCGI_END_REQUEST:
		print_end(trace, direction);
		break;
	default:
		print_unknown_type(trace, direction);
	}
}

static void
begin_params(const struct trace *trace, struct direction *direction)
{
	const struct fcgi_record *record = &direction->reader.record;

	print_record(trace, direction, record->content_length == 0 ? " (end)" : "");
	direction->pair = take_split(direction, record->request_id);
	if (record->content_length == 0 && direction->pair.lengths_len > 0) {
		print_line(trace, direction, "  (a pair runs past the end of the stream)");
		trace_pair_reset(&direction->pair);
	}
}

static void
begin_record(const struct trace *trace, struct direction *direction)
{
	const struct fcgi_record *record = &direction->reader.record;
	struct trace_pair stale;

	switch (record->type) {
	case FCGI_BEGIN_REQUEST:
		stale = take_split(direction, record->request_id);
		trace_pair_reset(&stale);
		/* fall through */
	case FCGI_END_REQUEST:
	case FCGI_UNKNOWN_TYPE:
		direction->body_len = 0;
		direction->body_wanted = record->content_length == FCGI_BODY_LEN;
		if (!direction->body_wanted)
			print_record(trace, direction, " (len must be 8)");
		break;
	case FCGI_PARAMS:
		begin_params(trace, direction);
		break;
	case FCGI_STDIN:
	case FCGI_STDOUT:
	case FCGI_STDERR:
	case FCGI_DATA:
		print_record(trace, direction, record->content_length == 0 ? " (end)" : "");
		break;
	default:
		print_record(trace, direction, "");
	}
}

/* The streams' content as lines, whatever it has between them. */
static void
print_text(const struct trace *trace, const struct direction *direction)
{
	const unsigned char *p = direction->dump.data, *end = p + direction->dump.len, *stop;
	char *text;

	for (; p < end; p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		text = text_escape_alloc(p, (size_t)(stop - p), 0);
		print_line(trace, direction, "  %s", text != NULL ? text : "(out of memory)");
		free(text);
	}
}

static void
print_contents(const struct trace *trace, struct direction *direction)
{
	struct trace_dump *dump = &direction->dump;
	char row[TRACE_DUMP_TEXT_MAX];
	size_t at;

	if (dump->len > 0 && trace->style.contents == TRACE_TEXT)
		print_text(trace, direction);
	else if (trace->style.contents == TRACE_HEX)
		for (at = 0; at < dump->len; at += TRACE_DUMP_ROW) {
			trace_dump_row(row, dump, at);
			print_line(trace, direction, "  %s", row);
		}
	if (dump->lost)
		print_line(trace, direction, "  (content that memory is too short for)");
	trace_dump_clear(dump);
}

static void
take_content(const struct trace *trace, struct direction *direction, const struct fcgi_slice *slice)
{
	uint8_t type = direction->reader.record.type;
	int hidden = 0;

	if (type == FCGI_PARAMS && direction->split_lost) {
		hidden = !trace->style.show_secrets;
	} else if (type == FCGI_PARAMS || type == FCGI_GET_VALUES ||
	    type == FCGI_GET_VALUES_RESULT) {
		feed_pairs(trace, direction, slice);
		return;
	}
	if (wants_contents(trace, type))
		trace_dump_add(&direction->dump, slice->data, slice->len,
		    hidden ? slice->len : 0);
	if (direction->body_wanted)
		feed_body(trace, direction, slice);
}

/* What stood in place of a header, and some of what follows it. */
static void
print_strange(const struct trace *trace, const struct direction *direction,
    const unsigned char *p, const unsigned char *end)
{
	unsigned char bytes[STRANGE_SHOWN_MAX];
	char text[4 * STRANGE_SHOWN_MAX + 1], offset[32] = "";
	size_t len = direction->reader.have, room = sizeof bytes - len;
	size_t rest = (size_t)(end - p) < room ? (size_t)(end - p) : room;

	memcpy(bytes, direction->reader.header, len);
	if (rest > 0)
		memcpy(bytes + len, p, rest);
	(void)text_escape(text, sizeof text, bytes, len + rest, TEXT_QUOTE);
	if (trace->style.offsets)
		snprintf(offset, sizeof offset, " at=%" PRIu64, direction->passed - len);
	print_line(trace, direction, "not FastCGI version 1%s: \"%s\"", offset, text);
}

/* What follows bytes that are not FastCGI cannot be told apart either. */
static void
take_strange(const struct trace *trace, struct direction *direction, const unsigned char *p,
    const unsigned char *end)
{
	const unsigned char *stop;

	direction->strange_len += (uint64_t)(end - p);
	if (trace->style.contents != TRACE_HEX)
		return;
	for (; p < end; p = stop) {
		stop = end - p > FCGI_MAX_LENGTH ? p + FCGI_MAX_LENGTH : end;
		trace_dump_add(&direction->dump, p, (size_t)(stop - p), 0);
		print_contents(trace, direction);
	}
}

static void
begin_strange(const struct trace *trace, struct direction *direction, const unsigned char *p,
    const unsigned char *end)
{
	const unsigned char *header = direction->reader.header;

	if (direction->from_capture)
		direction->mark = '?';
	print_strange(trace, direction, p, end);
	direction->strange = 1;
	take_strange(trace, direction, header, header + direction->reader.have);
	take_strange(trace, direction, p, end);
}

/* Where the bytes come from decides whose they are; in a capture, what they are. */
static void
mark_record(struct direction *direction)
{
	enum fcgi_sender sender = fcgi_record_sender(direction->reader.record.type);

	if (direction->from_capture)
		direction->mark = sender == FCGI_SENDER_WEB_SERVER ? '>'
		    : sender == FCGI_SENDER_APPLICATION		   ? '<'
								   : '?';
}

void
trace_bytes(struct trace *trace, char mark, const void *data, size_t len)
{
	struct direction *direction = mark == '<' ? &trace->received : &trace->sent;
	const unsigned char *p = data, *end = len > 0 ? p + len : p, *from;
	struct fcgi_slice slice;
	int what;

	direction->from_capture = mark == '?';
	if (direction->strange) {
		take_strange(trace, direction, p, end);
		return;
	}
	while (from = p, (what = fcgi_reader_next(&direction->reader, &p, end, &slice)) > 0) {
		direction->passed += (uint64_t)(p - from);
		if (what == FCGI_READ_RECORD) {
			direction->offset = direction->passed - FCGI_HEADER_LEN;
			mark_record(direction);
			begin_record(trace, direction);
		} else if (what == FCGI_READ_CONTENT) {
			take_content(trace, direction, &slice);
			if (fcgi_reader_pending(&direction->reader) == 0)
				print_contents(trace, direction);
		} else {
			end_pairs(trace, direction);
		}
	}
	direction->passed += (uint64_t)(p - from);
	if (what < 0)
		begin_strange(trace, direction, p, end);
}

void
trace_note(struct trace *trace, const char *format, ...)
{
	va_list args;

	begin_line(trace, '*');
	va_start(args, format);
	vfprintf(trace->out, format, args);
	va_end(args);
	fputc('\n', trace->out);
}

/* The last record has not passed whole: what there was of it is not to be lost. */
static void
print_cut(const struct trace *trace, struct direction *direction)
{
	const struct fcgi_reader *reader = &direction->reader;
	char text[4 * FCGI_HEADER_LEN + 1];

	if (reader->have > 0) {
		if (direction->from_capture)
			direction->mark = '?';
		(void)text_escape(text, sizeof text, reader->header, reader->have, TEXT_QUOTE);
		print_line(trace, direction, "(cut inside a header: \"%s\")", text);
	} else if (direction->body_wanted) {
		print_record(trace, direction, " (cut inside the body)");
		print_contents(trace, direction);
	} else if (fcgi_reader_pending(reader) > 0) {
		if (direction->pair.passed > 0) {
			trace_pair_cut(&direction->pair);
			print_pair(trace, direction);
		}
		print_contents(trace, direction);
		print_line(trace, direction, "(cut: %zu bytes of the last record are missing)",
		    fcgi_reader_pending(reader));
	} else {
		print_line(trace, direction, "(cut inside the padding of the last record)");
	}
}

static void
end_direction(const struct trace *trace, struct direction *direction)
{
	if (direction->strange)
		print_line(trace, direction, "(%" PRIu64 " bytes that are not FastCGI)",
		    direction->strange_len);
	else if (!fcgi_reader_between_records(&direction->reader))
		print_cut(trace, direction);
	trace_dump_reset(&direction->dump);
	trace_pair_reset(&direction->pair);
	while (direction->split_count > 0)
		trace_pair_reset(&direction->split[--direction->split_count]);
}

void
trace_free(struct trace *trace)
{
	if (trace == NULL)
		return;
	end_direction(trace, &trace->sent);
	end_direction(trace, &trace->received);
	free(trace);
}
