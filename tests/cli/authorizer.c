/*
 * authorizer [FAULT]: an authorizer with its socket on descriptor 0 that lets in who comes with
 * REMOTE_USER=alice and REMOTE_PASSWD=wonder, one connection at a time.  With a fault it is wrong
 * in one way:
 *
 *	stdin	answers only once STDIN has ended
 *	empty	does not answer when STDIN ends, since it looks for more
 *	id	answers under the lower byte of the request id
 *	pairs	takes only the first record of PARAMS
 *	split	takes pairs only as far as they are whole in one record
 *	sticky	lets everybody in who comes after somebody who was let in
 *	open	lets everybody in
 *	once	ends when it has let somebody in
 *	mixed	answers two who come at the same time both as the second one
 *	drop	ends when a connection does before the request
 *	cookie	ends at a variable of 8 KB and more
 *	role	answers a RESPONDER like an AUTHORIZER
 *	leak	tells the password to everybody: in a variable, in the body, on STDERR
 *	name	tells the password in a variable's name
 *	recall	tells everybody the password of the one who was let in last
 *	none	lets in without a Status
 *
 * A responder gets 500 otherwise.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi_body.h"
#include "fcgi_nv.h"
#include "fcgi_proto.h"
#include "fcgi_reader.h"
#include "fcgi_writer.h"

enum { PARAMS_MAX = 256 * 1024, ANSWER_MAX = 4096, COOKIE_MAX = 8192, TOGETHER_MS = 300 };

struct request {
	unsigned char params[PARAMS_MAX];
	size_t params_len;
	size_t record_start;	/* where the content of the current record begins in params */
	unsigned records;	/* of PARAMS, that were not empty */
	uint16_t id;
	uint16_t role;
	int has_params;		/* all of them */
	int has_stdin;		/* all of it */
};

struct decision {
	int allows;
	char password[256];
};

static const char *fault = "";
static int was_let_in;
static char last_password[256];

static int
is(const char *name)
{
	return strcmp(fault, name) == 0;
}

/* Only as far as pairs are whole. */
static void
drop_split_pair(struct request *request)
{
	const unsigned char *p = request->params + request->record_start;
	const unsigned char *end = request->params + request->params_len;
	struct fcgi_nv nv;

	while (fcgi_nv_next(&p, end, &nv) > 0)
		;
	request->params_len = (size_t)(p - request->params);
}

static void
take_params(struct request *request, const struct fcgi_slice *slice)
{
	if ((is("pairs") && request->records > 1) ||
	    slice->len > PARAMS_MAX - request->params_len)
		return;
	memcpy(request->params + request->params_len, slice->data, slice->len);
	request->params_len += slice->len;
}

static void
take(struct request *request, const struct fcgi_record *record, int what,
    const struct fcgi_slice *slice)
{
	struct fcgi_begin begin;

	switch (record->type) {
	case FCGI_BEGIN_REQUEST:
		request->id = record->request_id;
		if (what == FCGI_READ_CONTENT && slice->len == FCGI_BODY_LEN) {
			fcgi_begin_decode(&begin, slice->data);
			request->role = begin.role;
		}
		break;
	case FCGI_PARAMS:
		if (what == FCGI_READ_RECORD) {
			request->records += record->content_length > 0;
			request->record_start = request->params_len;
		}
		if (what == FCGI_READ_CONTENT)
			take_params(request, slice);
		if (what == FCGI_READ_END && record->content_length == 0)
			request->has_params = 1;
		else if (what == FCGI_READ_END && is("split"))
			drop_split_pair(request);
		break;
	case FCGI_STDIN:
		if (what == FCGI_READ_END && record->content_length == 0)
			request->has_stdin = 1;
		break;
	default:
		break;
	}
}

static int
is_complete(const struct request *request)
{
	if (is("stdin") || request->role == FCGI_RESPONDER)
		return request->has_params && request->has_stdin;
	return request->has_params;
}

/* Returns 1, or 0 when the connection ends before the request. */
static int
read_request(int fd, struct request *request)
{
	unsigned char bytes[4096];
	struct fcgi_reader reader = { 0 };
	const unsigned char *p;
	struct fcgi_slice slice;
	ssize_t len;
	int what;

	memset(request, 0, sizeof *request);
	while (!is_complete(request)) {
		len = read(fd, bytes, sizeof bytes);
		if (len <= 0)
			return 0;
		p = bytes;
		while ((what = fcgi_reader_next(&reader, &p, bytes + len, &slice)) > 0)
			take(request, &reader.record, what, &slice);
		if (what < 0)
			return 0;
	}
	/* It may be on its way still. */
	if (is("empty")) {
		struct pollfd more = { .fd = fd, .events = POLLIN };

		if (request->has_stdin || poll(&more, 1, TOGETHER_MS) > 0)
			pause();
	}
	return 1;
}

