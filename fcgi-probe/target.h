/*
 * One target: asks it, and notes in an observation what is seen.  It owns no loop:
 *
 *	target_find(), target_start()
 *	TARGET_RESOLVING, TARGET_ASKING: poll what target_poll() says, and call target_step()
 *	TARGET_QUEUE: read the queue at target_queue_address(), of many targets at once, and call
 *	    target_take_queue()
 *	until TARGET_DONE; and target_reap() when all are done
 */
#ifndef TARGET_H
#define TARGET_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "clock.h"
#include "conn.h"
#include "fcgi_request.h"
#include "fcgi_values.h"
#include "fpm_status.h"
#include "lookup.h"
#include "observation.h"
#include "queue.h"

/*
 * A UNIX socket that turns a client away says so at once.  It is asked again for so long: a burst
 * is accepted in a millisecond or two, while a queue that stays full is the answer.
 */
#define TARGET_QUEUE_FULL_NS (50 * CLOCK_NS_PER_MS)

/* What is the same for all targets.  Alive as long as they are. */
struct target_settings {
	enum ask ask;
	const char *path;		/* of the status page, with ASK_FPM_STATUS */
	int64_t connect_timeout_ns;	/* CLOCK_NEVER: only the deadline counts */
	int read_queue;			/* 1: also of targets that answer */
};

enum target_state {
	TARGET_IDLE,
	TARGET_RESOLVING,		/* its name is looked up */
	TARGET_QUEUE,			/* has to know its queue before it goes on */
	TARGET_ASKING,
	TARGET_DONE,			/* seen is complete, the connection is closed */
};

enum { TARGET_IN_SIZE = 16384 };

/* Set up with target_init().  Public to read: state, addr, seen. */
struct target {
	enum target_state state;
	const struct addr *addr;
	const struct target_settings *settings;	/* private from here on, but for seen */
	struct conn conn;
	struct lookup lookup;
	const void *request;
	size_t request_len;
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	int socket_count;		/* or the error of addr_resolve(); 0: not looked up yet */
	int gai_error;
	int has_name;			/* to be looked up */
	int64_t deadline_ns;
	int queue_next;			/* the socket whose queue is read */
	int turned_away;		/* a UNIX socket's queue was full */
	struct fcgi_request reply;
	struct fpm_reader fpm;
	struct fcgi_values values;
	unsigned char value_bytes[FCGI_VALUES_STANDARD];
	unsigned char in[TARGET_IN_SIZE];
	struct observation seen;
};

/*
 * Memory for so many targets, each to be set up with target_init().  Most of it is not touched
 * until an answer fills it.
 * Returns the first of them, the caller's to free(3), or NULL when memory is short.
 */
struct target *target_new(size_t count);

/*
 * name: as the user wrote it.  script: SCRIPT_FILENAME of the request, or NULL.
 * request, len: all bytes that are sent, with request id 1; none for ASK_QUEUE and ASK_CONNECT.
 * Everything stays the caller's, alive as long as the target.
 */
void target_init(struct target *target, const struct target_settings *settings, const char *name,
    const struct addr *addr);
void target_set_request(struct target *target, const void *request, size_t len,
    const char *script);

/*
 * Finds the addresses, for a round of tries, as far as no name has to be looked up for that, and
 * forgets those that a name had.  A failure is seen later.
 */
void target_find(struct target *target);

/* Whether the next target_start() looks up a name. */
int target_needs_lookup(const struct target *target);

/*
 * Begins to ask, or to look up its name first; what was seen before is forgotten.
 * deadline_ns: when the name has to be known and the answer to be complete.
 * It may be done at once: for want of a process for the lookup with OBSERVED_INTERNAL and EAGAIN.
 */
void target_start(struct target *target, int64_t now_ns, int64_t deadline_ns);

/*
 * What to poll for, until when at the latest.
 * fd: set to it, -1 for nothing but the time.  Returns that time.
 */
int64_t target_poll(const struct target *target, struct pollfd *fd);

/* Does what can be done without waiting.  revents: poll(2)'s word, 0 if only time has passed. */
void target_step(struct target *target, short revents, int64_t now_ns);

/* Where the queue is, in TARGET_QUEUE. */
const struct addr_socket *target_queue_address(const struct target *target);

/* Takes what queue_read_all() has found there. */
void target_take_queue(struct target *target, const struct queue_place *place, int64_t now_ns);

/*
 * Ends a target that was never asked: time is up.
 * start_ns: when it would have begun.  system_errno: what it was short of; a name counts as not
 * resolved in time.
 */
void target_cancel(struct target *target, int64_t start_ns, int system_errno);

/* Waits for the end of the process that did not look up its name in time, if there was one. */
void target_reap(struct target *target);

#endif
