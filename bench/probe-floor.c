/*
 * The least that a check can do: one request over a UNIX socket, read until END_REQUEST, the status
 * by eye.  No time-out, no judgement, no words.  Linked with fcgi-probe's libraries.
 *
 * Usage: probe-floor SOCKET PATH
 */
#include <popt.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* So that the library is loaded, and not dropped for want of use. */
const void *bench_keeps = (const void *)poptGetContext;

static unsigned char request[2048], answer[16384];
static size_t len;

static void
put(const void *data, size_t data_len)
{
	memcpy(request + len, data, data_len);
	len += data_len;
}

static void
put_record(unsigned type, size_t content_len)
{
	const unsigned char header[8] = { 1, (unsigned char)type, 0, 1,
		(unsigned char)(content_len >> 8), (unsigned char)content_len };

	put(header, sizeof header);
}

static void
put_param(const char *name, const char *value)
{
	const unsigned char lengths[2] = { (unsigned char)strlen(name),
		(unsigned char)strlen(value) };

	put(lengths, sizeof lengths);
	put(name, lengths[0]);
	put(value, lengths[1]);
}

static void
put_request(const char *path)
{
	size_t begin, end;

	put_record(1, 8);
	put("\0\1\0\0\0\0\0\0", 8);
	begin = len;
	put_record(4, 0);
	put_param("REQUEST_METHOD", "GET");
	put_param("SCRIPT_NAME", path);
	put_param("SCRIPT_FILENAME", path);
	put_param("REQUEST_URI", path);
	put_param("QUERY_STRING", "");
	put_param("SERVER_PROTOCOL", "HTTP/1.1");
	put_param("CONTENT_LENGTH", "0");
	end = len;
	len = begin;
	put_record(4, end - begin - 8);
	len = end;
	put_record(4, 0);
	put_record(5, 0);
}

/* 1 once a whole END_REQUEST is there. */
static int
has_ended(size_t got)
{
	size_t at = 0;

	while (at + 8 <= got) {
		if (answer[at + 1] == 3)
			return 1;
		at += 8u + (size_t)(answer[at + 4] << 8 | answer[at + 5]) + answer[at + 6];
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t got = 0;
	ssize_t n;
	int fd;

	if (argc != 3 || strlen(argv[1]) >= sizeof sun.sun_path || strlen(argv[2]) > 100)
		return 3;
	strcpy(sun.sun_path, argv[1]);
	put_request(argv[2]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&sun, sizeof sun) < 0 ||
	    send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		return 2;
	while (!has_ended(got)) {
		n = read(fd, answer + got, sizeof answer - got);
		if (n <= 0)
			return 2;
		got += (size_t)n;
	}
	close(fd);
	if (memmem(answer, got, "Status: ", 8) != NULL)
		return 2;
	return write(STDOUT_FILENO, "FCGI OK\n", 8) == 8 ? 0 : 3;
}
