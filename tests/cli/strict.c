/*
 * strict SOCKET: an application that takes one connection at a time, one request on it, and nothing
 * that is out of the ordinary: it ends with a word on standard error as soon as it meets that.
 * What it takes is what the fussiest applications in use take: the whole request of a RESPONDER, in
 * one piece, of id 1 and without FCGI_KEEP_CONN, both streams ended by an empty record, no end of
 * the connection before the answer, and then the client's.
 *
 * Prints a line once clients can connect.  Each answer says how many there have been.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr_listen.h"
#include "fcgi_body.h"
#include "fcgi_error.h"
#include "fcgi_reader.h"
#include "fcgi_writer.h"

enum { REQUEST_MAX = 65536, ANSWER_MAX = 256 };

/* Where in a request a record may stand. */
enum place { AT_BEGIN, AT_PARAMS, AT_STDIN, AT_END };

static _Noreturn void
refuse(const char *what)
{
	fprintf(stderr, "strict: %s\n", what);
	exit(1);
}

static enum place
take_record(enum place place, const struct fcgi_record *record)
{
	if (record->request_id != 1)
		refuse("a record whose id is not 1");
	switch (record->type) {
	case FCGI_BEGIN_REQUEST:
		if (place != AT_BEGIN)
			refuse("a second BEGIN_REQUEST");
		return AT_PARAMS;
	case FCGI_PARAMS:
		if (place != AT_PARAMS)
			refuse("PARAMS that does not belong there");
		return record->content_length == 0 ? AT_STDIN : AT_PARAMS;
	case FCGI_STDIN:
		if (place != AT_STDIN)
			refuse("STDIN that does not belong there");
		return record->content_length == 0 ? AT_END : AT_STDIN;
	default:
		refuse("a record of a type that is not part of a request");
	}
}

static void
take_begin(const struct fcgi_slice *slice)
{
	struct fcgi_begin begin;

	if (slice->len != FCGI_BODY_LEN)
		refuse("BEGIN_REQUEST without its 8 bytes");
	fcgi_begin_decode(&begin, slice->data);
	if (begin.role != FCGI_RESPONDER || begin.flags != 0)
		refuse("another role than RESPONDER, or flags");
}

/* One read has to bring the whole request, and nothing else. */
static void
take_request(int fd)
{
	static unsigned char bytes[REQUEST_MAX];
	struct fcgi_reader reader = { 0 };
	enum place place = AT_BEGIN;
	const unsigned char *p = bytes;
	struct fcgi_slice slice;
	ssize_t len = read(fd, bytes, sizeof bytes);
	int what;

	if (len <= 0)
		refuse("a connection without a request");
	while ((what = fcgi_reader_next(&reader, &p, bytes + len, &slice)) > 0) {
		if (what == FCGI_READ_RECORD)
			place = take_record(place, &reader.record);
		if (what == FCGI_READ_CONTENT && reader.record.type == FCGI_BEGIN_REQUEST)
			take_begin(&slice);
	}
	if (what < 0)
		refuse(fcgi_strerror(what));
	if (place != AT_END || !fcgi_reader_between_records(&reader))
		refuse("a request that does not come in one piece");
}

static void
answer(int fd, int count)
{
	unsigned char bytes[ANSWER_MAX], text[ANSWER_MAX / 2], more;
	struct fcgi_writer writer;
	int len = snprintf((char *)text, sizeof text,
	    "Content-Type: text/plain\r\n\r\nserved %d.\n", count);

	fcgi_writer_init(&writer, bytes, sizeof bytes, 1);
	fcgi_writer_stream(&writer, FCGI_STDOUT, text, (size_t)len);
	fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE);
	if (writer.error < 0)
		refuse("the answer is too long");
	/* Closed, or half closed, before the answer: then this brings its end at once. */
	if (recv(fd, &more, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN)
		refuse("a client that sends more, or is gone");
	if (write(fd, bytes, (size_t)(writer.p - bytes)) != writer.p - bytes)
		refuse("a client that does not take its answer");
	if (read(fd, &more, 1) != 0)
		refuse("a client that does not close behind its answer");
}

int
main(int argc, char **argv)
{
	const struct addr_listen_options options = { .backlog = 64, .mode = 0600,
		.owner = (uid_t)-1, .group = (gid_t)-1 };
	struct addr_socket address;
	struct addr addr;
	int listen_fd, fd, gai, count;

	if (argc != 2 || addr_parse(&addr, argv[1]) < 0 ||
	    addr_resolve(&addr, 1, &address, &gai) < 0)
		refuse("usage: strict SOCKET");
	listen_fd = addr_listen(&address, &options, NULL);
	if (listen_fd < 0)
		refuse(strerror(errno));
	puts("ready");
	fflush(stdout);
	for (count = 1;; count++) {
		fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			refuse(strerror(errno));
		take_request(fd);
		answer(fd, count);
		close(fd);
	}
}
