/*
 * Numbers that look random and are the same each time: for tests, loads and delays that can be
 * repeated.  Not for secrets.  Pure.
 */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/*
 * The next number of a sequence that passes through all of 2^64, each once.
 * state: any number to begin with; neighbours are as far apart as any.
 */
uint64_t random_next(uint64_t *state);

/* The next one as a fraction: even, > 0 and <= 1, so that it has a logarithm. */
double random_part(uint64_t *state);

#endif
