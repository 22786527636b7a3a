/*
 * What is on its way to one client: encoded records, in a buffer of constant size.  Whoever writes
 * asks for room first, and comes back later when there is none: that is the whole flow control.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fcgi_body.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"

enum {
	OUTPUT_CONTENT = 65535,	/* content of the largest record */
	OUTPUT_CHUNK = 65528,	/* the same without padding: what a long run is cut into */
	OUTPUT_STEP = 68 * 1024, /* room for one such record and the small ones around it */
	OUTPUT_SIZE = 256 * 1024,
};

struct output {
	unsigned char *data;	/* OUTPUT_SIZE bytes, the owner's */
	size_t start;		/* what lies before has been sent */
	size_t end;
};

/* The bytes not sent yet. */
static inline size_t
output_pending(const struct output *output)
{
	return output->end - output->start;
}

/* What output_has_room() leaves to it. */
int output_make_room(struct output *output);

/* 1 when OUTPUT_STEP bytes may be added, else 0.  May move what is pending. */
static inline int
output_has_room(struct output *output)
{
	return OUTPUT_SIZE - output->end >= OUTPUT_STEP || output_make_room(output);
}

/* Where the content of the next record belongs: OUTPUT_CONTENT bytes, after output_has_room(). */
static inline unsigned char *
output_content(const struct output *output)
{
	return output->data + output->end + FCGI_HEADER_LEN;
}

/*
 * Adds a record of a stream, for which there is room.
 * len: of its content, at most OUTPUT_CONTENT, which is in its place already; 0 ends the stream.
 */
static inline void
output_record(struct output *output, uint8_t type, uint16_t request_id, size_t len)
{
	const struct fcgi_record record = {
		.version = FCGI_VERSION_1,
		.type = type,
		.request_id = request_id,
		.content_length = (uint16_t)len,
		.padding_length = fcgi_record_padding((uint16_t)len),
	};
	unsigned char *header = output->data + output->end;

	fcgi_record_encode(header, &record);
	/* All that padding may be: a constant length costs less than the right one. */
	if (len > 0)
		memset(header + FCGI_HEADER_LEN + len, 0, FCGI_ALIGNMENT);
	output->end += FCGI_HEADER_LEN + len + record.padding_length;
}

/*
 * Adds FCGI_END_REQUEST, for which there is room.
 * protocol_status: an enum fcgi_protocol_status.
 */
static inline void
output_end_request(struct output *output, uint16_t request_id, uint32_t app_status,
    uint8_t protocol_status)
{
	const struct fcgi_end end = {
		.app_status = app_status,
		.protocol_status = protocol_status,
	};

	fcgi_end_encode(output_content(output), &end);
	output_record(output, FCGI_END_REQUEST, request_id, FCGI_BODY_LEN);
}

/* Notes that len bytes have left. */
static inline void
output_sent(struct output *output, size_t len)
{
	output->start += len;
	if (output->start == output->end) {
		output->start = 0;
		output->end = 0;
	}
}

#endif
