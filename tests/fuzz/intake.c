/*
 * Answers of the load's connections: whatever comes, whole or in pieces, and whatever came before,
 * the intake judges as the plain readers of lib/ do, which know nothing of what came before.  The
 * stream begins with a byte, the length of what came before, and with that.
 */
#include "intake.h"

#include <stdio.h>
#include <string.h>

#include "../unit/must.h"
#include "cgi_response.h"
#include "cuts.h"
#include "fcgi_error.h"
#include "fcgi_request.h"
#include "target.h"

enum { STREAMS_MAX = 3, TOLD_MAX = 4096 };

/* What was told of finished requests, one entry each, and how it ended. */
struct told {
	struct intake_event events[TOLD_MAX];
	size_t count;
	int error;
};

/* A request of the plain reading. */
struct plain {
	struct fcgi_request request;
	struct cgi_response response;
	char block[65536];
	int block_result;
	char body[65536];
	size_t body_len;
	int over;
};

/* The intake as its owner has it: what is over stays so until it is begun again by others. */
struct owner {
	struct intake intake;
	struct told told;
	unsigned int started;	/* bits of the ids whose answer has begun */
};

static void
owner_feed(void *self, const uint8_t *p, const uint8_t *end)
{
	struct owner *owner = self;
	struct intake_event event;
	int what;

	if (owner->told.error < 0)
		return;
	while ((what = intake_next(&owner->intake, &p, end, &event)) > 0) {
		must(p <= end && event.payload == 0);
		must(event.request_id >= 1 && event.request_id <= owner->intake.stream_count);
		if (what == INTAKE_FIRST) {
			must((owner->started >> event.request_id & 1) == 0 && p == end);
			must(intake_phase(&owner->intake, event.request_id) == FAILURE_ANSWER);
			owner->started |= 1U << event.request_id;
			continue;
		}
		must(what == INTAKE_DONE && owner->told.count < TOLD_MAX);
		owner->told.events[owner->told.count++] = event;
	}
	must(what < 0 || p == end);
	owner->told.error = what;
}

static void
plain_output(struct plain *plain, const unsigned char *p, size_t len)
{
	const unsigned char *end = p + len;

	if (plain->block_result == -FCGI_E_MORE)
		plain->block_result = cgi_response_feed(&plain->response, &p, end);
	if (plain->block_result != 1)
		return;
	must(plain->body_len + (size_t)(end - p) <= sizeof plain->body);
	memcpy(plain->body + plain->body_len, p, (size_t)(end - p));
	plain->body_len += (size_t)(end - p);
}

static struct failure
plain_body(const struct plain *plain, const struct payload *payload)
{
	const struct expect *expect = &payload->expect;
	struct failure failure = { .phase = FAILURE_VALID };

	if (payload->head)
		return (struct failure){ 0 };
	if (expect->has_length && plain->body_len != expect->length)
		failure.kind = FAILURE_LENGTH;
	else if (expect->body != NULL &&
	    memmem(plain->body, plain->body_len, expect->body, expect->body_len) == NULL)
		failure.kind = FAILURE_BODY;
	else
		failure.phase = 0;
	return failure;
}

static struct failure
plain_judge(const struct plain *plain, const struct payload *payload)
{
	const struct fcgi_end *end = &plain->request.end;
	int has_block = plain->block_result == 1;
	struct failure failure = { .phase = FAILURE_VALID };

	if (end->protocol_status != FCGI_REQUEST_COMPLETE) {
		failure.phase = FAILURE_ANSWER;
		failure.kind = FAILURE_PROTOCOL_STATUS;
		failure.number = end->protocol_status;
	} else if (has_block && plain->response.status / 100 != 2) {
		failure.kind = FAILURE_STATUS;
		failure.number = plain->response.status;
	} else if (end->app_status != 0) {
		failure.kind = FAILURE_APP_STATUS;
		failure.number = end->app_status;
	} else if (!has_block) {
		failure.kind = FAILURE_HEADER;
		failure.number = plain->block_result == -FCGI_E_MORE ? -FCGI_E_NO_HEADER
								     : plain->block_result;
	} else {
		return plain_body(plain, payload);
	}
	return failure;
}

