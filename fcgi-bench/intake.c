#include "intake.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"

enum { SAMPLE_MAX = 4096, SAMPLE_RECORDS_MAX = 8, RELEARN_MISSES = 4 };

/*
 * An answer as it came, whole in one buffer and with nothing between its records, that was good:
 * what is the same but for the request id is good as well.
 */
struct intake_sample {
	uint16_t request_id;
	uint16_t record_count;
	uint16_t record_at[SAMPLE_RECORDS_MAX];
	uint32_t len;			/* 0: there is none yet */
	uint32_t misses;		/* good answers in a row that were not the same */
	uint32_t block_len;		/* of the header block in its first record; 0: not all of it */
	int status;
	int64_t content_length;
	int has_stderr;
	uint64_t body_len;
	unsigned char *bytes;
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
		intake->streams[i].answer.sha256 = &contexts[i];
	return 0;
}

void
intake_reset(struct intake *intake)
{
	if (intake->streams != NULL)
		free(intake->streams[0].answer.sha256);
	free(intake->streams);
	*intake = (struct intake){ 0 };
}

void
intake_connected(struct intake *intake)
{
	unsigned int i;

	for (i = 0; i < intake->stream_count; i++) {
		intake->streams[i].state = INTAKE_STREAM_IDLE;
		intake->streams[i].untold = 0;
	}
	intake->reader = (struct fcgi_reader){ 0 };
	intake->in_flight = 0;
	intake->untold = 0;
	intake->sample = NULL;
}

