#include <stdio.h>
#include <string.h>

#include "action.h"
#include "client.h"
#include "fcgi_proto.h"
#include "output.h"
#include "reply.h"
#include "spool.h"

/* What a FILTER was told of its file; only digits, since it goes into a header. */
static void
append_number(char *dst, size_t size, const struct request *request, const char *header,
    const char *name)
{
	size_t len = strlen(dst), i;
	struct fcgi_slice value;

	if (!request_param(request, name, &value) || value.len == 0 || value.len > 20)
		return;
	for (i = 0; i < value.len; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return;
	snprintf(dst + len, size - len, "%s: %.*s\r\n", header, (int)value.len, value.data);
}

static void
send_header(struct request *request)
{
	char filter[128] = "";

	if (request->role == FCGI_FILTER) {
		append_number(filter, sizeof filter, request, "X-Data-Length", "FCGI_DATA_LENGTH");
		append_number(filter, sizeof filter, request, "X-Data-Last-Mod",
		    "FCGI_DATA_LAST_MOD");
	}
	reply_format(request, "Content-Type: application/octet-stream\r\n%s\r\n", filter);
}

/* nginx sends no more of a body once an answer has begun, and then waits for its end. */
static int
is_to_wait(const struct request *request)
{
	static const char nginx[] = "nginx";
	struct fcgi_slice server;

	return request_param(request, "SERVER_SOFTWARE", &server) &&
	    server.len >= sizeof nginx - 1 && memcmp(server.data, nginx, sizeof nginx - 1) == 0;
}

void
action_echo_start(struct request *request)
{
	/* A FILTER may not write before its STDIN has ended (FastCGI 1.0, section 6.4). */
	if (request->role == FCGI_FILTER)
		return;
	if (is_to_wait(request) && spool_open(&request->spool) == 0)
		return;
	send_header(request);
}

void
action_echo_input(struct request *request, const struct fcgi_slice *slice)
{
	if (request->spool.fd >= 0) {
		/* What could not be kept is told by the length in the end. */
		(void)spool_write(&request->spool, slice->data, slice->len);
		return;
	}
	if (request->output_len == 0)
		send_header(request);
	if (!request->head)
		reply_copy(request, FCGI_STDOUT, slice->data, slice->len);
}

static void
send_spool(struct request *request)
{
	ssize_t len = spool_read(&request->spool, reply_content(request), OUTPUT_CHUNK);

	if (len > 0) {
		reply_record(request, FCGI_STDOUT, (size_t)len);
		client_produce(request, send_spool);
	} else {
		reply_end(request, len < 0);
	}
}

void
action_echo_answer(struct request *request)
{
	if (request->spool.fd >= 0 && request->spool.len < request->input_len) {
		reply_text(request, 507, "the body does not fit into the temporary directory\n");
		return;
	}
	if (request->output_len == 0)
		send_header(request);
	if (request->spool.fd >= 0 && !request->head)
		client_produce(request, send_spool);
	else
		reply_end(request, 0);
}

void
action_sha256_start(struct request *request)
{
	SHA256Init(&request->state.digest);
}

void
action_sha256_input(struct request *request, const struct fcgi_slice *slice)
{
	SHA256Update(&request->state.digest, slice->data, slice->len);
}

void
action_sha256_answer(struct request *request)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	SHA256End(&request->state.digest, digest);
	reply_text(request, 0, "%s %ju\n", digest, (uintmax_t)request->input_len);
}
