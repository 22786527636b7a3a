/* Arrays that grow by one item, and whose size need not be kept beside their count. */
#ifndef ARRAY_H
#define ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more behind count items of size bytes each.  Room is doubled whenever it is
 * full, which is when count is a power of two; so nothing else may size the array.
 * items: of malloc(3), NULL with count 0.
 * Returns the array in its new place, or NULL when memory is short; items are still there then.
 */
void *array_grow(void *items, size_t count, size_t size);

#endif
