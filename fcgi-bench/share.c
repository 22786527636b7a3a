#include "share.h"

#include <stdlib.h>

#include "fcgi_error.h"

static int
init(struct shares *shares, size_t targets, size_t kinds, int has_details)
{
	size_t i, count = targets * kinds;

	*shares = (struct shares){ .targets = targets, .kinds = kinds };
	shares->items = calloc(count, sizeof *shares->items);
	if (shares->items == NULL)
		return -FCGI_E_SYSTEM;
	if (!has_details || count < 2)
		return 0;
	shares->details = calloc(count, sizeof *shares->details);
	if (shares->details == NULL) {
		shares_reset(shares);
		return -FCGI_E_SYSTEM;
	}
	for (i = 0; i < count; i++)
		shares->items[i].detail = &shares->details[i];
	return 0;
}

int
shares_init(struct shares *shares, size_t targets, size_t kinds)
{
	return init(shares, targets, kinds, targets * kinds <= SHARE_DETAILS_MAX);
}

void
share_fail(struct share *share, struct failure failure)
{
	share->failed++;
	if (share->detail != NULL)
		failure_count(&share->detail->failures, failure, 1);
}

static void
add(struct share *to, const struct share *from)
{
	to->complete += from->complete;
	to->failed += from->failed;
	if (to->detail == NULL || from->detail == NULL)
		return;
	failure_add(&to->detail->failures, &from->detail->failures);
	histogram_add(&to->detail->latency, &from->detail->latency);
}

void
shares_add(struct shares *to, const struct shares *from)
{
	size_t i;

	for (i = 0; i < to->targets * to->kinds; i++)
		add(&to->items[i], &from->items[i]);
}

int
shares_by_kind(struct shares *sums, const struct shares *shares)
{
	size_t i;

	if (init(sums, 1, shares->kinds, shares->details != NULL) < 0)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < shares->targets * shares->kinds; i++)
		add(&sums->items[i % shares->kinds], &shares->items[i]);
	return 0;
}

int
shares_by_target(struct shares *sums, const struct shares *shares)
{
	size_t i;

	if (init(sums, shares->targets, 1, shares->details != NULL) < 0)
		return -FCGI_E_SYSTEM;
	for (i = 0; i < shares->targets * shares->kinds; i++)
		add(&sums->items[i / shares->kinds], &shares->items[i]);
	return 0;
}

uint64_t
shares_failed(const struct shares *shares)
{
	uint64_t failed = 0;
	size_t i;

	for (i = 0; i < shares->targets * shares->kinds; i++)
		failed += shares->items[i].failed;
	return failed;
}

void
shares_reset(struct shares *shares)
{
	free(shares->items);
	free(shares->details);
	*shares = (struct shares){ 0 };
}
