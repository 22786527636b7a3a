/* What a test cannot ask of valgrind(1), which stands in for the system. */
#ifndef TESTS_UNIT_VALGRIND_H
#define TESTS_UNIT_VALGRIND_H

#include <stdlib.h>
#include <string.h>

static inline int
under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

#endif
