/*
 * Replacing one instance that has grown too old (--max-lifetime) or too large (--max-rss): its
 * successor is started first, and takes the place once it has lived through its grace.
 */
#ifndef FCGISTARTER_RECYCLE_H
#define FCGISTARTER_RECYCLE_H

#include "supervisor.h"

/* Starts a successor, unless there is one on its way.  why: "is older than 1h", for the log. */
void recycle_begin(struct supervisor *supervisor, struct instance *instance, const char *why);

/* A successor has lived through its grace: it takes the place, the old one retires. */
void recycle_succeed(struct supervisor *supervisor, struct instance *successor);

/* Its successor has failed: tries again later. */
void recycle_postpone(struct supervisor *supervisor, struct instance *instance);

/* Begins if the instance is past --max-lifetime, else sets its timer to when it will be. */
void recycle_when_due(struct supervisor *supervisor, struct instance *instance);

/* Looks at the memory of every instance that serves.  Called from time to time with --max-rss. */
void recycle_large(struct supervisor *supervisor);

#endif
