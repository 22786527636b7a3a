#include "trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi_body.h"
#include "fcgi_nv.h"
#include "fcgi_reader.h"
#include "text.h"

enum {
	PAIR_SHOWN_MAX = 65536,	/* bytes of a pair that are kept to be shown */
	STRANGE_SHOWN_MAX = 64,	/* bytes of a peer that does not speak FastCGI */
	SPLIT_MAX = 16,		/* requests that may be in the midst of a pair */
};

/* A pair that is being read.  Zero-filled: none. */
struct pair {
	uint16_t request_id;
	uint8_t lengths_len;
	uint8_t has_lengths;
	unsigned char lengths[8];
	size_t name_len;
	size_t value_len;
	size_t passed;		/* bytes of name and value that have gone by */
	size_t kept_len;	/* how many of them are kept, from the first on */
	unsigned char *kept;
};

struct direction {
	char mark;
	struct fcgi_reader reader;
	uint8_t body_wanted;	/* the record's line waits for its body */
	uint8_t body_len;
	unsigned char body[FCGI_BODY_LEN];
	struct pair pair;	/* of the current record */
	struct pair split[SPLIT_MAX]; /* those that go on in their request's next PARAMS */
	size_t split_count;
	uint8_t split_lost;	/* there were more: PARAMS cannot be followed any longer */
	uint8_t strange;	/* not FastCGI: only counted */
	uint64_t strange_len;
};

struct trace {
	FILE *out;
	int show_secrets;
	struct direction sent;
	struct direction received;
};

struct trace *
trace_new(FILE *out, int show_secrets)
{
	struct trace *trace = calloc(1, sizeof *trace);

	if (trace == NULL)
		return NULL;
	trace->out = out;
	trace->show_secrets = show_secrets;
	trace->sent.mark = '>';
	trace->received.mark = '<';
	return trace;
}

static void
reset_pair(struct pair *pair)
{
	free(pair->kept);
	*pair = (struct pair){ 0 };
}

static void
print_pair(const struct trace *trace, char mark, const struct pair *pair)
{
	size_t name_len = pair->name_len < pair->kept_len ? pair->name_len : pair->kept_len;
	const char *name = (const char *)pair->kept;
	const char *value = name_len > 0 ? name + name_len : name;
	size_t value_len = pair->kept_len - name_len;
	char note[96] = "", *name_text, *value_text;

	/* Of a name that is not all there nobody can tell whether it is a secret's. */
	if (!trace->show_secrets && (name_len < pair->name_len || text_is_secret(name, name_len))) {
		value = TEXT_REDACTED;
		value_len = strlen(TEXT_REDACTED);
	}
	if (pair->kept_len < pair->name_len + pair->value_len)
		snprintf(note, sizeof note, "... (cut: name of %zu bytes, value of %zu)",
		    pair->name_len, pair->value_len);
	name_text = text_escape_alloc(name, name_len, 0);
	value_text = text_escape_alloc(value, value_len, 0);
	if (name_text != NULL && value_text != NULL)
		fprintf(trace->out, "%c   %s=%s%s\n", mark, name_text, value_text, note);
	else
		fprintf(trace->out, "%c   (a pair that memory is too short for)\n", mark);
	free(name_text);
	free(value_text);
}

/* Takes one byte of the lengths. */
static void
feed_lengths(struct pair *pair, unsigned char byte)
{
	const unsigned char *at = pair->lengths;
	size_t len;

	pair->lengths[pair->lengths_len++] = byte;
	if (fcgi_nv_decode_lengths(&at, at + pair->lengths_len, &pair->name_len,
	    &pair->value_len) < 0)
		return;
	pair->has_lengths = 1;
	len = pair->name_len + pair->value_len;
	pair->kept_len = len < PAIR_SHOWN_MAX ? len : PAIR_SHOWN_MAX;
	pair->kept = pair->kept_len > 0 ? malloc(pair->kept_len) : NULL;
	if (pair->kept == NULL)
		pair->kept_len = 0;
}

/* Takes bytes of the name and the value.  Returns how many. */
static size_t
feed_text(struct pair *pair, const unsigned char *p, const unsigned char *end)
{
	size_t left = pair->name_len + pair->value_len - pair->passed;
	size_t len = (size_t)(end - p) < left ? (size_t)(end - p) : left;
	size_t room = pair->passed < pair->kept_len ? pair->kept_len - pair->passed : 0;

	if (room > 0 && len > 0)
		memcpy(pair->kept + pair->passed, p, len < room ? len : room);
	pair->passed += len;
	return len;
}

static void
feed_pairs(const struct trace *trace, struct direction *direction, const struct fcgi_slice *slice)
{
	struct pair *pair = &direction->pair;
	const unsigned char *p = slice->data, *end = p + slice->len;

	while (p < end) {
		if (pair->has_lengths)
			p += feed_text(pair, p, end);
		else
			feed_lengths(pair, *p++);
		if (pair->has_lengths && pair->passed == pair->name_len + pair->value_len) {
			print_pair(trace, direction->mark, pair);
			reset_pair(pair);
		}
	}
}

