/*
 * A generation: as many instances as the pool has places, started together.  Either all become
 * ready, or the generation has failed; what becomes of the others then is its owner's business.
 */
#ifndef FCGISTARTER_GENERATION_H
#define FCGISTARTER_GENERATION_H

#include "instance.h"

struct generation;
struct program;
struct supervisor;

/* Told once, and not from within generation_begin(). */
struct generation_owner {
	void (*ready)(struct supervisor *supervisor);
	/* status: the exit status that fits.  why: one line. */
	void (*failed)(struct supervisor *supervisor, int status, const char *why);
};

/*
 * Begins to start it.
 * program: alive as long as the generation.
 * Returns it, or NULL when memory is short.
 */
struct generation *generation_begin(struct supervisor *supervisor, const struct program *program,
    unsigned number, const struct generation_owner *owner);

/* Its number. */
unsigned generation_number(const struct generation *generation);

/* Its member for a place; NULL: not started, or dead. */
struct instance *generation_member(const struct generation *generation, int place);

/* A member has died (with child.rstatus), or has lived through its grace. */
void generation_died(struct generation *generation, struct instance *instance);
void generation_lived(struct generation *generation, struct instance *instance);

/* Makes it fail for a reason from outside. */
void generation_give_up(struct generation *generation, int status, const char *why);

/* Ends the watching.  The members live on and are the caller's. */
void generation_free(struct generation *generation);

#endif
