/*
 * One connection's answers: received bytes in, finished requests out.  The path of every answer, so
 * its cost counts: an answer that is byte for byte the last good one of the same request (as most
 * are) is told by comparing; any other is read record by record, its header block and body judged
 * as they come.  Nothing of an answer is kept but one sample of each request's.
 * No I/O; no allocation behind intake_init() but that of a sample.
 *
 *	intake_connected()				for each connection that is made
 *	intake_begin() for each request that is sent
 *	while ((what = intake_next(&intake, &p, end, &event)) > 0)
 *		...
 *	what == 0: all bytes are taken;  what < 0: the connection is of no more use
 *
 * What finishes while a buffer is read is begun anew behind it, when intake_next() has returned 0:
 * what follows an END_REQUEST in the same buffer cannot answer what is not yet sent.
 */
#ifndef FCGI_BENCH_INTAKE_H
#define FCGI_BENCH_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "failure.h"
#include "fcgi_proto.h"
#include "fcgi_reader.h"
#include "payload.h"

/* What intake_next() found. */
enum intake_kind {
	INTAKE_MORE = 0,	/* all bytes are taken */
	INTAKE_FIRST,		/* an answer has begun, and does not end in the same bytes; told when
				   all bytes are taken */
	INTAKE_DONE,		/* a request is over */
};

struct intake_event {
	uint16_t request_id;
	uint32_t payload;	/* what intake_begin() was told */
	struct failure failure;	/* DONE: kind 0 when the answer was good */
	uint64_t body_len;	/* DONE: bytes */
	int has_stderr;		/* DONE: something came on FCGI_STDERR */
};

/*
 * What one thread remembers of one target's answers.  Zero-filled before use; it may not move, and
 * lives as long as its intakes.  Public to read: repeated, alike.
 */
struct intake_memory {
	uint64_t repeated;		/* answers that were told by comparing all of them ... */
	uint64_t alike;			/* ... their header blocks */
	const struct payloads *payloads; /* the owner's */
	struct intake_sample *samples;	/* private: one a payload */
};

/* Returns 0, or -FCGI_E_SYSTEM when memory is short. */
int intake_memory_init(struct intake_memory *memory, const struct payloads *payloads);
void intake_memory_reset(struct intake_memory *memory);

enum intake_stream_state {
	INTAKE_STREAM_IDLE,	/* nothing is in flight */
	INTAKE_STREAM_SENT,	/* nothing has come */
	INTAKE_STREAM_BEGUN,
};

/* All of it is private. */
struct intake_stream {
	uint32_t payload;
	uint8_t state;		/* enum intake_stream_state */
	uint8_t untold;		/* INTAKE_FIRST has not been told */
	uint8_t stdout_closed;
	uint8_t stderr_closed;
	uint8_t has_stderr;
	uint8_t end_len;
	unsigned char end[FCGI_BODY_LEN];
	struct answer answer;
};

/* Zero-filled before use.  Public to read: in_flight. */
struct intake {
	unsigned int in_flight;		/* requests that are begun and not over */
	unsigned int stream_count;	/* private from here on */
	unsigned int untold;		/* answers that began in this buffer */
	uint16_t sample_id;		/* whose answer, and of nobody else, ... */
	const unsigned char *sample;	/* ... is all that came since here; or NULL */
	struct intake_memory *memory;
	struct intake_stream *streams;	/* that of id i is the one at i - 1 */
	struct fcgi_reader reader;
};

/*
 * streams: request ids 1 to streams are in use.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.  intake_reset() gives it back.
 */
int intake_init(struct intake *intake, struct intake_memory *memory, unsigned int streams);
void intake_reset(struct intake *intake);

/* A new connection: nothing has come yet, and nothing is in flight. */
void intake_connected(struct intake *intake);

/*
 * A request is sent.
 * request_id: 1 to streams, not in flight.  payload: its place among the memory's payloads.
 */
static inline void
intake_begin(struct intake *intake, uint16_t request_id, uint32_t payload)
{
	struct intake_stream *stream = &intake->streams[request_id - 1];

	stream->state = INTAKE_STREAM_SENT;
	stream->payload = payload;
	intake->in_flight++;
}

/* What intake_next() leaves to it; the same. */
int intake_read(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event);

/*
 * Takes bytes until something is to be told.
 * *p: where to read; moved behind what was taken.  The bytes must stay until it returns 0.
 * Returns an enum intake_kind;
 * -FCGI_E_VERSION, -FCGI_E_LENGTH: not FastCGI;
 * -FCGI_E_ORDER: a record for a request that is over, output behind its stream's end, or a type
 * that only a web server sends.
 * After an error what is in flight has failed with FAILURE_PROTOCOL, in the phase that
 * intake_phase() tells; where nothing is, an application has gone on behind its END_REQUEST.
 * Sections 3.3, 5.3 and 5.5.  Records of other ids, of management and of unknown types are skipped,
 * as web servers do.
 */
static inline int
intake_next(struct intake *intake, const unsigned char **p, const unsigned char *end,
    struct intake_event *event)
{
	if (*p == end && intake->untold == 0)
		return INTAKE_MORE;
	return intake_read(intake, p, end, event);
}

/*
 * The phase that a request in flight would fail in now, when its connection ends or its time has
 * passed: FAILURE_FIRST_BYTE or FAILURE_ANSWER.
 */
enum failure_phase intake_phase(const struct intake *intake, uint16_t request_id);

#endif
