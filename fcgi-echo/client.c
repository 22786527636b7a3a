#include "client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client_io.h"
#include "clock.h"
#include "hasher.h"
#include "server.h"

enum { SPARE_MAX = 64 };

#define LINGER_NS (2 * CLOCK_NS_PER_S)	/* for the client to close, after our end */
#define FIRST_NS (1 * CLOCK_NS_PER_S)	/* for the first byte, when we are to stop */
#define REST_NS (5 * CLOCK_NS_PER_S)	/* for the rest of a request, when we are to stop */

/* --- requests --------------------------------------------------------------------------------- */

void
client_produce(struct request *request, request_step *more)
{
	request->more = more;
	if (!request->producing)
		TAILQ_INSERT_TAIL(&request->client->producers, request, entry);
	request->producing = 1;
}

void
client_unproduce(struct request *request)
{
	if (request->producing)
		TAILQ_REMOVE(&request->client->producers, request, entry);
	request->producing = 0;
}

void
client_request_drop(struct request *request)
{
	struct client *client = request->client;
	struct server *server = client->server;

	client_unproduce(request);
	if (request->timer.pending)
		timer_stop(&server->timers, &request->timer);
	if (request->job != NULL)
		request->job->owner = NULL;
	if (client->borrower == request)
		client->borrower = NULL;
	server->params_len -= request->params.len;
	server->request_count--;
	client->active--;
	client->requests[request->slot] = NULL;
	fcgi_serve_done(&client->serve, request->slot);
	request_free(request, &server->spare_requests);
}

void
client_request_done(struct request *request)
{
	struct client *client = request->client;
	int keep_conn = request->keep_conn;

	if (client_has_fault(client, FAULT_CLOSE_ON_KEEPALIVE))
		keep_conn = 0;
	if (client_has_fault(client, FAULT_KEEP_OPEN))
		keep_conn = 1;
	if (!keep_conn)
		client->closing = 1;
	if (!request->input_done)
		client->unread = 1;
	if (client->server->config->cli->verbose > 0)
		server_note_request(client->server, request);
	client_request_drop(request);
}

static int
is_incomplete(const struct request *request)
{
	return !request->input_done && !request->answering;
}

static void
drop_requests(struct client *client, int all)
{
	struct request *request;
	size_t i;

	for (i = 0; client->active > 0 && i < CLIENT_SLOTS; i++) {
		request = client->requests[i];
		if (request != NULL && (all || is_incomplete(request)))
			client_request_drop(request);
	}
}

void
client_drop_incomplete(struct client *client)
{
	drop_requests(client, 0);
}

static int
has_incomplete_request(const struct client *client)
{
	const struct request *request;
	size_t i, seen = 0;

	for (i = 0; seen < client->active && i < CLIENT_SLOTS; i++) {
		request = client->requests[i];
		if (request == NULL)
			continue;
		seen++;
		if (is_incomplete(request))
			return 1;
	}
	return !fcgi_reader_between_records(&client->serve.reader);
}

/* --- memory ----------------------------------------------------------------------------------- */

int
client_borrow(struct client *client)
{
	if (client->in != NULL)
		return 0;
	client->in = blocks_take(&client->server->blocks);
	if (client->in == NULL)
		return -1;
	client->output.data = client->in + CLIENT_INPUT;
	return 0;
}

void
client_return(struct client *client)
{
	blocks_give(&client->server->blocks, client->in);
	client->in = NULL;
}

static void
free_client(struct client *client)
{
	buffer_free(&client->values);
	free(client);
}

/* --- the end ---------------------------------------------------------------------------------- */

void
client_close(struct client *client)
{
	struct server *server = client->server;

	drop_requests(client, 1);
	ev_io_stop(server->loop, &client->readable);
	ev_io_stop(server->loop, &client->writable);
	timer_stop(&server->timers, &client->timer);
	timer_stop(&server->timers, &client->pause);
	close(client->readable.fd);
	client_return(client);
	TAILQ_REMOVE(&server->clients, client, entry);
	if (server->spare_client_count < SPARE_MAX) {
		TAILQ_INSERT_HEAD(&server->spare_clients, client, entry);
		server->spare_client_count++;
	} else {
		free_client(client);
	}
	server_client_gone(server);
}

