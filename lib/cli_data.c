#include "cli_data.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

enum { PART = 65536 };

static void
read_all(const struct cli *cli, struct buffer *body, int fd, const char *data)
{
	ssize_t n = 1;

	while (n > 0) {
		if (buffer_reserve(body, PART) < 0)
			cli_die(cli, cli->about->usage_status, "out of memory");
		n = read(fd, body->data + body->len, PART);
		if (n < 0)
			cli_die(cli, cli->about->usage_status, "-d %s: %s", data, strerror(errno));
		body->len += (size_t)n;
		if (body->len > CLI_DATA_MAX)
			cli_die(cli, cli->about->usage_status, "-d %s: longer than %d MiB", data,
			    CLI_DATA_MAX >> 20);
	}
}

void *
cli_data_read(const struct cli *cli, const char *data, size_t *len)
{
	struct buffer body = { 0 };
	int fd;

	if (strcmp(data, "-") == 0) {
		read_all(cli, &body, STDIN_FILENO, data);
	} else if (*data == '@') {
		fd = open(data + 1, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			cli_die(cli, cli->about->usage_status, "-d %s: %s", data, strerror(errno));
		read_all(cli, &body, fd, data);
		close(fd);
	} else {
		*len = strlen(data);
		return cli_keep(cli, data);
	}
	*len = body.len;
	return body.data;
}
