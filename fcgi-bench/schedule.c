#include "schedule.h"

#include <math.h>
#include <stdio.h>

#include "clock.h"
#include "random.h"

/* Of so many that are left, one is taken at a time. */
#define TAKEN_PART 1e4

/* The gap before an event of a stream without memory, in mean gaps; never without end. */
static double
next_gap(uint64_t *state)
{
	return -log(random_part(state));
}

/* On by so many requests of all threads.  Poisson: each thread finds every gap of the stream. */
static void
pass(struct schedule_share *share, unsigned int count)
{
	if (share->schedule->arrival != SCHEDULE_POISSON)
		share->at += count;
	else
		for (; count > 0; count--)
			share->at += next_gap(&share->random);
}

static double
per_ns(const struct schedule_stage *stage)
{
	return stage->rate / (double)CLOCK_NS_PER_S;
}

/* The stage that the next request is due in, and when: where the stream has come as far as it. */
static void
find_due(struct schedule_share *share)
{
	const struct schedule *schedule = share->schedule;
	const struct schedule_stage *stage;
	double after_ns;

	for (; share->stage < schedule->stage_count; share->stage++) {
		stage = &schedule->stages[share->stage];
		after_ns = rint((share->at - share->stage_first) / per_ns(stage));
		/* A whole request at a stage's end may lie behind it by a rounding. */
		if (after_ns < 0)
			after_ns = 0;
		if (after_ns < (double)stage->duration_ns) {
			share->due_ns = clock_after(share->stage_start_ns, (int64_t)after_ns);
			return;
		}
		share->stage_first += (double)stage->duration_ns * per_ns(stage);
		share->stage_start_ns = clock_after(share->stage_start_ns, stage->duration_ns);
	}
	share->due_ns = CLOCK_NEVER;
}

void
schedule_share_init(struct schedule_share *share, const struct schedule *schedule,
    unsigned int thread, unsigned int threads)
{
	*share = (struct schedule_share){
		.schedule = schedule,
		.threads = threads,
		.random = schedule->seed,
	};
	/* Seeds that follow each other begin far apart among the numbers. */
	share->random = random_next(&share->random);
	share->random = random_next(&share->random);
	/* The first constant one is due at once, the first poisson one behind a gap. */
	pass(share, schedule->arrival == SCHEDULE_POISSON ? thread + 1 : thread);
	find_due(share);
}

void
schedule_share_next(struct schedule_share *share)
{
	pass(share, share->threads);
	find_due(share);
}

uint64_t
schedule_share_take(struct schedule_share *share, int64_t before_ns)
{
	struct schedule_share ahead = *share;
	double left = (schedule_expected(share->schedule, before_ns) -
			  schedule_expected(share->schedule, share->due_ns)) /
	    share->threads;
	double many = floor(left / TAKEN_PART);

	if (many >= 2) {
		ahead.at += many * ahead.threads;
		find_due(&ahead);
		if (ahead.due_ns < before_ns) {
			*share = ahead;
			return (uint64_t)many;
		}
	}
	schedule_share_next(share);
	return 1;
}

double
schedule_expected(const struct schedule *schedule, int64_t time_ns)
{
	const struct schedule_stage *stage;
	double count = 0, half_ns = 0;
	int64_t span_ns;
	size_t i;

	for (i = 0; i < schedule->stage_count && time_ns > 0; i++) {
		stage = &schedule->stages[i];
		span_ns = clock_earlier(time_ns, stage->duration_ns);
		time_ns -= span_ns;
		count += (double)span_ns * per_ns(stage);
		half_ns = per_ns(stage) / 2;
	}
	if (schedule->arrival == SCHEDULE_POISSON || count <= half_ns)
		return count;
	/* The first is due at 0, and each at a whole nanosecond. */
	return ceil(count - half_ns);
}

char *
schedule_format_rate(char *dst, size_t size, double rate)
{
	snprintf(dst, size, "%.*f", rate >= 1 || rate <= 0 ? 1 : 3, rate);
	return dst;
}
