#include "client_io.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "clock.h"
#include "damage.h"
#include "dispatch.h"
#include "server.h"

enum { ROUNDS = 8 }; /* of parsing, producing and sending, before others have their turn */

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
		client_unproduce(request);
		request->more(request);
		/* What one fault never ends, another may take away: then there is nothing to do. */
		if (endless && client->output.end == before)
			client_unproduce(request);
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

/* Nearly always it is as it was. */
static void
want(struct ev_loop *loop, struct ev_io *io, int is_wanted)
{
	if (!ev_is_active(io) == !is_wanted)
		return;
	if (is_wanted)
		ev_io_start(loop, io);
	else
		ev_io_stop(loop, io);
}

/* Which events are of interest; closes what has come to its end, so it is the last thing to do. */
static void
settle(struct client *client)
{
	struct ev_loop *loop = client->server->loop;

	if (client->ending != CLIENT_GOES_ON && output_pending(&client->output) == 0) {
		client_end(client);
		return;
	}
	if (is_idle(client) &&
	    (client->closing || client->eof ||
		(client->server->stopping && client->used &&
		    fcgi_reader_between_records(&client->serve.reader)))) {
		client_end(client);
		return;
	}
	if (client->parsed && !has_work(client) && output_pending(&client->output) == 0)
		client_return(client);
	want(loop, &client->readable, !client->eof && client->parsed);
	/* Work that is left although the socket takes more waits for its next turn. */
	want(loop, &client->writable,
	    client->blocked || (has_work(client) && !client->pause.pending));
}

void
client_io_turn(struct client *client)
{
	int round;

	if (client_borrow(client) < 0) {
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

void
client_io_read(struct client *client)
{
	ssize_t len;

	if (client_borrow(client) < 0) {
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
		client_return(client);
		return;
	}
	client->used = 1;
	client->in_start = 0;
	client->in_end = (size_t)len;
	if (len == 0) {
		client->eof = 1;
		dispatch_eof(client);
		client_drop_incomplete(client);
	}
	client_io_turn(client);
}

static void
on_readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	client_io_read(io->data);
}

static void
on_writable(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	client_io_turn(io->data);
}

static void
on_pause(struct timer *timer)
{
	client_io_turn(timer->owner);
}

void
client_io_init(struct client *client, int fd)
{
	client->pause.fire = on_pause;
	client->pause.owner = client;
	ev_io_init(&client->readable, on_readable, fd, EV_READ);
	ev_io_init(&client->writable, on_writable, fd, EV_WRITE);
	client->readable.data = client;
	client->writable.data = client;
}
