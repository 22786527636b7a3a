#include "fcgi_reader.h"

#include <string.h>

#include "fcgi_error.h"

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int
begin_record(struct fcgi_reader *reader)
{
	reader->have = 0;
	reader->content_left = reader->record.content_length;
	reader->padding_left = reader->record.padding_length;
	reader->state = FCGI_READER_IN_CONTENT;
	return FCGI_READ_RECORD;
}

static int
take_header(struct fcgi_reader *reader, const unsigned char **p, const unsigned char *end)
{
	size_t len = smaller((size_t)(end - *p), (size_t)(FCGI_HEADER_LEN - reader->have));
	int r;

	/* A header that lies in one piece, as nearly all do, needs no copy. */
	if (reader->have == 0 && fcgi_record_decode(&reader->record, *p, end) > 0) {
		*p += FCGI_HEADER_LEN;
		return begin_record(reader);
	}
	memcpy(reader->header + reader->have, *p, len);
	reader->have = (uint8_t)(reader->have + len);
	*p += len;
	r = fcgi_record_decode(&reader->record, reader->header, reader->header + reader->have);
	if (r == -FCGI_E_MORE)
		return FCGI_READ_MORE;
	if (r < 0)
		return r;
	return begin_record(reader);
}

int
fcgi_reader_next(struct fcgi_reader *reader, const unsigned char **p, const unsigned char *end,
    struct fcgi_slice *slice)
{
	size_t len;

	switch (reader->state) {
	case FCGI_READER_IN_HEADER:
		if (*p == end)
			return FCGI_READ_MORE;
		return take_header(reader, p, end);
	case FCGI_READER_IN_CONTENT:
		if (reader->content_left > 0) {
			len = smaller((size_t)(end - *p), reader->content_left);
			if (len == 0)
				return FCGI_READ_MORE;
			slice->data = *p;
			slice->len = len;
			*p += len;
			reader->content_left = (uint16_t)(reader->content_left - len);
			return FCGI_READ_CONTENT;
		}
		reader->state = FCGI_READER_IN_PADDING;
		/* fall through */
	default:
		len = smaller((size_t)(end - *p), reader->padding_left);
		*p += len;
		reader->padding_left = (uint8_t)(reader->padding_left - len);
		if (reader->padding_left > 0)
			return FCGI_READ_MORE;
		reader->state = FCGI_READER_IN_HEADER;
		return FCGI_READ_END;
	}
}

size_t
fcgi_reader_pending(const struct fcgi_reader *reader)
{
	return reader->state == FCGI_READER_IN_CONTENT ? reader->content_left : 0;
}

void
fcgi_reader_skip(struct fcgi_reader *reader, size_t len)
{
	reader->content_left = (uint16_t)(reader->content_left - len);
}

size_t
fcgi_reader_until_header(const struct fcgi_reader *reader)
{
	switch (reader->state) {
	case FCGI_READER_IN_HEADER:
		return (size_t)(FCGI_HEADER_LEN - reader->have);
	case FCGI_READER_IN_CONTENT:
		return (size_t)reader->content_left + reader->padding_left + FCGI_HEADER_LEN;
	default:
		return (size_t)reader->padding_left + FCGI_HEADER_LEN;
	}
}