void
client_drop_spare(struct server *server)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&server->spare_clients)) != NULL) {
		TAILQ_REMOVE(&server->spare_clients, client, entry);
		free_client(client);
	}
}

static void
on_timer(struct timer *timer)
{
	struct client *client = timer->owner;

	/* A request that has come in the meantime is in flight and has all the time it needs. */
	if (client->lingering || !client->used || has_incomplete_request(client))
		client_close(client);
}

static void
limit(struct client *client, int64_t duration_ns)
{
	timer_start(&client->server->timers, &client->timer,
	    clock_after(clock_now_ns(), duration_ns));
}

/*
 * close(2) with unread input resets the connection, and the client may lose the answer it has not
 * read yet: so only our side ends, and the client closes when it has seen that.
 */
static void
linger(struct client *client)
{
	drop_requests(client, 1);
	client_return(client);
	client->lingering = 1;
	if (shutdown(client->readable.fd, SHUT_WR) < 0) {
		client_close(client);
		return;
	}
	limit(client, LINGER_NS);
	ev_io_stop(client->server->loop, &client->writable);
	ev_io_start(client->server->loop, &client->readable);
}

static void
end_cut(struct client *client)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (client->ending == CLIENT_RESET) {
		(void)setsockopt(client->readable.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		client_close(client);
	} else if (!client->eof && (client->unread || has_incomplete_request(client))) {
		linger(client);
	} else {
		client_close(client);
	}
}

void
client_end(struct client *client)
{
	if (client->ending != CLIENT_GOES_ON)
		end_cut(client);
	else if (client->closing && client->unread && !client->eof &&
	    !client_has_fault(client, FAULT_EARLY_REPLY))
		linger(client);
	else
		client_close(client);
}

/* --- from outside ----------------------------------------------------------------------------- */

void
client_wake(struct client *client)
{
	client_io_turn(client);
}

void
client_spoil_record(struct client *client, struct request *request, size_t start)
{
	enum damage_end end;

	if (client->ending != CLIENT_GOES_ON) {
		client->output.end = start;
		return;
	}
	end = damage_record(&client->output, start, client->faults,
	    request != NULL ? &request->damage : NULL);
	if (end != DAMAGE_GO_ON)
		client->ending = end == DAMAGE_RESET ? CLIENT_RESET : CLIENT_CUT;
}

void
client_stop(struct client *client)
{
	/* What a fault keeps from ending is not in flight. */
	if (client_has_fault(client, FAULT_SILENT) || client_has_fault(client, FAULT_ENDLESS) ||
	    client_has_fault(client, FAULT_KEEP_OPEN)) {
		client_close(client);
		return;
	}
	if (client->lingering || client->eof)
		return;
	if (!client->used)
		limit(client, FIRST_NS);
	else if (has_incomplete_request(client))
		limit(client, REST_NS);
	/* A request may have come already that the loop has not told of yet. */
	if (client->parsed)
		client_io_read(client);
}

static struct client *
allocate(struct server *server)
{
	struct client *client = TAILQ_FIRST(&server->spare_clients);
	struct buffer values;

	if (client == NULL)
		return calloc(1, sizeof *client);
	TAILQ_REMOVE(&server->spare_clients, client, entry);
	server->spare_client_count--;
	values = client->values;
	buffer_clear(&values);
	memset(client, 0, offsetof(struct client, slots));
	client->values = values;
	return client;
}

void
client_open(struct server *server, int fd)
{
	struct client *client = allocate(server);
	int on = 1;

	if (client == NULL) {
		close(fd);
		server_client_gone(server);
		return;
	}
	client->server = server;
	client->faults = server->config->faults;
	client->serve.slots = client->slots;
	client->serve.slot_count = client_has_fault(client, FAULT_NO_MULTIPLEX) ? 1 : CLIENT_SLOTS;
	client->deaf = client_has_fault(client, FAULT_SILENT) ? 1 : 0;
	client->parsed = 1;
	TAILQ_INIT(&client->producers);
	client->timer.fire = on_timer;
	client->timer.owner = client;
	client_io_init(client, fd);
	TAILQ_INSERT_TAIL(&server->clients, client, entry);
	if (server->listener->delays)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (client_has_fault(client, FAULT_REFUSE))
		client_close(client);
	else if (server->stopping)
		client_stop(client);
	else
		ev_io_start(server->loop, &client->readable);
}
