/*
 * raw_responder [-m http] [-b BYTES] [-w MICROSECONDS]: the cheapest server that still answers real
 * clients, on the socket that is its descriptor 0: one thread, epoll(7), the same answer to each
 * request.  Of FastCGI it looks at record headers, of HTTP for the empty line.
 * -b: bytes of body (12).  -w: what each answer costs of the processor besides.
 * It closes a connection that is not to be kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fcgi_writer.h"
#include "number.h"

enum { EVENTS = 512, FDS_MAX = 65536, IN_SIZE = 32768, OUT_SIZE = 262144, RECORDS = 64 };

/* What has come of a request and is not parsed yet. */
struct client {
	uint32_t len;
	uint32_t skip;			/* bytes of content still to come, to be passed over */
	int keep;
	unsigned char in[IN_SIZE];
};

struct server {
	int http;
	long long body_len;
	long long work_us;
	unsigned char *answer;
	size_t answer_len;
	size_t ids[RECORDS];		/* where request ids stand in the answer */
	size_t id_count;
	int epoll_fd;
	struct client *clients[FDS_MAX];
	unsigned char out[OUT_SIZE];	/* answers to all that one recv(2) has brought */
	size_t out_len;
};

/* --- the answer --------------------------------------------------------------------------------- */

static void
make_fcgi(struct server *server)
{
	static const char header[] = "Content-Type: text/plain\r\n\r\n";
	size_t content_len = sizeof header - 1 + (size_t)server->body_len, i;
	size_t size = fcgi_writer_stream_bound(content_len) + 4 * (FCGI_HEADER_LEN + FCGI_BODY_LEN);
	unsigned char *content = malloc(content_len);
	struct fcgi_writer writer;

	server->answer = malloc(size);
	if (content == NULL || server->answer == NULL)
		exit(1);
	memset(content, 'x', content_len);
	memcpy(content, header, sizeof header - 1);
	fcgi_writer_init(&writer, server->answer, size, 1);
	fcgi_writer_stream(&writer, FCGI_STDOUT, content, content_len);
	fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE);
	free(content);
	server->answer_len = (size_t)(writer.p - server->answer);
	for (i = 0; i < server->answer_len && server->id_count < RECORDS;) {
		const unsigned char *record = server->answer + i;

		server->ids[server->id_count++] = i + 2;
		i += FCGI_HEADER_LEN + (size_t)(record[4] << 8 | record[5]) + record[6];
	}
}

static void
make_http(struct server *server)
{
	size_t size = 256 + (size_t)server->body_len;

	server->answer = malloc(size);
	if (server->answer == NULL)
		exit(1);
	server->answer_len = (size_t)snprintf((char *)server->answer, size,
	    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\n"
	    "Content-Length: %lld\r\n\r\n", server->body_len);
	memset(server->answer + server->answer_len, 'x', (size_t)server->body_len);
	server->answer_len += (size_t)server->body_len;
}

/* --- requests ------------------------------------------------------------------------------------ */

static void
work(const struct server *server)
{
	int64_t end_ns;

	if (server->work_us == 0)
		return;
	end_ns = clock_now_ns() + server->work_us * 1000;
	while (clock_now_ns() < end_ns)
		;
}

/* Returns 0, or -1 when the client takes no more. */
static int
flush(struct server *server, int fd)
{
	const unsigned char *p = server->out;
	ssize_t sent;

	while (server->out_len > 0) {
		sent = send(fd, p, server->out_len, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN)
			return -1;
		if (sent > 0) {
			p += sent;
			server->out_len -= (size_t)sent;
		}
	}
	return 0;
}

/* id: both bytes of the request's. */
static int
answer(struct server *server, int fd, const unsigned char *id)
{
	size_t i;

	work(server);
	for (i = 0; i < server->id_count; i++)
		memcpy(server->answer + server->ids[i], id, 2);
	if (server->answer_len > sizeof server->out - server->out_len && flush(server, fd) < 0)
		return -1;
	memcpy(server->out + server->out_len, server->answer, server->answer_len);
	server->out_len += server->answer_len;
	return 0;
}

