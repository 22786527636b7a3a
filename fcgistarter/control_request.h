/* One connection to the control socket.  For control.c alone. */
#ifndef FCGISTARTER_CONTROL_REQUEST_H
#define FCGISTARTER_CONTROL_REQUEST_H

#include <ev.h>
#include <stddef.h>
#include <sys/queue.h>

#include "addr_listen.h"
#include "control.h"
#include "control_line.h"

enum control_request_state {
	CONTROL_READING,
	CONTROL_PENDING,	/* the handler is to answer it */
	CONTROL_WAITING,	/* for our end */
	CONTROL_ANSWERED,
};

struct control_request {
	TAILQ_ENTRY(control_request) link;
	struct control *control;
	enum control_request_state state;
	int in_handler;		/* 1: the handler has not come back yet */
	ev_io io;		/* fd -1: whoever asked has gone */
	ev_timer deadline;
	char line[CONTROL_LINE_MAX];
	size_t line_len;
	char *answer;
	size_t answer_len;
	size_t sent;
};

TAILQ_HEAD(control_requests, control_request);

struct control {
	struct ev_loop *loop;
	const struct control_handlers *handlers;
	void *owner;
	char *path;
	struct addr_file file;
	ev_io listener;
	ev_timer pause;		/* until there may be descriptors again */
	int starved;		/* 1: it was told that there are none */
	int count;
	struct control_requests requests;
};

/* Begins to listen to one who may ask.  fd: the connection, ours from now on. */
void control_request_begin(struct control *control, int fd);

/* The last words to one, before control ends. */
void control_request_abandon(struct control_request *request);

#endif
