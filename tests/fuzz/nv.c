/*
 * Name-value pairs: any bytes are pairs and a rest, the same from wherever the stream was cut, and
 * what was read can be written again, as PARAMS of a request too.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_reader.h"
#include "fcgi_writer.h"
#include "target.h"

/* Returns the pairs of the stream, with their place and size checked; *taken: their bytes. */
static size_t
count_pairs(const uint8_t *data, size_t size, size_t *taken)
{
	const uint8_t *p = data, *before = data;
	struct fcgi_nv nv;
	size_t count = 0, canonical;
	int r;

	while ((r = fcgi_nv_next(&p, data + size, &nv)) > 0) {
		must(r == 1 && p <= data + size);
		must(nv.name > before && nv.value == nv.name + nv.name_len);
		must(p == nv.value + nv.value_len);
		/* The four-byte form of a short length is what a peer may waste. */
		canonical = fcgi_nv_size(nv.name_len, nv.value_len);
		must(canonical >= 2 && canonical <= (size_t)(p - before));
		must((size_t)(p - before) - canonical <= 6);
		before = p;
		count++;
	}
	must(p == before);
	must(r == (p == data + size ? 0 : -FCGI_E_MORE));
	*taken = (size_t)(p - data);
	return count;
}

/* The beginning of a stream has the stream's first pairs, and asks for more when it cuts one. */
static void
check_beginning(const uint8_t *data, size_t len, size_t count)
{
	uint8_t *copy = malloc(len + 1);
	size_t taken;

	must(copy != NULL);
	/* The spare byte is in front, so that a sanitizer sees who reads on. */
	if (len > 0)
		memcpy(copy + 1, data, len);
	must(count_pairs(copy + 1, len, &taken) <= count);
	free(copy);
}

static size_t
write_params(unsigned char *head, size_t bound, const uint8_t *data, size_t size)
{
	const uint8_t *p = data;
	struct fcgi_writer writer;
	struct fcgi_nv nv;

	fcgi_writer_init(&writer, head, bound, 1);
	fcgi_writer_begin(&writer, FCGI_RESPONDER, 0);
	while (fcgi_nv_next(&p, data + size, &nv) > 0)
		fcgi_writer_param(&writer, &nv);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	must(fcgi_writer_stream_end(&writer, FCGI_STDIN) == 0);
	return (size_t)(writer.p - head);
}

/* Every PARAMS record holds whole pairs, and all together hold the input's. */
static void
check_params(const unsigned char *head, size_t len, const uint8_t *data, size_t size)
{
	const unsigned char *p = head, *at;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;
	struct fcgi_nv in, out;
	int what;

	while ((what = fcgi_reader_next(&reader, &p, head + len, &slice)) > 0) {
		if (what != FCGI_READ_CONTENT || reader.record.type != FCGI_PARAMS)
			continue;
		at = slice.data;
		while (fcgi_nv_next(&at, slice.data + slice.len, &out) > 0) {
			must(fcgi_nv_next(&data, data + size, &in) >= 0);
			must(in.name_len == out.name_len && in.value_len == out.value_len);
			must(memcmp(in.name, out.name, in.name_len) == 0);
			must(memcmp(in.value, out.value, in.value_len) == 0);
		}
		must(at == slice.data + slice.len);
	}
	must(what == FCGI_READ_MORE && fcgi_reader_between_records(&reader));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count, taken, bound, i;
	unsigned char *head;

	if (size > FCGI_MAX_LENGTH)
		return -1;
	count = count_pairs(data, size, &taken);
	for (i = 0; i < 8; i++)
		check_beginning(data, size * i / 8, count);
	bound = fcgi_writer_head_bound(taken);
	head = malloc(bound);
	must(head != NULL);
	check_params(head, write_params(head, bound, data, taken), data, taken);
	free(head);
	return 0;
}
