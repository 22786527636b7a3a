/* The running application: its loop, its clients, its limits, and how it ends. */
#ifndef SERVER_H
#define SERVER_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "acceptor.h"
#include "allow.h"
#include "blocks.h"
#include "buffer.h"
#include "cli.h"
#include "client.h"
#include "hasher.h"
#include "listener.h"
#include "request.h"
#include "timer.h"
#include "users.h"

/* What the command line said.  All of it stays the caller's and constant. */
struct server_config {
	const struct cli *cli;
	const struct users *users;	/* none: nobody is known */
	const struct buffer *answer;	/* to every request; data NULL: as the path says */
	const struct allow *allow;	/* who may connect */
	uint64_t faults;		/* bits of enum fault */
	size_t max_conns;
	size_t max_reqs;
	int show_secrets;
	int env_log_fd;			/* where variables are logged; -1: nowhere */
	int delay_log_fd;		/* and delays */
};

enum { SERVER_PARAMS_MAX = 16 << 20 };	/* bytes of PARAMS one request may have */
#define SERVER_MEMORY_MAX (UINT64_C(256) << 20) /* bytes of PARAMS of all requests together */

enum { SERVER_SIGNALS = 3 };

struct server {
	const struct server_config *config;	/* public to read: down to stopping */
	struct ev_loop *loop;
	struct timers timers;
	struct hasher hasher;
	struct buffer list;		/* of action_list() */
	struct blocks blocks;
	size_t client_count;
	size_t request_count;
	uint64_t params_len;		/* of all requests */
	uint64_t delays;		/* answers that were to wait, so far */
	uint32_t sticky_status;		/* the last appStatus that was not 0 */
	int stopping;
	struct request_stack spare_requests; /* shared with client.c */
	struct client_list clients;
	struct client_list spare_clients;
	size_t spare_client_count;
	struct listener *listener;
	struct acceptor acceptor;	/* private from here on */
	struct ev_signal signals[SERVER_SIGNALS];
	int failed;
};

/*
 * Sets everything up around a listening socket, which stays the caller's and is closed as soon as
 * the server begins to end.
 * Returns 0, or -FCGI_E_SYSTEM with errno.
 */
int server_init(struct server *server, const struct server_config *config,
    struct listener *listener);

/*
 * Serves until TERM, USR1 or INT: no new connections then, requests in flight are finished.
 * Returns 0, or 1 when the listening socket failed or a second signal cut requests short, which it
 * has said.
 */
int server_run(struct server *server);

/* Gives everything back. */
void server_reset(struct server *server);

/* --- for the acceptor and the clients --------------------------------------------------------- */

/* 1 when one more connection may be accepted, else 0. */
int server_has_room(const struct server *server);

/* Takes over a new connection. */
void server_accepted(struct server *server, int fd);

/* accept(2) is short of something and goes on later. */
void server_accept_waits(struct server *server, int error);

/* The listening socket cannot be accepted from any more: the server ends. */
void server_accept_failed(struct server *server, int error);

/* A connection has been closed. */
void server_client_gone(struct server *server);

/* A line about a request that has been answered, for whoever wants to know: with -v. */
void server_note_request(const struct server *server, const struct request *request);

#endif
