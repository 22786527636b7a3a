/* The instances of an application: started, watched until they are ready, stopped. */
#ifndef FCGISTARTER_POOL_H
#define FCGISTARTER_POOL_H

#include "listeners.h"
#include "options.h"
#include "program.h"

struct pool;

/*
 * In the process that is to have the instances for children, and no others.
 * options, program, listeners: alive and unmoved as long as the pool.
 * Returns the pool, or NULL with errno.
 */
struct pool *pool_new(const struct options *options, const struct program *program,
    const struct listeners *listeners);

void pool_free(struct pool *pool);

/*
 * Starts all instances and waits until they are as ready as the options ask for.
 * caller_fd: of spawn_daemonize(); the start is given up when nobody waits for it any more.
 * Returns 0, or the exit status after an error message; then some may run: pool_stop().
 */
int pool_start(struct pool *pool, int caller_fd);

/* The process ids, one an instance. */
const pid_t *pool_pids(const struct pool *pool);

/*
 * Ends all instances and whatever else they have started: TERM, and KILL for those who stay.
 * Returns when none is left, or after an error message.
 */
void pool_stop(struct pool *pool);

#endif
