#include "answer.h"

#include "fcgi_body.h"
#include "fcgi_proto.h"

/* Takes what belongs to the header block.  Returns how much that is. */
static size_t
take_block(struct answer *answer, const unsigned char *begin, size_t len)
{
	const unsigned char *p = begin;
	int r, is_first = answer->state == ANSWER_BEGUN;

	if (is_first)
		cgi_block_init(&answer->block);
	answer->state = ANSWER_BLOCK;
	r = cgi_block_feed(&answer->block, &p, begin + len);
	if (r == 1) {
		answer->state = ANSWER_BODY;
		answer->block_len = is_first ? (uint32_t)(p - begin) : 0;
	} else if (r != -FCGI_E_MORE) {
		answer->state = ANSWER_BAD;
		answer->block_error = r;
	}
	return (size_t)(p - begin);
}

void
answer_take(struct answer *answer, const struct expect *expect, const unsigned char *p, size_t len)
{
	size_t taken = answer->state <= ANSWER_BLOCK ? take_block(answer, p, len) : 0;

	p += taken;
	len -= taken;
	if (answer->state != ANSWER_BODY || len == 0)
		return;
	answer->body_len += len;
	if (expect->body != NULL && answer->matched < expect->body_len)
		answer->matched = expect_feed(expect, answer->matched, p, len);
	if (expect->has_sha256)
		SHA256Update(answer->sha256, p, len);
}

static struct failure
fail(enum failure_phase phase, enum failure_kind kind, int64_t number)
{
	return (struct failure){ .phase = (uint8_t)phase, .kind = (uint8_t)kind, .number = number };
}

/* Those statuses have no body, and may say how long another's would be. */
static int
is_as_long_as_it_says(const struct answer *answer)
{
	const struct cgi_block *block = &answer->block;

	return block->content_length == CGI_BLOCK_NO_LENGTH ||
	    (uint64_t)block->content_length == answer->body_len ||
	    block->status == 204 || block->status == 304;
}

static struct failure
judge_body(const struct answer *answer, const struct expect *expect)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	if (expect->has_length && answer->body_len != expect->length)
		return fail(FAILURE_VALID, FAILURE_LENGTH, 0);
	if (!expect->has_length && !is_as_long_as_it_says(answer))
		return fail(FAILURE_VALID, FAILURE_CONTENT_LENGTH, 0);
	if (expect->body != NULL && answer->matched < expect->body_len)
		return fail(FAILURE_VALID, FAILURE_BODY, 0);
	if (expect->has_sha256) {
		SHA256Final(sum, answer->sha256);
		if (memcmp(sum, expect->sha256, sizeof sum) != 0)
			return fail(FAILURE_VALID, FAILURE_SHA256, 0);
	}
	return (struct failure){ 0 };
}

/* What tells most comes first: a script that dies says 500 and leaves an appStatus behind. */
struct failure
answer_judge_closely(const struct answer *answer, const struct payload *payload,
    const unsigned char *end)
{
	const struct expect *expect = &payload->expect;
	int has_block = answer->state == ANSWER_BODY;
	struct fcgi_end body;

	fcgi_end_decode(&body, end);
	if (body.protocol_status != FCGI_REQUEST_COMPLETE)
		return fail(FAILURE_ANSWER, FAILURE_PROTOCOL_STATUS, body.protocol_status);
	if (has_block && !expect_has_status(expect, answer->block.status))
		return fail(FAILURE_VALID, FAILURE_STATUS, answer->block.status);
	if (body.app_status != expect->app_status)
		return fail(FAILURE_VALID, FAILURE_APP_STATUS, body.app_status);
	if (!has_block)
		return fail(FAILURE_VALID, FAILURE_HEADER, answer->block_error);
	if (!expect->has_length && answer->block.content_length == CGI_BLOCK_BAD_LENGTH)
		return fail(FAILURE_VALID, FAILURE_BAD_LENGTH, 0);
	return payload->head ? (struct failure){ 0 } : judge_body(answer, expect);
}