/* Takes the pair that a request's last PARAMS record left unfinished, if any. */
static struct pair
take_split(struct direction *direction, uint16_t request_id)
{
	struct pair pair = { 0 };
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
	struct pair *pair = &direction->pair;

	if (pair->lengths_len == 0)
		return;
	if (direction->reader.record.type != FCGI_PARAMS) {
		fprintf(trace->out, "%c   (a pair runs past the end of the record)\n",
		    direction->mark);
		reset_pair(pair);
	} else if (direction->split_count < SPLIT_MAX) {
		pair->request_id = direction->reader.record.request_id;
		direction->split[direction->split_count++] = *pair;
		*pair = (struct pair){ 0 };
	} else {
		fprintf(trace->out, "%c   (too many split pairs: none are shown from here on)\n",
		    direction->mark);
		direction->split_lost = 1;
		reset_pair(pair);
	}
}

static void
print_record(const struct trace *trace, const struct direction *direction, const char *rest)
{
	const struct fcgi_record *record = &direction->reader.record;
	const char *name = fcgi_record_name(record->type);
	char number[16];

	snprintf(number, sizeof number, "type %u", record->type);
	fprintf(trace->out, "%c %s id=%u len=%u pad=%u%s\n", direction->mark,
	    name != NULL ? name : number, record->request_id, record->content_length,
	    record->padding_length, rest);
}

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
		fprintf(trace->out, "%c   (a pair runs past the end of the stream)\n",
		    direction->mark);
		reset_pair(&direction->pair);
	}
}

static void
begin_record(const struct trace *trace, struct direction *direction)
{
	const struct fcgi_record *record = &direction->reader.record;
	struct pair stale;

	switch (record->type) {
	case FCGI_BEGIN_REQUEST:
		stale = take_split(direction, record->request_id);
		reset_pair(&stale);
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

static void
take_content(const struct trace *trace, struct direction *direction, const struct fcgi_slice *slice)
{
	switch (direction->reader.record.type) {
	case FCGI_PARAMS:
		if (direction->split_lost)
			break;
		/* fall through */
	case FCGI_GET_VALUES:
	case FCGI_GET_VALUES_RESULT:
		feed_pairs(trace, direction, slice);
		break;
	default:
		if (direction->body_wanted)
			feed_body(trace, direction, slice);
	}
}

/* What stood in place of a header, and some of what follows it. */
static void
print_strange(const struct trace *trace, const struct direction *direction,
    const unsigned char *p, const unsigned char *end)
{
	unsigned char bytes[STRANGE_SHOWN_MAX];
	char text[4 * STRANGE_SHOWN_MAX + 1];
	size_t len = direction->reader.have, room = sizeof bytes - len;
	size_t rest = (size_t)(end - p) < room ? (size_t)(end - p) : room;

	memcpy(bytes, direction->reader.header, len);
	if (rest > 0)
		memcpy(bytes + len, p, rest);
	(void)text_escape(text, sizeof text, bytes, len + rest, TEXT_QUOTE);
	fprintf(trace->out, "%c not FastCGI version 1: \"%s\"\n", direction->mark, text);
}

void
trace_bytes(struct trace *trace, char mark, const void *data, size_t len)
{
	struct direction *direction = mark == '>' ? &trace->sent : &trace->received;
	const unsigned char *p = data, *end = len > 0 ? p + len : p;
	struct fcgi_slice slice;
	int what;

	if (direction->strange) {
		direction->strange_len += len;
		return;
	}
	while ((what = fcgi_reader_next(&direction->reader, &p, end, &slice)) > 0) {
		if (what == FCGI_READ_RECORD)
			begin_record(trace, direction);
		else if (what == FCGI_READ_CONTENT)
			take_content(trace, direction, &slice);
		else
			end_pairs(trace, direction);
	}
	if (what < 0) {
		print_strange(trace, direction, p, end);
		direction->strange = 1;
		direction->strange_len = direction->reader.have + (uint64_t)(end - p);
	}
}

void
trace_note(struct trace *trace, const char *format, ...)
{
	va_list args;

	fputs("* ", trace->out);
	va_start(args, format);
	vfprintf(trace->out, format, args);
	va_end(args);
	fputc('\n', trace->out);
}

/* The last record has not passed whole: what there was of it is not to be lost. */
static void
print_cut(const struct trace *trace, const struct direction *direction)
{
	const struct fcgi_reader *reader = &direction->reader;
	char text[4 * FCGI_HEADER_LEN + 1];

	if (reader->have > 0) {
		(void)text_escape(text, sizeof text, reader->header, reader->have, TEXT_QUOTE);
		fprintf(trace->out, "%c (cut inside a header: \"%s\")\n", direction->mark, text);
	} else if (direction->body_wanted) {
		print_record(trace, direction, " (cut inside the body)");
	} else if (fcgi_reader_pending(reader) > 0) {
		fprintf(trace->out, "%c (cut: %zu bytes of the last record are missing)\n",
		    direction->mark, fcgi_reader_pending(reader));
	} else {
		fprintf(trace->out, "%c (cut inside the padding of the last record)\n",
		    direction->mark);
	}
}

static void
end_direction(const struct trace *trace, struct direction *direction)
{
	if (direction->strange)
		fprintf(trace->out, "%c (%" PRIu64 " bytes that are not FastCGI)\n",
		    direction->mark, direction->strange_len);
	else if (!fcgi_reader_between_records(&direction->reader))
		print_cut(trace, direction);
	reset_pair(&direction->pair);
	while (direction->split_count > 0)
		reset_pair(&direction->split[--direction->split_count]);
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
