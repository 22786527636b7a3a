/*
 * A FastCGI application for clients to be tried with: it takes its socket on descriptor 0 and
 * answers every request as the request's QUERY_STRING says, right or wrong; where that is empty, as
 * nginx's auth_request has it, the query of REQUEST_URI.  Words separated by '&':
 *
 *	out=HEX		a STDOUT record of these bytes; err=HEX: of STDERR
 *	fill=N		N bytes 'x' of STDOUT
 *	lines=N		N headers of 16 bytes each, no two alike; short=N: of 3 bytes, all alike
 *	eof		the empty record that ends STDOUT
 *	end		END_REQUEST; end=P: with protocolStatus P
 *	raw=HEX		bytes that need be no record
 *	reset		the connection is reset, not closed
 *
 * Without a word it answers "200" and a line.  It closes the connection at the end.
 *
 * An AUTHORIZER's answer does not wait for STDIN, which not all servers send.  scripted FILE: all
 * that is received is appended there, a connection at a time, also what comes behind the answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi_body.h"
#include "fcgi_nv.h"
#include "fcgi_reader.h"
#include "fcgi_record.h"

enum { PARAMS_MAX = 65536, PIECE_MAX = 32768 };

struct request {
	unsigned char params[PARAMS_MAX];
	size_t params_len;
	uint16_t id;
	int is_authorizer;
	int complete;
};

static void
put(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; len -= (size_t)n, p += n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
	}
}

static void
put_record(int fd, const struct request *request, uint8_t type, const void *content, size_t len)
{
	unsigned char record[FCGI_HEADER_LEN + PIECE_MAX + FCGI_ALIGNMENT] = { 0 };
	struct fcgi_record header = {
		.version = FCGI_VERSION_1,
		.type = type,
		.request_id = request->id,
		.content_length = (uint16_t)len,
		.padding_length = fcgi_record_padding((uint16_t)len),
	};

	fcgi_record_encode(record, &header);
	memcpy(record + FCGI_HEADER_LEN, content, len);
	put(fd, record, FCGI_HEADER_LEN + len + header.padding_length);
}

static size_t
read_hex(unsigned char *dst, const char *hex)
{
	unsigned byte;
	size_t len = 0;

	for (; len < PIECE_MAX && sscanf(hex, "%2x", &byte) == 1 && hex[1] != '\0'; hex += 2)
		dst[len++] = (unsigned char)byte;
	return len;
}

static void
fill(int fd, const struct request *request, size_t left)
{
	char piece[PIECE_MAX];
	size_t len;

	memset(piece, 'x', sizeof piece);
	for (; left > 0; left -= len) {
		len = left < sizeof piece ? left : sizeof piece;
		put_record(fd, request, FCGI_STDOUT, piece, len);
	}
}

static void
put_lines(int fd, const struct request *request, size_t count, int is_short)
{
	enum { LINE_LEN = 16 };
	char piece[PIECE_MAX + 1];
	size_t i, len = 0;

	for (i = 0; i < count; i++) {
		if (is_short)
			len += (size_t)sprintf(piece + len, "a:\n");
		else
			len += (size_t)sprintf(piece + len, "X-%06zu: abcde\n", i % 1000000);
		if (len + LINE_LEN > PIECE_MAX || i + 1 == count) {
			put_record(fd, request, FCGI_STDOUT, piece, len);
			len = 0;
		}
	}
}

static void
obey(int fd, const struct request *request, char *word)
{
	const struct linger now = { .l_onoff = 1 };
	const char *name = strsep(&word, "="), *value = word != NULL ? word : "";
	unsigned char bytes[PIECE_MAX], body[FCGI_BODY_LEN];
	struct fcgi_end end = { .protocol_status = (uint8_t)atoi(value) };

	if (strcmp(name, "out") == 0)
		put_record(fd, request, FCGI_STDOUT, bytes, read_hex(bytes, value));
	else if (strcmp(name, "err") == 0)
		put_record(fd, request, FCGI_STDERR, bytes, read_hex(bytes, value));
	else if (strcmp(name, "fill") == 0)
		fill(fd, request, (size_t)atol(value));
	else if (strcmp(name, "lines") == 0)
		put_lines(fd, request, (size_t)atol(value), 0);
	else if (strcmp(name, "short") == 0)
		put_lines(fd, request, (size_t)atol(value), 1);
	else if (strcmp(name, "eof") == 0)
		put_record(fd, request, FCGI_STDOUT, "", 0);
	else if (strcmp(name, "raw") == 0)
		put(fd, bytes, read_hex(bytes, value));
	else if (strcmp(name, "reset") == 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	else if (strcmp(name, "end") == 0) {
		fcgi_end_encode(body, &end);
		put_record(fd, request, FCGI_END_REQUEST, body, sizeof body);
	}
}

/* Where in the variables the words are, and how many bytes of them. */
static struct fcgi_slice
find_script(const struct request *request)
{
	const unsigned char *p = request->params, *end = p + request->params_len, *mark;
	struct fcgi_slice script = { NULL, 0 };
	struct fcgi_nv nv;

	while (fcgi_nv_next(&p, end, &nv) > 0) {
		if (nv.name_len == 12 && memcmp(nv.name, "QUERY_STRING", 12) == 0 &&
		    nv.value_len > 0)
			return (struct fcgi_slice){ nv.value, nv.value_len };
		if (nv.name_len != 11 || memcmp(nv.name, "REQUEST_URI", 11) != 0)
			continue;
		mark = memchr(nv.value, '?', nv.value_len);
		if (mark != NULL)
			script = (struct fcgi_slice){ mark + 1,
				nv.value_len - (size_t)(mark + 1 - nv.value) };
	}
	return script;
}

