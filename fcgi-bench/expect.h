/* What a good answer is; an error that looks fast must not be measured as one.  Read only. */
#ifndef FCGI_BENCH_EXPECT_H
#define FCGI_BENCH_EXPECT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Always: END_REQUEST with REQUEST_COMPLETE, appStatus 0, and a header block before the body.
 * Zero-filled: Status 2xx besides.
 */
struct expect {
	uint64_t status[10];	/* bit (code - 100) of 100 to 599 is set: a good one; all zero: 2xx */
	int has_length;
	uint64_t length;	/* bytes of body */
	char *body;		/* text that must be in the body; NULL: any */
	size_t body_len;
	int has_sha256;
	unsigned char sha256[32]; /* of the body */
	uint32_t app_status;	/* 0 unless the user expects another */
};

#endif
