/* What a good answer is; an error that looks fast must not be measured as one. */
#ifndef FCGI_BENCH_EXPECT_H
#define FCGI_BENCH_EXPECT_H

#include <stddef.h>
#include <stdint.h>

#include "http_status.h"

enum { EXPECT_SHA256_LEN = 32 };

/*
 * Always: END_REQUEST with REQUEST_COMPLETE, the appStatus, and a header block before the body.
 * Zero-filled: Status 2xx and appStatus 0 besides.  What is said of the body is not asked of the
 * answer to HEAD, which has none.
 */
struct expect {
	struct http_status_set status;	/* none: 2xx */
	int has_length;
	uint64_t length;		/* bytes of body */
	char *body;			/* text that must be in the body; NULL: any */
	size_t body_len;
	size_t *body_next;		/* private to expect_feed() */
	int has_sha256;
	unsigned char sha256[EXPECT_SHA256_LEN]; /* of the body */
	uint32_t app_status;
};

/*
 * Read the arguments of --expect-length, --expect-body and --expect-sha256, or of the fields of the
 * same names, in place of what was there; --expect-status's is http_status_set_parse()'s.
 * Return 0; -FCGI_E_SYNTAX for what is no length, an empty text, or not 64 hexadecimal digits;
 * -FCGI_E_SYSTEM when memory is short.
 */
int expect_set_length(struct expect *expect, const char *text);
int expect_set_body(struct expect *expect, const void *text, size_t len);
int expect_set_sha256(struct expect *expect, const char *text);

/* Copies all of it.  Returns 0, or -FCGI_E_SYSTEM when memory is short. */
int expect_copy(struct expect *to, const struct expect *from);

/* 1 for the status of a good answer, else 0. */
static inline int
expect_has_status(const struct expect *expect, int status)
{
	return expect->status.count > 0 ? http_status_set_has(&expect->status, status)
					: status >= 200 && status <= 299;
}

/*
 * Looks for the text in a body that comes in pieces.
 * matched: 0 at first, then what it returned; body_len once it is found, and not fed any more.
 */
size_t expect_feed(const struct expect *expect, size_t matched, const unsigned char *p, size_t len);

void expect_reset(struct expect *expect);

#endif
