/* What a fuzz target is: libFuzzer calls it with inputs of its own, replay.c with the corpus. */
#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>
#include <stdint.h>

/*
 * Asserts what holds for any bytes, by must().
 * Returns 0, or -1 for an input that says nothing and is not worth keeping.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
