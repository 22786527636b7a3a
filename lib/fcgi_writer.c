#include "fcgi_writer.h"

#include <string.h>

#include "fcgi_body.h"
#include "fcgi_error.h"
#include "fcgi_record.h"

const char *const fcgi_writer_standard_values[] = { FCGI_MAX_CONNS, FCGI_MAX_REQS, FCGI_MPXS_CONNS,
	NULL };

static const unsigned char zeros[FCGI_ALIGNMENT];

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

void
fcgi_writer_init(struct fcgi_writer *writer, void *dst, size_t size, uint16_t request_id)
{
	*writer = (struct fcgi_writer){
		.p = dst,
		.end = (unsigned char *)dst + size,
		.request_id = request_id,
	};
}

size_t
fcgi_writer_head_bound(size_t nv_len)
{
	/*
	 * Whole pairs leave room in their records, but two neighbours together always pass 65535
	 * bytes, and a split pair fills its records: so there are at most this many.
	 */
	size_t records = 2 * (nv_len / FCGI_MAX_LENGTH + 1) + 1;

	return FCGI_HEADER_LEN + FCGI_BODY_LEN + nv_len +
	    records * (FCGI_HEADER_LEN + FCGI_ALIGNMENT - 1) + 2 * FCGI_HEADER_LEN;
}

static unsigned char *
reserve(struct fcgi_writer *writer, size_t len)
{
	unsigned char *p = writer->p;

	if (writer->error < 0)
		return NULL;
	if ((size_t)(writer->end - p) < len) {
		writer->error = -FCGI_E_SPACE;
		return NULL;
	}
	writer->p += len;
	return p;
}

/* libfcgi waits for ever behind a GET_VALUES record that has no padding. */
static uint8_t
padding_of(uint8_t type, size_t len)
{
	uint8_t padding = fcgi_record_padding((uint16_t)len);

	return type == FCGI_GET_VALUES && padding == 0 ? FCGI_ALIGNMENT : padding;
}

static void
encode_header(unsigned char *dst, uint8_t type, uint16_t request_id, size_t len)
{
	struct fcgi_record record = {
		.version = FCGI_VERSION_1,
		.type = type,
		.request_id = request_id,
		.content_length = (uint16_t)len,
		.padding_length = padding_of(type, len),
	};

	fcgi_record_encode(dst, &record);
}

/* An application record carries the request's id, a management record the null id. */
static uint16_t
id_of(const struct fcgi_writer *writer, uint8_t type)
{
	return type >= FCGI_GET_VALUES ? FCGI_NULL_REQUEST_ID : writer->request_id;
}

int
fcgi_writer_flush(struct fcgi_writer *writer)
{
	size_t len;
	unsigned char *padding;

	if (writer->error < 0 || writer->open == NULL)
		return writer->error;
	len = (size_t)(writer->p - writer->open) - FCGI_HEADER_LEN;
	padding = reserve(writer, padding_of(writer->open_type, len));
	if (padding == NULL)
		return writer->error;
	memset(padding, 0, (size_t)(writer->p - padding));
	encode_header(writer->open, writer->open_type, id_of(writer, writer->open_type), len);
	writer->open = NULL;
	return 0;
}

static int
open_record(struct fcgi_writer *writer, uint8_t type)
{
	unsigned char *header;

	if (writer->open != NULL && writer->open_type == type)
		return writer->error;
	fcgi_writer_flush(writer);
	header = reserve(writer, FCGI_HEADER_LEN);
	if (header != NULL) {
		writer->open = header;
		writer->open_type = type;
	}
	return writer->error;
}

static size_t
open_room(const struct fcgi_writer *writer)
{
	return FCGI_MAX_LENGTH - ((size_t)(writer->p - writer->open) - FCGI_HEADER_LEN);
}

static int
discrete(struct fcgi_writer *writer, uint8_t type, const unsigned char *body)
{
	unsigned char *p;

	fcgi_writer_flush(writer);
	p = reserve(writer, FCGI_HEADER_LEN + FCGI_BODY_LEN);
	if (p == NULL)
		return writer->error;
	encode_header(p, type, id_of(writer, type), FCGI_BODY_LEN);
	memcpy(p + FCGI_HEADER_LEN, body, FCGI_BODY_LEN);
	return 0;
}

int
fcgi_writer_begin(struct fcgi_writer *writer, uint16_t role, uint8_t flags)
{
	struct fcgi_begin begin = { .role = role, .flags = flags };
	unsigned char body[FCGI_BODY_LEN];

	fcgi_begin_encode(body, &begin);
	return discrete(writer, FCGI_BEGIN_REQUEST, body);
}

int
fcgi_writer_end_request(struct fcgi_writer *writer, uint32_t app_status, uint8_t protocol_status)
{
	struct fcgi_end end = { .app_status = app_status, .protocol_status = protocol_status };
	unsigned char body[FCGI_BODY_LEN];

	fcgi_end_encode(body, &end);
	return discrete(writer, FCGI_END_REQUEST, body);
}

