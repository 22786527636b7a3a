/* Ending instances for good, with all that they have started. */
#ifndef FCGISTARTER_STOP_H
#define FCGISTARTER_STOP_H

#include <sys/types.h>

/*
 * TERM to the process group of each instance and to what instances have left behind, and KILL to
 * those who stay.  The caller is a child subreaper (prctl(2)) and has no other children; it reaps
 * none of them meanwhile.
 * pids: count of them; 0 is none, and what has ended becomes 0.
 * Returns 0 when there is no child left, or one that cannot be ended.
 */
pid_t stop_all(pid_t *pids, int count);

#endif
