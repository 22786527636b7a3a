/*
 * What connects a supervisor with the world around it: who waits for its readiness, who asks for its
 * status, the files whose change means a reload, the memory of its instances.
 */
#ifndef FCGISTARTER_SERVICE_H
#define FCGISTARTER_SERVICE_H

#include "control.h"
#include "memory.h"
#include "notify.h"
#include "pid_lock.h"
#include "supervisor.h"
#include "watch.h"

struct service {
	struct supervisor *supervisor;
	struct notify *notify;
	struct control *control;	/* NULL: none */
	struct control_request *reload;	/* who waits for a reload; NULL: nobody */
	struct watch *watch;		/* NULL: none */
	ev_timer look;			/* at the instances' memory */
	ev_timer overflow;		/* at the sockets' queues */
	int64_t *drops;			/* of each socket, when last looked at; NULL: not looked at */
};

/*
 * Begins to serve it.  What cannot be had (a control socket, a watch) is told, and the pool goes on.
 * old_control_fd: of the program before us, -1: none.
 */
void service_begin(struct service *service, struct supervisor *supervisor, struct notify *notify,
    int old_control_fd);

/* Gives back all; the control socket's file is removed. */
void service_end(struct service *service);

#endif
