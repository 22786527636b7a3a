/*
 * Headers and the reader: the records of any bytes are those found by stepping from header to
 * header with a ruler, and their content is where the ruler says.
 */
#include <string.h>

#include "../unit/must.h"
#include "cuts.h"
#include "fcgi_error.h"
#include "fcgi_reader.h"
#include "target.h"

/* The reader beside the ruler. */
struct both {
	struct fcgi_reader reader;
	const uint8_t *stream;
	size_t len;
	size_t at;	/* where the reader is in the stream */
	size_t header;	/* the ruler: where the current header is */
	size_t content;	/* content seen of the current record */
	int by_whole;	/* what lies whole is taken whole */
	int error;
};

static size_t
big_endian(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static void
check_header(const uint8_t *p, const struct fcgi_record *record)
{
	unsigned char again[FCGI_HEADER_LEN];

	must(record->version == 1 && record->type == p[1]);
	must(record->request_id == big_endian(p + 2));
	must(record->content_length == big_endian(p + 4));
	must(record->padding_length == p[6]);
	fcgi_record_encode(again, record);
	must(memcmp(again, p, FCGI_HEADER_LEN - 1) == 0 && again[FCGI_HEADER_LEN - 1] == 0);
}

static void
check_event(struct both *both, int what, const struct fcgi_slice *slice)
{
	const uint8_t *header = both->stream + both->header;
	const struct fcgi_record *record = &both->reader.record;
	size_t from;

	switch (what) {
	case FCGI_READ_RECORD:
		must(both->at == both->header + FCGI_HEADER_LEN);
		check_header(header, record);
		both->content = 0;
		break;
	case FCGI_READ_CONTENT:
		from = both->header + FCGI_HEADER_LEN + both->content;
		must(slice->len > 0 && both->at == from + slice->len);
		must(memcmp(slice->data, both->stream + from, slice->len) == 0);
		both->content += slice->len;
		must(both->content <= record->content_length);
		break;
	case FCGI_READ_END:
		must(both->content == record->content_length);
		both->header += FCGI_HEADER_LEN + both->content + record->padding_length;
		must(both->at == both->header);
		break;
	default:
		must(what == -FCGI_E_VERSION && header[0] != 1);
		must(both->reader.have > 0 && both->at == both->header + both->reader.have);
		must(memcmp(both->reader.header, header, both->reader.have) == 0);
		both->error = what;
	}
}

/* What lies whole is what the ruler measures. */
static void
take_whole(struct both *both, const uint8_t **p, const uint8_t *end)
{
	const struct fcgi_record *record = &both->reader.record;
	struct fcgi_slice slice;
	const uint8_t *before = *p;

	while (fcgi_reader_whole(&both->reader, p, end, &slice)) {
		must(*p <= end && slice.data == before + FCGI_HEADER_LEN);
		check_header(both->stream + both->header, record);
		must(slice.len == record->content_length);
		must(*p == slice.data + slice.len + record->padding_length);
		both->at += (size_t)(*p - before);
		both->header = both->at;
		both->content = 0;
		before = *p;
	}
	must(*p == before);
}

static void
feed(void *self, const uint8_t *p, const uint8_t *end)
{
	struct both *both = self;
	struct fcgi_slice slice;
	const uint8_t *before;
	int what;

	while (both->error == 0) {
		if (both->by_whole)
			take_whole(both, &p, end);
		before = p;
		what = fcgi_reader_next(&both->reader, &p, end, &slice);
		must(p >= before && p <= end);
		both->at += (size_t)(p - before);
		if (what == FCGI_READ_MORE)
			break;
		check_event(both, what, &slice);
	}
	must(both->error < 0 || p == end);
}

static void
check_end(const struct both *both)
{
	must(both->error < 0 || both->at == both->len);
	must(both->error < 0 ||
	    fcgi_reader_between_records(&both->reader) == (both->at == both->header));
}

/* Every beginning of a header, decoded by itself. */
static void
check_prefixes(const uint8_t *p, size_t size)
{
	struct fcgi_record record;
	size_t len;
	int r;

	for (len = 0; len <= size && len <= FCGI_HEADER_LEN; len++) {
		r = fcgi_record_decode(&record, p, p + len);
		if (len > 0 && p[0] != 1)
			must(r == -FCGI_E_VERSION);
		else
			must(r == (len < FCGI_HEADER_LEN ? -FCGI_E_MORE : FCGI_HEADER_LEN));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct both whole = { 0 }, pieces;
	struct cuts cuts;

	if (!cuts_read(&cuts, data, size))
		return -1;
	whole.stream = cuts.stream;
	whole.len = cuts.len;
	pieces = whole;
	pieces.by_whole = cuts.options & 1;
	whole.by_whole = cuts.options >> 1 & 1;
	feed(&whole, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, feed, &pieces);
	check_end(&whole);
	check_end(&pieces);
	must(whole.error == pieces.error && whole.header == pieces.header);
	check_prefixes(cuts.stream, cuts.len);
	return 0;
}
