#include "result.h"

#include <stdlib.h>
#include <string.h>

void
result_reset(struct result *result)
{
	free(result->intervals);
	free(result->total.payload_complete);
	/* Too large for a literal, which would stand on the stack. */
	memset(result, 0, sizeof *result);
}
