/* What log.c and log_source.c share, and nobody else includes. */
#ifndef FCGISTARTER_LOG_PRIVATE_H
#define FCGISTARTER_LOG_PRIVATE_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "log.h"
#include "log_sink.h"

enum {
	LOG_READ_LEN = 16 * 1024, /* of one source, before the loop goes on to others */
	LOG_LINE_MAX_TAGGED = 8 * 1024,
	LOG_LINE_MAX_RAW = 64 * 1024,
	LOG_TAG_SIZE = 256,
};

struct log_source {
	TAILQ_ENTRY(log_source) link;
	struct log *log;
	int number;
	pid_t pid;
	int read_fd;		/* -1: at its end */
	int write_fd;		/* -1: the instance alone has it */
	int is_waiting;		/* for room */
	TAILQ_ENTRY(log_source) waiting_link;
	int is_left;		/* its owner has freed it */
	char *held;		/* read, but not logged: a line only begun, or lines that wait */
	size_t held_len;
	ev_io io;
};

TAILQ_HEAD(log_source_list, log_source);

struct log {
	struct log_sink sink;
	int sink_error;		/* of the last time something was written; 0: none */
	int is_tagged;
	char tag[LOG_TAG_SIZE];
	struct ev_loop *loop;	/* NULL until there is a source */
	ev_io writable;		/* active while a reader takes nothing */
	ev_timer timer;		/* patience with him, or when to try again after an error */
	double retry_s;
	int is_losing;		/* nobody waits for room until all that is held is written */
	uint64_t lost;		/* lines, not told of yet */
	int lost_error;		/* why */
	struct log_source_list sources;
	struct log_source_list waiting; /* those who wait for room, from the first on */
	int left_count;
	char buffer[LOG_LINE_MAX_RAW + LOG_READ_LEN]; /* what one source has held, and a read */
};

/* Writes what is held as far as it goes, and sees to the rest. */
void log_push(struct log *log);

/*
 * Takes a line of a source.  flags: as of log_line_write().
 * Returns 1 when it is held, or counted as lost; 0 when it has to wait for room.
 */
int log_put(struct log *log, const char *prefix, const char *text, size_t len, int flags);

/* Counts a line that nobody will read. */
void log_lose(struct log *log);

/* A source has to wait: for as long as patience lasts. */
void log_wait(struct log *log, struct log_source *source);

/* The log has its loop. */
void log_set_loop(struct log *log, struct ev_loop *loop);

/* There may be room: looks again, in the loop's next round. */
void log_source_wake(struct log_source *source);

/* Logs a line that has only begun, as one that goes on. */
void log_source_take_begun(struct log_source *source);

/* Logs what is held and forgets it, whoever may still write. */
void log_source_destroy(struct log_source *source);

#endif
