#include "dialect_call.h"

#include <string.h>

#include "fcgi_body.h"
#include "fcgi_error.h"
#include "fcgi_nv.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"

struct dialect_call
dialect_call(const struct dialect *dialect, const struct dialect_question *question)
{
	return (struct dialect_call){
		.request_id = 1,
		.role = dialect->role,
		.keep_conn = dialect->keep_conn,
		.stdin_record = dialect_stdin(dialect, question),
		.records = dialect->records,
	};
}

static int
put_record(const struct dialect_call *call, uint8_t type, const void *content, size_t len,
    struct buffer *out)
{
	static const unsigned char zeros[FCGI_ALIGNMENT];
	unsigned char bytes[FCGI_HEADER_LEN];
	struct fcgi_record record = {
		.version = FCGI_VERSION_1,
		.type = type,
		.request_id = call->request_id,
		.content_length = (uint16_t)len,
	};
	int r;

	if (call->records.padded)
		record.padding_length = fcgi_record_padding(record.content_length);
	fcgi_record_encode(bytes, &record);
	r = buffer_append(out, bytes, sizeof bytes);
	if (r == 0)
		r = buffer_append(out, content, len);
	return r < 0 ? r : buffer_append(out, zeros, record.padding_length);
}

static int
put_pair(const struct fcgi_nv *nv, struct buffer *pairs)
{
	size_t size = fcgi_nv_size(nv->name_len, nv->value_len);

	if (buffer_reserve(pairs, size) < 0)
		return -FCGI_E_SYSTEM;
	pairs->len += (size_t)fcgi_nv_encode(pairs->data + pairs->len,
	    pairs->data + pairs->len + size, nv);
	return 0;
}

/* As many records as are full; with flush the rest as well. */
static int
put_pairs(const struct dialect_call *call, struct buffer *pairs, int flush, struct buffer *out)
{
	size_t max_len = call->records.max_len, done = 0, len;
	int r = 0;

	while (r == 0 && done < pairs->len && (flush || pairs->len - done >= max_len)) {
		len = pairs->len - done < max_len ? pairs->len - done : max_len;
		r = put_record(call, FCGI_PARAMS, pairs->data + done, len, out);
		done += len;
	}
	memmove(pairs->data, pairs->data + done, pairs->len - done);
	pairs->len -= done;
	return r;
}

static int
put_params(const struct dialect_call *call, const struct params *params, struct buffer *out)
{
	const struct dialect_records *records = &call->records;
	struct buffer pairs = { 0 };
	const struct fcgi_nv *nv = params->items, *end = nv + params->count;
	int r = 0;

	for (; r == 0 && nv < end; nv++) {
		if (pairs.len > 0 && !records->split &&
		    (records->one_pair ||
			fcgi_nv_size(nv->name_len, nv->value_len) > records->max_len - pairs.len))
			r = put_pairs(call, &pairs, 1, out);
		if (r == 0)
			r = put_pair(nv, &pairs);
		if (r == 0 && pairs.len >= records->max_len)
			r = put_pairs(call, &pairs, !records->split, out);
	}
	if (r == 0 && pairs.len > 0)
		r = put_pairs(call, &pairs, 1, out);
	if (pairs.data != NULL)
		explicit_bzero(pairs.data, pairs.size);
	buffer_free(&pairs);
	return r < 0 ? r : put_record(call, FCGI_PARAMS, "", 0, out);
}

int
dialect_encode(const struct dialect_call *call, const struct params *params, struct buffer *out)
{
	const struct fcgi_begin begin = {
		.role = call->role,
		.flags = call->keep_conn ? FCGI_KEEP_CONN : 0,
	};
	unsigned char body[FCGI_BODY_LEN];
	int r;

	fcgi_begin_encode(body, &begin);
	r = put_record(call, FCGI_BEGIN_REQUEST, body, sizeof body, out);
	if (r == 0)
		r = put_params(call, params, out);
	if (r == 0 && call->stdin_record == DIALECT_STDIN_EMPTY)
		r = put_record(call, FCGI_STDIN, "", 0, out);
	return r;
}
