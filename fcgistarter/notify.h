/*
 * Telling who started us how far we are: systemd through NOTIFY_SOCKET (sd_notify(3)), and s6 and
 * its like through a descriptor that gets a newline.  Nothing waits, and nothing that fails here is
 * a reason to stop.
 */
#ifndef FCGISTARTER_NOTIFY_H
#define FCGISTARTER_NOTIFY_H

#include <sys/types.h>
#include <sys/un.h>

/*
 * Zero-filled is not one: fds are -1 where there is nobody to tell.
 * Public to read: socket, what NOTIFY_SOCKET was, for a program that takes our place; "": nothing.
 */
struct notify {
	int socket_fd;		/* private */
	int ready_fd;		/* private */
	char socket[sizeof((struct sockaddr_un *)0)->sun_path + 1];
};

/*
 * Takes NOTIFY_SOCKET (an absolute path, or @ and an abstract name) out of the environment: before
 * the instances' environment is made from it.
 * ready_fd: of --notify-fd, ours from now on and close-on-exec; -1: none.
 * Returns 0, or -FCGI_E_SYSTEM with *why in words for the end of a message, "--notify-fd 7: Bad file
 * descriptor"; whatever works is set up all the same.
 * why: points into static text or the thread's errno text; valid until the next call.
 */
int notify_open(struct notify *notify, int ready_fd, const char **why);

/* Closes all. */
void notify_reset(struct notify *notify);

/*
 * What follows returns 0, also when nobody is to be told, or -FCGI_E_SYSTEM with errno; EAGAIN says
 * that it may go better a little later.  Status texts are one line whatever they hold.
 */

/* All is ready; status says so for people.  Writes the newline to ready_fd and closes it. */
int notify_ready(struct notify *notify, const char *status);

/* A reload has begun; notify_ready() ends it. */
int notify_reloading(struct notify *notify);

int notify_stopping(struct notify *notify);

int notify_status(struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The main process of the service is another from now on. */
int notify_mainpid(struct notify *notify, pid_t pid);

#endif
