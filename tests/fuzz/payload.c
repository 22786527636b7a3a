/*
 * The bytes of a request, out of any variables and bodies: an application reads them back as they
 * were, under any id and copied in any pieces; and the order of any weights gives each its share.
 *
 *	byte 0		role and flags
 *	byte 1, 2	the id
 *	byte 3		n
 *	n bytes		weights
 *	the rest	lines: variables "NAME=VALUE", then the body behind an empty line
 */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/must.h"
#include "buffer.h"
#include "fcgi_error.h"
#include "fcgi_serve.h"
#include "target.h"

/* What an application understood. */
struct seen {
	struct buffer params;
	struct buffer in;
	struct buffer data;
	uint16_t role;
	uint16_t id;
	int keep_conn;
};

static void
keep(struct buffer *buffer, const struct fcgi_slice *slice)
{
	must(buffer_append(buffer, slice->data, slice->len) == 0);
}

static void
serve(struct seen *seen, const uint8_t *p, const uint8_t *end)
{
	struct fcgi_serve_slot slot = { 0 };
	struct fcgi_serve server = { .slots = &slot, .slot_count = 1 };
	struct fcgi_serve_event event;
	int what;

	while ((what = fcgi_serve_next(&server, &p, end, &event)) > 0) {
		switch (what) {
		case FCGI_SERVE_BEGIN:
			seen->role = slot.role;
			seen->id = slot.request_id;
			seen->keep_conn = slot.flags & FCGI_KEEP_CONN;
			break;
		case FCGI_SERVE_PARAMS:
			keep(&seen->params, &event.slice);
			break;
		case FCGI_SERVE_STDIN:
			keep(&seen->in, &event.slice);
			break;
		case FCGI_SERVE_DATA:
			keep(&seen->data, &event.slice);
			break;
		default:
			break;
		}
	}
	must(what == 0 && p == end);
}

static void
check_params(const struct buffer *wire, const struct params *params)
{
	const unsigned char *p = wire->data, *end = wire->len > 0 ? p + wire->len : p;
	struct fcgi_nv nv;
	size_t i;

	for (i = 0; i < params->count; i++) {
		must(fcgi_nv_next(&p, end, &nv) == 1);
		must(nv.name_len == params->items[i].name_len);
		must(nv.value_len == params->items[i].value_len);
		must(memcmp(nv.name, params->items[i].name, nv.name_len) == 0);
		must(memcmp(nv.value, params->items[i].value, nv.value_len) == 0);
	}
	must(p == end);
}

static void
check_seen(const struct payload *payload, const struct payload_content *content, uint16_t id,
    size_t step)
{
	struct seen seen = { 0 };
	unsigned char *bytes = malloc(payload->len);
	size_t at, part;

	must(bytes != NULL);
	for (at = 0; at < payload->len; at += part) {
		part = step < payload->len - at ? step : payload->len - at;
		payload_copy(bytes + at, payload, at, part, id);
	}
	serve(&seen, bytes, bytes + payload->len);
	must(seen.id == id && seen.role == content->role);
	must(seen.keep_conn == content->keep_conn);
	check_params(&seen.params, content->params);
	must(seen.in.len == content->body_len);
	must(seen.in.len == 0 || memcmp(seen.in.data, content->body, seen.in.len) == 0);
	must(seen.data.len == (content->role == FCGI_FILTER ? content->data_len : 0));
	must(seen.data.len == 0 || memcmp(seen.data.data, content->data, seen.data.len) == 0);
	buffer_free(&seen.params);
	buffer_free(&seen.in);
	buffer_free(&seen.data);
	free(bytes);
}

static void
check_order(const uint8_t *weights, size_t count)
{
	struct payloads payloads = { .count = count };
	uint64_t *had = calloc(count + 1, sizeof *had);
	size_t i;

	payloads.items = calloc(count + 1, sizeof *payloads.items);
	must(payloads.items != NULL && had != NULL);
	for (i = 0; i < count; i++)
		payloads.items[i].weight = weights[i] + 1U;
	must(payload_order(&payloads) == 0);
	for (i = 0; i < payloads.turn_count; i++) {
		must(payloads.turns[i] < count);
		had[payloads.turns[i]]++;
	}
	for (i = 0; i < count; i++)
		must(had[i] > 0 && had[i] * payloads.items[0].weight ==
		    had[0] * payloads.items[i].weight);
	free(had);
	payload_reset(&payloads);
}

/* Returns where the body begins. */
static const uint8_t *
read_params(struct params *params, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *line_end, *equals;

	for (; p < end && *p != '\n'; p = line_end < end ? line_end + 1 : end) {
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (line_end == NULL)
			line_end = end;
		equals = memchr(p, '=', (size_t)(line_end - p));
		if (equals != NULL && equals > p)
			must(params_add(params, p, (size_t)(equals - p), equals + 1,
			    (size_t)(line_end - equals - 1)) == 0);
	}
	return p < end ? p + 1 : end;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct params params = { 0 };
	struct payload_content content = { .params = &params };
	struct payloads payloads = { .count = 1 };
	const uint8_t *end = data + size, *p;
	uint16_t id;

	if (size < 4 || size < 4U + data[3])
		return -1;
	content.role = (uint16_t)(FCGI_RESPONDER + data[0] % 3);
	content.keep_conn = data[0] >> 4 & 1;
	id = (uint16_t)(data[1] << 8 | data[2]);
	if (id == 0)
		id = 1;
	if (data[3] > 0)
		check_order(data + 4, data[3]);
	p = read_params(&params, data + 4 + data[3], end);
	content.body = p;
	content.body_len = (size_t)(end - p);
	content.data = data;
	content.data_len = size;
	payloads.items = calloc(1, sizeof *payloads.items);
	must(payloads.items != NULL);
	must(payload_encode(payloads.items, &content) == 0);
	check_seen(payloads.items, &content, 1, payloads.items->len);
	check_seen(payloads.items, &content, id, payloads.items->len);
	check_seen(payloads.items, &content, id, 1U + data[0] % 16U);
	payload_reset(&payloads);
	params_reset(&params);
	return 0;
}
