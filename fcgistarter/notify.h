/*
 * Telling who started us how far we are: systemd through NOTIFY_SOCKET (sd_notify(3)), and s6 and
 * its like through a descriptor that gets a newline.  Nothing waits, and nothing that fails here is
 * a reason to stop.  The process ignores SIGPIPE.
 */
#ifndef FCGISTARTER_NOTIFY_H
#define FCGISTARTER_NOTIFY_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/*
 * Set up with notify_open(); zero-filled it is not usable.
 * Public to read: socket, what NOTIFY_SOCKET was, for a program that takes our place; "": nothing.
 */
struct notify {
	char socket[sizeof((struct sockaddr_un *)0)->sun_path + 1];
	struct sockaddr_un address;	/* private, as all below */
	socklen_t address_len;
	int fd;				/* -1: none */
	int ready_fd;			/* -1: none, or told */
	char text[192];
};

/*
 * Takes NOTIFY_SOCKET (an absolute path, or @ and an abstract name) out of the environment: before
 * the instances' environment is made from it.
 * ready_fd: of --notify-fd, ours from now on and close-on-exec, unless it is one of 0 to 2, which
 * is copied; -1: none.
 * Returns 0, or -FCGI_E_SYSTEM with *why in words for a message ("--notify-fd 7: Bad file
 * descriptor"), which lives as long as notify; what works is set up all the same.
 */
int notify_open(struct notify *notify, int ready_fd, const char **why);

/* Closes all. */
void notify_reset(struct notify *notify);

/*
 * What follows returns 0, also when nobody is to be told, or -FCGI_E_SYSTEM with errno; EAGAIN says
 * that it may go better a little later.  Status texts are one line whatever they hold.
 */

/* All is ready; status says so for people.  ready_fd gets its newline, once, and is closed. */
int notify_ready(struct notify *notify, const char *status);

/* A reload has begun; notify_ready() ends it. */
int notify_reloading(struct notify *notify);

int notify_stopping(struct notify *notify);

int notify_status(struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The main process of the service is another from now on. */
int notify_mainpid(struct notify *notify, pid_t pid);

#endif
