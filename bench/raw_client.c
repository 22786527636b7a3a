/*
 * raw_client [-1] [-m http] [-c CONNECTIONS] [-n REQUESTS] ADDR: what no client with epoll(7) can
 * surpass.  It sends the same bytes again and again, looks at nothing of the answers but how many
 * bytes they have, and keeps neither times nor counts.
 * -1: a connection for each request.  -m http: HTTP/1.1, not FastCGI.
 * Prints what it took: requests a second, and microseconds of the processor for each.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "fcgi_writer.h"
#include "number.h"

enum { EVENTS = 512, FDS_MAX = 65536, IN_SIZE = 262144, QUIET_US = 50000 };

struct load {
	struct addr_socket peer;
	unsigned char request[4096];
	size_t request_len;
	size_t answer_len;
	long long connections;
	long long left;			/* requests to begin */
	long long open;			/* requests begun */
	int each;			/* a connection for each */
	int http;
	int epoll_fd;
	uint32_t got[FDS_MAX];		/* of the answer, by descriptor */
};

static unsigned char in[IN_SIZE];

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
put_param(struct fcgi_writer *writer, const char *name, const char *value)
{
	const struct fcgi_nv nv = { (const unsigned char *)name, strlen(name),
		(const unsigned char *)value, strlen(value) };

	fcgi_writer_param(writer, &nv);
}

/* The variables that nginx's fastcgi_params sets, for a page of a small site. */
static void
make_fcgi(struct load *load)
{
	static const char *const variables[][2] = {
		{ "QUERY_STRING", "" }, { "REQUEST_METHOD", "GET" }, { "CONTENT_TYPE", "" },
		{ "CONTENT_LENGTH", "" }, { "SCRIPT_NAME", "/page" }, { "REQUEST_URI", "/page" },
		{ "DOCUMENT_URI", "/page" }, { "DOCUMENT_ROOT", "/var/www/example.org" },
		{ "SERVER_PROTOCOL", "HTTP/1.1" }, { "REQUEST_SCHEME", "http" },
		{ "GATEWAY_INTERFACE", "CGI/1.1" }, { "SERVER_SOFTWARE", "nginx/1.22.1" },
		{ "REMOTE_ADDR", "127.0.0.1" }, { "REMOTE_PORT", "50000" },
		{ "SERVER_ADDR", "127.0.0.1" }, { "SERVER_PORT", "80" },
		{ "SERVER_NAME", "example.org" },
		{ "SCRIPT_FILENAME", "/var/www/example.org/page" },
	};
	struct fcgi_writer writer;
	size_t i;

	fcgi_writer_init(&writer, load->request, sizeof load->request, 1);
	fcgi_writer_begin(&writer, FCGI_RESPONDER, load->each ? 0 : FCGI_KEEP_CONN);
	for (i = 0; i < sizeof variables / sizeof *variables; i++)
		put_param(&writer, variables[i][0], variables[i][1]);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	fcgi_writer_stream_end(&writer, FCGI_STDIN);
	load->request_len = (size_t)(writer.p - load->request);
}

static void
make_request(struct load *load)
{
	if (!load->http) {
		make_fcgi(load);
		return;
	}
	load->request_len = (size_t)snprintf((char *)load->request, sizeof load->request,
	    "GET /page HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
	    load->each ? "Connection: close\r\n" : "");
}

/* A connection over the loopback interface takes bytes as soon as connect(2) returns. */
static int
send_request(const struct load *load, int fd)
{
	return send(fd, load->request, load->request_len, MSG_NOSIGNAL) ==
	    (ssize_t)load->request_len ? 0 : -1;
}

static int
connect_peer(const struct load *load)
{
	int fd, in_progress;

	do
		fd = addr_connect(&load->peer, &in_progress);
	while (fd < 0 && errno == EAGAIN);
	if (fd < 0 || fd >= FDS_MAX)
		die("connect");
	return fd;
}

