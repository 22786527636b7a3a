/* Latencies of several shapes for the tests of histograms, the same in each run. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum samples_kind {
	SAMPLES_SAME,
	SAMPLES_EVEN,		/* from 0 to a second */
	SAMPLES_FEW_NS,		/* most have a bucket of their own */
	SAMPLES_QUEUE,		/* exponential, mean 100 us */
	SAMPLES_TAIL,		/* heavy: up to an hour */
	SAMPLES_TWO_PEAKS,	/* 50 us, and one in fifty 200 ms */
	SAMPLES_KINDS,
};

static inline uint32_t
samples_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 32);
}

static inline int64_t
samples_one(enum samples_kind kind, uint64_t *state)
{
	double even = (samples_random(state) + 0.5) * 0x1p-32;

	switch (kind) {
	case SAMPLES_SAME: return 123456789;
	case SAMPLES_EVEN: return (int64_t)(even * 1e9);
	case SAMPLES_FEW_NS: return (int64_t)(even * 3000);
	case SAMPLES_QUEUE: return (int64_t)(-log(even) * 1e5);
	case SAMPLES_TAIL: return (int64_t)fmin(1e4 / even / even, 3.6e12);
	default: return samples_random(state) % 50 == 0 ? 200000000 : (int64_t)(40000 + even * 2e4);
	}
}

static inline void
samples_make(int64_t *samples, size_t count, enum samples_kind kind)
{
	uint64_t state = 1;
	size_t i;

	for (i = 0; i < count; i++)
		samples[i] = samples_one(kind, &state);
}

#endif
