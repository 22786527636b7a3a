#include "intake.h"

#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "cgi_block.h"
#include "expect.h"
#include "fcgi_body.h"
#include "fcgi_error.h"
#include "fcgi_proto.h"

enum { SAMPLE_MAX = 4096, SAMPLE_RECORDS_MAX = 8 };

/*
 * An answer as it came, whole in one buffer and with nothing between its records, that was good:
 * what is the same but for the request id is good as well.
 */
struct intake_sample {
	uint16_t request_id;
	uint16_t record_count;
	uint16_t record_at[SAMPLE_RECORDS_MAX];
	uint32_t len;			/* 0: there is none yet */
	uint32_t misses;		/* good answers since the last one that was the same */
	uint64_t body_len;
	unsigned char *bytes;
};

enum stream_state {
	STREAM_IDLE,	/* nothing is in flight */
	STREAM_SENT,	/* nothing has come */
	STREAM_BLOCK,	/* the header block is not complete */
	STREAM_BODY,
	STREAM_BAD,	/* the header block is none; the rest is passed over */
};

struct intake_stream {
	uint32_t payload;
	uint8_t state;		/* enum stream_state */
	uint8_t untold;		/* INTAKE_FIRST has not been told */
	uint8_t stdout_closed;
	uint8_t stderr_closed;
	uint8_t end_len;
	unsigned char end[FCGI_BODY_LEN];
	int block_error;
	struct cgi_block block;
	uint64_t body_len;
	size_t matched;		/* of the text that the body has to have in it */
	SHA2_CTX *sha256;	/* NULL unless a payload wants it */
};

enum { NOTHING_TO_TELL = INTAKE_MORE };

int
intake_memory_init(struct intake_memory *memory, const struct payloads *payloads)
{
	memory->payloads = payloads;
	memory->samples = calloc(payloads->count, sizeof *memory->samples);
	return memory->samples != NULL ? 0 : -FCGI_E_SYSTEM;
}

void
intake_memory_reset(struct intake_memory *memory)
{
	size_t i;

	for (i = 0; memory->samples != NULL && i < memory->payloads->count; i++)
		free(memory->samples[i].bytes);
	free(memory->samples);
	*memory = (struct intake_memory){ 0 };
}

static int
wants_sha256(const struct payloads *payloads)
{
	size_t i;

	for (i = 0; i < payloads->count; i++)
		if (payloads->items[i].expect.has_sha256)
			return 1;
	return 0;
}

int
intake_init(struct intake *intake, struct intake_memory *memory, unsigned int streams)
{
	SHA2_CTX *contexts = NULL;
	unsigned int i;

	*intake = (struct intake){ .memory = memory };
	if (wants_sha256(memory->payloads)) {
		contexts = calloc(streams, sizeof *contexts);
		if (contexts == NULL)
			return -FCGI_E_SYSTEM;
	}
	intake->streams = calloc(streams, sizeof *intake->streams);
	if (intake->streams == NULL) {
		free(contexts);
		return -FCGI_E_SYSTEM;
	}
	intake->stream_count = streams;
	for (i = 0; contexts != NULL && i < streams; i++)
		intake->streams[i].sha256 = &contexts[i];
	return 0;
}

void
intake_reset(struct intake *intake)
{
	if (intake->streams != NULL)
		free(intake->streams[0].sha256);
	free(intake->streams);
	*intake = (struct intake){ 0 };
}

void
intake_connected(struct intake *intake)
{
	unsigned int i;

	for (i = 0; i < intake->stream_count; i++) {
		intake->streams[i].state = STREAM_IDLE;
		intake->streams[i].untold = 0;
	}
	intake->reader = (struct fcgi_reader){ 0 };
	intake->in_flight = 0;
	intake->untold = 0;
	intake->sample = NULL;
}

void
intake_begin(struct intake *intake, uint16_t request_id, uint32_t payload)
{
	struct intake_stream *stream = &intake->streams[request_id - 1];

	stream->state = STREAM_SENT;
	stream->payload = payload;
	intake->in_flight++;
}

