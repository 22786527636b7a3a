/* All of a run: the targets, what is known of each, and one turn of asking them. */
#ifndef PROBE_H
#define PROBE_H

#include "judge.h"
#include "options.h"
#include "report.h"
#include "request.h"
#include "target.h"

/* What is known of one target beside what target.c knows. */
struct subject {
	struct metrics metrics;
	struct metrics before;		/* counters of earlier rounds, or of --state */
	struct judgement judgement;
	struct judgement last;		/* what was reported last; with an empty cause nothing was */
};

/* Zero-filled before use, then options read. */
struct probe {
	struct options options;
	struct target_settings settings;
	struct requests requests;
	struct target *targets;
	struct subject *subjects;
	struct report_item *items;
	int state_is_lost;		/* there was trouble with the --state file, and it was told */
};

/* Makes what is sent, and remembers the counters of the last run.  What cannot be does not return. */
void probe_prepare(struct probe *probe);

/* Asks all targets once, reports, keeps the counters, and returns the worst state. */
enum state probe_turn(struct probe *probe);

/* What is reported of a target. */
struct report_item probe_item(const struct probe *probe, size_t i);

/* Gives back all it holds, the options too. */
void probe_reset(struct probe *probe);

#endif