/* How long an answer is: what comes until nothing does for a while. */
static void
learn(struct load *load)
{
	struct timeval quiet = { .tv_usec = QUIET_US };
	int fd = connect_peer(load);
	fd_set readable;
	ssize_t len = 1;

	send_request(load, fd);
	while (len > 0) {
		FD_ZERO(&readable);
		FD_SET(fd, &readable);
		if (select(fd + 1, &readable, NULL, NULL, &quiet) <= 0)
			break;
		quiet.tv_usec = QUIET_US;
		len = recv(fd, in, sizeof in, 0);
		load->answer_len += len > 0 ? (size_t)len : 0;
	}
	close(fd);
	if (load->answer_len == 0) {
		fputs("raw_client: no answer\n", stderr);
		exit(1);
	}
}

static void
begin(struct load *load, int fd)
{
	load->left--;
	load->open++;
	load->got[fd] = 0;
	if (send_request(load, fd) < 0)
		die("send");
}

static void
begin_connection(struct load *load)
{
	int fd = connect_peer(load);
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	begin(load, fd);
	if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

static void
take(struct load *load, int fd)
{
	ssize_t len = recv(fd, in, sizeof in, 0);

	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0)
		die("recv");
	load->got[fd] += (uint32_t)len;
	if (load->got[fd] < load->answer_len)
		return;
	load->open--;
	if (load->each)
		close(fd);
	if (load->left == 0)
		return;
	if (load->each)
		begin_connection(load);
	else
		begin(load, fd);
}

static void
run(struct load *load)
{
	struct epoll_event events[EVENTS];
	long long i;
	int count, j;

	for (i = 0; i < load->connections && load->left > 0; i++)
		begin_connection(load);
	while (load->open > 0) {
		count = epoll_wait(load->epoll_fd, events, EVENTS, -1);
		for (j = 0; j < count; j++)
			take(load, events[j].data.fd);
	}
}

static double
us_of(const struct timeval *time)
{
	return (double)time->tv_sec * 1e6 + (double)time->tv_usec;
}

static void
measure(struct load *load)
{
	struct timespec start, end;
	struct rusage before, after;
	double count = (double)load->left, wall_s;

	clock_gettime(CLOCK_MONOTONIC, &start);
	getrusage(RUSAGE_SELF, &before);
	run(load);
	getrusage(RUSAGE_SELF, &after);
	clock_gettime(CLOCK_MONOTONIC, &end);
	wall_s = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	printf("%.0f requests/s, %.3f us user, %.3f us system, request %zu bytes, answer %zu\n",
	    count / wall_s, (us_of(&after.ru_utime) - us_of(&before.ru_utime)) / count,
	    (us_of(&after.ru_stime) - us_of(&before.ru_stime)) / count, load->request_len,
	    load->answer_len);
}

static int
read_options(struct load *load, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "1m:c:n:")) != -1) {
		if (option == '1')
			load->each = 1;
		else if (option == 'm' && strcmp(optarg, "http") == 0)
			load->http = 1;
		else if (option == 'c' &&
		    number_parse(&load->connections, optarg, 1, FDS_MAX / 2) == NULL)
			continue;
		else if (option == 'n' && number_parse(&load->left, optarg, 1, INT64_MAX) == NULL)
			continue;
		else
			return -1;
	}
	return argc - optind == 1 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static struct load load = { .connections = 1, .left = 1000000 };
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct addr addr;
	int gai;

	if (read_options(&load, argc, argv) < 0) {
		fputs("usage: raw_client [-1] [-m http] [-c CONNECTIONS] [-n REQUESTS] ADDR\n",
		    stderr);
		return 2;
	}
	if (addr_parse(&addr, argv[optind]) < 0 || addr_resolve(&addr, 0, sockets, &gai) < 0) {
		fprintf(stderr, "raw_client: %s: not an address\n", argv[optind]);
		return 2;
	}
	load.peer = sockets[0];
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	make_request(&load);
	learn(&load);
	measure(&load);
	return 0;
}
