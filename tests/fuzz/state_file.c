/*
 * A state file: whatever is taken for one can be written again, and says the same then; what is cut
 * is not taken.
 */
#include "state_file.h"

#include <string.h>

#include "../unit/must.h"
#include "target.h"

static void
check_same(const struct state_file *a, const struct state_file *b)
{
	size_t i;
	int metric;

	must(a->count == b->count);
	for (i = 0; i < a->count; i++) {
		must(strcmp(a->entries[i].target, b->entries[i].target) == 0);
		must(a->entries[i].when_s == b->entries[i].when_s);
		must(a->entries[i].metrics.has == b->entries[i].metrics.has);
		for (metric = 0; metric < METRIC_COUNT; metric++)
			if (a->entries[i].metrics.has & UINT32_C(1) << metric)
				must(a->entries[i].metrics.value[metric] ==
				    b->entries[i].metrics.value[metric]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state_file state, again;
	struct buffer buffer = { 0 };
	const char *text;
	int r;

	r = state_file_parse(&state, (const char *)data, (const char *)data + size);
	must(r <= 0);
	must(r == 0 || (state.count == 0 && state.entries == NULL));
	if (r < 0)
		return 0;
	must(state_file_format(&buffer, &state) == 0);
	text = (const char *)buffer.data;
	must(state_file_parse(&again, text, text + buffer.len) == 0);
	check_same(&state, &again);
	state_file_reset(&again);
	must(state_file_parse(&again, text, text + buffer.len - 1) < 0);
	buffer_free(&buffer);
	state_file_reset(&state);
	return 0;
}
