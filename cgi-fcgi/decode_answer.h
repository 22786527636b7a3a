/*
 * A captured answer, passed on and judged as if the application had just given it: the options
 * about output, --fail and the like mean what they always mean.
 */
#ifndef CGI_FCGI_DECODE_ANSWER_H
#define CGI_FCGI_DECODE_ANSWER_H

#include "decode.h"
#include "exchange.h"
#include "options.h"

/* Zero-filled before use.  Large: not for the stack.  Public to read: skipped, skipped_id. */
struct decode_answer {
	struct options options;	/* private: those that were given, about this peer */
	struct exchange exchange; /* private: an exchange of which only the answer is there */
	int passing;		/* private: it has begun */
	int begun;		/* private: the output knows */
	int seen_all;		/* private: --as-seen-by needs no more of it */
	unsigned use;		/* private: of its id */
	int status;		/* private: of those before */
	uint64_t skipped;	/* records of answers that were not passed on */
	uint16_t skipped_id;	/* of the first of them */
};

/* name: of the capture, for messages; lives as long as the answer. */
void decode_answer_open(struct decode_answer *answer, struct options *options, char *name);

/*
 * Takes bytes of the capture, then what decode_next() told of them; flush: before they are
 * overwritten.
 * A failed write is told and does not return.
 */
void decode_answer_bytes(struct decode_answer *answer, const unsigned char *p,
    const unsigned char *end);
void decode_answer_take(struct decode_answer *answer, const struct decode_event *event);
void decode_answer_flush(struct decode_answer *answer);

/* Something is wrong with the capture, and was told: --json says so too. */
void decode_answer_fault(struct decode_answer *answer, const char *text);

/* The capture has ended.  Returns the exit status, faults aside. */
int decode_answer_close(struct decode_answer *answer);

#endif
