/* An assertion that works in unit tests and fuzz targets alike, with NDEBUG too. */
#ifndef MUST_H
#define MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(condition)                                                                            \
	((condition) ? (void)0                                                                     \
		     : (fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition),   \
			   abort()))

#endif
