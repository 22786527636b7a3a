#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "dispatch.h"
#include "hasher.h"
#include "server.h"

enum {
	ROUNDS = 8,	/* of parsing, producing and sending, before others have their turn */
	SPARE_MAX = 64,
};

#define LINGER_NS (2 * CLOCK_NS_PER_S)	/* for the client to close, after our end */
#define FIRST_NS (1 * CLOCK_NS_PER_S)	/* for the first byte, when we are to stop */
#define REST_NS (5 * CLOCK_NS_PER_S)	/* for the rest of a request, when we are to stop */

/* --- requests ---------------------------------------------------------------------------------- */

void
client_produce(struct request *request, request_step *more)
{
	request->more = more;
	if (!request->producing)
		TAILQ_INSERT_TAIL(&request->client->producers, request, entry);
	request->producing = 1;
}

static void
stop_producing(struct request *request)
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

	stop_producing(request);
	timer_stop(&server->timers, &request->timer);
	if (request->job != NULL)
		request->job->owner = NULL;
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
	server_note_request(client->server, request);
	client_request_drop(request);
}

static int
is_incomplete(const struct request *request)
{
	return !request->input_done && !request->answering;
}

/* all: 0 for those alone whose input is incomplete. */
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

/* --- memory ------------------------------------------------------------------------------------ */

/* Returns 0, or -1 when memory is short. */
static int
borrow_block(struct client *client)
{
	if (client->in != NULL)
		return 0;
	client->in = blocks_take(&client->server->blocks);
	if (client->in == NULL)
		return -1;
	client->output.data = client->in + CLIENT_INPUT;
	return 0;
}

static void
return_block(struct client *client)
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

/* --- the end ----------------------------------------------------------------------------------- */

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
	return_block(client);
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
	return_block(client);
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

/* Everything is answered and sent. */
static void
end_idle(struct client *client)
{
	if (client->closing && client->unread && !client->eof &&
	    !client_has_fault(client, FAULT_EARLY_REPLY))
		linger(client);
	else
		client_close(client);
}

/* --- in and out -------------------------------------------------------------------------------- */

static void
parse(struct client *client)
{
	struct fcgi_serve_event event;
	const unsigned char *p;
	int kind;

	client->parsed = 0;
	while (client->ending == CLIENT_GOES_ON && output_has_room(&client->output)) {
		p = client->in + client->in_start;
		kind = fcgi_serve_next(&client->serve, &p, client->in + client->in_end, &event);
		client->in_start = (size_t)(p - client->in);
		if (kind == FCGI_SERVE_MORE) {
			client->parsed = 1;
			break;
		}
		dispatch_event(client, kind, &event);
	}
	if (client->ending != CLIENT_GOES_ON)
		client->parsed = 1;
	if (client->parsed) {
		client->in_start = 0;
		client->in_end = 0;
	}
}

static void
produce(struct client *client)
{
	int endless = client_has_fault(client, FAULT_ENDLESS);
	struct request *request;
	size_t before;

	while ((request = TAILQ_FIRST(&client->producers)) != NULL &&
	    client->ending == CLIENT_GOES_ON && output_has_room(&client->output)) {
		before = client->output.end;
		/* To the end of the line, if it goes on: so the answers interleave. */
		stop_producing(request);
		request->more(request);
		/* What one fault never ends, another may take away: then there is nothing to do. */
		if (endless && client->output.end == before)
			stop_producing(request);
	}
}