int
fcgi_writer_unknown_type(struct fcgi_writer *writer, uint8_t type)
{
	unsigned char body[FCGI_BODY_LEN];

	fcgi_unknown_type_encode(body, type);
	return discrete(writer, FCGI_UNKNOWN_TYPE, body);
}

int
fcgi_writer_stream_end(struct fcgi_writer *writer, uint8_t type)
{
	size_t padding = padding_of(type, 0);
	unsigned char *p;

	fcgi_writer_flush(writer);
	p = reserve(writer, FCGI_HEADER_LEN + padding);
	if (p == NULL)
		return writer->error;
	encode_header(p, type, id_of(writer, type), 0);
	memset(p + FCGI_HEADER_LEN, 0, padding);
	return 0;
}

int
fcgi_writer_abort(struct fcgi_writer *writer)
{
	/* Its body is empty, so it looks like the end of a stream. */
	return fcgi_writer_stream_end(writer, FCGI_ABORT_REQUEST);
}

int
fcgi_writer_splits(const struct fcgi_nv *nv)
{
	return fcgi_nv_size(nv->name_len, nv->value_len) > FCGI_MAX_LENGTH;
}

static void
append(struct fcgi_writer *writer, const unsigned char *data, size_t len, uint8_t type)
{
	size_t part;
	unsigned char *p;

	while (len > 0 && open_record(writer, type) == 0) {
		part = smaller(len, open_room(writer));
		p = reserve(writer, part);
		if (p != NULL)
			memcpy(p, data, part);
		data += part;
		len -= part;
		if (open_room(writer) == 0)
			fcgi_writer_flush(writer);
	}
}

int
fcgi_writer_stream(struct fcgi_writer *writer, uint8_t type, const void *content, size_t len)
{
	append(writer, content, len, type);
	return fcgi_writer_flush(writer);
}

size_t
fcgi_writer_stream_bound(size_t len)
{
	return len + (len / FCGI_MAX_LENGTH + 1) * (FCGI_HEADER_LEN + FCGI_ALIGNMENT - 1);
}

int
fcgi_writer_param(struct fcgi_writer *writer, const struct fcgi_nv *nv)
{
	size_t size = fcgi_nv_size(nv->name_len, nv->value_len);
	unsigned char lengths[8];

	if (size == 0)
		writer->error = -FCGI_E_SPACE;
	if (open_record(writer, FCGI_PARAMS) < 0)
		return writer->error;
	if (size > open_room(writer) && writer->p > writer->open + FCGI_HEADER_LEN) {
		fcgi_writer_flush(writer);
		if (open_record(writer, FCGI_PARAMS) < 0)
			return writer->error;
	}
	append(writer, lengths, fcgi_nv_encode_lengths(lengths, nv->name_len, nv->value_len),
	    FCGI_PARAMS);
	append(writer, nv->name, nv->name_len, FCGI_PARAMS);
	append(writer, nv->value, nv->value_len, FCGI_PARAMS);
	return writer->error;
}

int
fcgi_writer_value(struct fcgi_writer *writer, const struct fcgi_nv *nv, int result)
{
	size_t size = fcgi_nv_size(nv->name_len, nv->value_len);
	unsigned char *p;

	if (open_record(writer, result ? FCGI_GET_VALUES_RESULT : FCGI_GET_VALUES) < 0)
		return writer->error;
	if (size == 0 || size > open_room(writer)) {
		writer->error = -FCGI_E_SPACE;
		return writer->error;
	}
	p = reserve(writer, size);
	if (p != NULL)
		(void)fcgi_nv_encode(p, p + size, nv);
	return writer->error;
}

int
fcgi_writer_get_values(struct fcgi_writer *writer, const char *const *names)
{
	struct fcgi_nv nv = { 0 };

	for (; *names != NULL; names++) {
		nv.name = (const unsigned char *)*names;
		nv.name_len = strlen(*names);
		nv.value = nv.name;
		(void)fcgi_writer_value(writer, &nv, 0);
	}
	return fcgi_writer_flush(writer);
}

size_t
fcgi_writer_chunk(struct iovec iov[3], unsigned char *header, uint16_t request_id, uint8_t type,
    const void *content, size_t len)
{
	size_t padding = padding_of(type, len);

	encode_header(header, type, request_id, len);
	/* writev(2) only reads, but struct iovec serves readv(2) too and has no const. */
	iov[0] = (struct iovec){ .iov_base = header, .iov_len = FCGI_HEADER_LEN };
	iov[1] = (struct iovec){ .iov_base = (void *)(uintptr_t)content, .iov_len = len };
	iov[2] = (struct iovec){ .iov_base = (void *)(uintptr_t)zeros, .iov_len = padding };
	return FCGI_HEADER_LEN + len + padding;
}
