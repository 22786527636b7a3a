/*
 * What a share of the requests came to: those of one kind to one target.  Each thread counts its
 * own; their sum is told by kind, and by target.  Pure but for the memory.
 */
#ifndef FCGI_BENCH_SHARE_H
#define FCGI_BENCH_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "histogram.h"

/* What takes much memory. */
struct share_detail {
	struct failure_table failures;
	struct histogram latency;	/* of good answers: response in an open loop, else service */
};

struct share {
	uint64_t complete;		/* good answers */
	uint64_t failed;
	struct share_detail *detail;	/* NULL: not kept */
};

/*
 * Details are not kept where there is but one share, which is the whole, nor of more than this: a
 * list of credentials is as many kinds as it has lines.
 */
enum { SHARE_DETAILS_MAX = 64 };

/* Zero-filled before use.  Public to read: all but details. */
struct shares {
	struct share *items;		/* that of kind k to target t is the one at t * kinds + k */
	size_t targets;
	size_t kinds;
	struct share_detail *details;	/* private: what the items point to */
};

/*
 * Makes them, all zero.
 * Returns 0, or -FCGI_E_SYSTEM when memory is short.  shares_reset() gives it back.
 */
int shares_init(struct shares *shares, size_t targets, size_t kinds);

/* A good answer; in the path of every request. */
static inline void
share_take(struct share *share, int64_t latency_ns)
{
	share->complete++;
	if (share->detail != NULL)
		histogram_record(&share->detail->latency, latency_ns);
}

void share_fail(struct share *share, struct failure failure);

/* Adds all of from, which has as many targets and kinds. */
void shares_add(struct shares *to, const struct shares *from);

/*
 * The sums of each kind, whatever its target, and of each target, whatever was asked for.
 * sums: zero-filled; made here.
 * Return as shares_init().
 */
int shares_by_kind(struct shares *sums, const struct shares *shares);
int shares_by_target(struct shares *sums, const struct shares *shares);

/* Failed requests of all of them. */
uint64_t shares_failed(const struct shares *shares);

void shares_reset(struct shares *shares);

#endif
