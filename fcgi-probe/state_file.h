/*
 * --state: the counters of the last run, so that one run can tell by how much they grew.
 *
 *	fcgi-probe state 1
 *	/run/php.sock	when=1763793000	slow_requests=3	accepted_conn=1204
 *	end 1
 *
 * One line a target: its name, escaped as in messages, then NAME=NUMBER, each behind a tab.  "end"
 * says how many there are.
 */
#ifndef STATE_FILE_H
#define STATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "metric.h"
#include "report.h"

enum {
	STATE_FILE_MAX = 1 << 20,	/* bytes of a file; a larger one is not ours */
	STATE_FILE_KEEP_S = 30 * 24 * 3600,	/* how long a target is remembered */
};

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
 * why: on failure what is wrong, for the end of a message; valid until the next call.
 * Returns 0, or -1 with no entries: growth is counted from this run on.
 */
int state_file_read(struct state_file *state, const char *path, const char **why);

/* The metrics of that target when it was asked before, or NULL. */
const struct metrics *state_file_find(const struct state_file *state, const char *target);

/*
 * Writes the counters of the items into the file.  Entries of other targets stay, and of those
 * whose counters are not known this time, but for what is older than STATE_FILE_KEEP_S.
 * Other runs may do so at the same time: one waits for the other, for a moment.
 * A file of ours that is damaged is replaced; what never was one, and what belongs to another user,
 * is left alone.
 * why: as above.
 * Returns 0, or -1 and the file is as it was.
 */
int state_file_update(const char *path, const struct report_item *items, size_t count,
    int64_t now_s, const char **why);

/*
 * What the bytes of a file hold.
 * Returns 0; -FCGI_E_SYNTAX when it is damaged; -FCGI_E_ORDER when it is not one of ours at all;
 * -FCGI_E_SYSTEM when memory is short.  On failure there are no entries.
 */
int state_file_parse(struct state_file *state, const char *p, const char *end);

/* Adds the bytes of a file to out.  Returns 0, or -FCGI_E_SYSTEM. */
int state_file_format(struct buffer *out, const struct state_file *state);

void state_file_reset(struct state_file *state);

#endif