enum failure_phase
intake_phase(const struct intake *intake, uint16_t request_id)
{
	/* The id of half a header is not known, unless there is but one that it can be. */
	if (intake->streams[request_id - 1].state == INTAKE_STREAM_SENT &&
	    (intake->in_flight > 1 || fcgi_reader_between_records(&intake->reader)))
		return FAILURE_FIRST_BYTE;
	return FAILURE_ANSWER;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* Makes it the same answer to a request of another id. */
static void
set_request_id(struct intake_sample *sample, uint16_t request_id)
{
	unsigned char *record;
	size_t i;

	for (i = 0; i < sample->record_count; i++) {
		record = sample->bytes + sample->record_at[i];
		record[2] = (unsigned char)(request_id >> 8);
		record[3] = (unsigned char)request_id;
	}
	sample->request_id = request_id;
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

/* Makes [begin, end) the sample; what is too large is none. */
static __attribute__((noinline)) void
learn(struct intake *intake, const struct intake_stream *stream, const unsigned char *begin,
    const unsigned char *end)
{
	struct intake_sample *sample = &intake->memory->samples[stream->payload];
	size_t len = (size_t)(end - begin);

	if (len > SAMPLE_MAX)
		return;
	if (sample->bytes == NULL)
		sample->bytes = malloc(SAMPLE_MAX);
	if (sample->bytes == NULL)
		return;
	sample->len = (uint32_t)len;
	sample->request_id = (uint16_t)(stream - intake->streams + 1);
	sample->body_len = stream->answer.body_len;
	sample->block_len = begin[1] == FCGI_STDOUT ? stream->answer.block_len : 0;
	sample->status = stream->answer.block.status;
	sample->content_length = stream->answer.block.content_length;
	sample->has_stderr = stream->has_stderr;
	memcpy(sample->bytes, begin, len);
	if (find_records(sample, sample->bytes) < 0)
		sample->len = 0;
}

/*
 * A good answer, [begin, end), was not the sample: the first becomes it, and another when many in a
 * row were not it; the more there are, the seldomer, since learning costs and has been of no use.
 */
static inline void
miss(struct intake *intake, const struct intake_stream *stream, const unsigned char *begin,
    const unsigned char *end)
{
	struct intake_sample *sample = &intake->memory->samples[stream->payload];

	sample->misses++;
	if ((sample->misses & (sample->misses - 1)) == 0 &&
	    (sample->len == 0 || sample->misses >= RELEARN_MISSES))
		learn(intake, stream, begin, end);
}

/* --- requests --------------------------------------------------------------------------------- */

static const struct payload *
payload_of(const struct intake *intake, const struct intake_stream *stream)
{
	return &intake->memory->payloads->items[stream->payload];
}

static inline unsigned int
id_of(const struct intake *intake, const struct intake_stream *stream)
{
	return (unsigned int)(stream - intake->streams) + 1;
}

/* It is over, and that is what became of it. */
static inline int
tell_done(struct intake *intake, struct intake_stream *stream, unsigned int request_id,
    struct failure failure, uint64_t body_len, struct intake_event *event)
{
	event->request_id = (uint16_t)request_id;
	event->payload = stream->payload;
	event->failure = failure;
	event->body_len = body_len;
	stream->state = INTAKE_STREAM_IDLE;
	intake->in_flight--;
	intake->sample = NULL;
	return INTAKE_DONE;
}

/*
 * Its END_REQUEST has come.
 * body: of that record.  behind: where the record ends; NULL when not all of it is in this buffer.
 */
static int
finish(struct intake *intake, struct intake_stream *stream, const unsigned char *body,
    const unsigned char *behind, struct intake_event *event)
{
	struct failure failure = answer_judge(&stream->answer, payload_of(intake, stream), body);

	if (failure.kind == 0 && intake->sample != NULL && behind != NULL)
		miss(intake, stream, intake->sample, behind);
	intake->untold -= stream->untold;
	stream->untold = 0;
	event->has_stderr = stream->has_stderr;
	return tell_done(intake, stream, id_of(intake, stream), failure, stream->answer.body_len,
	    event);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Whose record it is; NULL for one that is not for requests of ours. */
static inline struct intake_stream *
find_stream(struct intake *intake, const struct fcgi_record *record)
{
	if (record->request_id - 1U >= intake->stream_count || record->type < FCGI_BEGIN_REQUEST ||
	    record->type >= FCGI_GET_VALUES)
		return NULL;
	return &intake->streams[record->request_id - 1];
}

/* The first record of an answer. */
static inline void
open_stream(struct intake *intake, struct intake_stream *stream)
{
	stream->state = INTAKE_STREAM_BEGUN;
	stream->untold = 1;
	intake->untold++;
	stream->stdout_closed = 0;
	stream->stderr_closed = 0;
	stream->has_stderr = 0;
	stream->end_len = 0;
	answer_begin(&stream->answer);
}

/* A record of STDOUT or STDERR begins.  Returns 0, or what is wrong with it. */
static inline int
begin_output(uint8_t *closed, size_t content_length)
{
	if (content_length == 0)
		*closed = 1;
	else if (*closed)
		return -FCGI_E_ORDER;
	return 0;
}

/*
 * A record begins.
 * at: where, or NULL when it began in an earlier buffer.
 * Returns 0, or what is wrong with it.
 */
static inline int
begin_record(struct intake *intake, struct intake_stream *stream, const unsigned char *at)
{
	const struct fcgi_record *record = &intake->reader.record;

	if (stream->state == INTAKE_STREAM_IDLE)
		return -FCGI_E_ORDER;
	if (stream->state == INTAKE_STREAM_SENT) {
		open_stream(intake, stream);
		intake->sample = at;
		intake->sample_id = record->request_id;
	} else if (intake->sample_id != record->request_id) {
		intake->sample = NULL;
	}
	if (record->type == FCGI_STDOUT)
		return begin_output(&stream->stdout_closed, record->content_length);
	if (record->type == FCGI_STDERR) {
		stream->has_stderr |= record->content_length > 0;
		return begin_output(&stream->stderr_closed, record->content_length);
	}
	if (record->type != FCGI_END_REQUEST)
		return -FCGI_E_ORDER;
	return record->content_length == FCGI_BODY_LEN ? 0 : -FCGI_E_LENGTH;
}

/* at: where the record began.  behind: where it ends. */
static inline int
take_whole(struct intake *intake, const unsigned char *at, const unsigned char *behind,
    const struct fcgi_slice *slice, struct intake_event *event)
{
	struct intake_stream *stream = find_stream(intake, &intake->reader.record);
	int r;

	if (stream == NULL) {
		intake->sample = NULL;
		return NOTHING_TO_TELL;
	}
	r = begin_record(intake, stream, at);
	if (r < 0)
		return r;
	if (intake->reader.record.type == FCGI_END_REQUEST)
		return finish(intake, stream, slice->data, behind, event);
	if (intake->reader.record.type == FCGI_STDOUT)
		answer_output(&stream->answer, &payload_of(intake, stream)->expect, slice->data,
		    slice->len);
	return NOTHING_TO_TELL;
}

static int
take_content(struct intake *intake, struct intake_stream *stream, const struct fcgi_slice *slice,
    struct intake_event *event)
{
	if (intake->reader.record.type == FCGI_STDOUT)
		answer_output(&stream->answer, &payload_of(intake, stream)->expect, slice->data,
		    slice->len);
	if (intake->reader.record.type != FCGI_END_REQUEST)
		return NOTHING_TO_TELL;
	memcpy(stream->end + stream->end_len, slice->data, slice->len);
	stream->end_len = (uint8_t)(stream->end_len + slice->len);
	return stream->end_len == FCGI_BODY_LEN ? finish(intake, stream, stream->end, NULL, event)
						: NOTHING_TO_TELL;
}

/* What does not lie whole in the buffer, or is broken. */
static __attribute__((noinline)) int
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
		return take_content(intake, stream, &slice, event);
	return NOTHING_TO_TELL;
}

/* --- whole answers ---------------------------------------------------------------------------- */

/*
 * Where a record ends whose version, type and id are those of another, and whose content is len
 * bytes; NULL when none lies here.
 */
static inline const unsigned char *
behind_record(const unsigned char *at, const unsigned char *end, const unsigned char *other,
    size_t *len)
{
	size_t size;

	if (end - at < FCGI_HEADER_LEN || memcmp(at, other, 4) != 0)
		return NULL;
	*len = (size_t)(at[4] << 8 | at[5]);
	size = FCGI_HEADER_LEN + *len + at[6];
	return (size_t)(end - at) >= size ? at + size : NULL;
}

/*
 * An answer with the header block of the sample, as bodies differ more often, in the form that most
 * small ones have: one record of output, perhaps the end of that, and END_REQUEST.
 * Returns INTAKE_DONE, or NOTHING_TO_TELL when it has another form.
 */
static int
take_alike(struct intake *intake, struct intake_stream *stream, const unsigned char **p,
    const unsigned char *end, struct intake_event *event)
{
	const struct intake_sample *sample = &intake->memory->samples[stream->payload];
	const struct payload *payload = payload_of(intake, stream);
	const unsigned char *output = sample->bytes;
	const unsigned char *ending = output + sample->record_at[sample->record_count - 1];
	const unsigned char *at = *p, *next, *behind;
	size_t output_len, len;
	struct failure failure;

	next = behind_record(at, end, output, &output_len);
	if (next == NULL || output_len < sample->block_len ||
	    memcmp(at + FCGI_HEADER_LEN, output + FCGI_HEADER_LEN, sample->block_len) != 0)
		return NOTHING_TO_TELL;
	behind = behind_record(next, end, output, &len);
	if (behind != NULL && len == 0)
		next = behind;
	behind = behind_record(next, end, ending, &len);
	if (behind == NULL || len != FCGI_BODY_LEN)
		return NOTHING_TO_TELL;
	answer_begin(&stream->answer);
	answer_know_block(&stream->answer, sample->block_len, sample->status,
	    sample->content_length);
	answer_output(&stream->answer, &payload->expect, at + FCGI_HEADER_LEN + sample->block_len,
	    output_len - sample->block_len);
	failure = answer_judge(&stream->answer, payload, next + FCGI_HEADER_LEN);
	if (failure.kind == 0)
		miss(intake, stream, at, behind);
	*p = behind;
	intake->memory->alike++;
	event->has_stderr = 0;
	return tell_done(intake, stream, id_of(intake, stream), failure, stream->answer.body_len,
	    event);
}

/* Takes an answer that is the sample, or like it.  Returns as take_alike(). */
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
	sample = &intake->memory->samples[stream->payload];
	if (stream->state != INTAKE_STREAM_SENT || sample->len == 0)
		return NOTHING_TO_TELL;
	if (request_id != sample->request_id)
		set_request_id(sample, (uint16_t)request_id);
	if ((size_t)(end - at) < sample->len || memcmp(at, sample->bytes, sample->len) != 0)
		return sample->block_len > 0 ? take_alike(intake, stream, p, end, event)
					     : NOTHING_TO_TELL;
	*p = at + sample->len;
	sample->misses = 0;
	intake->memory->repeated++;
	event->has_stderr = sample->has_stderr;
	return tell_done(intake, stream, request_id, (struct failure){ 0 }, sample->body_len,
	    event);
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

/* What is no sample: its records up to something to tell. */
static __attribute__((noinline)) int
read_on(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event)
{
	const unsigned char *at;
	struct fcgi_slice slice;
	int r = NOTHING_TO_TELL;

	while (r == NOTHING_TO_TELL && *p < end) {
		at = *p;
		if (fcgi_reader_whole(&intake->reader, p, end, &slice))
			r = take_whole(intake, at, *p, &slice, event);
		else
			r = take_part(intake, p, end, event);
	}
	return r == NOTHING_TO_TELL ? tell_first(intake, event) : r;
}

int
intake_read(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event)
{
	if (take_sample(intake, p, end, event) == INTAKE_DONE)
		return INTAKE_DONE;
	return read_on(intake, p, end, event);
}
