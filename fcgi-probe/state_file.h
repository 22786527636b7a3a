/*
 * --state: the counters of the last run, so that one run can tell by how much they grew.
 *
 *	fcgi-probe state 1
 *	target	when=1763793000	accepted_conn=1204	slow_requests=3	uptime=86400
 *	end 1
 *
 * One line a target: its name, escaped as in messages, and NAME=NUMBER behind tabs.  "end" counts
 * them.
 */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "metric.h"
#include "report.h"

struct state_entry {
	char *target;		/* escaped */
	int64_t when_s;		/* wall clock, since 1970 */
	struct metrics metrics;	/* the counters, and the uptime */
};

/* Zero-filled before use. */
struct state_file {
	struct state_entry *entries;
	size_t count;
};

/*
 * Reads the file; one that is not there, or empty, has no entries.
 * Trusted is only a regular file, not behind a symbolic link, of ours or root's, which nobody else
 * may write to, and whose every line is as it should be.
 * why: on failure what is wrong with it, in a few words.
 * Returns 0, or -1 with no entries: start anew.
 */
int state_file_read(struct state_file *state, const char *path, const char **why);

/* The metrics of that target when it was asked before, or NULL. */
const struct metrics *state_file_find(const struct state_file *state, const char *target);

/*
 * Replaces the file, with the counters of the items; entries of targets that are not among them, or
 * whose counters are not known this time, stay, but for those that are older than 30 days.
 * Other runs may do so at the same time: one waits for the other, for a moment.
 * A file that is damaged is replaced; one that never was a state file is left alone.
 * why: as above.
 * Returns 0, or -1 and the file is as it was.
 */
int state_file_update(const char *path, const struct report_item *items, size_t count, int64_t now_s,
    const char **why);

void state_file_reset(struct state_file *state);

#endif
