#include "output.h"

#include <string.h>

int
output_make_room(struct output *output)
{
	/* What lies in the way is moved when there is little of it, and else left to be sent. */
	if (output->start == 0 || output_pending(output) > OUTPUT_SIZE / 4)
		return 0;
	memmove(output->data, output->data + output->start, output_pending(output));
	output->end -= output->start;
	output->start = 0;
	return 1;
}