static struct decision
decide(const struct request *request)
{
	const unsigned char *p = request->params, *end = p + request->params_len;
	struct decision decision = { 0 };
	int is_alice = 0, knows = 0;
	struct fcgi_nv nv;

	while (fcgi_nv_next(&p, end, &nv) > 0) {
		if (is("cookie") && nv.value_len >= COOKIE_MAX)
			exit(1);
		if (nv.name_len == 11 && memcmp(nv.name, "REMOTE_USER", 11) == 0)
			is_alice = nv.value_len == 5 && memcmp(nv.value, "alice", 5) == 0;
		if (nv.name_len == 13 && memcmp(nv.name, "REMOTE_PASSWD", 13) == 0) {
			knows = nv.value_len == 6 && memcmp(nv.value, "wonder", 6) == 0;
			snprintf(decision.password, sizeof decision.password, "%.*s",
			    (int)nv.value_len, (const char *)nv.value);
		}
	}
	decision.allows = (is_alice && knows) || (is("sticky") && was_let_in) ||
	    is("open");
	was_let_in |= decision.allows;
	if (decision.allows)
		snprintf(last_password, sizeof last_password, "%s", decision.password);
	return decision;
}

static void
answer(int fd, const struct request *request, const struct decision *decision)
{
	unsigned char bytes[ANSWER_MAX];
	struct fcgi_writer writer;
	char text[ANSWER_MAX / 2];
	const char *status = decision->allows ? "200 OK" : "401 Unauthorized";
	int is_none = is("none") && decision->allows;
	char told[ANSWER_MAX / 4] = "";

	if (request->role == FCGI_RESPONDER && !is("role"))
		status = "500 Internal Server Error";
	if (is("leak"))
		snprintf(told, sizeof told, "Variable-SECRET: %s\r\n", decision->password);
	else if (is("name"))
		snprintf(told, sizeof told, "Variable-%s: x\r\n", decision->password);
	else if (is("recall"))
		snprintf(told, sizeof told, "Variable-LAST: %s\r\n", last_password);
	snprintf(text, sizeof text, "%s%s%s%s%s\r\n%s",
	    is_none ? "" : "Status: ", is_none ? "" : status, is_none ? "" : "\r\n",
	    decision->allows ? "Variable-AUTHN_1: authn_01\r\n"
			     : "WWW-Authenticate: Basic realm=\"test\"\r\n",
	    told, is("leak") ? decision->password : "");
	fcgi_writer_init(&writer, bytes, sizeof bytes,
	    is("id") ? request->id & 0xff : request->id);
	if (is("leak"))
		fcgi_writer_stream(&writer, FCGI_STDERR, decision->password,
		    strlen(decision->password));
	fcgi_writer_stream(&writer, FCGI_STDOUT, text, strlen(text));
	fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE);
	(void)send(fd, bytes, (size_t)(writer.p - bytes), MSG_NOSIGNAL);
}

/* Two at a time, if a second one comes soon: both get what is right for the second. */
static void
serve_mixed(int first_fd, const struct request *first, const struct decision *decision)
{
	static struct request second;
	struct pollfd listening = { .fd = FCGI_LISTENSOCK_FILENO, .events = POLLIN };
	struct decision other = *decision;
	int fd = -1;

	if (poll(&listening, 1, TOGETHER_MS) > 0) {
		fd = accept(FCGI_LISTENSOCK_FILENO, NULL, NULL);
		if (fd >= 0 && read_request(fd, &second)) {
			other = decide(&second);
			answer(fd, &second, &other);
		}
	}
	answer(first_fd, first, &other);
	close(fd);
}

int
main(int argc, char **argv)
{
	static struct request request;
	struct decision decision;
	int fd;

	if (argc > 1)
		fault = argv[1];
	while ((fd = accept(FCGI_LISTENSOCK_FILENO, NULL, NULL)) >= 0) {
		if (read_request(fd, &request)) {
			decision = decide(&request);
			/* Before its answer is out: who comes after that is refused for certain. */
			if (is("once") && decision.allows)
				close(FCGI_LISTENSOCK_FILENO);
			if (is("mixed"))
				serve_mixed(fd, &request, &decision);
			else
				answer(fd, &request, &decision);
			if (is("once") && decision.allows)
				return 0;
		} else if (is("drop")) {
			return 1;
		}
		close(fd);
	}
	return 1;
}
