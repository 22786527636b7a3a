/*
 * One per connection and direction: bytes in, records and slices of their content out.
 * It keeps at most the 8 bytes of a header that came in pieces; content is never copied, slices
 * point into the caller's bytes.  Pure: no I/O, no allocation.
 *
 *	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0)
 *		...
 *	what == 0: all bytes are taken, read more;  what < 0: the peer is not to be understood
 */
#ifndef FCGI_READER_H
#define FCGI_READER_H

#include <stddef.h>
#include <stdint.h>

#include "fcgi_proto.h"
#include "fcgi_record.h"

/* A run of bytes that belongs to somebody else. */
struct fcgi_slice {
	const unsigned char *data;
	size_t len;
};

/* What fcgi_reader_next() found. */
enum fcgi_read {
	FCGI_READ_MORE = 0,	/* all input is taken */
	FCGI_READ_RECORD,	/* a header is complete: reader->record is the new record */
	FCGI_READ_CONTENT,	/* a slice of the record's content, never empty */
	FCGI_READ_END,		/* the record's content and padding have passed */
};

/* Where the next byte is; the order is that of the bytes on the wire. */
enum fcgi_reader_state { FCGI_READER_IN_HEADER, FCGI_READER_IN_CONTENT, FCGI_READER_IN_PADDING };

/* Zero-filled before the first use.  Public to read: record. */
struct fcgi_reader {
	struct fcgi_record record;	/* the current record, from FCGI_READ_RECORD on */
	uint8_t state;			/* private: enum fcgi_reader_state */
	uint8_t have;			/* private: header bytes kept */
	uint16_t content_left;		/* private */
	uint8_t padding_left;		/* private */
	unsigned char header[FCGI_HEADER_LEN]; /* private */
};

/*
 * Takes bytes until something is to be told.
 * *p: where to read; moved behind what was taken.
 * slice: set with FCGI_READ_CONTENT, pointing into the input.
 * Returns an enum fcgi_read, or -FCGI_E_VERSION, after which the connection cannot be read on
 * (reader->header[0 .. reader->have) is what was seen in place of a header).
 * Section 3.3.
 */
int fcgi_reader_next(struct fcgi_reader *reader, const unsigned char **p, const unsigned char *end,
    struct fcgi_slice *slice);

/* 1 when the connection may end here without cutting a record, else 0. */
static inline int
fcgi_reader_between_records(const struct fcgi_reader *reader)
{
	return reader->state == FCGI_READER_IN_HEADER && reader->have == 0;
}

/*
 * Takes a record that lies whole in the input, its padding too, and has not been begun: what three
 * calls of fcgi_reader_next() would tell, for those who count instructions.
 * slice: its content, which may be empty.
 * Returns 1; or 0 with nothing taken, and fcgi_reader_next() says what is there.
 */
static inline int
fcgi_reader_whole(struct fcgi_reader *reader, const unsigned char **p, const unsigned char *end,
    struct fcgi_slice *slice)
{
	const unsigned char *at = *p;
	size_t len;

	if (end - at < FCGI_HEADER_LEN || at[0] != FCGI_VERSION_1 ||
	    !fcgi_reader_between_records(reader))
		return 0;
	len = (size_t)(at[4] << 8 | at[5]);
	if ((size_t)(end - at) < FCGI_HEADER_LEN + len + at[6])
		return 0;
	reader->record = (struct fcgi_record){
		.version = at[0],
		.type = at[1],
		.request_id = (uint16_t)(at[2] << 8 | at[3]),
		.content_length = (uint16_t)len,
		.padding_length = at[6],
	};
	slice->data = at + FCGI_HEADER_LEN;
	slice->len = len;
	*p = at + FCGI_HEADER_LEN + len + at[6];
	return 1;
}

/*
 * How many bytes of the current record's content have not been taken yet; 0 outside of content.
 * They are the next bytes of the connection, so a caller may move them elsewhere itself (splice).
 */
size_t fcgi_reader_pending(const struct fcgi_reader *reader);

/*
 * Tells that len bytes of content were taken elsewhere, with len <= fcgi_reader_pending().  Whoever
 * counts a request's output (fcgi_request) adds them there too.
 */
void fcgi_reader_skip(struct fcgi_reader *reader, size_t len);

/*
 * How many bytes end with the next record header: to be received, and no more, by whoever wants to
 * see a header before the content that follows it.
 */
size_t fcgi_reader_until_header(const struct fcgi_reader *reader);

#endif
