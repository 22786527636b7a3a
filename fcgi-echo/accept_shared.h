/*
 * accept(2) from a blocking socket that other processes share.
 *
 * The listening socket on descriptor 0 is shared with the other instances of an application.  When
 * several are woken for one connection, accept(2) blocks in all but one until the next client
 * comes, and with it a loop that called it.  O_NONBLOCK is no way out: it belongs to the open file
 * description and so to all instances, and programs built on libfcgi end when accept(2) says
 * EAGAIN; SO_RCVTIMEO belongs to the socket itself.  A thread of its own could wait, but from then
 * on each system call of the process costs more, and each connection a switch of threads.  So a
 * timer's signal gets the loop out of the call, which blocks only when another was faster since
 * poll(2) has asked: for a millisecond at most.
 */
#ifndef ACCEPT_SHARED_H
#define ACCEPT_SHARED_H

#include <signal.h>
#include <time.h>

/* All private. */
struct accept_shared {
	sigset_t wake;
	timer_t timer;
};

/*
 * Takes SIGUSR2 for itself.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int accept_shared_init(struct accept_shared *shared);

void accept_shared_reset(struct accept_shared *shared);

/*
 * As accept4(2), nonblocking and close-on-exec, of a nonblocking socket: -1 with EAGAIN when nobody
 * waits.
 */
int accept_shared_take(struct accept_shared *shared, int listen_fd);

#endif
