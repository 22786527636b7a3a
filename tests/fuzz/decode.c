/*
 * Captures: of any bytes, however they come, the content that is told is the one that stepping from
 * header to header finds, stream by stream; and the faults are within the capture.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "cuts.h"
#include "decode.h"
#include "target.h"

enum { STREAM_TYPES = FCGI_MAXTYPE + 1, SUM_SEED = 5381 };

/* What each stream of each request held, as a sum that every byte and its place count for. */
struct sums {
	uint32_t sum[STREAM_TYPES];
	size_t len[STREAM_TYPES];
	size_t ends;
};

struct run {
	struct decode *decode;
	struct sums sums;
	size_t len;
	size_t faults;
	int broken;
};

static int
is_stream(uint8_t type)
{
	return type == FCGI_PARAMS || type == FCGI_STDIN || type == FCGI_STDOUT ||
	    type == FCGI_STDERR || type == FCGI_DATA;
}

static void
add(struct sums *sums, uint8_t type, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		sums->sum[type] = sums->sum[type] * 33 + p[i] + SUM_SEED;
	sums->len[type] += len;
}

static void
check_fault(struct run *run, const struct decode_event *event)
{
	char text[DECODE_TEXT_MAX];
	size_t i;

	must(event->offset <= run->len);
	run->faults++;
	decode_describe(text, sizeof text, event);
	must(strlen(text) > 0 && strlen(text) < sizeof text - 1);
	for (i = 0; text[i] != '\0'; i++)
		must(text[i] >= ' ' && text[i] <= '~');
	run->broken |= event->fault == DECODE_NOT_FASTCGI;
}

static void
feed(void *self, const uint8_t *p, const uint8_t *end)
{
	struct run *run = self;
	struct decode_event event;
	int what;

	while ((what = decode_next(run->decode, &p, end, &event)) > 0) {
		must(what == (int)event.what);
		must(!run->broken);
		if (what == DECODE_FAULT)
			check_fault(run, &event);
		if (what == DECODE_STREAM) {
			must(is_stream(event.record.type) && event.record.request_id != 0);
			must(event.slice.len > 0 && event.use > 0);
			add(&run->sums, event.record.type, event.slice.data, event.slice.len);
		}
		if (what == DECODE_STREAM_END)
			run->sums.ends++;
	}
	must(p == end);
}

/* The ruler: header by header.  Returns 1 when the capture is whole. */
static int
measure(struct sums *sums, const uint8_t *p, const uint8_t *end)
{
	size_t content, padding, part;

	while (end - p >= FCGI_HEADER_LEN && p[0] == FCGI_VERSION_1) {
		const uint8_t *header = p;
		int counts = is_stream(header[1]) && (header[2] | header[3]) != 0;

		content = (size_t)(header[4] << 8 | header[5]);
		padding = header[6];
		p += FCGI_HEADER_LEN;
		part = content < (size_t)(end - p) ? content : (size_t)(end - p);
		if (counts)
			add(sums, header[1], p, part);
		p += part;
		if (part < content || (size_t)(end - p) < padding)
			return 0;
		p += padding;
		sums->ends += counts && content == 0;
	}
	return p == end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run run = { .decode = calloc(1, sizeof *run.decode) };
	struct sums expected = { 0 };
	struct decode_event event;
	struct cuts cuts;
	int whole;

	must(run.decode != NULL);
	if (!cuts_read(&cuts, data, size)) {
		free(run.decode);
		return -1;
	}
	run.len = cuts.len;
	whole = measure(&expected, cuts.stream, cuts.stream + cuts.len);
	cuts_feed(&cuts, feed, &run);
	must(memcmp(&run.sums, &expected, sizeof expected) == 0);
	while (decode_finish(run.decode, &event) > 0)
		check_fault(&run, &event);
	must(whole || run.faults > 0);
	must(decode_finish(run.decode, &event) == 0);
	free(run.decode);
	return 0;
}
