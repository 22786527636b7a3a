/*
 * raw_app RECORD BYTES: the cheapest FastCGI application that large transfers can be measured with.
 * It listens on descriptor 0, takes one connection after the other, reads a request to the end of
 * its body, and answers with BYTES of STDOUT in records of RECORD bytes.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi_reader.h"
#include "fcgi_writer.h"
#include "number.h"
#include "write_all.h"

enum { IN_SIZE = 262144, OUT_SIZE = 1048576 };

struct answer {
	unsigned char *records;	/* as many as one write is to have */
	size_t record_len;	/* on the wire */
	size_t content_len;
	size_t count;
	long long bytes;
};

/* Returns 1 once the body has ended, 0 when the connection has. */
static int
read_request(int fd)
{
	static unsigned char in[IN_SIZE];
	struct fcgi_reader reader = { 0 };
	const unsigned char *p;
	struct fcgi_slice slice;
	ssize_t len;
	int what;

	while ((len = read(fd, in, sizeof in)) > 0) {
		p = in;
		while ((what = fcgi_reader_next(&reader, &p, in + len, &slice)) > 0)
			if (what == FCGI_READ_RECORD && reader.record.type == FCGI_STDIN &&
			    reader.record.content_length == 0)
				return 1;
		if (what < 0)
			return 0;
	}
	return 0;
}

static int
write_answer(int fd, const struct answer *answer)
{
	static const char header[] = "Content-Type: application/octet-stream\r\n\r\n";
	unsigned char head[FCGI_HEADER_LEN], tail[2 * FCGI_HEADER_LEN + FCGI_BODY_LEN];
	long long left = answer->bytes / (long long)answer->content_len;
	struct fcgi_writer writer;
	struct iovec iov[3];
	size_t count;
	int i;

	fcgi_writer_chunk(iov, head, 1, FCGI_STDOUT, header, sizeof header - 1);
	for (i = 0; i < 3; i++)
		if (write_all(fd, iov[i].iov_base, iov[i].iov_len) < 0)
			return -1;
	for (; left > 0; left -= (long long)count) {
		count = left < (long long)answer->count ? (size_t)left : answer->count;
		if (write_all(fd, answer->records, count * answer->record_len) < 0)
			return -1;
	}
	fcgi_writer_init(&writer, tail, sizeof tail, 1);
	fcgi_writer_stream_end(&writer, FCGI_STDOUT);
	fcgi_writer_end_request(&writer, 0, FCGI_REQUEST_COMPLETE);
	return write_all(fd, tail, (size_t)(writer.p - tail));
}

static void
prepare(struct answer *answer)
{
	static unsigned char content[FCGI_MAX_LENGTH];
	unsigned char *p;
	struct iovec iov[3];
	size_t i, j;

	memset(content, 'x', sizeof content);
	answer->record_len = FCGI_HEADER_LEN + (answer->content_len + 7) / 8 * 8;
	answer->count = OUT_SIZE / answer->record_len;
	p = answer->records = malloc(answer->count * answer->record_len);
	if (p == NULL)
		exit(1);
	for (i = 0; i < answer->count; i++) {
		unsigned char header[FCGI_HEADER_LEN];

		fcgi_writer_chunk(iov, header, 1, FCGI_STDOUT, content, answer->content_len);
		for (j = 0; j < 3; j++) {
			memcpy(p, iov[j].iov_base, iov[j].iov_len);
			p += iov[j].iov_len;
		}
	}
}

int
main(int argc, char **argv)
{
	struct answer answer = { 0 };
	long long record;
	int fd;

	if (argc != 3 || number_parse(&record, argv[1], 1, FCGI_MAX_LENGTH) != NULL ||
	    number_parse(&answer.bytes, argv[2], 0, INT64_MAX) != NULL) {
		fprintf(stderr, "usage: raw_app RECORD BYTES, listening on descriptor 0\n");
		return 1;
	}
	answer.content_len = (size_t)record;
	prepare(&answer);
	signal(SIGPIPE, SIG_IGN);
	while ((fd = accept(STDIN_FILENO, NULL, NULL)) >= 0) {
		if (read_request(fd))
			(void)write_answer(fd, &answer);
		close(fd);
	}
	return 1;
}