/* Returns 0, or -1 when the connection is gone. */
static int
flush(struct client *client)
{
	struct output *output = &client->output;
	uint64_t faults = client->faults;
	int64_t pause_ns = 0;
	size_t len;
	ssize_t sent;

	client->blocked = 0;
	while ((len = output_pending(output)) > 0 && !client->pause.pending) {
		if (faults != 0)
			len = damage_allow(&client->pace, output, faults, &pause_ns);
		sent = 0;
		if (len > 0)
			sent = send(client->readable.fd, output->data + output->start, len,
			    MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			return -1;
		client->blocked = sent < (ssize_t)len;
		if (sent < 0)
			break;
		if (faults != 0)
			damage_sent(&client->pace, output, (size_t)sent, client->active == 0);
		output_sent(output, (size_t)sent);
		if (pause_ns > 0)
			timer_start(&client->server->timers, &client->pause,
			    clock_after(clock_now_ns(), pause_ns));
		if (client->blocked)
			break;
	}
	return 0;
}

static int
has_work(const struct client *client)
{
	return !client->parsed || !TAILQ_EMPTY(&client->producers);
}

static int
is_idle(const struct client *client)
{
	return client->active == 0 && client->parsed && output_pending(&client->output) == 0;
}

/* Which events are of interest; closes what has come to its end, so it is the last thing to do. */
static void
settle(struct client *client)
{
	struct ev_loop *loop = client->server->loop;

	if (client->ending != CLIENT_GOES_ON && output_pending(&client->output) == 0) {
		end_cut(client);
		return;
	}
	if (is_idle(client) &&
	    (client->closing || client->eof ||
		(client->server->stopping && client->used &&
		    fcgi_reader_between_records(&client->serve.reader)))) {
		end_idle(client);
		return;
	}
	if (client->parsed && !has_work(client) && output_pending(&client->output) == 0)
		return_block(client);
	if (client->eof || !client->parsed)
		ev_io_stop(loop, &client->readable);
	else
		ev_io_start(loop, &client->readable);
	/* Work that is left although the socket takes more waits for its next turn. */
	if (client->blocked || (has_work(client) && !client->pause.pending))
		ev_io_start(loop, &client->writable);
	else
		ev_io_stop(loop, &client->writable);
}

static void
turn(struct client *client)
{
	int round;

	if (borrow_block(client) < 0) {
		client_close(client);
		return;
	}
	for (round = 0; round < ROUNDS; round++) {
		parse(client);
		produce(client);
		if (flush(client) < 0) {
			client_close(client);
			return;
		}
		if (client->blocked || client->pause.pending || !has_work(client))
			break;
	}
	settle(client);
}

/* A client that has closed is nobody to answer; one that has only shut its side is. */
static int
is_hung_up(const struct client *client)
{
	struct pollfd hung_up = { .fd = client->readable.fd };

	return poll(&hung_up, 1, 0) > 0 && (hung_up.revents & (POLLHUP | POLLERR)) != 0;
}

/* A reset on a UNIX socket comes of input nobody has read, so FAULT_RST leaves some. */
static ssize_t
receive(struct client *client)
{
	int fd = client->readable.fd;
	ssize_t len;

	if (!client_has_fault(client, FAULT_RST))
		return recv(fd, client->in, CLIENT_INPUT, 0);
	if (client->peeked > 0)
		(void)!recv(fd, client->in, client->peeked, 0);
	len = recv(fd, client->in, CLIENT_INPUT, MSG_PEEK);
	client->peeked = len > 0 ? (size_t)len : 0;
	return len;
}

static void
read_some(struct client *client)
{
	ssize_t len;

	if (borrow_block(client) < 0) {
		client_close(client);
		return;
	}
	len = receive(client);
	if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
		settle(client);
		return;
	}
	if (len < 0 ||
	    (len == 0 && (client->lingering || client->deaf || is_hung_up(client)))) {
		client_close(client);
		return;
	}
	if (client->lingering || client->deaf) {
		return_block(client);
		return;
	}
	client->used = 1;
	client->in_start = 0;
	client->in_end = (size_t)len;
	if (len == 0) {
		client->eof = 1;
		dispatch_eof(client);
		drop_requests(client, 0);
	}
	turn(client);
}

static void
on_readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	read_some(io->data);
}

static void
on_writable(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	turn(io->data);
}

static void
on_pause(struct timer *timer)
{
	turn(timer->owner);
}

/* --- from outside ------------------------------------------------------------------------------ */

void
client_wake(struct client *client)
{
	turn(client);
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
		read_some(client);
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
	memset(client, 0, sizeof *client);
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
	client->pause.fire = on_pause;
	client->pause.owner = client;
	ev_io_init(&client->readable, on_readable, fd, EV_READ);
	ev_io_init(&client->writable, on_writable, fd, EV_WRITE);
	client->readable.data = client;
	client->writable.data = client;
	TAILQ_INSERT_TAIL(&server->clients, client, entry);
	/* An answer is one write, but a long one that follows it must not wait for its ACK. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (client_has_fault(client, FAULT_REFUSE))
		client_close(client);
	else if (server->stopping)
		client_stop(client);
	else
		ev_io_start(server->loop, &client->readable);
}
