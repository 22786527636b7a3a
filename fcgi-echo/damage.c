#include "damage.h"

#include <string.h>

#include "clock.h"
#include "fault.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"
#include "fcgi_writer.h"

enum { UNKNOWN_TYPE = 42, SHORT_END_LEN = 4, HALF_HEADER_LEN = 4, SMALL_RECORD = 16 };

/* In END_REQUEST's content: the last byte of appStatus, and protocolStatus (section 5.5). */
enum { AT_APP_STATUS = 3, AT_PROTOCOL_STATUS = 4 };

static int
has(uint64_t faults, enum fault fault)
{
	return (faults & fault_bit(fault)) != 0;
}

static size_t
record_len(const struct fcgi_record *record)
{
	return (size_t)FCGI_HEADER_LEN + record->content_length + record->padding_length;
}

static void
read_header(struct fcgi_record *record, const struct output *output, size_t at)
{
	(void)fcgi_record_decode(record, output->data + at, output->data + output->end);
}

/* Makes room for len bytes at that place. */
static unsigned char *
insert(struct output *output, size_t at, size_t len)
{
	unsigned char *p = output->data + at;

	memmove(p + len, p, output->end - at);
	output->end += len;
	return p;
}

/* The last record gets another content, which is no longer than before. */
static void
replace_content(struct output *output, size_t start, const struct fcgi_record *record,
    const unsigned char *content, size_t len)
{
	output->end = start;
	if (len == 0)
		return;
	memmove(output_content(output), content, len);
	output_record(output, record->type, record->request_id, len);
}

/* What the CGI header block and its empty line take of the content; all of it without one. */
static size_t
header_len(const unsigned char *content, size_t len)
{
	const unsigned char *end = memmem(content, len, "\r\n\r\n", 4);

	return end != NULL ? (size_t)(end - content) + 4 : len;
}

static void
spoil_stdout(struct output *output, size_t start, const struct fcgi_record *record,
    uint64_t faults, struct damage *damage)
{
	const unsigned char *content = output->data + start + FCGI_HEADER_LEN;
	size_t len = record->content_length, head;

	if (has(faults, FAULT_STDERR_ONLY)) {
		if (len > 0)
			output->data[start + 1] = FCGI_STDERR;
		else
			output->end = start;
		return;
	}
	if (len == 0 || !(has(faults, FAULT_NO_HEADER) || has(faults, FAULT_OPEN_HEADER)))
		return;
	head = damage->header_gone ? 0 : header_len(content, len);
	if (has(faults, FAULT_NO_HEADER))
		replace_content(output, start, record, content + head, len - head);
	else
		/* The empty line's CR LF and all behind it stay away. */
		replace_content(output, start, record, content, head > 2 ? head - 2 : 0);
	damage->header_gone = 1;
}

/* END_REQUEST(0, REQUEST_COMPLETE) in front of the answer. */
static void
insert_end(struct output *output, size_t start, uint16_t request_id)
{
	unsigned char *p = insert(output, start, SMALL_RECORD);
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, p, SMALL_RECORD, request_id);
	(void)fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE);
}

static void
insert_unknown(struct output *output, size_t start, uint16_t request_id)
{
	static const unsigned char content[SMALL_RECORD - FCGI_HEADER_LEN] = "unknown";
	unsigned char *p = insert(output, start, SMALL_RECORD);
	struct fcgi_record record = {
		.version = FCGI_VERSION_1,
		.type = UNKNOWN_TYPE,
		.request_id = request_id,
		.content_length = sizeof content,
	};

	fcgi_record_encode(p, &record);
	memcpy(p + FCGI_HEADER_LEN, content, sizeof content);
}

static void
spoil_end(struct output *output, size_t start, struct fcgi_record *record, uint64_t faults)
{
	unsigned char *p = output->data + start;

	if (has(faults, FAULT_NO_END) || has(faults, FAULT_END_FIRST)) {
		output->end = start;
		return;
	}
	if (has(faults, FAULT_LATE_OVERLOADED))
		p[FCGI_HEADER_LEN + AT_PROTOCOL_STATUS] = FCGI_OVERLOADED;
	if (has(faults, FAULT_APP_STATUS))
		p[FCGI_HEADER_LEN + AT_APP_STATUS] = 1;
	if (has(faults, FAULT_SHORT_END)) {
		record->content_length = SHORT_END_LEN;
		record->padding_length = FCGI_BODY_LEN - SHORT_END_LEN;
		fcgi_record_encode(p, record);
	}
	if (has(faults, FAULT_TWICE)) {
		memcpy(p + record_len(record), p, record_len(record));
		output->end += record_len(record);
	}
}

