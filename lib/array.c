#include "array.h"

#include <stdlib.h>

void *
array_grow(void *items, size_t count, size_t size)
{
	if (count > 0 && (count & (count - 1)) != 0)
		return items;
	return reallocarray(items, count > 0 ? 2 * count : 1, size);
}