enum failure_phase
intake_phase(const struct intake *intake, uint16_t request_id)
{
	return intake->streams[request_id - 1].state == STREAM_SENT ? FAILURE_FIRST_BYTE
								     : FAILURE_ANSWER;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* Whether the bytes are the sample, but for the id in each of its records. */
static int
is_sample(const struct intake_sample *sample, const unsigned char *p, uint16_t request_id)
{
	const unsigned char *same = sample->bytes;
	size_t i, at, from = 0;

	if (request_id == sample->request_id)
		return memcmp(p, same, sample->len) == 0;
	for (i = 0; i < sample->record_count; i++) {
		at = sample->record_at[i] + 2U;
		if ((p[at] << 8 | p[at + 1]) != request_id ||
		    memcmp(p + from, same + from, at - from) != 0)
			return 0;
		from = at + 2;
	}
	return memcmp(p + from, same + from, sample->len - from) == 0;
}

/* Keeps where the records of the sample begin.  Returns 0, or -1 when there are too many. */
static int
find_records(struct intake_sample *sample, const unsigned char *p)
{
	const unsigned char *begin = p, *end = p + sample->len;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;

	sample->record_count = 0;
	while (p < end) {
		if (sample->record_count == SAMPLE_RECORDS_MAX)
			return -1;
		sample->record_at[sample->record_count++] = (uint16_t)(p - begin);
		if (!fcgi_reader_whole(&reader, &p, end, &slice))
			return -1;
	}
	return 0;
}

/*
 * A good answer that was not the sample: it becomes the sample, but the longer no two have been the
 * same, the seldomer, since learning costs and has not been of use.
 */
static void
learn(struct intake *intake, const struct intake_stream *stream, const unsigned char *end)
{
	struct intake_sample *sample = &intake->memory->samples[stream->payload];
	size_t len = (size_t)(end - intake->sample);

	sample->misses++;
	if ((sample->misses & (sample->misses - 1)) != 0 || len > SAMPLE_MAX)
		return;
	if (sample->bytes == NULL)
		sample->bytes = malloc(SAMPLE_MAX);
	if (sample->bytes == NULL)
		return;
	sample->len = (uint32_t)len;
	sample->request_id = intake->sample_id;
	sample->body_len = stream->body_len;
	memcpy(sample->bytes, intake->sample, len);
	if (find_records(sample, sample->bytes) < 0)
		sample->len = 0;
}

/* Takes an answer that is the sample.  Returns INTAKE_DONE, or NOTHING_TO_TELL. */
static inline int
take_sample(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event)
{
	const unsigned char *at = *p;
	struct intake_stream *stream;
	struct intake_sample *sample;
	unsigned int request_id;

	if (end - at < FCGI_HEADER_LEN || !fcgi_reader_between_records(&intake->reader))
		return NOTHING_TO_TELL;
	request_id = (unsigned int)(at[2] << 8 | at[3]);
	if (request_id - 1 >= intake->stream_count)
		return NOTHING_TO_TELL;
	stream = &intake->streams[request_id - 1];
	if (stream->state != STREAM_SENT)
		return NOTHING_TO_TELL;
	sample = &intake->memory->samples[stream->payload];
	if (sample->len == 0 || (size_t)(end - at) < sample->len ||
	    !is_sample(sample, at, (uint16_t)request_id))
		return NOTHING_TO_TELL;
	*p = at + sample->len;
	sample->misses = 0;
	stream->state = STREAM_IDLE;
	intake->in_flight--;
	intake->sample = NULL;
	*event = (struct intake_event){
		.request_id = (uint16_t)request_id,
		.payload = stream->payload,
		.body_len = sample->body_len,
	};
	return INTAKE_DONE;
}

/* --- one answer ------------------------------------------------------------------------------- */

static const struct payload *
payload_of(const struct intake *intake, const struct intake_stream *stream)
{
	return &intake->memory->payloads->items[stream->payload];
}

/* The first record of an answer. */
static void
open_stream(struct intake *intake, struct intake_stream *stream)
{
	stream->state = STREAM_BLOCK;
	stream->untold = 1;
	intake->untold++;
	stream->stdout_closed = 0;
	stream->stderr_closed = 0;
	stream->end_len = 0;
	stream->block_error = -FCGI_E_NO_HEADER;
	stream->body_len = 0;
	stream->matched = 0;
	cgi_block_init(&stream->block);
	if (stream->sha256 != NULL)
		SHA256Init(stream->sha256);
}

static void
take_body(struct intake_stream *stream, const struct expect *expect, const unsigned char *p,
    const unsigned char *end)
{
	size_t len = (size_t)(end - p);

	stream->body_len += len;
	if (expect->body != NULL && stream->matched < expect->body_len)
		stream->matched = expect_feed(expect, stream->matched, p, len);
	if (expect->has_sha256)
		SHA256Update(stream->sha256, p, len);
}

static void
take_output(const struct intake *intake, struct intake_stream *stream, const unsigned char *p,
    const unsigned char *end)
{
	int r;

	if (stream->state == STREAM_BLOCK) {
		r = cgi_block_feed(&stream->block, &p, end);
		if (r == 1) {
			stream->state = STREAM_BODY;
		} else if (r != -FCGI_E_MORE) {
			stream->state = STREAM_BAD;
			stream->block_error = r;
		}
	}
	if (stream->state == STREAM_BODY && p < end)
		take_body(stream, &payload_of(intake, stream)->expect, p, end);
}

static struct failure
fail(enum failure_phase phase, enum failure_kind kind, int64_t number)
{
	return (struct failure){ .phase = (uint8_t)phase, .kind = (uint8_t)kind, .number = number };
}

static struct failure
judge_body(const struct intake_stream *stream, const struct expect *expect)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	if (expect->has_length && stream->body_len != expect->length)
		return fail(FAILURE_VALID, FAILURE_LENGTH, 0);
	if (expect->body != NULL && stream->matched < expect->body_len)
		return fail(FAILURE_VALID, FAILURE_BODY, 0);
	if (expect->has_sha256) {
		SHA256Final(sum, stream->sha256);
		if (memcmp(sum, expect->sha256, sizeof sum) != 0)
			return fail(FAILURE_VALID, FAILURE_SHA256, 0);
	}
	return (struct failure){ 0 };
}

