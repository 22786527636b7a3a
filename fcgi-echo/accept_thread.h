/*
 * accept(2) in a thread of its own.
 *
 * The listening socket on descriptor 0 is shared with the other instances of an application.  When
 * several are woken for one connection, accept(2) blocks in all but one until the next client
 * comes, and with it a loop that called it.  O_NONBLOCK is no way out: it belongs to the open file
 * description and so to all instances, and programs built on libfcgi end when accept(2) says
 * EAGAIN; SO_RCVTIMEO belongs to the socket itself.  In a thread of its own the call may block:
 * nobody waits for it, and the kernel wakes one instance per connection.
 */
#ifndef ACCEPT_THREAD_H
#define ACCEPT_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* All private. */
struct accept_thread {
	int listen_fd;
	int pipe_fds[2];
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t room;
	int stopping;
};

/*
 * Starts to accept up to room connections.
 * Returns a nonblocking descriptor to read for accept_thread_take(), or -FCGI_E_SYSTEM with errno.
 */
int accept_thread_start(struct accept_thread *thread, int listen_fd, size_t room);

/*
 * The next connection: nonblocking, close-on-exec.
 * Returns 1 with *fd; 0 when there is none now; -FCGI_E_SYSTEM with errno when the thread is
 * about to end: EINTR when it was told to, else what is wrong with the listening socket.
 */
int accept_thread_take(struct accept_thread *thread, int *fd);

/* One connection more may be accepted. */
void accept_thread_room(struct accept_thread *thread);

/*
 * Tells the thread to end.  To be called again every few milliseconds until accept_thread_take()
 * has said so: a call may come in the moment before accept(2) blocks.
 */
void accept_thread_stop(struct accept_thread *thread);

/* Waits for the thread, which is about to end. */
void accept_thread_join(struct accept_thread *thread);

#endif
