#include "random.h"

/* SplitMix64: a step of a counter, and a stir. */
uint64_t
random_next(uint64_t *state)
{
	uint64_t word = *state += UINT64_C(0x9e3779b97f4a7c15);

	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return word ^ word >> 31;
}

double
random_part(uint64_t *state)
{
	return (double)((random_next(state) >> 11) + 1) * 0x1p-53;
}
