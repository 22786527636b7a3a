#include "runner.h"

/* With several at a time what has failed is asked again alone, which may tell why. */
static int
is_certain(const struct runner *runner, size_t index)
{
	const struct result *result = &runner->results[index];

	return result->is_done && (result->state != RESULT_FAILED || index < runner->checked);
}

static int
tell(struct runner *runner, const struct result *result, size_t number)
{
	return runner->tell(runner->tell_to, result, number, runner->total);
}

int
runner_tell_done(struct runner *runner)
{
	int r = 0;

	while (r == 0 && runner->told < runner->result_count &&
	    is_certain(runner, runner->told)) {
		r = tell(runner, &runner->results[runner->told], runner->told + 1);
		runner->told++;
	}
	return r;
}

void
runner_tell_rest(struct runner *runner)
{
	size_t i, kept = 0;
	int r = 0;

	for (i = 0; i < runner->result_count; i++) {
		if (!runner->results[i].is_done) {
			result_reset(&runner->results[i]);
			continue;
		}
		if (r == 0 && i >= runner->told)
			r = tell(runner, &runner->results[i], i + 1);
		runner->results[kept++] = runner->results[i];
	}
	runner->result_count = kept;
}
