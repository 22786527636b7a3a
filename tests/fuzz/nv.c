/*
 * Name-value pairs: any bytes are the pairs and the rest that a plain reading finds, and what was
 * read can be written again, alone and as PARAMS of a request.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_reader.h"
#include "fcgi_writer.h"
#include "target.h"

/* Returns the bytes of a length at data[at], 0 when they are not all there. */
static size_t
read_length(const uint8_t *data, size_t size, size_t at, size_t *len)
{
	if (at < size && data[at] < 128) {
		*len = data[at];
		return 1;
	}
	if (at + 4 > size)
		return 0;
	*len = (size_t)(data[at] - 128) << 24 | (size_t)data[at + 1] << 16 |
	    (size_t)data[at + 2] << 8 | data[at + 3];
	return 4;
}

/* The pair at data[at], plainly.  Returns its bytes, 0 when they are not all there. */
static size_t
read_pair(const uint8_t *data, size_t size, size_t at, struct fcgi_nv *nv)
{
	size_t begin = at, len;

	if ((len = read_length(data, size, at, &nv->name_len)) == 0)
		return 0;
	at += len;
	if ((len = read_length(data, size, at, &nv->value_len)) == 0)
		return 0;
	at += len;
	/* No length is above 31 bits, so the sum is right where size_t has more than 32. */
	if ((uint64_t)at + nv->name_len + nv->value_len > size)
		return 0;
	nv->name = data + at;
	nv->value = data + at + nv->name_len;
	return at - begin + nv->name_len + nv->value_len;
}

/* Writes the pair into exactly its size, and reads that plainly. */
static void
check_encoding(const struct fcgi_nv *nv)
{
	size_t size = fcgi_nv_size(nv->name_len, nv->value_len);
	unsigned char *dst = malloc(size);
	struct fcgi_nv again;

	must(dst != NULL);
	must(fcgi_nv_encode(dst, dst + size - 1, nv) == -FCGI_E_SPACE);
	must(fcgi_nv_encode(dst, dst + size, nv) == (ptrdiff_t)size);
	must(read_pair(dst, size, 0, &again) == size);
	must(again.name_len == nv->name_len && again.value_len == nv->value_len);
	must(memcmp(again.name, nv->name, nv->name_len) == 0);
	must(memcmp(again.value, nv->value, nv->value_len) == 0);
	/* A short length takes one byte, whatever the peer took. */
	must(size == nv->name_len + nv->value_len + (nv->name_len < 128 ? 1 : 4) +
		(nv->value_len < 128 ? 1 : 4));
	free(dst);
}

/* Returns the bytes of all pairs. */
static size_t
check_pairs(const uint8_t *data, size_t size)
{
	const uint8_t *p = data;
	struct fcgi_nv nv, plain;
	size_t at = 0, len;

	while ((len = read_pair(data, size, at, &plain)) > 0) {
		must(fcgi_nv_next(&p, data + size, &nv) == 1);
		must(nv.name == plain.name && nv.name_len == plain.name_len);
		must(nv.value == plain.value && nv.value_len == plain.value_len);
		at += len;
		must(p == data + at);
		check_encoding(&nv);
	}
	must(fcgi_nv_next(&p, data + size, &nv) == (at == size ? 0 : -FCGI_E_MORE));
	must(p == data + at);
	return at;
}

/* A beginning of the stream, in memory of its own, so that a sanitizer sees who reads on. */
static void
check_beginning(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len);

	must(copy != NULL);
	memcpy(copy, data, len);
	(void)check_pairs(copy, len);
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

/* Every PARAMS record holds whole pairs, and all together hold the stream's. */
static void
check_params(const unsigned char *head, size_t len, const uint8_t *data, size_t size)
{
	const unsigned char *p = head;
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;
	struct fcgi_nv in, out;
	size_t at = 0, from, pair_len;
	int what;

	while ((what = fcgi_reader_next(&reader, &p, head + len, &slice)) > 0) {
		if (what != FCGI_READ_CONTENT || reader.record.type != FCGI_PARAMS)
			continue;
		for (from = 0; from < slice.len; from += pair_len) {
			pair_len = read_pair(slice.data, slice.len, from, &out);
			must(pair_len > 0);
			at += read_pair(data, size, at, &in);
			must(in.name_len == out.name_len && in.value_len == out.value_len);
			must(memcmp(in.name, out.name, in.name_len) == 0);
			must(memcmp(in.value, out.value, in.value_len) == 0);
		}
	}
	must(what == FCGI_READ_MORE && fcgi_reader_between_records(&reader));
	must(at == size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t taken, bound, i;
	unsigned char *head;

	/* More could not be in one record, and then pairs may be split. */
	if (size == 0 || size > FCGI_MAX_LENGTH)
		return -1;
	taken = check_pairs(data, size);
	for (i = 1; i < 4; i++)
		check_beginning(data, (size + 3) * i / 4 < size ? (size + 3) * i / 4 : size);
	bound = fcgi_writer_head_bound(taken);
	head = malloc(bound);
	must(head != NULL);
	check_params(head, write_params(head, bound, data, taken), data, taken);
	free(head);
	return 0;
}
