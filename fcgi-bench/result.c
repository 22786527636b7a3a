#include "result.h"

#include <stdlib.h>
#include <string.h>

void
result_reset(struct result *result)
{
	free(result->intervals);
	shares_reset(&result->kinds);
	shares_reset(&result->targets);
	/* Too large for a literal, which would stand on the stack. */
	memset(result, 0, sizeof *result);
}