/* What is done to records of every kind. */
static void
spoil_headers(struct output *output, size_t start, uint64_t faults)
{
	struct fcgi_record record;
	unsigned char *padding;
	size_t more;

	for (; start < output->end; start += record_len(&record)) {
		read_header(&record, output, start);
		if (has(faults, FAULT_PAD_255)) {
			more = (size_t)(FCGI_MAX_PADDING - record.padding_length);
			padding = insert(output, start + FCGI_HEADER_LEN + record.content_length,
			    more);
			memset(padding, 0, more);
			record.padding_length = FCGI_MAX_PADDING;
		}
		if (has(faults, FAULT_BAD_ID))
			record.request_id++;
		if (has(faults, FAULT_BAD_VERSION))
			record.version = 2;
		fcgi_record_encode(output->data + start, &record);
	}
}

/* type: what the record was before it was spoiled. */
static enum damage_end
cut(struct output *output, size_t start, uint8_t type, uint64_t faults)
{
	struct fcgi_record record;

	if (type == FCGI_END_REQUEST && has(faults, FAULT_NO_END))
		return DAMAGE_CLOSE;
	if (output->end == start)
		return DAMAGE_GO_ON;
	if (has(faults, FAULT_HALF_HEADER)) {
		output->end = start + HALF_HEADER_LEN;
		return DAMAGE_CLOSE;
	}
	read_header(&record, output, start);
	if (type == FCGI_STDOUT && record.content_length > 0 &&
	    (has(faults, FAULT_HALF) || has(faults, FAULT_RST))) {
		output->end = start + FCGI_HEADER_LEN + record.content_length / 2;
		return has(faults, FAULT_RST) ? DAMAGE_RESET : DAMAGE_CLOSE;
	}
	return DAMAGE_GO_ON;
}

enum damage_end
damage_record(struct output *output, size_t start, uint64_t faults, struct damage *damage)
{
	struct fcgi_record record;
	enum damage_end end = DAMAGE_GO_ON;
	int first;

	read_header(&record, output, start);
	if (damage != NULL) {
		first = !damage->begun;
		damage->begun = 1;
		if (has(faults, FAULT_EMPTY) && record.type != FCGI_END_REQUEST)
			output->end = start;
		else if (record.type == FCGI_STDOUT)
			spoil_stdout(output, start, &record, faults, damage);
		else if (record.type == FCGI_END_REQUEST)
			spoil_end(output, start, &record, faults);
		end = cut(output, start, record.type, faults);
		if (first && has(faults, FAULT_END_FIRST))
			insert_end(output, start, record.request_id);
		if (first && has(faults, FAULT_UNKNOWN_TYPE))
			insert_unknown(output, start, record.request_id);
	}
	if (end == DAMAGE_GO_ON)
		spoil_headers(output, start, faults);
	return end;
}

const unsigned char *
damage_answer(uint64_t faults, size_t *len)
{
	/* No byte of it can begin a record, so that every reader stumbles at the same place. */
	static const unsigned char garbage[] = {
		0xd3, 0x8a, 0x5f, 0xe1, 0x07, 0xbc, 0x42, 0x99, 0x2e, 0xf0, 0x6d, 0xa4, 0x13, 0xc8,
		0x7b, 0x35, 0xe6, 0x90, 0x4c, 0xdf, 0x28, 0xb1, 0x56, 0xfa, 0x83, 0x1f, 0xcd, 0x64,
		0x3a, 0x97, 0xee, 0x0b,
	};
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n"
				   "Content-Type: text/plain\r\n"
				   "Content-Length: 16\r\n"
				   "Connection: close\r\n\r\n"
				   "400 Bad Request\n";

	if (has(faults, FAULT_GARBAGE)) {
		*len = sizeof garbage;
		return garbage;
	}
	if (has(faults, FAULT_SPEAKS_HTTP)) {
		*len = sizeof http - 1;
		return (const unsigned char *)http;
	}
	return NULL;
}

size_t
damage_allow(struct damage_pace *pace, const struct output *output, uint64_t faults,
    int64_t *pause_ns)
{
	size_t half = pace->to_header + FCGI_HEADER_LEN / 2;

	*pause_ns = 0;
	if (has(faults, FAULT_SLOW) && !pace->waited) {
		pace->waited = 1;
		*pause_ns = 2 * CLOCK_NS_PER_S;
		return 0;
	}
	if (has(faults, FAULT_DRIP)) {
		*pause_ns = CLOCK_NS_PER_MS / 10;
		return 1;
	}
	if (has(faults, FAULT_SPLIT_HEADER) && half < output_pending(output)) {
		*pause_ns = CLOCK_NS_PER_MS;
		return half;
	}
	return output_pending(output);
}

void
damage_sent(struct damage_pace *pace, const struct output *output, size_t len, int idle)
{
	struct fcgi_record record;
	size_t at = pace->to_header;

	/* A write ends at a half header at the latest, so its length is in what is pending. */
	while (at < len && output_pending(output) - at >= FCGI_HEADER_LEN) {
		read_header(&record, output, output->start + at);
		if (record.version != FCGI_VERSION_1)
			break;
		at += record_len(&record);
	}
	pace->to_header = at > len ? at - len : 0;
	if (idle && len == output_pending(output))
		pace->waited = 0;
}