static void
answer(int fd, const struct request *request)
{
	/* "Status: 200", an empty line, and a line. */
	static const char usual[] = "out=5374617475733a203230300a0a68656c6c6f0a&eof&end";
	struct fcgi_slice found = find_script(request);
	char script[PARAMS_MAX + 1] = "", *words = script, *word;

	if (found.len > 0)
		memcpy(script, found.data, found.len);
	else
		memcpy(script, usual, sizeof usual);
	while ((word = strsep(&words, "&")) != NULL)
		obey(fd, request, word);
}

static void
take(struct request *request, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	if (what == FCGI_READ_RECORD && record->type == FCGI_BEGIN_REQUEST)
		request->id = record->request_id;
	if (what == FCGI_READ_CONTENT && record->type == FCGI_BEGIN_REQUEST && slice->len >= 2)
		request->is_authorizer = slice->data[1] == FCGI_AUTHORIZER;
	if (what == FCGI_READ_CONTENT && record->type == FCGI_PARAMS &&
	    slice->len <= sizeof request->params - request->params_len) {
		memcpy(request->params + request->params_len, slice->data, slice->len);
		request->params_len += slice->len;
	}
	if (what == FCGI_READ_END && record->content_length == 0 &&
	    (record->type == FCGI_STDIN ||
		(record->type == FCGI_PARAMS && request->is_authorizer)))
		request->complete = 1;
}

static void
keep(int log, const void *data, size_t len)
{
	if (log >= 0 && write(log, data, len) != (ssize_t)len)
		exit(1);
}

static void
serve(int fd, int log)
{
	static struct request request;
	struct fcgi_reader reader = { 0 };
	const unsigned char *p;
	struct fcgi_slice slice;
	unsigned char in[65536];
	ssize_t len;
	int what;

	memset(&request, 0, sizeof request);
	while (!request.complete && (len = recv(fd, in, sizeof in, 0)) > 0) {
		keep(log, in, (size_t)len);
		p = in;
		while ((what = fcgi_reader_next(&reader, &p, in + len, &slice)) > 0)
			take(&request, &reader.record, what, &slice);
		if (what < 0)
			return;
	}
	if (request.complete)
		answer(fd, &request);
	/* The server closes its end too. */
	if (log < 0 || shutdown(fd, SHUT_WR) < 0)
		return;
	while ((len = recv(fd, in, sizeof in, 0)) > 0)
		keep(log, in, (size_t)len);
}

int
main(int argc, char **argv)
{
	int fd, log = -1;

	if (argc > 1) {
		log = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (log < 0)
			return 1;
	}
	for (;;) {
		fd = accept(STDIN_FILENO, NULL, NULL);
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return 1;
		if (fd < 0)
			continue;
		serve(fd, log);
		close(fd);
	}
}
