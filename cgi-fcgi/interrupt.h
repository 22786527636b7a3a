/*
 * What may end a request from outside: ^C and its like, and the alarm that gets a write to a stuck
 * standard output out of its wait.
 */
#ifndef CGI_FCGI_INTERRUPT_H
#define CGI_FCGI_INTERRUPT_H

#include <stdint.h>

/*
 * Catches SIGINT, SIGTERM and SIGHUP (unless ignored), ignores SIGPIPE.  They end the process at
 * once, with a message; behind interrupt_hold() only a second signal of the same kind does.
 * Returns a descriptor that becomes readable with a signal, or -FCGI_E_SYSTEM with errno.
 */
int interrupt_catch(void);

/* From now on there is something to end well: interrupt_signal() tells of a signal. */
void interrupt_hold(void);

/*
 * From deadline_ns on blocking calls are interrupted again and again; CLOCK_NEVER: never.
 */
void interrupt_alarm(int64_t deadline_ns);

/* The signal that came, 0 for none. */
int interrupt_signal(void);

#endif
