/*
 * Ending an instance: after --drain-delay the stop signals, one a second and the last of them again
 * and again, and KILL to its whole group once --stop-timeout is over.
 */
#ifndef FCGISTARTER_RETIRE_H
#define FCGISTARTER_RETIRE_H

#include "supervisor.h"

/* delayed: 1 if it may go on for --drain-delay first.  Does nothing to one that retires already. */
void retire(struct supervisor *supervisor, struct instance *instance, int delayed);

/* Its timer has ended: the next step. */
void retire_step(struct supervisor *supervisor, struct instance *instance);

/*
 * Ends what instances have left behind outside their groups: TERM, and KILL for those who stay.
 * For the end of the pool, when no instance is left.  Returns when none is there any more, or after
 * a message when one cannot be ended.
 */
void retire_left_behind(const struct supervisor *supervisor);

#endif
