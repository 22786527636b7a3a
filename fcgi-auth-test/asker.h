/* Questions put to the authorizer, several at a time, in one poll(2) loop. */
#ifndef ASKER_H
#define ASKER_H

#include <stddef.h>

#include "buffer.h"
#include "exchange.h"

struct ask;

/*
 * Told once the exchange is done; it may take the reply out of it.
 * Returns 0, or a negative error that asker_run() returns.
 */
typedef int ask_done(void *to, struct ask *ask, struct exchange *exchange);

/* One question.  Filled in by the owner. */
struct ask {
	struct exchange_plan plan;	/* but for the trace */
	struct buffer wire;		/* the bytes that are sent; taken by asker_run() */
	const char *title;		/* for the trace */
	void *owner;			/* the owner's own */
};

struct asker {
	const struct authorizer *authorizer;
	size_t jobs;			/* so many connections at a time */
	int signal_fd;			/* readable when all is to end; -1: none */
	int trace;			/* what goes by is written to stderr */
	int show_secrets;
	ask_done *done;
	void *to;
};

enum asker_end {
	ASKER_DONE,
	ASKER_INTERRUPTED,
};

/* So many of the wanted connections can be open at a time, by the limit of open files; 1 at least. */
size_t asker_most(size_t wanted);

/*
 * Asks all, in order as far as jobs allow.
 * Returns an enum asker_end, -FCGI_E_SYSTEM (no memory), or what done returned; what was under way
 * is dropped then.
 */
int asker_run(const struct asker *asker, struct ask *asks, size_t count);

#endif
