#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/stdlib.h>

#include "action.h"
#include "client.h"
#include "fcgi_proto.h"
#include "output.h"
#include "pattern.h"
#include "reply.h"

static void
send_run(struct request *request)
{
	struct request_run *run = &request->state.run;
	size_t len = run->left < run->chunk ? (size_t)run->left : run->chunk;

	pattern_fill(reply_content(request), len, run->offset);
	reply_record(request, run->type, len);
	run->offset += len;
	run->left -= len;
	if (run->left > 0) {
		client_produce(request, send_run);
	} else if (run->type == FCGI_STDERR) {
		reply_text(request, 0, "bytes on STDERR: %ju\n", (uintmax_t)run->offset);
	} else {
		reply_end(request, 0);
	}
}

static void
start_run(struct request *request, uint8_t type, uint64_t len, size_t chunk)
{
	request->state.run = (struct request_run){ .left = len, .chunk = chunk, .type = type };
	client_produce(request, send_run);
}

static void
send_header(struct request *request, uint64_t len)
{
	reply_format(request,
	    "Content-Type: application/octet-stream\r\nContent-Length: %ju\r\n\r\n",
	    (uintmax_t)len);
}

/* "10M" to a number of bytes.  Returns 0, or -1 for what is none. */
static int
parse_size(const char *text, uint64_t *size)
{
	if (*text < '0' || *text > '9')
		return -1;
	/* expand_number(3) takes 010 for 8 and 0x10 for 16, as no user of a URL does. */
	if (*text == '0' && text[1] != '\0')
		return -1;
	return expand_number(text, size) < 0 || *size > INT64_MAX ? -1 : 0;
}

void
action_bytes_answer(struct request *request)
{
	char argument[32];
	uint64_t size;

	if (request_argument(request, argument, sizeof argument) < 0 ||
	    parse_size(argument, &size) < 0) {
		reply_text(request, 400, "/bytes/SIZE: a number of bytes such as 100, 64k or 1G\n");
		return;
	}
	send_header(request, size);
	if (size == 0 || request->head)
		reply_end(request, 0);
	else
		start_run(request, FCGI_STDOUT, size, OUTPUT_CHUNK);
}

void
action_chunks_answer(struct request *request)
{
	char argument[64], *x;
	uint64_t count, size;

	if (request_argument(request, argument, sizeof argument) < 0 ||
	    (x = strchr(argument, 'x')) == NULL || (*x = '\0', parse_size(argument, &count)) < 0 ||
	    parse_size(x + 1, &size) < 0 || size == 0 || size > OUTPUT_CONTENT ||
	    count > INT64_MAX / OUTPUT_CONTENT) {
		reply_text(request, 400,
		    "/chunks/NxSIZE: N records of 1 to 65535 bytes each, such as 100x1k\n");
		return;
	}
	send_header(request, count * size);
	if (count == 0 || request->head)
		reply_end(request, 0);
	else
		start_run(request, FCGI_STDOUT, count * size, (size_t)size);
}

void
action_stderr_answer(struct request *request)
{
	static const char line[] = "fcgi-echo: a line on STDERR\n";

	reply_copy(request, FCGI_STDERR, line, sizeof line - 1);
	reply_text(request, 0, "bytes on STDERR: %zu\n", sizeof line - 1);
}

void
action_stderr_run_answer(struct request *request)
{
	char argument[32];
	uint64_t size;

	if (request_argument(request, argument, sizeof argument) < 0 ||
	    parse_size(argument, &size) < 0)
		reply_text(request, 400, "/stderr/SIZE: a number of bytes such as 100 or 64k\n");
	else if (size == 0)
		reply_text(request, 0, "bytes on STDERR: 0\n");
	else
		start_run(request, FCGI_STDERR, size, OUTPUT_CHUNK);
}
