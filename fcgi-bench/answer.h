/*
 * One answer as it comes: output in, and at its end what is wrong with it.  Nothing of it is kept.
 * Pure but for the memory that a hash needs, which is the owner's.
 */
#ifndef FCGI_BENCH_ANSWER_H
#define FCGI_BENCH_ANSWER_H

#include <sha2.h>
#include <stddef.h>
#include <stdint.h>

#include "cgi_block.h"
#include "expect.h"
#include "failure.h"
#include "fcgi_error.h"
#include "payload.h"

enum answer_state {
	ANSWER_BEGUN,		/* no output has come */
	ANSWER_BLOCK,		/* the header block is not complete */
	ANSWER_BODY,
	ANSWER_BAD,		/* the header block is none; the rest is passed over */
};

/* Set up with answer_begin().  Public to read: all but the private. */
struct answer {
	uint8_t state;		/* enum answer_state */
	uint32_t block_len;	/* of the header block, when all of it was in the first output; else 0 */
	struct cgi_block block;
	uint64_t body_len;
	int block_error;	/* private */
	size_t matched;		/* private: of the text that the body has to have in it */
	SHA2_CTX *sha256;	/* the owner's, kept; NULL where no hash is expected of any answer */
};

static inline void
answer_begin(struct answer *answer)
{
	answer->state = ANSWER_BEGUN;
	answer->block_len = 0;
	answer->block_error = -FCGI_E_NO_HEADER;
	answer->body_len = 0;
	answer->matched = 0;
	if (answer->sha256 != NULL)
		SHA256Init(answer->sha256);
}

/* In place of the output that holds the header block: len of its bytes, which said that. */
static inline void
answer_know_block(struct answer *answer, uint32_t len, int status, int64_t content_length)
{
	answer->state = ANSWER_BODY;
	answer->block_len = len;
	answer->block.status = status;
	answer->block.content_length = content_length;
}

/* Takes output: len bytes, more than 0.  expect: what its payload expects. */
void answer_take(struct answer *answer, const struct expect *expect, const unsigned char *p,
    size_t len);

/* The same, where most of it need not be looked at. */
static inline void
answer_output(struct answer *answer, const struct expect *expect, const unsigned char *p,
    size_t len)
{
	if (answer->state == ANSWER_BODY && expect->body == NULL && !expect->has_sha256)
		answer->body_len += len;
	else if (len > 0)
		answer_take(answer, expect, p, len);
}

/* What answer_judge() leaves to it; the same. */
struct failure answer_judge_closely(const struct answer *answer, const struct payload *payload,
    const unsigned char *end);

/*
 * It has ended.
 * end: the body of its END_REQUEST.
 * Returns what is wrong with it; kind 0: it is good.
 */
static inline struct failure
answer_judge(const struct answer *answer, const struct payload *payload, const unsigned char *end)
{
	const struct expect *expect = &payload->expect;
	/* appStatus and protocolStatus */
	int is_zero = (end[0] | end[1] | end[2] | end[3] | end[4]) == 0;
	int has_length = answer->block.content_length == CGI_BLOCK_NO_LENGTH ||
	    (uint64_t)answer->block.content_length == answer->body_len;

	if (answer->state == ANSWER_BODY && is_zero && has_length && expect->app_status == 0 &&
	    !expect->has_length && expect->body == NULL && !expect->has_sha256 &&
	    expect_has_status(expect, answer->block.status))
		return (struct failure){ 0 };
	return answer_judge_closely(answer, payload, end);
}

#endif