/* Returns how many bytes are done with, or -1 when the connection is to be closed. */
static ptrdiff_t
parse_fcgi(struct server *server, int fd, struct client *client)
{
	const unsigned char *p = client->in, *end = p + client->len;
	size_t content_len, record_len;

	while (end - p >= FCGI_HEADER_LEN) {
		if (p[1] == FCGI_BEGIN_REQUEST && end - p < FCGI_HEADER_LEN + FCGI_BODY_LEN)
			break;
		content_len = (size_t)(p[4] << 8 | p[5]);
		record_len = FCGI_HEADER_LEN + content_len + p[6];
		if (p[1] == FCGI_BEGIN_REQUEST)
			client->keep = p[FCGI_HEADER_LEN + 2] & FCGI_KEEP_CONN;
		if (p[1] == FCGI_STDIN && content_len == 0 &&
		    (answer(server, fd, p + 2) < 0 || !client->keep))
			return -1;
		if ((size_t)(end - p) < record_len) {
			client->skip = (uint32_t)(record_len - (size_t)(end - p));
			return end - client->in;
		}
		p += record_len;
	}
	return p - client->in;
}

static ptrdiff_t
parse_http(struct server *server, int fd, struct client *client)
{
	const unsigned char *p = client->in, *end = p + client->len, *empty;

	while ((empty = memmem(p, (size_t)(end - p), "\r\n\r\n", 4)) != NULL) {
		if (answer(server, fd, p) < 0 ||
		    memmem(p, (size_t)(empty - p), "onnection: close", 16) != NULL ||
		    (memmem(p, (size_t)(empty - p), "HTTP/1.0", 8) != NULL &&
			memmem(p, (size_t)(empty - p), "-Alive", 6) == NULL))
			return -1;
		p = empty + 4;
	}
	return p - client->in;
}

/* --- connections --------------------------------------------------------------------------------- */

static void
accept_all(struct server *server)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct client **client;
	int fd;

	while ((fd = accept4(STDIN_FILENO, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		client = fd < FDS_MAX ? &server->clients[fd] : NULL;
		if (client != NULL && *client == NULL)
			*client = malloc(sizeof **client);
		if (client == NULL || *client == NULL) {
			close(fd);
			continue;
		}
		(*client)->len = (*client)->skip = 0;
		event.data.fd = fd;
		(void)epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
	}
}

static void
take(struct server *server, int fd)
{
	struct client *client = server->clients[fd];
	ssize_t got = recv(fd, client->in + client->len, sizeof client->in - client->len, 0);
	ptrdiff_t done;
	uint32_t skip;

	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0) {
		close(fd);
		return;
	}
	client->len += (uint32_t)got;
	skip = client->skip < client->len ? client->skip : client->len;
	client->skip -= skip;
	client->len -= skip;
	memmove(client->in, client->in + skip, client->len);
	done = server->http ? parse_http(server, fd, client) : parse_fcgi(server, fd, client);
	if (flush(server, fd) < 0 || done < 0) {
		server->out_len = 0;
		close(fd);
		return;
	}
	client->len -= (uint32_t)done;
	memmove(client->in, client->in + done, client->len);
}

static int
serve(struct server *server)
{
	struct epoll_event events[EVENTS], event = { .events = EPOLLIN, .data.fd = STDIN_FILENO };
	int i, count;

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0)
		return -1;
	for (;;) {
		count = epoll_wait(server->epoll_fd, events, EVENTS, -1);
		for (i = 0; i < count; i++) {
			if (events[i].data.fd == STDIN_FILENO)
				accept_all(server);
			else
				take(server, events[i].data.fd);
		}
	}
}

int
main(int argc, char **argv)
{
	static struct server server = { .body_len = 12 };
	int option, wrong = 0;

	while ((option = getopt(argc, argv, "m:b:w:")) != -1) {
		if (option == 'm' && strcmp(optarg, "http") == 0)
			server.http = 1;
		else if (option == 'b')
			wrong |= number_parse(&server.body_len, optarg, 0, OUT_SIZE / 2) != NULL;
		else
			wrong |= option != 'w' ||
			    number_parse(&server.work_us, optarg, 0, 1000000) != NULL;
	}
	if (wrong || optind < argc) {
		fputs("usage: raw_responder [-m http] [-b BYTES] [-w MICROSECONDS], listening on "
		    "descriptor 0\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (server.http)
		make_http(&server);
	else
		make_fcgi(&server);
	if (serve(&server) < 0)
		perror("raw_responder");
	return 1;
}
