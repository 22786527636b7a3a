/*
 * Bytes that tell where they belong: lines of 16 bytes, each the offset of its own first byte in
 * 15 hexadecimal digits.  Any part of them shows at once what was lost, doubled or moved.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Writes the len bytes that begin at offset. */
void pattern_fill(unsigned char *dst, size_t len, uint64_t offset);

#endif