/* Reads all of it with fcgi_reader, fcgi_request and cgi_response. */
static void
read_plainly(struct told *told, const struct payload *payload, unsigned int streams,
    const uint8_t *p, const uint8_t *end)
{
	static struct plain plains[STREAMS_MAX];
	struct fcgi_reader reader = { 0 };
	struct fcgi_slice slice;
	struct plain *plain;
	unsigned int i;
	int what, r = 0;

	told->count = 0;
	for (i = 0; i < streams; i++) {
		plain = &plains[i];
		plain->request = (struct fcgi_request){ .request_id = (uint16_t)(i + 1) };
		cgi_response_init(&plain->response, plain->block, sizeof plain->block);
		plain->block_result = -FCGI_E_MORE;
		plain->body_len = 0;
	}
	while ((what = fcgi_reader_next(&reader, &p, end, &slice)) > 0) {
		for (i = 0; i < streams && r >= 0; i++) {
			plain = &plains[i];
			r = fcgi_request_feed(&plain->request, &reader.record, what, &slice);
			if (r == FCGI_REQUEST_STDOUT)
				plain_output(plain, slice.data, slice.len);
			if (r == FCGI_REQUEST_END)
				told->events[told->count++] = (struct intake_event){
					.request_id = (uint16_t)(i + 1),
					.failure = plain_judge(plain, payload),
					.body_len = plain->body_len,
				};
		}
		if (r < 0)
			break;
	}
	told->error = r < 0 ? r : what;
}

static void
check_same(const struct told *a, const struct told *b)
{
	size_t i;

	must(a->error == b->error && a->count == b->count);
	for (i = 0; i < a->count; i++) {
		must(a->events[i].request_id == b->events[i].request_id);
		must(a->events[i].body_len == b->events[i].body_len);
		must(a->events[i].failure.phase == b->events[i].failure.phase);
		must(a->events[i].failure.kind == b->events[i].failure.kind);
		must(a->events[i].failure.number == b->events[i].failure.number);
	}
}

static void
begin_all(struct owner *owner, unsigned int streams)
{
	unsigned int i;

	intake_connected(&owner->intake);
	owner->told.count = 0;
	owner->told.error = 0;
	owner->started = 0;
	for (i = 1; i <= streams; i++)
		intake_begin(&owner->intake, (uint16_t)i, 0);
	must(owner->intake.in_flight == streams);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct owner owner;
	static struct told plain;
	struct payload payload = { .weight = 1 };
	struct payloads payloads = { .items = &payload, .count = 1 };
	struct intake_memory memory = { 0 };
	const uint8_t *before;
	unsigned int streams;
	struct cuts cuts;
	size_t before_len;
	int i;

	if (!cuts_read(&cuts, data, size) || cuts.len > 32768 || cuts.len == 0)
		return -1;
	before_len = *cuts.stream < cuts.len ? *cuts.stream : cuts.len - 1;
	before = cuts.stream + 1;
	cuts.stream += 1 + before_len;
	cuts.len -= 1 + before_len;
	streams = 1 + (cuts.options & 1) * (STREAMS_MAX - 1);
	payload.head = cuts.options >> 1 & 1;
	if (cuts.options & 4)
		must(expect_set_body(&payload.expect, "aab", 3) == 0);
	if (cuts.options & 8)
		must(expect_set_length(&payload.expect, "3") == 0);
	read_plainly(&plain, &payload, streams, cuts.stream, cuts.stream + cuts.len);
	must(intake_memory_init(&memory, &payloads) == 0);
	must(intake_init(&owner.intake, &memory, streams) == 0);
	begin_all(&owner, streams);
	owner_feed(&owner, before, before + before_len);
	/* What is good is a sample the next time, in whatever pieces. */
	for (i = 0; i < 4; i++) {
		begin_all(&owner, streams);
		if (i % 2 == 0)
			owner_feed(&owner, cuts.stream, cuts.stream + cuts.len);
		else
			cuts_feed(&cuts, owner_feed, &owner);
		check_same(&owner.told, &plain);
		must(owner.told.error < 0 || owner.intake.in_flight == streams - plain.count);
	}
	intake_reset(&owner.intake);
	intake_memory_reset(&memory);
	expect_reset(&payload.expect);
	return 0;
}