/* What tells most comes first: a script that dies says 500 and leaves an appStatus behind. */
static struct failure
judge(const struct intake *intake, const struct intake_stream *stream)
{
	const struct payload *payload = payload_of(intake, stream);
	const struct expect *expect = &payload->expect;
	int has_block = stream->state == STREAM_BODY;
	struct fcgi_end end;

	fcgi_end_decode(&end, stream->end);
	if (end.protocol_status != FCGI_REQUEST_COMPLETE)
		return fail(FAILURE_ANSWER, FAILURE_PROTOCOL_STATUS, end.protocol_status);
	if (has_block && !expect_has_status(expect, stream->block.status))
		return fail(FAILURE_VALID, FAILURE_STATUS, stream->block.status);
	if (end.app_status != expect->app_status)
		return fail(FAILURE_VALID, FAILURE_APP_STATUS, end.app_status);
	if (!has_block)
		return fail(FAILURE_VALID, FAILURE_HEADER, stream->block_error);
	if (payload->head)
		return (struct failure){ 0 };
	return judge_body(stream, expect);
}

/* Its END_REQUEST has come, up to p. */
static int
finish(struct intake *intake, struct intake_stream *stream, const unsigned char *p,
    struct intake_event *event)
{
	*event = (struct intake_event){
		.request_id = (uint16_t)(stream - intake->streams + 1),
		.payload = stream->payload,
		.failure = judge(intake, stream),
		.body_len = stream->body_len,
	};
	if (event->failure.kind == 0 && intake->sample != NULL && p != NULL)
		learn(intake, stream, p);
	intake->sample = NULL;
	intake->untold -= stream->untold;
	intake->in_flight--;
	stream->untold = 0;
	stream->state = STREAM_IDLE;
	return INTAKE_DONE;
}

/* --- records ---------------------------------------------------------------------------------- */

/* Whose record it is; NULL for one that is not for requests of ours. */
static struct intake_stream *
find_stream(struct intake *intake, const struct fcgi_record *record)
{
	if (record->request_id - 1U >= intake->stream_count || record->type < FCGI_BEGIN_REQUEST ||
	    record->type >= FCGI_GET_VALUES)
		return NULL;
	return &intake->streams[record->request_id - 1];
}

/*
 * A record begins.
 * at: where, or NULL when it began in an earlier buffer.
 * Returns 0, or what is wrong with it.
 */
