/*
 * Finding an instance between two requests.  A signal interrupts an application that serves one
 * connection at a time wherever it is; libfcgi, for one, drops a connection if that happens before
 * the first byte of the request.  In accept(2) it costs nothing.
 */
#ifndef FCGISTARTER_IDLE_H
#define FCGISTARTER_IDLE_H

#include <sys/types.h>

/*
 * Stops our child if it waits in accept(2).
 * Returns 1: it is stopped, and stays there until it is signalled and continued; 0: it does something
 * else and goes on; -1: that cannot be found out, or it is one that waits for several things at once
 * and does not mind when it is signalled.
 */
int idle_hold(pid_t pid);

#endif
