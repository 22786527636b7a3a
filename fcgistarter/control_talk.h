/* One request to a supervisor and its answer. */
#ifndef FCGISTARTER_CONTROL_TALK_H
#define FCGISTARTER_CONTROL_TALK_H

#include <stddef.h>
#include <stdint.h>

#include "control_line.h"

/* What control_talk() returns when no supervisor serves the socket, or there is none. */
enum { CONTROL_NOBODY = -1000 };

/* Set up by control_talk().  Public to read: why. */
struct control_talk {
	const char *path;
	enum control_command command;
	int fd;
	int64_t deadline_ns;
	int64_t patience_ns;	/* what the deadline has allowed in all */
	char *answer;		/* all that has come */
	size_t len;
	size_t seen;		/* of it, lines that were understood */
	int promised;		/* 1: the supervisor has said for how long to wait */
	int done;		/* 1: the result has come, and it is good */
	char why[512];		/* what has failed: the end of a message that names the path */
};

/*
 * Asks, and waits until what was asked for is done, the supervisor has failed, or is silent.  The
 * file of a socket that nobody serves any more is removed.
 * Returns 0, CONTROL_NOBODY, or another negative error; then why says the reason.
 * control_talk_reset() in any case.
 */
int control_talk(struct control_talk *talk, const char *path, enum control_command command);

/* What came behind a good result: *len bytes, all visible but for newlines. */
const char *control_talk_answer(const struct control_talk *talk, size_t *len);

void control_talk_reset(struct control_talk *talk);

#endif
