#include "server.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "action.h"
#include "fault.h"
#include "fcgi_body.h"
#include "fcgi_error.h"

static void
end_when_done(struct server *server)
{
	if (!server->stopping || acceptor_running(&server->acceptor))
		return;
	/* Else clients would wait in a queue that nobody serves any more. */
	listener_close(server->listener);
	if (server->client_count == 0)
		ev_break(server->loop, EVBREAK_ALL);
}

static void
stop(struct server *server)
{
	struct client *client, *next;

	server->stopping = 1;
	listener_withdraw(server->listener);
	acceptor_stop(&server->acceptor);
	for (client = TAILQ_FIRST(&server->clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, entry);
		client_stop(client);
	}
	end_when_done(server);
}

static void
on_signal(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	struct server *server = watcher->data;

	(void)events;
	if (!server->stopping) {
		stop(server);
		return;
	}
	cli_error(server->config->cli, "stopped by a second signal: %zu requests cut short",
	    server->request_count);
	server->failed = 1;
	ev_break(loop, EVBREAK_ALL);
}

static void
catch_signals(struct server *server)
{
	static const int numbers[SERVER_SIGNALS] = { SIGTERM, SIGUSR1, SIGINT };
	size_t i;

	for (i = 0; i < SERVER_SIGNALS; i++) {
		ev_signal_init(&server->signals[i], on_signal, numbers[i]);
		server->signals[i].data = server;
		ev_signal_start(server->loop, &server->signals[i]);
	}
}

int
server_init(struct server *server, const struct server_config *config, struct listener *listener)
{
	*server = (struct server){ .config = config, .listener = listener };
	server->blocks.block_size = CLIENT_BLOCK;
	TAILQ_INIT(&server->clients);
	TAILQ_INIT(&server->spare_clients);
	SLIST_INIT(&server->spare_requests);
	server->loop = ev_default_loop(0);
	if (server->loop == NULL || timers_init(&server->timers, server->loop) < 0)
		return -FCGI_E_SYSTEM;
	catch_signals(server);
	if (action_list(&server->list) < 0)
		return -FCGI_E_SYSTEM;
	if (config->users->count > 0 && hasher_init(&server->hasher, server->loop) < 0)
		return -FCGI_E_SYSTEM;
	if (config->faults & fault_bit(FAULT_NO_ACCEPT))
		return 0;
	return acceptor_init(&server->acceptor, server, listener->fd, listener->own);
}

int
server_run(struct server *server)
{
	ev_run(server->loop, 0);
	return server->failed;
}

void
server_reset(struct server *server)
{
	struct client *client;

	acceptor_stop(&server->acceptor);
	hasher_reset(&server->hasher);
	while ((client = TAILQ_FIRST(&server->clients)) != NULL)
		client_close(client);
	client_drop_spare(server);
	blocks_reset(&server->blocks);
	request_drop_spare(&server->spare_requests);
	timers_reset(&server->timers);
	buffer_free(&server->list);
	ev_loop_destroy(server->loop);
}

int
server_has_room(const struct server *server)
{
	return server->client_count < server->config->max_conns;
}

void
server_accepted(struct server *server, int fd)
{
	server->client_count++;
	if (!allow_permits(server->config->allow, fd)) {
		close(fd);
		server_client_gone(server);
		return;
	}
	client_open(server, fd);
}

void
server_accept_waits(struct server *server, int error)
{
	cli_warn(server->config->cli, "accept: %s: waiting for connections to end",
	    strerror(error));
}

void
server_accept_failed(struct server *server, int error)
{
	cli_error(server->config->cli, "accept: %s", strerror(error));
	server->failed = 1;
	if (server->stopping)
		end_when_done(server);
	else
		stop(server);
}

void
server_client_gone(struct server *server)
{
	server->client_count--;
	acceptor_room(&server->acceptor);
	end_when_done(server);
}

void
server_note_request(const struct server *server, const struct request *request)
{
	const struct cli *cli = server->config->cli;
	const char *role = fcgi_role_name(request->role);

	cli_error(cli, "%s %u %.*s %.*s: %zu variables, %ju bytes in, %ju bytes out",
	    role != NULL ? role : "?", request->id, (int)request->method.len,
	    request->method.len > 0 ? (const char *)request->method.data : "",
	    (int)request->path.len, request->path.len > 0 ? (const char *)request->path.data : "",
	    request_count_params(request), (uintmax_t)request->input_len,
	    (uintmax_t)request->output_len);
}
