#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fcgi_error.h"
#include "probe.h"
#include "probe_private.h"
#include "text.h"

/* It is but looked whether somebody is let in: who is slow is asked again later. */
#define LOOK_NS (2 * CLOCK_NS_PER_S)

static int
is_credential(const char *pair)
{
	size_t len = strcspn(pair, "=");

	return text_is_secret(pair, len) ||
	    (len == strlen("REMOTE_USER") && strncmp(pair, "REMOTE_USER", len) == 0);
}

static int
drop_credentials(struct auth_case *nobody, const struct auth_case *good)
{
	const struct auth_header *header;
	size_t i;

	nobody->user = (struct auth_bytes){ 0 };
	nobody->password = (struct auth_bytes){ 0 };
	nobody->header_count = nobody->params.count = 0;
	nobody->headers = calloc(good->header_count + 1, sizeof *nobody->headers);
	nobody->params.items = calloc(good->params.count + 1, sizeof *nobody->params.items);
	if (nobody->headers == NULL || nobody->params.items == NULL)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < good->header_count; i++) {
		header = &good->headers[i];
		if (!text_is_secret(header->name, strlen(header->name)))
			nobody->headers[nobody->header_count++] = *header;
	}
	for (i = 0; i < good->params.count; i++)
		if (!is_credential(good->params.items[i]))
			nobody->params.items[nobody->params.count++] = good->params.items[i];
	return 0;
}

/* Whether other bytes are sent without them.  Returns 1, 0 or a negative error. */
static int
is_another_question(struct probing *probing)
{
	const struct probe_twist good = { 0 }, nobody = { .nobody = 1 };
	struct probe_answer answers[2];
	struct ask asks[2];
	int r = probe_make(probing, &good, &answers[0], &asks[0]), other_r;

	other_r = probe_make(probing, &nobody, &answers[1], &asks[1]);
	if (r == 0)
		r = other_r;
	if (r == 0)
		r = asks[0].wire.len != asks[1].wire.len ||
		    memcmp(asks[0].wire.data, asks[1].wire.data, asks[0].wire.len) != 0;
	probe_drop(&answers[0]);
	probe_drop(&answers[1]);
	buffer_free(&asks[0].wire);
	buffer_free(&asks[1].wire);
	/* What no server would ask is no question at all. */
	return r == -FCGI_E_SYNTAX ? 0 : r;
}

int
probe_make_nobody(struct probing *probing)
{
	int r;

	probing->nobody = *probing->good;
	r = drop_credentials(&probing->nobody, probing->good);
	if (r == 0)
		r = is_another_question(probing);
	probing->has_nobody = r > 0;
	return r < 0 ? r : 0;
}

void
probe_drop_nobody(struct probing *probing)
{
	free(probing->nobody.headers);
	free(probing->nobody.params.items);
}

int
probe_look_at_nobody(struct probing *probing)
{
	const struct probe_twist nobody = { .nobody = 1, .timeout_ns = LOOK_NS };
	struct probe_answer answer;
	int r = probe_ask_one(probing, &nobody, &answer);

	if (r == 0 && answer.result.trouble == RESULT_ANSWERED)
		probing->before = probe_lets_in(&answer) ? PROBE_LET_IN : PROBE_NOT_LET_IN;
	probe_drop(&answer);
	return r;
}

/* --- before all cases ---------------------------------------------------------------------- */

/* The first that is to be let in; else the first of which nobody knows. */
static const struct result *
find_candidate(const struct runner *runner)
{
	const struct result *candidate = NULL, *result;
	enum auth_decision_wanted wanted;
	size_t i;

	for (i = 0; i < runner->result_count; i++) {
		result = &runner->results[i];
		wanted = result->auth_case->expect.decision;
		if (result->state == RESULT_SKIPPED)
			continue;
		if (wanted == AUTH_WANT_ALLOW)
			return result;
		if (wanted == AUTH_WANT_ANY && candidate == NULL)
			candidate = result;
	}
	return candidate;
}

int
probe_before(struct runner *runner, struct probe_before *before)
{
	const struct result *candidate = find_candidate(runner);
	struct probing probing = { .runner = runner };
	int r;

	if (candidate == NULL)
		return 0;
	before->auth_case = probing.good = candidate->auth_case;
	before->dialect = probing.dialect = candidate->dialect;
	probing.phase = candidate->phase;
	r = probe_make_nobody(&probing);
	if (r == 0 && probing.has_nobody)
		r = probe_look_at_nobody(&probing);
	before->outcome = probing.before;
	probe_drop_nobody(&probing);
	return r;
}