static int
begin_record(struct intake *intake, struct intake_stream *stream, const unsigned char *at)
{
	const struct fcgi_record *record = &intake->reader.record;
	uint8_t *closed;

	if (stream->state == STREAM_IDLE)
		return -FCGI_E_ORDER;
	if (stream->state == STREAM_SENT) {
		open_stream(intake, stream);
		intake->sample = at;
		intake->sample_id = record->request_id;
	} else if (intake->sample_id != record->request_id) {
		intake->sample = NULL;
	}
	switch (record->type) {
	case FCGI_STDOUT:
	case FCGI_STDERR:
		closed = record->type == FCGI_STDOUT ? &stream->stdout_closed
						     : &stream->stderr_closed;
		if (*closed && record->content_length > 0)
			return -FCGI_E_ORDER;
		*closed |= record->content_length == 0;
		return 0;
	case FCGI_END_REQUEST:
		return record->content_length == FCGI_BODY_LEN ? 0 : -FCGI_E_LENGTH;
	default:
		return -FCGI_E_ORDER;
	}
}

/* Content of END_REQUEST.  behind: as finish() wants it. */
static int
take_end(struct intake *intake, struct intake_stream *stream, const struct fcgi_slice *slice,
    const unsigned char *behind, struct intake_event *event)
{
	memcpy(stream->end + stream->end_len, slice->data, slice->len);
	stream->end_len = (uint8_t)(stream->end_len + slice->len);
	return stream->end_len == FCGI_BODY_LEN ? finish(intake, stream, behind, event)
						: NOTHING_TO_TELL;
}

static int
take_content(struct intake *intake, struct intake_stream *stream, const struct fcgi_slice *slice,
    const unsigned char *behind, struct intake_event *event)
{
	switch (intake->reader.record.type) {
	case FCGI_STDOUT:
		take_output(intake, stream, slice->data, slice->data + slice->len);
		return NOTHING_TO_TELL;
	case FCGI_END_REQUEST:
		return take_end(intake, stream, slice, behind, event);
	default:
		return NOTHING_TO_TELL;
	}
}

/* at: where the record began.  p: where it ends. */
static int
take_whole(struct intake *intake, const unsigned char *at, const unsigned char *p,
    const struct fcgi_slice *slice, struct intake_event *event)
{
	struct intake_stream *stream = find_stream(intake, &intake->reader.record);
	int r;

	if (stream == NULL) {
		intake->sample = NULL;
		return NOTHING_TO_TELL;
	}
	r = begin_record(intake, stream, at);
	return r < 0 ? r : take_content(intake, stream, slice, p, event);
}

/* What does not lie whole in the buffer, or is broken. */
static int
take_part(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event)
{
	struct fcgi_slice slice;
	struct intake_stream *stream;
	int what = fcgi_reader_next(&intake->reader, p, end, &slice);

	intake->sample = NULL;
	if (what < 0)
		return what;
	stream = find_stream(intake, &intake->reader.record);
	if (stream == NULL)
		return NOTHING_TO_TELL;
	if (what == FCGI_READ_RECORD)
		return begin_record(intake, stream, NULL);
	if (what == FCGI_READ_CONTENT)
		return take_content(intake, stream, &slice, NULL, event);
	return NOTHING_TO_TELL;
}

/* All bytes are taken: who began in them? */
static int
tell_first(struct intake *intake, struct intake_event *event)
{
	struct intake_stream *stream = intake->streams;

	intake->sample = NULL;
	if (intake->untold == 0)
		return INTAKE_MORE;
	while (!stream->untold)
		stream++;
	stream->untold = 0;
	intake->untold--;
	*event = (struct intake_event){
		.request_id = (uint16_t)(stream - intake->streams + 1),
		.payload = stream->payload,
	};
	return INTAKE_FIRST;
}

int
intake_next(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event)
{
	const unsigned char *at;
	struct fcgi_slice slice;
	int r = NOTHING_TO_TELL;

	while (r == NOTHING_TO_TELL && *p < end) {
		if (take_sample(intake, p, end, event) == INTAKE_DONE)
			return INTAKE_DONE;
		at = *p;
		if (fcgi_reader_whole(&intake->reader, p, end, &slice))
			r = take_whole(intake, at, *p, &slice, event);
		else
			r = take_part(intake, p, end, event);
	}
	return r == NOTHING_TO_TELL ? tell_first(intake, event) : r;
}
