/*
 * raw_copy ADDR [pipe]: copies what an application sends to standard output, without a look at it:
 * read(2) and write(2).  With "pipe" the pipe there gets room for a megabyte before.
 * raw_copy ADDR FILE: sends a file as the body of a request: read(2) and write(2), a record each.
 * What these reach is what no client can surpass that copies.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addr.h"
#include "fcgi_writer.h"
#include "write_all.h"

enum { COPY_SIZE = 131072, CONTENT_LEN = 65528, PIPE_SIZE = 1048576 };

static unsigned char buffer[COPY_SIZE];

static int
open_socket(const char *text)
{
	struct addr_socket sockets[ADDR_SOCKETS_MAX];
	struct addr addr;
	int fd, gai;

	if (addr_parse(&addr, text) < 0 || addr_resolve(&addr, 0, sockets, &gai) < 0)
		return -1;
	fd = socket(sockets[0].sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sockets[0].sa, sockets[0].len) < 0)
		return -1;
	return fd;
}

static int
begin(int fd)
{
	unsigned char head[64];
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, head, sizeof head, 1);
	fcgi_writer_begin(&writer, FCGI_RESPONDER, 0);
	fcgi_writer_stream_end(&writer, FCGI_PARAMS);
	return write_all(fd, head, (size_t)(writer.p - head));
}

static int
end(int fd)
{
	unsigned char tail[FCGI_HEADER_LEN];
	struct fcgi_writer writer;

	fcgi_writer_init(&writer, tail, sizeof tail, 1);
	fcgi_writer_stream_end(&writer, FCGI_STDIN);
	return write_all(fd, tail, sizeof tail);
}

static int
send_file(int fd, const char *path)
{
	unsigned char *content = buffer + FCGI_HEADER_LEN;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct iovec iov[3];
	ssize_t len;

	while ((len = read(file, content, CONTENT_LEN)) > 0) {
		fcgi_writer_chunk(iov, buffer, 1, FCGI_STDIN, content, (size_t)len);
		memset(content + len, 0, iov[2].iov_len);
		if (write_all(fd, buffer, FCGI_HEADER_LEN + (size_t)len + iov[2].iov_len) < 0)
			return -1;
	}
	return (int)len;
}

static int
copy_answer(int fd)
{
	ssize_t len;

	while ((len = read(fd, buffer, sizeof buffer)) > 0)
		if (write_all(STDOUT_FILENO, buffer, (size_t)len) < 0)
			return -1;
	return (int)len;
}

int
main(int argc, char **argv)
{
	int fd = argc == 2 || argc == 3 ? open_socket(argv[1]) : -1;
	int is_pipe = argc == 3 && strcmp(argv[2], "pipe") == 0;

	if (is_pipe)
		(void)fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
	if (fd < 0 || begin(fd) < 0 || (argc == 3 && !is_pipe && send_file(fd, argv[2]) < 0) ||
	    end(fd) < 0 || copy_answer(fd) < 0) {
		perror("raw_copy");
		return 1;
	}
	return 0;
}
