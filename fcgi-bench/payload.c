#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi_error.h"
#include "fcgi_proto.h"
#include "fcgi_record.h"
#include "fcgi_writer.h"

enum { REQUEST_ID = 1, ID_AT = 2 };

/* --- encoding --------------------------------------------------------------------------------- */

/* Keeps where the ids stand.  Returns 0, or -FCGI_E_SYSTEM. */
static int
find_ids(struct payload *payload)
{
	struct fcgi_record record;
	size_t at, pass;

	for (pass = 0; pass < 2; pass++) {
		payload->id_count = 0;
		for (at = 0; at < payload->len; at += FCGI_HEADER_LEN +
		    (size_t)record.content_length + record.padding_length) {
			fcgi_record_decode(&record, payload->bytes + at,
			    payload->bytes + payload->len);
			if (pass > 0)
				payload->id_at[payload->id_count] = at + ID_AT;
			payload->id_count++;
		}
		if (pass > 0)
			continue;
		payload->id_at = reallocarray(NULL, payload->id_count, sizeof *payload->id_at);
		if (payload->id_at == NULL)
			return -FCGI_E_SYSTEM;
	}
	return 0;
}

static int
is_head(const struct params *params)
{
	const char *method = params_get(params, "REQUEST_METHOD");

	return method != NULL && strcmp(method, "HEAD") == 0;
}

int
payload_encode(struct payload *payload, const struct payload_content *content)
{
	size_t size = fcgi_writer_head_bound(params_wire_len(content->params)) +
	    fcgi_writer_stream_bound(content->body_len) +
	    fcgi_writer_stream_bound(content->data_len) + FCGI_HEADER_LEN;
	struct fcgi_writer writer;

	payload->bytes = malloc(size);
	if (payload->bytes == NULL)
		return -FCGI_E_SYSTEM;
	fcgi_writer_init(&writer, payload->bytes, size, REQUEST_ID);
	fcgi_writer_begin(&writer, content->role, content->keep_conn ? FCGI_KEEP_CONN : 0);
	params_write(content->params, &writer);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	if (content->role != FCGI_AUTHORIZER || content->body_len > 0) {
		fcgi_writer_stream(&writer, FCGI_STDIN, content->body, content->body_len);
		fcgi_writer_stream_end(&writer, FCGI_STDIN);
	}
	if (content->role == FCGI_FILTER) {
		fcgi_writer_stream(&writer, FCGI_DATA, content->data, content->data_len);
		fcgi_writer_stream_end(&writer, FCGI_DATA);
	}
	if (writer.error < 0)
		return writer.error;
	payload->len = (size_t)(writer.p - payload->bytes);
	payload->role = content->role;
	payload->head = is_head(content->params);
	return find_ids(payload);
}

/* The first of the ids that ends behind offset. */
static size_t
first_id(const struct payload *payload, size_t offset)
{
	size_t low = 0, high = offset > 0 ? payload->id_count : 0, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (payload->id_at[middle] + 2 <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The ids of which only some of the bytes are in the piece are at its ends. */
static void
set_ids(unsigned char *dst, const struct payload *payload, size_t offset, size_t len,
    uint16_t request_id)
{
	size_t end = offset + len, i, at;

	for (i = first_id(payload, offset); i < payload->id_count; i++) {
		at = payload->id_at[i];
		if (at >= end)
			break;
		if (at >= offset)
			dst[at - offset] = (unsigned char)(request_id >> 8);
		if (at + 1 < end)
			dst[at + 1 - offset] = (unsigned char)request_id;
	}
}

void
payload_copy(unsigned char *dst, const struct payload *payload, size_t offset, size_t len,
    uint16_t request_id)
{
	size_t i;

	memcpy(dst, payload->bytes + offset, len);
	if (len < payload->len) {
		set_ids(dst, payload, offset, len, request_id);
		return;
	}
	for (i = 0; i < payload->id_count; i++) {
		dst[payload->id_at[i]] = (unsigned char)(request_id >> 8);
		dst[payload->id_at[i] + 1] = (unsigned char)request_id;
	}
}

/* --- order ------------------------------------------------------------------------------------ */

/* The use of one of a payload's shares: it is due when (2 * nth + 1) / (2 * weight) has passed. */
struct turn {
	uint32_t payload;
	uint32_t nth;
	uint64_t weight;
};

static int
compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;
	uint64_t x_due = (2 * (uint64_t)x->nth + 1) * y->weight;
	uint64_t y_due = (2 * (uint64_t)y->nth + 1) * x->weight;

	if (x_due != y_due)
		return x_due < y_due ? -1 : 1;
	return x->payload < y->payload ? -1 : x->payload > y->payload;
}

static uint64_t
common_divisor(uint64_t a, uint64_t b)
{
	uint64_t rest;

	for (; b > 0; b = rest) {
		rest = a % b;
		a = b;
	}
	return a;
}

/* Returns the sum of the weights, each divided by *divisor; 0 when it is too large. */
static size_t
sum_weights(const struct payloads *payloads, uint64_t *divisor)
{
	uint64_t sum = 0;
	size_t i;

	*divisor = 0;
	for (i = 0; i < payloads->count; i++)
		*divisor = common_divisor(payloads->items[i].weight, *divisor);
	for (i = 0; i < payloads->count && sum <= PAYLOAD_TURNS_MAX; i++) {
		if (payloads->items[i].weight / *divisor > PAYLOAD_TURNS_MAX)
			return 0;
		sum += payloads->items[i].weight / *divisor;
	}
	return sum <= PAYLOAD_TURNS_MAX ? (size_t)sum : 0;
}

static void
sort_turns(struct payloads *payloads, struct turn *turns, uint64_t divisor)
{
	uint64_t weight;
	uint32_t nth;
	size_t i, count = 0;

	for (i = 0; i < payloads->count; i++) {
		weight = payloads->items[i].weight / divisor;
		for (nth = 0; nth < weight; nth++)
			turns[count++] = (struct turn){ (uint32_t)i, nth, weight };
	}
	qsort(turns, count, sizeof *turns, compare_turns);
	for (i = 0; i < count; i++)
		payloads->turns[i] = turns[i].payload;
	payloads->turn_count = count;
}

int
payload_order(struct payloads *payloads)
{
	struct turn *turns;
	uint64_t divisor;
	size_t sum = sum_weights(payloads, &divisor);

	if (sum == 0)
		return -FCGI_E_SPACE;
	turns = reallocarray(NULL, sum, sizeof *turns);
	payloads->turns = reallocarray(NULL, sum, sizeof *payloads->turns);
	if (turns == NULL || payloads->turns == NULL) {
		free(turns);
		return -FCGI_E_SYSTEM;
	}
	sort_turns(payloads, turns, divisor);
	free(turns);
	return 0;
}

void
payload_reset(struct payloads *payloads)
{
	size_t i;

	for (i = 0; i < payloads->count; i++) {
		free(payloads->items[i].name);
		free(payloads->items[i].bytes);
		free(payloads->items[i].id_at);
		expect_reset(&payloads->items[i].expect);
	}
	free(payloads->items);
	free(payloads->turns);
	*payloads = (struct payloads){ 0 };
}
